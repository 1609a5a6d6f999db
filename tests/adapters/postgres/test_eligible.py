"""Who is eligible: PostgreSQL's answer and the core's are the same, whatever the mitras have been through."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_core.flow.availability import House, Listener, eligible
from halobestie_core.pairing import Answer, AnswerKind, PairingRequest, Wave
from halobestie_core.ports.store import Look, Scope
from halobestie_core.presence import MitraPresence, PresenceStatus
from halobestie_core.words import Mode, RequestKind, TopicSensitivity
from support.postgres_places import PostgresPlace, postgres_place

NOW = datetime.fromisoformat("2026-01-02T12:00:00+00:00")
MITRAS = tuple(UUID(int=0xA0 + n) for n in range(4))
CUSTOMER, PAYMENT, REQUEST = UUID(int=0xC1), UUID(int=0xD1), UUID(int=0xE1)

instants = st.sampled_from([-3601, -46, -45, -44, -1, 0]).map(
    lambda seconds: NOW + timedelta(seconds=seconds)
)


@st.composite
def listeners(draw: st.DrawFn, mitra_id: UUID) -> Listener:
    """A mitra in any state that may be stored."""
    heard = draw(st.none() | instants)
    online = heard is not None and draw(st.booleans())
    blocked = None if online else draw(st.none() | instants)
    status = PresenceStatus.ONLINE if online else PresenceStatus.OFFLINE
    return Listener(MitraPresence(mitra_id, status, heard, blocked), draw(st.integers(0, 3)))


@frozen
class Scene:
    """Mitras, the rules, and to whom a request was shown."""

    mitras: tuple[Listener, ...]
    house: House
    waves: tuple[Wave, ...]
    answers: tuple[Answer, ...]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Anything that may be stored, also answers at the very instant of a wave."""
    shown = draw(
        st.lists(st.tuples(st.frozensets(st.sampled_from(MITRAS), min_size=1), instants), max_size=3)
    )
    said = draw(
        st.lists(
            st.tuples(st.sampled_from(MITRAS), st.sampled_from(list(AnswerKind)[1:]), instants), max_size=5
        )
    )
    house = House(draw(st.integers(1, 3)), draw(st.sampled_from([45, 3600])), draw(st.booleans()))
    return Scene(
        tuple(draw(listeners(mitra)) for mitra in MITRAS),
        house,
        tuple(Wave(number, ids, at) for number, (ids, at) in enumerate(shown, 1)),
        tuple(Answer(mitra, kind, at) for mitra, kind, at in said),
    )


def request_of(scene: Scene) -> PairingRequest:
    """Return the request of a scene."""
    return PairingRequest(
        REQUEST,
        CUSTOMER,
        PAYMENT,
        RequestKind.GENERAL,
        Mode.CHAT,
        5,
        TopicSensitivity.NORMAL,
        NOW,
        NOW,
        60,
        waves=scene.waves,
        answers=scene.answers,
    )


async def play(conn: AsyncConnection[TupleRow], scene: Scene) -> None:
    """Store a scene."""
    await conn.execute("DELETE FROM pairing_answers")
    await conn.execute("DELETE FROM pairing_waves")
    for listener in scene.mitras:
        here = listener.presence
        await conn.execute(
            "UPDATE mitras SET is_online = %s, last_heartbeat_at = %s, blocked_at = %s, live_chats = %s,"
            " version = version + 1 WHERE id = %s",
            [here.is_online, here.last_heartbeat_at, here.blocked_at, listener.live_chats, here.id],
        )
    for wave in scene.waves:
        await conn.execute(
            "INSERT INTO pairing_waves VALUES (%s, %s, %s, %s)",
            [REQUEST, wave.number, [*wave.mitra_ids], wave.at],
        )
    for answer in scene.answers:
        await conn.execute(
            "INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at) VALUES (%s, %s, %s, %s)",
            [REQUEST, answer.mitra_id, answer.answer, answer.at],
        )


@pytest.fixture
async def place(database_url: str) -> AsyncIterator[PostgresPlace]:
    """A place with the mitras and the request; what the request has to refer to is of no interest."""
    async with postgres_place(database_url) as made:
        for mitra_id in MITRAS:
            await made.mitra(mitra_id, "Sari", online=False)
        await made.conn.execute("SET session_replication_role = replica")
        await made.conn.execute(
            "INSERT INTO pairing_requests (id, customer_id, payment_session_id, kind, status,"
            " topic_sensitivity,"
            " mode, duration_minutes, created_at, deadline_at, timeout_seconds, wake_at, version)"
            " VALUES (%s, %s, %s, 'general', 'pending', 'normal', 'chat', 5, now(), now(), 60, now(), 1)",
            [REQUEST, CUSTOMER, PAYMENT],
        )
        yield made


@pytest.mark.anyio
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # every example stores all of its own
@given(scene=scenes(), limit=st.integers(0, 3))
@pytest.mark.unsound("makes up mitras, requests and settings")
async def test_both_say_the_same(place: PostgresPlace, scene: Scene, limit: int) -> None:
    """Eligible, and eligible and unoffered: the same mitras, and under a limit the same first ones."""
    await play(place.conn, scene)
    able = eligible(scene.mitras, scene.house, NOW)
    request = request_of(scene)
    unoffered = tuple(one for one in able if request.latest(one) in {None, AnswerKind.WITHDRAWN})
    for look, expected in (
        (Look(scene.house, limit), able),
        (Look(scene.house, limit, REQUEST), unoffered),
    ):
        async with place.store.unit(Scope(look=look)) as unit:
            assert unit.loaded.eligible == set(expected[: limit or None])


@pytest.mark.anyio
@pytest.mark.unsound("makes up mitras, requests and settings")
async def test_a_thousand_are_looked_at_once(place: PostgresPlace) -> None:
    """To find the unoffered among a thousand offered, each list of ids is hashed once."""
    mitras = [UUID(int=0xF000 + n) for n in range(1000)]
    await place.conn.execute(
        "INSERT INTO mitras (id, phone, display_name, is_online, last_heartbeat_at)"
        " SELECT id, id::text, 'Sari', true, travel.clock_timestamp() FROM unnest(%s::uuid[]) AS m (id)",
        [mitras],
    )
    await place.conn.execute(
        "INSERT INTO pairing_waves VALUES (%s, 1, %s, travel.clock_timestamp())", [REQUEST, mitras[:-2]]
    )
    house = House(3, 45, require_ping=True)
    async with place.store.unit(Scope(look=Look(house, 0, REQUEST))) as unit:
        assert unit.loaded.eligible == set(mitras[-2:])
