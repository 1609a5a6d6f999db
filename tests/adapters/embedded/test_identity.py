"""As whom the servers run: root and others, in folders within reach and not; the machine stays as it is."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from halobestie_adapters.embedded.binaries import find_postgres
from support.embedding import USERS, Client, family, is_public, namespaces_are_allowed, until_gone
from support.stores import RUN_FOLDER

ROOT = os.geteuid() == 0
NAMELESS = namespaces_are_allowed() and is_public(find_postgres().postgres)
AS_USERS = ["as a user", *(["as a nameless user"] if NAMELESS else [])]
MANNERS = ["as we are", *(["without namespaces", *AS_USERS] if ROOT else [])]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that anybody can get to, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="halobestie-place-", dir=Path(os.environ[RUN_FOLDER]).parent))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def modes(*folders: Path) -> list[tuple[int, int, int]]:
    """Mode and owner of each folder."""
    return [(each.stat().st_mode, each.stat().st_uid, each.stat().st_gid) for each in folders]


def serve_twice(data_dir: Path, manner: str) -> set[str]:
    """Start, write, stop; start, read, stop. Returns as whom the servers ran."""
    ran_as = set()
    for statement in ("CREATE TABLE kept AS SELECT 7 AS n", "SELECT n FROM kept"):
        with Client(data_dir, manner) as client:
            assert "error" not in client.status, client.status["error"]
            processes = family(client.status)
            with psycopg.connect(client.status["database_url"], autocommit=True) as connection:
                connection.execute(statement.encode())
            ran_as.add(client.status["runs_as"])
            client.leave()
        until_gone(processes)
    return ran_as


@pytest.mark.parametrize("manner", MANNERS)
def test_changes_nothing_on_the_machine(place: Path, manner: str) -> None:
    """No existing folder changes mode or owner, no user is made, what is new is for its owner alone."""
    data = place / "an existing data folder"
    data.mkdir()
    data.chmod(0o755)
    if manner in USERS:
        os.chown(data, USERS[manner], USERS[manner])
    users = Path("/etc/passwd").read_bytes()
    before = modes(place.parent, place, data)
    serve_twice(data, manner)
    assert modes(place.parent, place, data) == before
    assert Path("/etc/passwd").read_bytes() == users
    assert stat.S_IMODE((data / "embedded").stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "embedded" / "postgres").stat().st_mode) == 0o700


@pytest.mark.parametrize("manner", [manner for manner in MANNERS if manner not in USERS])
def test_new_folder_in_a_private_one(place: Path, manner: str) -> None:
    """A data folder that we make, below one that only its owner may enter, is served too."""
    private = place / "private"
    private.mkdir(mode=0o700)
    serve_twice(private / "project" / ".halobestie", manner)
    assert modes(private)[0][0] & 0o777 == 0o700


@pytest.mark.parametrize(
    "manner", [manner for manner in MANNERS if manner == "without namespaces"] or ["as we are"]
)
def test_without_namespaces(place: Path, manner: str) -> None:
    """Where namespaces are forbidden, root's servers run as a user who is nobody's; never as root."""
    ran_as = serve_twice(place / "data", manner)
    assert ran_as <= ({"AsUser"} if ROOT else {"AsWeAre", "InNamespace"})


REACH = """
import json, sys
from pathlib import Path
from halobestie_adapters.embedded.launch import AsUser, AsWeAre, hindrance
nobody = (65534, 65534)
ways = [AsWeAre(), *([AsUser(nobody), AsUser(nobody, passing=True)] if sys.argv[2] == "root" else [])]
folder = Path(sys.argv[1])
print(json.dumps([hindrance(way, [folder / "program"], [folder]) for way in ways]))
"""


def test_programs_in_a_private_folder(place: Path) -> None:
    """What is out of reach for nobody is noticed; with the power to pass it, even access(2) agrees."""
    private = place / "private"
    private.mkdir(mode=0o700)
    shutil.copy("/bin/true", private / "program")
    paths = os.pathsep.join(entry for entry in sys.path if entry)
    said = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", REACH, str(private), "root" if ROOT else "user"],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    ours, *nobodys = json.loads(said)
    assert ours is None
    if ROOT:
        without, passing = nobodys
        assert "Permission denied" in without
        assert passing is None
    assert sorted(private.iterdir()) == [private / "program"]


def test_root_in_the_folder_of_another(place: Path) -> None:
    """Root may use a checkout in somebody's private home (`sudo make demo`), and does not take it away."""
    home = place / "home"
    home.mkdir(mode=0o700)
    if ROOT:
        os.chown(home, 12345, 12345)
    before = modes(home)
    serve_twice(home / "checkout" / ".halobestie", "as we are")
    assert modes(home) == before


def test_root_serves_the_data_of_another(place: Path) -> None:
    """Data made by a user stays that user's when root runs the servers; then the user can again."""
    data = place / "data"
    data.mkdir()
    user = "as we are"
    if ROOT:
        user = AS_USERS[-1]
        os.chown(data, USERS[user], USERS[user])
    serve_twice(data, user)
    for manner in ("as we are", user):
        with Client(data, manner) as client:
            assert "error" not in client.status, client.status["error"]
            with psycopg.connect(client.status["database_url"]) as connection:
                assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
            client.leave()
    strange = [path for path in data.rglob("*") if path.stat().st_uid != data.stat().st_uid]
    assert strange == []
