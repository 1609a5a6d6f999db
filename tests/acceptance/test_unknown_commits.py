"""The line to PostgreSQL dies between a commit and its answer: who tries again under the key finds it done.

The server cannot know whether it was; it says 503. Without a key the client could not know either.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import psycopg
import pytest

from support.door_slam import SlammingDoor, slamming_door
from support.evening import House
from support.people import Customer, Json, Mitra
from support.server import new_database
from support.stores import Stores
from support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}
PAYMENTS = "/api/client/payment-sessions"
SEARCHES = "/api/client/chat-requests"


@pytest.fixture(scope="module")
async def behind(
    stores: Stores,
    postgres_admin: psycopg.Connection,
    database_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[House, SlammingDoor]]:
    """A house whose server reaches its database through a door that may slam; the test has its own way in."""
    with new_database(stores, postgres_admin, database_template) as database_url:
        async with slamming_door(database_url) as door:
            folder: Path = tmp_path_factory.mktemp("behind")
            opened = House(database_url, f"{stores.valkey_url}?db=15", folder)
            try:
                await opened.opened(1, DATABASE_URL=door.url)
                await opened.settings(**SETTINGS)
                yield opened, door
            finally:
                await opened.close()


@pytest.fixture(scope="module")
def house(behind: tuple[House, SlammingDoor]) -> House:
    """The house."""
    found = behind[0]
    found.expected_trouble = '"status":503'
    return found


@pytest.fixture
def door(behind: tuple[House, SlammingDoor]) -> SlammingDoor:
    """The door, open."""
    behind[1].opens()
    return behind[1]


class Letter:
    """A command with a key, ready to be sent as often as it takes."""

    def __init__(self, who: Customer, path: str, body: Json = None) -> None:
        self._who, self._path, self._body = who, path, body
        self._key = uuid4().hex

    async def sent(self) -> httpx2.Response:
        """Send it."""
        headers = {"Authorization": f"Bearer {self._who.token}", "Idempotency-Key": self._key}
        options = {} if self._body is None else {"json": self._body}
        url = self._who.at.public + self._path
        return await self._who.house.http.post(url, headers=headers, **options)


@asynccontextmanager
async def in_flight(
    letter: Letter, door: SlammingDoor, fact: Callable[[], Awaitable[object]]
) -> AsyncIterator[None]:
    """Send it through a door that slams: nobody says yes, and yet it is done."""
    assert not await fact()
    door.slams = True
    answer = await letter.sent()
    door.slams = False
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert door.slammed
    assert await fact(), "it was committed"
    yield


async def once_more(letter: Letter, status: int = 201) -> Json:
    """Send it again: it is answered now, and once more the same, to the letter."""
    answer, again = await letter.sent(), await letter.sent()
    assert answer.status_code == status, answer.text
    assert "idempotency-replayed" not in answer.headers
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    return answer.json()


async def found(house: House, query: str, *values: object) -> list[str]:
    """The ids that a query finds."""
    return [str(row["id"]) for row in await house.rows(query, *values)]


OF = {
    "payments": "SELECT id FROM payment_sessions WHERE customer_id = %s ORDER BY created_at",
    "requests": "SELECT id FROM pairing_requests WHERE customer_id = %s AND kind = 'general'",
    "returning": "SELECT id FROM pairing_requests WHERE customer_id = %s AND kind = 'returning'",
    "extensions": """
        SELECT e.id FROM session_extensions e JOIN chat_sessions s ON s.id = e.session_id
        WHERE s.customer_id = %s""",
}


def seen(house: House, what: str, ayu: Customer) -> Callable[[], Awaitable[list[str]]]:
    """A look, past the server, at what this customer has."""
    return lambda: found(house, OF[what], ayu.id)


async def test_a_payment(house: House, door: SlammingDoor) -> None:
    """One payment, whose id the second try tells; as it stands, should it have moved on meanwhile."""
    ayu = await house.customer()
    letter = Letter(ayu, PAYMENTS, {"duration_minutes": 12})
    async with in_flight(letter, door, seen(house, "payments", ayu)):
        (there,) = await found(house, OF["payments"], ayu.id)
        (await ayu.confirm({"id": there})).ok()
    answer = await once_more(letter)
    assert (answer["id"], answer["status"]) == (there, "confirmed")
    assert await found(house, OF["payments"], ayu.id) == [there]


async def test_a_search(house: House, door: SlammingDoor) -> None:
    """One search; it may even have been accepted before its customer heard that it was opened."""
    ayu, budi = await house.customer(), await (await house.mitra()).comes()
    payment = await ayu.pays()
    letter = Letter(ayu, SEARCHES, {"payment_session_id": payment["id"]})
    async with in_flight(letter, door, seen(house, "requests", ayu)):
        (there,) = await found(house, OF["requests"], ayu.id)
        session = await budi.accepts({"id": there})
    answer = await once_more(letter)
    assert (answer["id"], answer["status"], answer["session_id"]) == (there, "accepted", session["id"])
    (await ayu.end(session["id"])).ok()


async def test_asking_somebody_who_is_away(house: House, door: SlammingDoor) -> None:
    """The refusal that has failed a payment is a refusal the second time too, about the same request."""
    ayu, budi = await house.customer(), await house.mitra()
    payment = await ayu.pays(mitra=budi)
    letter = Letter(ayu, f"{SEARCHES}/returning", {"payment_session_id": payment["id"], "mitra_id": budi.id})
    async with in_flight(letter, door, seen(house, "returning", ayu)):
        pass
    answer = await once_more(letter, 409)
    (there,) = await found(house, OF["returning"], ayu.id)
    assert (answer["code"], answer["pairing_request_id"]) == ("TARGETED_MITRA_OFFLINE", there)
    assert answer["reason"] == "targeted_mitra_offline"
    failures = "SELECT count(*) FROM pairing_failures WHERE payment_session_id = %s"
    assert await house.value(failures, payment["id"]) == 1


async def test_asking_somebody_who_left_since(house: House, door: SlammingDoor) -> None:
    """They had been asked: that was a yes, and how it ended is in the object."""
    ayu, budi = await house.customer(), await (await house.mitra()).comes()
    payment = await ayu.pays(mitra=budi)
    letter = Letter(ayu, f"{SEARCHES}/returning", {"payment_session_id": payment["id"], "mitra_id": budi.id})
    async with in_flight(letter, door, seen(house, "returning", ayu)):
        (there,) = await found(house, OF["returning"], ayu.id)
        await budi.leaves()
        await closed(house, there)
    answer = await once_more(letter)
    assert (answer["id"], answer["cause_tag"]) == (there, "targeted_mitra_offline")


async def closed(house: House, request_id: str) -> None:
    """Wait until a request is not open any more."""

    async def over() -> bool:
        query = "SELECT status <> 'pending' FROM pairing_requests WHERE id = %s"
        return bool(await house.value(query, request_id))

    await eventually(over, seconds=5, what="still open")


async def test_falling_back(house: House, door: SlammingDoor) -> None:
    """One search with the same money, given up or not."""
    ayu, budi = await house.customer(), await house.mitra()
    await house.mitras(1)
    payment = await ayu.pays(mitra=budi)
    (await ayu.ask_again(payment, budi)).refused("TARGETED_MITRA_OFFLINE")
    letter = Letter(ayu, f"{SEARCHES}/{payment['id']}/fallback-to-blast")
    async with in_flight(letter, door, seen(house, "requests", ayu)):
        (await ayu.give_up(payment)).ok()
    answer = await once_more(letter)
    assert [answer["id"]] == await found(house, OF["requests"], ayu.id)
    assert answer["cause_tag"] == "customer_cancelled"


async def test_more_time(house: House, door: SlammingDoor) -> None:
    """One extension, answered before its customer heard that it was asked for."""
    ayu, budi = await house.customer(), await (await house.mitra()).comes()
    session = await budi.accepts(await ayu.searches())
    more = await ayu.pays_more()
    path = f"/api/client/chat/sessions/{session['id']}/extensions"
    letter = Letter(ayu, path, {"extension_payment_session_id": more["id"]})
    async with in_flight(letter, door, seen(house, "extensions", ayu)):
        await answered(budi)
    answer = await once_more(letter)
    assert [answer["id"]] == await found(house, OF["extensions"], ayu.id)
    assert answer["status"] == "accepted"
    (await ayu.end(session["id"])).ok()


async def answered(budi: Mitra) -> None:
    """Say yes to whoever asks."""
    (asked,) = await budi.extensions()
    (await budi.respond(asked, accepted=True)).ok()


async def test_what_creates_nothing(house: House, door: SlammingDoor) -> None:
    """Confirming, giving up and ending are done by their first try; the second is told how it stands."""
    ayu, budi = await house.customer(), await (await house.mitra()).comes()
    pending = (await ayu.pay(5)).ok(201)
    confirm = Letter(ayu, f"{PAYMENTS}/{pending['id']}/confirm")
    async with in_flight(confirm, door, lambda: stands(house, "payment_sessions", pending, "confirmed")):
        pass
    assert (await once_more(confirm, 200))["status"] == "confirmed"
    cancel = Letter(ayu, f"{SEARCHES}/cancel", {"payment_session_id": pending["id"]})
    async with in_flight(cancel, door, lambda: stands(house, "payment_sessions", pending, "failed_pairing")):
        pass
    assert (await once_more(cancel, 200))["cause_tag"] == "customer_cancelled"
    session = await budi.accepts(await ayu.searches())
    end = Letter(ayu, f"/api/client/chat/sessions/{session['id']}/end")
    async with in_flight(end, door, lambda: stands(house, "chat_sessions", session, "ended")):
        pass
    assert (await once_more(end, 200))["end_reason"] == "customer_ended"


async def stands(house: House, table: str, it: Json, status: str) -> bool:
    """Whether a row has this status."""
    queries = {
        "payment_sessions": "SELECT status FROM payment_sessions WHERE id = %s",
        "chat_sessions": "SELECT status FROM chat_sessions WHERE id = %s",
    }
    return bool(await house.value(queries[table], it["id"]) == status)
