"""The frames of the outbox: claimed in order, marked when sent, read again by whoever missed them."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.postgres.outbox import BEGINNING, PostgresFrameOutbox, Q
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.flow.effects import ToCustomer, ToMitra, ToOffered
from support.house import Conn, frame_row, unsent

pytestmark = pytest.mark.anyio

ANI, SARI = uuid4(), uuid4()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[AsyncConnectionPool]:
    """A small pool on this test's database."""
    async with make_pool(database_url, 3) as opened:
        yield opened


@pytest.fixture
def outbox(pool: AsyncConnectionPool) -> PostgresFrameOutbox:
    """The outbox of one instance."""
    return PostgresFrameOutbox(pool)


async def claimed(outbox: PostgresFrameOutbox, limit: int = 100) -> tuple[list[int], bool]:
    """Claim and send; the ids, and whether there are more."""
    async with outbox.claimed(limit) as claim:
        return [frame.id for frame in claim.frames], claim.more


@pytest.mark.unsound("makes up frames of no chat", "h3_only_participants_hear")
async def test_every_audience(conn: Conn, outbox: PostgresFrameOutbox) -> None:
    """A row is read with its audience, its type and its ids."""
    request = uuid4()
    await frame_row(conn, {"customer": str(ANI)}, "paired", session_id="s")
    await frame_row(conn, {"mitra": str(SARI)}, "presence", why="stale")
    await frame_row(conn, {"request": str(request), "wave": 1, "but": None}, "chat_request")
    await frame_row(conn, {"request": str(request), "wave": None, "but": str(SARI)}, "chat_request_closed")
    async with outbox.claimed(10) as claim:
        frames = claim.frames
    assert [frame.audience for frame in frames] == [
        ToCustomer(ANI),
        ToMitra(SARI),
        ToOffered(request, 1),
        ToOffered(request, None, SARI),
    ]
    assert [(frame.frame, frame.ids) for frame in frames[:2]] == [
        ("paired", {"session_id": "s"}),
        ("presence", {"why": "stale"}),
    ]
    assert frames[0].stream == f"customer:{ANI}"
    assert frames[0].at.utcoffset() is not None


async def test_sent_once(conn: Conn, outbox: PostgresFrameOutbox) -> None:
    """What was claimed and sent is not claimed again; other kinds are none of ours."""
    first = await frame_row(conn, {"customer": str(ANI)})
    await conn.execute(
        "INSERT INTO outbox (kind, stream, audience, payload) VALUES ('later', 'x', '{}', '{}')"
    )
    assert await claimed(outbox) == ([first], False)
    assert await claimed(outbox) == ([], False)
    assert await unsent(conn) == []
    second = await frame_row(conn, {"customer": str(ANI)})
    assert await claimed(outbox) == ([second], False)


async def test_not_sent_after_all(conn: Conn, outbox: PostgresFrameOutbox) -> None:
    """A claim whose sending failed leaves everything as it was."""
    rows = [await frame_row(conn, {"customer": str(ANI)}) for _ in range(3)]
    with pytest.raises(StoreUnavailable):
        async with outbox.claimed(10):
            raise StoreUnavailable("the bus is away")
    assert await unsent(conn) == rows
    assert await claimed(outbox) == (rows, False)


async def test_at_most(conn: Conn, outbox: PostgresFrameOutbox) -> None:
    """A claim has a limit, takes the oldest, and says that there are more."""
    rows = [await frame_row(conn, {"customer": str(uuid4())}) for _ in range(5)]
    assert await claimed(outbox, 2) == (rows[:2], True)
    assert await claimed(outbox, 2) == (rows[2:4], True)
    assert await claimed(outbox, 2) == (rows[4:], False)


async def test_two_relays(conn: Conn, pool: AsyncConnectionPool) -> None:
    """Two relays never claim the same frame, and one never overtakes the other within a stream."""
    one, other = PostgresFrameOutbox(pool), PostgresFrameOutbox(pool)
    earlier = await frame_row(conn, {"customer": str(ANI)})
    async with one.claimed(10) as claim:
        assert [frame.id for frame in claim.frames] == [earlier]
        later = await frame_row(conn, {"customer": str(ANI)})
        elsewhere = await frame_row(conn, {"mitra": str(SARI)})
        assert await claimed(other) == ([elsewhere], True)
    assert await claimed(other) == ([later], False)


async def test_committed_late(conn: Conn, outbox: PostgresFrameOutbox, database_url: str) -> None:
    """A row with a smaller id that is committed after a larger one was sent is found all the same."""
    async with await psycopg.AsyncConnection.connect(database_url) as slow:
        small = await frame_row(slow, {"customer": str(ANI)})
        large = await frame_row(conn, {"customer": str(uuid4())})
        assert small < large
        assert await claimed(outbox) == ([large], False)
        await slow.commit()
    assert await claimed(outbox) == ([small], False)


async def recent(outbox: PostgresFrameOutbox, customers: list[UUID], mitras: list[UUID]) -> list[int]:
    """The ids of the frames of the last minute for these people."""
    return [frame.id for frame in await outbox.recent(60, customers, mitras)]


async def test_recent(conn: Conn, outbox: PostgresFrameOutbox) -> None:
    """Whoever missed something gets what was meant for these people, sent or not, and nobody else's."""
    ani = await frame_row(conn, {"customer": str(ANI)})
    sari = await frame_row(conn, {"mitra": str(SARI)})
    offered = await frame_row(conn, {"request": str(uuid4()), "wave": None, "but": None})
    await frame_row(conn, {"customer": str(uuid4())})
    await claimed(outbox)
    assert await recent(outbox, [ANI], []) == [ani]
    assert await recent(outbox, [], [SARI]) == [sari, offered]
    assert await recent(outbox, [ANI], [SARI]) == [ani, sari, offered]
    assert await recent(outbox, [SARI], [ANI]) == [offered]
    assert await recent(outbox, [], []) == []


async def test_not_recent(conn: Conn, outbox: PostgresFrameOutbox) -> None:
    """What is older is left alone."""
    await frame_row(conn, {"customer": str(ANI)})
    await conn.execute("UPDATE outbox SET created_at = created_at - interval '2 minutes'")
    assert await recent(outbox, [ANI], []) == []


async def test_served_by_indexes(conn: Conn) -> None:
    """Among many frames that were sent, the few that wait are found by an index, and so are the newest."""
    await conn.execute(
        "INSERT INTO outbox (kind, stream, audience, payload, sent_at, created_at, next_attempt_at)"
        """ SELECT 'frame', 'customer:' || n, '{"customer": "x"}', '{"frame": "paired"}', now(),"""
        " now() - interval '1 day', now() - interval '1 day' FROM generate_series(1, 100000) n"
    )
    await conn.execute("ANALYZE outbox")

    for query, given in (
        (Q.claim_frames, {"floor": BEGINNING, "limit": 200}),
        (Q.recent_frames, {"seconds": 10.0, "customers": [str(ANI)], "mitras": [str(SARI)]}),
    ):
        rows = await (await conn.execute(b"EXPLAIN " + query.encode(), given)).fetchall()
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan" not in plan, plan
