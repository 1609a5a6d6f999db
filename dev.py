"""Sets up a working copy: `.venv` with everything the project needs, and nothing outside the folder.

    python3 dev.py setup    make .venv, or bring it up to date; takes a moment when there is nothing to do
    python3 dev.py lock     compile requirements/*.txt anew (add --upgrade for newer versions)
    python3 dev.py node ... run the Node that the set-up used

Standard library only, because it runs before anything is installed. It knows venv and pip, not the packages:
those are named in `pyproject.toml` and locked, to the hash, in `requirements/dev.txt`. What the web apps need
is for `web.py`.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import web

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".ready"
OLDEST = (3, 11)
LOCK = ROOT / "requirements" / "dev.txt"

# Settings of pip's that would send packages elsewhere, or add talk that nobody here can act on.
STRAY = ("PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "PIP_REQUIRE_VIRTUALENV")
CALM = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def setup() -> None:
    """Leave a `.venv` that matches the lock, and the web apps' packages, whatever was there before."""
    with _alone():
        began = time.monotonic()
        if changed := _found() != _wanted():
            _python_packages()
        if changed_too := not web.ready():
            web.install(lambda *arguments: _pip(VENV, "install", "--no-compile", *arguments), _say)
        if changed or changed_too:
            _say(f"ready after {time.monotonic() - began:.0f} s")


def _python_packages() -> None:
    if _found()[:1] == _wanted()[:1]:
        _say("bringing .venv up to date")
        STAMP.unlink()  # from here to the end .venv is in between; an interrupted run starts from nothing
    else:
        _say(f"making .venv with Python {sys.version.split()[0]}")
        _make_venv(VENV)
    _say("installing what requirements/dev.txt locks")
    _pip(VENV, "install", "--no-compile", "--require-hashes", "--requirement", str(LOCK))
    _pip(VENV, "install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text("\n".join(_wanted()), encoding="utf-8")


def lock(*options: str) -> None:
    """Compile the locks: the hash of every published file, so for every platform, and no addresses."""
    if sys.version_info[:2] != OLDEST:
        sys.exit("dev.py: the lock is compiled with Python {}.{}, for it and all later".format(*OLDEST))
    extras = ("--extra=embedded", "--extra=test", "--extra=check")
    wanted = {
        LOCK: ("pyproject.toml", *extras, "requirements/dev.in"),
        LOCK.with_name("tools.txt"): ("requirements/tools.in",),
        LOCK.with_name("node.txt"): ("requirements/node.in",),
    }
    silence = ("--quiet", "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links")
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        _make_venv(tools)
        _pip(tools, "install", "pip-tools")
        compiler = str(tools / "bin" / "pip-compile")
        hashes = ("--generate-hashes", "--strip-extras", "--allow-unsafe")
        for target, sources in wanted.items():
            into = f"--output-file={target.relative_to(ROOT)}"
            _run(compiler, *silence, *hashes, into, *options, *sources, CUSTOM_COMPILE_COMMAND="make lock")


def _wanted() -> list[str]:
    """What `.venv` has to match: first what it was made with, then what is installed in it.

    The path counts because a virtual environment does not survive being moved.
    """
    made_with = f"Python {sys.version_info.major}.{sys.version_info.minor} in {ROOT}"
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (LOCK, ROOT / "pyproject.toml")]
    return [made_with, *digests]


def _found() -> list[str]:
    """What `.venv` matches now; nothing when it is missing, unfinished, or its Python is gone."""
    if PYTHON.exists() and STAMP.exists():
        return STAMP.read_text(encoding="utf-8").split("\n")
    return []


def _make_venv(folder: Path) -> None:
    """Make an empty virtual environment; Debian's Python may lack the part that puts pip in."""
    pip = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-I", "-m", "venv", *pip, str(folder))


def _pip(venv: Path, *arguments: str) -> None:
    """Run pip for `venv`: its own, or else the one beside the Python that runs this."""
    python = str(venv / "bin" / "python")
    if next(venv.glob("lib/python*/site-packages/pip"), None):
        pip = [python, "-I", "-m", "pip"]
    else:
        pip = [sys.executable, "-m", "pip", "--python", python]
    _run(*pip, "-qq", *arguments)  # only errors: warnings are about the pip of this machine


def _run(*command: str, **extra: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in STRAY}
    done = subprocess.run(command, cwd=ROOT, env=environment | CALM | extra, check=False)
    if done.returncode:
        words = " ".join((Path(command[0]).name, *command[1:5]))
        sys.exit(f"dev.py: {words} ... failed (exit {done.returncode}), see above")


@contextmanager
def _alone() -> Iterator[None]:
    """Let two set-ups of one folder wait for each other."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _say(words: str) -> None:
    print(f"dev.py: {words}", flush=True)


def main(arguments: list[str]) -> None:
    """Do what the first argument names."""
    match arguments:
        case ["setup"]:
            setup()
        case ["lock", *options]:
            lock(*options)
        case ["node", *options]:
            sys.exit(web.run(*options))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
