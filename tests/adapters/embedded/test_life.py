"""The embedded stores start, serve, are shared, and leave nothing behind. Real processes, killed for real."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from halobestie_adapters.embedded import EmbeddedError, EmbeddedStores, find_running
from support.embedding import Client, family, is_alive, until_gone
from support.waiting import until


def sockets_of(stores: EmbeddedStores) -> Path:
    """The folder of the two servers' sockets."""
    return Path(parse_qs(urlsplit(stores.database_url).query)["host"][0])


def select(url: str, statement: str) -> object:
    """The first value of a statement's first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return row[0]


def keep(url: str) -> None:
    """Leave something behind in PostgreSQL."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")


def kept(url: str) -> object:
    """What `keep` left: 7."""
    return select(url, "SELECT n FROM kept")


def answers(url: str) -> bool:
    """Whether PostgreSQL lets us in."""
    try:
        return select(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def pings(url: str) -> bool:
    """Whether Valkey answers."""
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def test_serves_then_leaves_nothing(tmp_path: Path) -> None:
    """Both servers answer on Unix sockets alone, and close() ends every process and removes the sockets."""
    with EmbeddedStores(tmp_path) as stores:
        processes = family(stores.status())
        sockets = sockets_of(stores)
        assert select(stores.database_url, "SELECT current_database()") == "halobestie"
        assert select(stores.database_url, "SHOW listen_addresses") == ""
        assert select(stores.database_url, "SHOW fsync") == "on"
        assert select(stores.database_url, "SHOW server_encoding") == "UTF8"
        with redis.Redis.from_url(stores.valkey_url) as client:
            assert client.config_get("port")["port"] == "0"
        assert sockets.stat().st_mode & 0o777 == 0o700
    until_gone(processes)
    assert not sockets.exists()
    assert (tmp_path / "embedded" / "postgres" / "postmaster.pid").exists() is False


def test_forgetful_on_request(own_stores: EmbeddedStores) -> None:
    """Without durability nothing waits for the disk, but the server's own death still loses no commit."""
    assert select(own_stores.database_url, "SHOW fsync") == "off"
    assert select(own_stores.database_url, "SHOW synchronous_commit") == "on"


def test_second_start_keeps_the_data(data_dir: Path) -> None:
    """What was written in the first life is there in the second, at the same address."""
    with EmbeddedStores(data_dir, durable=False) as stores:
        keep(stores.database_url)
        address = stores.database_url
    with EmbeddedStores(data_dir, durable=False) as stores:
        assert stores.database_url == address
        assert kept(stores.database_url) == 7


def test_long_path_with_spaces(data_dir: Path) -> None:
    """A data folder may lie deeper than a Unix socket's path may be long."""
    folder = data_dir / "spaces, 'quotes' and \"more\"" / ("long " * 40).strip() / "di Jakarta é"
    with EmbeddedStores(folder, durable=False) as stores:
        assert answers(stores.database_url)
        assert pings(stores.valkey_url)


def test_killed_client_leaves_nothing(data_dir: Path) -> None:
    """A client that is killed with -9 is missed, and all it had started ends."""
    with Client(data_dir) as client:
        processes = family(client.status)
        client.kill()
        until_gone(processes)
    assert find_running(data_dir) is None


def test_killed_supervisor_leaves_nothing(data_dir: Path) -> None:
    """The kernel tells both servers of their supervisor's death, and the next start cleans up."""
    stores = EmbeddedStores(data_dir, durable=False).start()
    sockets = sockets_of(stores)
    session = psycopg.connect(stores.database_url)
    status = stores.status()
    processes = family(status)
    os.kill(status["supervisor"], signal.SIGKILL)
    until_gone(processes)
    session.close()
    until(lambda: not stores.is_connected)
    stores.start()
    assert answers(stores.database_url)
    stores.close()
    assert not sockets.exists()


def test_start_right_after_everything_was_killed(data_dir: Path) -> None:
    """A start does not trip over servers that are still on their way out."""
    with Client(data_dir) as client:
        processes = family(client.status)
        os.kill(client.status["supervisor"], signal.SIGKILL)
        client.kill()
        with EmbeddedStores(data_dir, durable=False) as stores:
            assert answers(stores.database_url)
            assert pings(stores.valkey_url)
        until_gone(processes)


def test_start_after_the_machine_went_down(data_dir: Path) -> None:
    """All processes killed at once, as by a power cut, leave files behind that the next start copes with."""
    with Client(data_dir) as client:
        processes = family(client.status)
        for pid in sorted(processes):
            with suppress(ProcessLookupError):  # some die of another's death
                os.kill(pid, signal.SIGKILL)
        client.kill()
        until_gone(processes)
        with EmbeddedStores(data_dir, durable=False) as stores:
            assert answers(stores.database_url)


def test_pid_of_somebody_else(data_dir: Path) -> None:
    """A pid file whose number has gone to another process, as in a container, is no obstacle."""
    with EmbeddedStores(data_dir, durable=False):
        pass
    lines = f"{os.getpid()}\n{data_dir / 'embedded' / 'postgres'}\n"
    (data_dir / "embedded" / "postgres" / "postmaster.pid").write_text(lines)
    with EmbeddedStores(data_dir, durable=False) as stores:
        assert answers(stores.database_url)


def test_two_clients_share(data_dir: Path) -> None:
    """Whoever comes second gets the same servers, and keeps them when the first leaves."""
    with Client(data_dir) as first, Client(data_dir) as second:
        assert first.status["supervisor"] == second.status["supervisor"]
        processes = family(first.status)
        first.leave()
        assert answers(second.status["database_url"])
        second.leave()
        until_gone(processes)


def test_many_start_at_once(data_dir: Path) -> None:
    """Of several that start at the same moment one does, and the others join."""
    clients = [Client(data_dir) for _ in range(4)]
    try:
        supervisors = {client.status["supervisor"] for client in clients}
        assert len(supervisors) == 1
    finally:
        for client in clients:
            client.kill()
    until(lambda: not any(map(is_alive, supervisors)))


def test_comes_as_the_last_one_leaves(data_dir: Path) -> None:
    """Leaving and coming at the same time, again and again, never fails."""
    for _ in range(5):
        with EmbeddedStores(data_dir, durable=False) as stores:
            client = Client(data_dir)
            processes = family(stores.status())
        with client:
            assert answers(client.status["database_url"])
            processes |= family(client.status)
            client.leave()
            until_gone(processes)


def test_found_by_a_command(data_dir: Path) -> None:
    """A command finds the stores of a running server through the data folder, and only then."""
    assert find_running(data_dir / "none") is None
    assert not (data_dir / "none").exists()
    with EmbeddedStores(data_dir, durable=False) as stores:
        found = find_running(data_dir)
        assert found is not None
        assert found.database_url == stores.database_url
        assert found.status()["clients"] == 2
        found.close()
        until(lambda: stores.status()["clients"] == 1)


def test_durability_is_not_lost_by_joining(own_stores: EmbeddedStores) -> None:
    """Who wants durable stores is not given forgetful ones that happen to run."""
    with pytest.raises(EmbeddedError, match="without durability"):
        EmbeddedStores(own_stores.folder.root.parent).start()


def test_killed_postgres_comes_back(own_stores: EmbeddedStores) -> None:
    """PostgreSQL killed with -9, amid a session that does not notice, serves again what was committed."""
    keep(own_stores.database_url)
    busy = psycopg.connect(own_stores.database_url, autocommit=True)
    busy.execute("SET statement_timeout = 0")
    # Busy with itself for minutes, during which a new postmaster would not start beside it.
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
    before = own_stores.status()
    os.kill(before["postgres"], signal.SIGKILL)
    until(lambda: own_stores.status()["postgres"] not in (None, before["postgres"]))
    until(lambda: answers(own_stores.database_url))
    busy.close()
    assert kept(own_stores.database_url) == 7
    assert own_stores.status()["restarts"]["postgres"] >= 1
    assert own_stores.status()["supervisor"] == before["supervisor"]


def test_killed_session_of_postgres(own_stores: EmbeddedStores) -> None:
    """PostgreSQL itself recovers from the loss of one session; the supervisor does not interfere."""
    with psycopg.connect(own_stores.database_url) as session:
        os.kill(session.info.backend_pid, signal.SIGKILL)
        until(lambda: answers(own_stores.database_url))
    assert own_stores.status()["restarts"]["postgres"] == 0


def test_its_log_quotes_no_row(own_stores: EmbeddedStores, data_dir: Path) -> None:
    """What was refused is told, and not whose phone it was: neither the key nor the row that holds it."""
    with psycopg.connect(own_stores.database_url, autocommit=True) as session:
        session.execute("CREATE TABLE people (phone text UNIQUE, age int CHECK (age > 0))")
        for age in (1, 1, -1):
            with suppress(psycopg.IntegrityError):
                session.execute("INSERT INTO people VALUES (%s, %s)", ("+6281277700099", age))
    log = (data_dir / "embedded" / "postgres.log").read_text()
    assert "people_phone_key" in log
    assert "people_age_check" in log
    assert "+6281277700099" not in log


def test_killed_valkey_comes_back(own_stores: EmbeddedStores) -> None:
    """Valkey killed with -9 serves again, empty."""
    with redis.Redis.from_url(own_stores.valkey_url) as client:
        client.set("seen", 1)
    before = own_stores.status()["valkey"]
    os.kill(before, signal.SIGKILL)
    until(lambda: own_stores.status()["valkey"] not in (None, before))
    until(lambda: pings(own_stores.valkey_url))
    with redis.Redis.from_url(own_stores.valkey_url) as client:
        assert client.dbsize() == 0


def test_supervisor_stops_on_request(data_dir: Path) -> None:
    """SIGTERM to the supervisor, as a shutting machine sends it, stops everything in good order."""
    stores = EmbeddedStores(data_dir, durable=False).start()
    processes = family(stores.status())
    os.kill(stores.status()["supervisor"], signal.SIGTERM)
    until_gone(processes)
    with pytest.raises(EmbeddedError, match="has ended"):
        stores.status()
    stores.close()
    log = (data_dir / "embedded" / "postgres.log").read_text()
    assert "database system is shut down" in log
