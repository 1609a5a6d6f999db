"""The queue of failed money among a million rows: what its statements read, and that they say the truth.

Whatever the adapter sends is explained again with the very same values, and the rows that its scans have read
are counted: no more than belong to the answer, or lie before it where a page is deep inside a large one.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self
from uuid import UUID

import psycopg
import pytest
from attrs import evolve
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.failures import PostgresFailures, Route, Way, shortest
from halobestie_adapters.postgres.pool import conninfo
from halobestie_core.causes import Cause
from halobestie_core.flow.evening import FailureStatus
from halobestie_core.ports.failures import Id, NameBegins, Phone, Wanted
from support.server import new_database
from support.stores import Stores

pytestmark = pytest.mark.anyio

CROWD: Final = Path(__file__).parents[3] / "benchmarks" / "failed_pairings.sql"
ROWS: Final = 1_000_000
UNSEEN: Final = ROWS // 100
"""Rows on pages that the sweep had to leave because somebody held them at that moment."""
OPEN, ACTIONED, SUPERSEDED = FailureStatus
FAILED: Final = Cause.NO_MITRA_AVAILABLE
TODAY: Final = datetime.now(UTC)
EVERYTHING: Final = Wanted()
DAYS: Final = Wanted(begin=TODAY - timedelta(30), end=TODAY - timedelta(23))

LISTS: Final[Mapping[str, Wanted]] = {
    "everything": EVERYTHING,
    "open": Wanted(states=[OPEN]),
    "actioned": Wanted(states=[ACTIONED]),
    "open or actioned": Wanted(states=[OPEN, ACTIONED]),
    "superseded": Wanted(states=[SUPERSEDED]),
    "a common cause": Wanted(causes=[FAILED]),
    "a rare cause": Wanted(causes=[Cause.PAYMENT_MISMATCH]),
    "rare causes": Wanted(causes=[Cause.PAYMENT_MISMATCH, Cause.DUPLICATE_PAYMENT, Cause.LATE_PAYMENT]),
    "a cause that never was": Wanted(causes=[Cause.OPERATOR_ENDED]),
    "open of a common cause": Wanted(states=[OPEN], causes=[FAILED]),
    "a week": DAYS,
    "a week's open": evolve(DAYS, states=[OPEN]),
    "a week's common cause": evolve(DAYS, causes=[FAILED]),
    "from a day on": evolve(DAYS, end=None),
    "up to a day": evolve(DAYS, begin=None),
    "no time at all": evolve(DAYS, begin=TODAY, end=TODAY - timedelta(1)),
}
SEEKING: Final[Mapping[str, tuple[Wanted, int]]] = {
    # and how many rows these people have in all; or how many are open, which is the other way to them
    "a payment": (Wanted(sought=Id(UUID(f"0a000000{77:024x}"))), 4),
    "a customer": (Wanted(sought=Id(UUID(f"0c000000{77:024x}"))), 12),
    "a customer's open": (Wanted(sought=Id(UUID(f"0c000000{77:024x}")), states=[OPEN]), 12),
    "nobody": (Wanted(sought=Id(UUID(int=0))), 0),
    "a phone": (Wanted(sought=Phone(f"+62812{78:08}")), 12),
    "a phone, a week, a cause": (evolve(DAYS, sought=Phone(f"+62812{78:08}"), causes=[FAILED]), 12),
    "nobody's phone": (Wanted(sought=Phone("+6281299999999")), 0),
    "a name": (Wanted(sought=NameBegins("ayu7771")), 28),
    "some names": (Wanted(sought=NameBegins("AYU77")), 1_864),
    "some names' open": (Wanted(sought=NameBegins("AYU77"), states=[OPEN]), 10_000),
    "nobody's name": (Wanted(sought=NameBegins("Zaenal")), 0),
}


class Listening(AsyncCursor[Any]):
    """A cursor that tells its connection what it is asked."""

    async def execute(self, query: Any, params: Any = None, **how: Any) -> Self:  # noqa: ANN401  as its base
        """Ask, and tell."""
        connection = self.connection
        assert isinstance(connection, Heard)
        connection.asked.append((query, params))
        return await super().execute(query, params, **how)


class Heard(AsyncConnection[TupleRow]):
    """A connection that keeps what was asked."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  as its base
        super().__init__(*args, **options)
        self.cursor_factory = Listening
        self.asked: list[tuple[Any, Any]] = []


@pytest.fixture(scope="module")
def crowded(stores: Stores, postgres_admin: psycopg.Connection, database_template: str) -> Iterator[str]:
    """A database with a million rows of failed money, as it is after the sweep that the table asks for."""
    with new_database(stores, postgres_admin, database_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in CROWD.read_bytes().split(b";\n\n"):
                connection.execute(statement)
            connection.execute("VACUUM ANALYZE pairing_failures")
        yield url


@pytest.fixture
async def heard(crowded: str) -> AsyncIterator[AsyncConnectionPool[Any]]:
    """A pool of one connection that keeps what was asked."""
    pool = AsyncConnectionPool(
        conninfo(crowded),
        connection_class=Heard,
        min_size=1,
        max_size=1,
        open=False,
        kwargs={"autocommit": True},
    )
    async with pool:
        yield pool


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def explained(pool: AsyncConnectionPool[Any]) -> list[Mapping[str, Any]]:
    """The plans of what was asked, as they ran; forgets what was asked."""
    plans = []
    async with pool.connection() as connection:
        asked, connection.asked = connection.asked, []
        for query, given in asked:
            if given is None:
                continue
            ran = await connection.execute(
                b"EXPLAIN (ANALYZE, FORMAT JSON) " + query.encode(), given, prepare=False
            )
            row = await ran.fetchone()
            assert row is not None
            plans.append(row[0][0]["Plan"])
        connection.asked = []
    return plans


def read(plan: Mapping[str, Any], table: str = "pairing_failures") -> int:
    """How many rows of a table were read by a plan's scans, those that they threw away as well.

    A scan that ran many times tells the average of them, rounded; so this is rounded down.
    """
    left_out = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        int((node["Actual Rows"] + sum(node.get(name, 0) for name in left_out)) * node["Actual Loops"])
        for node in nodes(plan)
        if node.get("Relation Name") == table
    )


