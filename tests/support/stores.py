"""A real PostgreSQL and a real Valkey for the tests: one of each per run, a database of its own per test.

All workers of a parallel run share the two. `HALOBESTIE_TEST_DATABASE_URL` and `HALOBESTIE_TEST_VALKEY_URL`
name other servers to use instead; there the role needs CREATEDB, and Valkey's databases from 1 upwards are
emptied.

Channels of Valkey belong to no database: a test hears the publications of the others that run meanwhile.
Whoever needs a server to itself, for that or to kill it, asks for `own_stores`.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from attrs import frozen
from psycopg import sql

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.embedded.layout import try_lock
from support import sound
from support.waiting import until

DATABASE_URL = "HALOBESTIE_TEST_DATABASE_URL"
VALKEY_URL = "HALOBESTIE_TEST_VALKEY_URL"
RUN_FOLDER = "HALOBESTIE_TEST_RUN_FOLDER"  # set by the first process, inherited by its workers
WORKERS = 16  # at most; each has a share of Valkey's databases
LONG_WAIT_SECONDS = 60
ROOM_BYTES = 4 << 30
PREFIX = "halobestie-tests-"

numbers = itertools.count(1)


@frozen
class Stores:
    """The two servers of this run: `database_url` for administration, `valkey_url` for database 0."""

    database_url: str
    valkey_url: str
    worker: str

    def database(self, name: str) -> str:
        """The URL of another database of the same server."""
        return urlsplit(self.database_url)._replace(path=f"/{name}").geturl()


def pytest_configure(config: pytest.Config) -> None:
    """One folder per run, whatever the number of its processes."""
    config.addinivalue_line("markers", sound.MARKER)
    if not hasattr(config, "workerinput"):
        place = _quickest_place()
        _sweep(place)
        run = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        os.environ[RUN_FOLDER] = str(run)
        config.add_cleanup(_hold(run / "alive.lock"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing is left of a run; its servers ended with its last process."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(RUN_FOLDER), ignore_errors=True)


@pytest.fixture(scope="session")
def stores() -> Iterator[Stores]:
    """The servers of this run; started by the first worker that needs them."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    database_url, valkey_url = os.environ.get(DATABASE_URL), os.environ.get(VALKEY_URL)
    with ExitStack() as stack:
        if database_url is None or valkey_url is None:
            embedded = stack.enter_context(EmbeddedStores(os.environ[RUN_FOLDER], durable=False))
            database_url = database_url or embedded.database_url
            valkey_url = valkey_url or embedded.valkey_url
        yield Stores(database_url, valkey_url, worker)


@pytest.fixture(scope="session")
def postgres_admin(stores: Stores) -> Iterator[psycopg.Connection]:
    """A connection that makes and drops databases."""
    with psycopg.connect(stores.database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def database_template(stores: Stores, postgres_admin: psycopg.Connection) -> str:
    """The name of a migrated database, made once per run and copied for every test."""
    run = Path(os.environ[RUN_FOLDER])
    name = f"template_{run.name.rpartition('-')[2]}"
    made = run / "template"

    def make() -> bool:
        with try_lock(run / "template.lock") as held:
            if held and not made.exists():
                _create(postgres_admin, name)
                _migrate(stores.database(name))
                made.touch()
        return made.exists()

    until(make, seconds=LONG_WAIT_SECONDS, what="nobody made the template")
    return name


@pytest.fixture
def empty_database_url(stores: Stores, postgres_admin: psycopg.Connection) -> Iterator[str]:
    """A database with nothing in it, for the tests of migrations."""
    name = f"empty_{stores.worker}_{os.getpid()}_{next(numbers)}"
    _create(postgres_admin, name)
    yield stores.database(name)
    _drop(postgres_admin, name)


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, stores: Stores, postgres_admin: psycopg.Connection, database_template: str
) -> Iterator[str]:
    """A fresh, migrated database, dropped after the test, whoever is still connected.

    All that must hold at every commit still holds in it then; `support.sound` says how a test is excused.
    """
    name = f"test_{stores.worker}_{os.getpid()}_{next(numbers)}"
    _create(postgres_admin, name, database_template)
    url = stores.database(name)
    yield url
    excused = sound.excused(request.node)
    broken = [] if excused is None else sound.broken(url, excused)
    _drop(postgres_admin, name)
    assert not broken, "\n".join(broken)


@pytest.fixture(scope="session")
def valkey_admin(stores: Stores) -> Iterator[redis.Redis]:
    """A client on database 0."""
    with redis.Redis.from_url(stores.valkey_url) as client:
        yield client


@pytest.fixture
def valkey_url(stores: Stores, valkey_admin: redis.Redis) -> Iterator[str]:
    """A database of Valkey with nothing in it; the next test of this worker has another."""
    count = int(valkey_admin.config_get("databases")["databases"] or 16)
    share = max(1, (count - 1) // WORKERS)
    first = int(stores.worker.removeprefix("gw")) % WORKERS * share
    number = 1 + (first + next(numbers) % share) % (count - 1)
    url = f"{stores.valkey_url}?db={number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder for one test; faster than `tmp_path` for what a database does to it."""
    folder = Path(tempfile.mkdtemp(prefix="data-", dir=os.environ[RUN_FOLDER]))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own_stores(data_dir: Path) -> Iterator[EmbeddedStores]:
    """Servers for one test alone, which may do to them what it likes; ready in half a second."""
    with EmbeddedStores(data_dir, durable=False) as embedded:
        yield embedded


def _quickest_place() -> Path:
    """Memory, if the machine lends enough of it: making a database is making 300 files."""
    memory = Path("/dev/shm")  # noqa: S108 - the folder made there is ours alone (mkdtemp)
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES:
        return memory
    return Path(tempfile.gettempdir())


def _hold(lock: Path) -> Callable[[], None]:
    """Hold a lock as long as this process lives, or until the result is called."""
    stack = ExitStack()
    stack.enter_context(try_lock(lock))
    return stack.close


def _sweep(place: Path) -> None:
    """Remove what runs that were killed have left."""
    for lock in place.glob(f"{PREFIX}*/alive.lock"):
        if lock.stat().st_uid == os.geteuid():
            with try_lock(lock) as nobody_lives:
                if nobody_lives:
                    shutil.rmtree(lock.parent, ignore_errors=True)


def _create(admin: psycopg.Connection, name: str, template: str = "template1") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
        sql.Identifier(name), sql.Identifier(template)
    )
    if admin.info.server_version >= 15_00_00:
        statement += sql.SQL(" STRATEGY FILE_COPY")  # half the time of the default, where nothing is synced
    admin.execute(statement)


def _drop(admin: psycopg.Connection, name: str) -> None:
    # A session that was closed a moment ago may still be there; DROP DATABASE would wait 100 ms for it.
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    until(lambda: admin.execute(end, [name]).rowcount == 0, seconds=5, what=f"{name} is still in use")
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _migrate(url: str) -> None:
    from halobestie_adapters.postgres.migrations import migrate  # noqa: PLC0415 - the core's tests need none of it
    from halobestie_adapters.postgres.roles import make_login  # noqa: PLC0415 - the same

    asyncio.run(migrate(url))
    asyncio.run(make_login(url))  # servers log in by it, whichever copy of the template they serve
