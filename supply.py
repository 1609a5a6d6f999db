"""Looks after what this project is built from: known weaknesses, a bill of materials, licences.

    python supply.py audit               ask for known weaknesses of every locked package
    python supply.py sbom                write dist/halobestie.cdx.json (CycloneDX)
    python supply.py licences [--check]  write docs/licences.md, or say whether it is stale

Run by the `.venv` that `dev.py` makes. The tools have a lock and an environment of their own, so that nothing
of them is installed beside the project.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements" / "dev.txt"
WEB_LOCK = ROOT / "package-lock.json"
TOOLS = ROOT / "requirements" / "tools.txt"
PAGE = ROOT / "docs" / "licences.md"
BILL = ROOT / "dist" / "halobestie.cdx.json"

# What we may stand beside. Those with a weak copyleft are libraries, used as they are published.
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-3.0-only", "MIT", "MIT-0"),
    *("MPL-2.0", "PSF-2.0", "PostgreSQL", "Python-2.0", "Unlicense"),
}
# Older packages tell it in words of their own.
SPELLINGS = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "MIT License": "MIT",
    "The MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def audit() -> int:
    """Ask for known weaknesses; 1 if there are any. Where nobody can be asked, say so."""
    with tools() as binaries:
        asked = subprocess.run(
            [
                str(binaries / "pip-audit"),
                *("--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json"),
                f"--requirement={LOCK}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        found: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
    except (ValueError, LookupError):
        say(f"nothing was audited, the tool gave no answer: {asked.stderr.strip()[-300:]}")
        return 0
    asked_of = [one for one in found if "skip_reason" not in one]
    weak = [one for one in asked_of if one["vulns"]]
    for one in weak:
        names = ", ".join(weakness["id"] for weakness in one["vulns"])
        say(f"{one['name']} {one['version']}: {names}")
    if not asked_of:
        say(f"nothing was audited: no data about any of {len(found)} packages can be had here")
    else:
        left = len(found) - len(asked_of)
        say(f"{len(asked_of)} packages audited, {len(weak)} with known weaknesses, {left} without data")
    return 1 if weak else 0


def sbom() -> int:
    """Write the bill of materials of `.venv`, with this project as its root."""
    BILL.parent.mkdir(exist_ok=True)
    with tools() as binaries:
        made = subprocess.run(
            [
                str(binaries / "cyclonedx-py"),
                *("environment", sys.prefix, f"--pyproject={ROOT / 'pyproject.toml'}"),
                *("--output-reproducible", f"--output-file={BILL}"),
            ],
            check=False,
        )
    if made.returncode == 0:
        bill = json.loads(BILL.read_text(encoding="utf-8"))
        bill["components"] += [_served(*package) for package in web_packages()]
        BILL.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
        say(f"{BILL.relative_to(ROOT)} lists {len(bill['components'])} packages")
    return made.returncode


def _served(name: str, version: str, licence: str) -> dict[str, Any]:
    """One package that browsers are served, as the bill has it."""
    address = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    licences = [{"license": {"id": licence}}]
    about = {"name": name, "version": version, "licenses": licences, "purl": address, "bom-ref": address}
    return {"type": "library", **about}


def licences(*, check: bool) -> int:
    """Write the page, or compare; 1 if it is stale or a licence is not among the allowed."""
    if not check:
        PAGE.write_text("\n".join(licence_page()) + "\n", encoding="utf-8")
    elif stale():
        say("docs/licences.md is stale; write it with: make licences")
        return 1
    strange = [f"{name} ({licence})" for name, _, licence in packages() if not allowed(licence)]
    if strange:
        say(f"not among the allowed licences: {', '.join(strange)}")
    return 1 if strange else 0


def stale() -> bool:
    """Whether a package is missing on the page, or one is there that nobody locks.

    Some are installed on some platforms only, so the page may have more than is found here.
    """
    written = set(PAGE.read_text(encoding="utf-8").splitlines()) if PAGE.exists() else set()
    if not set(licence_page()) <= written:
        return True
    rows = [line.split(" | ")[:2] for line in written if line.startswith("| ") and "==" not in line]
    locked = {(f"| {name}", version) for name, version in lock()}
    return any((name, version) not in locked for name, version in rows if name != "| package")


def licence_page() -> Iterator[str]:
    """Give the page's lines."""
    yield from (
        "# Licences",
        "",
        "Every package that the locks name, as each tells of itself. Written by `make licences`; a stale",
        "page, or a licence that is not among the allowed, fails `make check`.",
        "",
        "| package | version | licence |",
        "|---|---|---|",
    )
    yield from (f"| {name} | {version} | {licence} |" for name, version, licence in packages())


def packages() -> Iterator[tuple[str, str, str]]:
    """Give name, version and licence of each locked package, those of the web apps last."""
    yield from python_packages()
    yield from web_packages(tests_too=True)


def web_packages(*, tests_too: bool = False) -> Iterator[tuple[str, str, str]]:
    """Give name, version and licence of what `package-lock.json` locks, as it tells of itself."""
    locked: dict[str, dict[str, Any]] = json.loads(WEB_LOCK.read_text(encoding="utf-8"))["packages"]
    for path, about in locked.items():
        if path and (tests_too or not about.get("dev")):
            yield path.rpartition("node_modules/")[2], about["version"], about.get("license", "unknown")


def python_packages() -> Iterator[tuple[str, str, str]]:
    """Give name, version and licence of what `dev.txt` locks and this platform installs."""
    for name, version in _pinned():
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:  # of another platform or Python
            continue
        yield name, version, licence_of(about)


def lock() -> list[tuple[str, str]]:
    """Give name and version of what is locked."""
    return _pinned() + [(name, version) for name, version, _ in web_packages(tests_too=True)]


def _pinned() -> list[tuple[str, str]]:
    return re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def licence_of(about: "metadata.PackageMetadata") -> str:
    """Say how a package is licensed: its expression, else its classifiers, else its own words."""
    expression = _first(about, "License-Expression")
    if expression:
        return expression
    classified = [line for line in about.get_all("Classifier") or () if line.startswith("License :: ")]
    words = [line.rsplit(" :: ", 1)[-1] for line in classified]
    words = [word for word in words if word not in ("OSI Approved", "DFSG approved")]
    words = words or [(_first(about, "License") or "unknown").split("\n")[0]]
    return " OR ".join(SPELLINGS.get(word, word) for word in words)


def _first(about: "metadata.PackageMetadata", name: str) -> str | None:
    return next(iter(about.get_all(name) or ()), None)


def allowed(expression: str) -> bool:
    """Whether everything that an expression names may be used."""
    return all(
        word in ALLOWED for word in re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression) if word.strip()
    )


@contextmanager
def tools() -> Iterator[Path]:
    """Install the tools for as long as the block lasts; gives their folder."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        python = f"{folder}/bin/python"
        wanted = ("-qq", "install", "--require-hashes", f"--requirement={TOOLS}")
        subprocess.run([sys.executable, "-m", "pip", "--python", python, *wanted], check=True)
        yield Path(folder) / "bin"


def say(words: str) -> None:
    """Tell the person who runs this."""
    print(f"supply.py: {words}", flush=True)


def main(arguments: list[str]) -> int:
    """Do what the first argument names."""
    match arguments:
        case ["audit"]:
            return audit()
        case ["sbom"]:
            return sbom()
        case ["licences"]:
            return licences(check=False)
        case ["licences", "--check"]:
            return licences(check=True)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