def walks(plan: Mapping[str, Any]) -> list[str]:
    """The tables that a plan goes through from end to end, but for those of staff."""
    walked = [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    return [table for table in walked if table not in ("mitras", "cc_users")]


def fetches(plan: Mapping[str, Any]) -> int:
    """How often an index had to ask the table."""
    return sum(node.get("Heap Fetches", 0) for node in nodes(plan))


async def counted(connection_url: str, wanted: Wanted) -> int:
    """How many rows there are, by a plain walk through the table."""
    async with await AsyncConnection.connect(connection_url) as connection:
        found = await connection.execute(
            "SELECT count(*) FROM pairing_failures WHERE state = ANY (%s) AND cause_tag = ANY (%s)"
            " AND created_at >= coalesce(%s::timestamptz, '-infinity')"
            " AND created_at < coalesce(%s::timestamptz, 'infinity')",
            (
                [str(state) for state in wanted.states or FailureStatus],
                [str(cause) for cause in wanted.causes or Cause],
                wanted.begin,
                wanted.end,
            ),
        )
        row = await found.fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.parametrize("name", LISTS)
async def test_first_page(crowded: str, heard: AsyncConnectionPool[Any], name: str) -> None:
    """Counting reads what is counted, a first page a page of each kind, hardly asking the table."""
    wanted = LISTS[name]
    rows, total = await PostgresFailures(heard).page(wanted, 50, 0)
    assert total == await counted(crowded, wanted)
    assert len(rows) == min(50, total)
    assert [row.created_at for row in rows] == sorted((row.created_at for row in rows), reverse=True)
    kinds = len(wanted.states or FailureStatus) * len(wanted.causes or Cause)
    counting, *paging = await explained(heard)
    assert walks(counting) == []
    assert read(counting) <= 1.1 * total
    assert fetches(counting) <= UNSEEN
    if not total:
        assert paging == []
        return
    page, found = paging
    assert walks(page) == walks(found) == []
    assert read(page) <= kinds * 50
    assert read(found) == len(rows)


@pytest.mark.parametrize(
    "name",
    [name for name in LISTS if name not in ("a cause that never was", "no time at all", "a week's open")],
)
async def test_last_and_middle_pages(heard: AsyncConnectionPool[Any], name: str) -> None:
    """A deep page reads no more than lies between it and the nearer end, and of a small answer only that."""
    wanted = LISTS[name]
    failures = PostgresFailures(heard)
    _, total = await failures.page(wanted, 1, 0)
    await explained(heard)
    for offset in {max(0, total - 30), total // 2, total // 3}:
        rows, _ = await failures.page(wanted, 50, offset)
        assert len(rows) == min(50, total - offset)
        _, page, found = await explained(heard)
        assert walks(page) == walks(found) == []
        # What a filter leaves out lies between what it lets through, and is walked over.
        between = ROWS / total if wanted.states or wanted.causes else 1
        walked = min(offset + 50, total - offset) * between
        assert read(page) <= 1.2 * max(min(total, 50_000), walked)
        assert fetches(page) <= UNSEEN


async def test_pages_meet(heard: AsyncConnectionPool[Any]) -> None:
    """Pages found by merging, from the newest and from the oldest row are parts of one list."""
    failures = PostgresFailures(heard)
    ways: set[Way] = set()
    for offset in (1_000, 2_000, 300_000, 700_000, 999_900):
        route = shortest(len(FailureStatus) * len(Cause), ROWS, 60, offset)
        assert route is not None
        ways.add(route.way)
        across, _ = await failures.page(EVERYTHING, 100, offset - 50)
        behind, _ = await failures.page(EVERYTHING, 50, offset)
        assert across[50:] == list(behind)
    assert ways == set(Way)


@pytest.mark.parametrize("name", SEEKING)
async def test_seeking(heard: AsyncConnectionPool[Any], name: str) -> None:
    """Whoever is sought is found by an index, with all that they ever had, and nobody else is looked at."""
    wanted, most = SEEKING[name]
    rows, total = await PostgresFailures(heard).page(wanted, 50, 0)
    assert total <= most
    assert len(rows) == min(50, total)
    seeking, *_ = await explained(heard)
    assert walks(seeking) == []
    assert read(seeking) <= most
    assert read(seeking, "customers") <= most


async def test_a_name_of_many(heard: AsyncConnectionPool[Any]) -> None:
    """A name that one in five has is answered too: nobody's rows are read twice."""
    rows, total = await PostgresFailures(heard).page(Wanted(sought=NameBegins("teman")), 50, 0)
    assert (len(rows), total) == (50, ROWS // 5)
    seeking, *_ = await explained(heard)
    assert read(seeking) <= ROWS


def test_no_way_where_nothing_is() -> None:
    """Behind the last row there is nothing to look for, and a page ends with it."""
    assert shortest(39, 0, 50, 0) is None
    assert shortest(39, 10, 50, 10) is None
    assert shortest(39, 10, 50, 9) == Route(Way.OF_KINDS, 9, 1)
    assert shortest(39, ROWS, 50, ROWS - 10) == Route(Way.FROM_OLDEST, 0, 10)
    assert shortest(39, ROWS, 50, 10_000) == Route(Way.FROM_NEWEST, 10_000, 50)
