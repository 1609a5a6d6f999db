"""Stories of pushes over real instances: who gets one, how long it lives, and what spares it."""

from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from halobestie_app.fakes.fcm import Received
from halobestie_app.fakes.serving import FcmPlace
from support.evening import House
from support.fcm import fcm, pushes
from support.people import Customer, Json, Mitra, Person
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"mitra_stale_after_seconds": 3600}
OUTCOME = """
SELECT outcome FROM outbox WHERE kind = 'push' AND payload ->> 'type' = %s
AND payload ->> 'pairing_request_id' = %s"""
RESOLVED = "SELECT status FROM session_extensions WHERE id = %s AND status <> 'pending'"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcmPlace]:
    """A stand-in for FCM."""
    with fcm(tmp_path_factory.mktemp("fcm")) as opened:
        yield opened


@pytest.fixture(scope="module")
def variables(place: FcmPlace) -> Mapping[str, str]:
    """Where the instances find it."""
    return place.variables


@pytest.fixture(autouse=True)
def no_token_is_told(house: House, place: FcmPlace) -> Iterator[None]:
    """No log ever holds the token of a device, or the name of anybody."""
    yield
    tokens = {one.token for one in place.fake.asked}
    for instance in house.instances:
        said = "\n".join([*instance.logged, *instance.printed])
        assert not [token for token in tokens if token in said]
        assert "Citra Kirana" not in said


async def phone(person: Person) -> str:
    """Install the app; gives the token of the device."""
    token = f"{type(person).__name__}-{uuid4()}"
    body = {"fcm_token": token, "platform": "android"}
    (await person.ask("PUT", f"/api/shared/devices/{uuid4()}", body)).ok()
    return token


async def pushed(place: FcmPlace, token: str, kind: str, seconds: float = 10) -> Received:
    """The one push of this type that a device got."""

    async def came() -> bool:
        return bool(pushes(place, token, kind))

    await eventually(came, seconds=seconds, what=f"no push of {kind}")
    [received] = pushes(place, token, kind)
    return received


def life(received: Received) -> int:
    """For how many seconds a push is worth keeping."""
    return int(received.message["android"]["ttl"].removesuffix("s"))


async def chat(house: House) -> tuple[Customer, Mitra, Json]:
    """A customer and a mitra in a chat, served by different instances."""
    ayu, budi = await house.customer("Citra Kirana"), await house.mitra("Budi")
    budi = budi.via(house.instances[1])
    await budi.comes()
    return ayu, budi, await budi.accepts(await ayu.searches())


async def ends(ayu: Customer, session: Json) -> None:
    """Say goodbye."""
    (await ayu.end(session["id"])).ok()


async def test_a_returning_request_finds_a_mitra_without_a_socket(house: House, place: FcmPlace) -> None:
    """At once, with the words and the rest of the window."""
    ayu, budi = await house.customer("Citra Kirana"), await house.mitra("Budi")
    token = await phone(budi)
    await budi.comes()
    request = await ayu.asks_again(budi)
    received = await pushed(place, token, "chat_request")
    assert 15 <= life(received) < request["timeout_seconds"] == 20
    assert received.message["notification"] == {
        "title": "Curhat Baru",
        "body": "Citra Kirana ingin curhat 12 menit",
    }
    assert received.data == {
        "type": "chat_request",
        "request_id": request["id"],
        "request_type": "returning",
        "deadline_at": request["deadline_at"],
        "timeout_seconds": "20",
        "action": "open_request",
    }
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()


async def test_an_extension_finds_a_mitra_without_a_socket(house: House, place: FcmPlace) -> None:
    """A mitra who put the phone away in the middle of a chat is asked all the same."""
    ayu, budi, session = await chat(house)
    token = await phone(budi)
    extension = await ayu.asks_more(session)
    received = await pushed(place, token, "extension_request")
    assert 5 <= life(received) < 10
    assert received.data["extension_id"] == extension["id"]
    assert (received.data["price"], received.data["duration_minutes"]) == ("25000", "12")
    customers = await phone(ayu)
    (await budi.respond(extension, accepted=True)).ok()
    answer = await pushed(place, customers, "extension_response")
    assert answer.data == {
        "type": "extension_response",
        "session_id": session["id"],
        "accepted": "true",
        "action": "open_chat",
    }
    await ends(ayu, session)


async def test_paired_reaches_a_customer_whose_socket_is_gone(house: House, place: FcmPlace) -> None:
    """Who put the phone away while searching is called back; the winner, who has it in hand, is not."""
    ayu, budi = await house.customer("Citra Kirana"), await house.mitra("Budi")
    customers, mitras = await phone(ayu), await phone(budi)
    await budi.comes()
    socket = await ayu.connects()
    request = await ayu.searches()
    await socket.close()
    session = await budi.accepts(request)
    received = await pushed(place, customers, "paired")
    assert received.data == {
        "type": "paired",
        "session_id": session["id"],
        "mitra_name": "Budi",
        "action": "open_chat",
    }
    assert received.message["notification"]["body"] == "Budi siap mendengarkan"
    assert not pushes(place, mitras, "paired")
    await ends(ayu, session)


async def test_whoever_acknowledges_gets_no_push(house: House, place: FcmPlace) -> None:
    """The acknowledgement may reach another instance than the one that would have pushed."""
    ayu, budi = await house.customer("Citra Kirana"), await house.mitra("Budi")
    token = await phone(budi)
    budi = budi.via(house.instances[1])
    await budi.comes()
    socket = await budi.connects()
    request = await ayu.asks_again(budi)
    await socket.until("chat_request", id=request["id"])
    await socket.send("ack", frame="chat_request", id=request["id"])

    async def outcome() -> bool:
        return bool(await house.value(OUTCOME, "chat_request", request["id"]) == "acked")

    await eventually(outcome, what="the acknowledgement did not count")
    assert not pushes(place, token)
    (await budi.decline(request)).ok()


async def test_a_written_socket_is_not_a_seen_frame(house: House, place: FcmPlace) -> None:
    """A socket that takes the frame and says nothing gets the push too, two seconds late."""
    ayu, budi = await house.customer("Citra Kirana"), await house.mitra("Budi")
    token = await phone(budi)
    await budi.comes()
    socket = await budi.connects()
    request = await ayu.asks_again(budi)
    await socket.until("chat_request", id=request["id"])
    received = await pushed(place, token, "chat_request")
    assert 13 <= life(received) <= 17
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()


async def test_a_blast_is_pushed_to_those_without_a_socket(house: House, place: FcmPlace) -> None:
    """At once, and not to those who see it anyhow."""
    ayu, budi, dewi = (
        await house.customer("Citra Kirana"),
        await house.mitra("Budi"),
        await house.mitra("Dewi"),
    )
    here, away = await phone(budi), await phone(dewi)
    await budi.comes()
    await dewi.comes()
    socket = await budi.connects()
    request = await ayu.searches()
    received = await pushed(place, away, "chat_request")
    assert 55 <= life(received) < 60
    assert received.data["request_type"] == "general"
    await socket.until("chat_request", id=request["id"])
    assert await house.value(OUTCOME, "chat_request", request["id"]) in {None, "sent"}
    assert not pushes(place, here)
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()


async def test_a_device_that_is_gone_is_dropped(house: House, place: FcmPlace) -> None:
    """Firebase says that it is not registered any more: it goes, and the other one still rings."""
    ayu, budi = await house.customer("Citra Kirana"), await house.mitra("Budi")
    old, new = await phone(budi), await phone(budi)
    await budi.comes()
    place.fake.expect("UNREGISTERED", token=old)
    request = await ayu.asks_again(budi)
    await pushed(place, new, "chat_request")

    async def dropped() -> bool:
        rows = await house.rows("SELECT fcm_token FROM devices WHERE user_id = %s", budi.id)
        return [row["fcm_token"] for row in rows] == [new]

    await eventually(dropped, what="the device is still there")
    (await budi.decline(request)).ok()


async def test_a_quota_is_not_tried_again_inside_a_short_window(house: House, place: FcmPlace) -> None:
    """A minute is the least that a quota asks for; an extension has ten seconds, and is asked for once."""
    ayu, budi, session = await chat(house)
    token = await phone(budi)
    place.fake.expect("QUOTA_EXCEEDED", times=99, token=token)
    extension = await ayu.asks_more(session)

    async def over() -> bool:
        return bool(await house.rows(RESOLVED, extension["id"]))

    await eventually(over, seconds=15, what="the window did not end")
    assert [one.answer for one in place.fake.asked if one.token == token] == ["QUOTA_EXCEEDED"]
    outcome = "SELECT outcome FROM outbox WHERE kind = 'push' AND payload ->> 'extension_id' = %s ORDER BY id"
    assert (await house.rows(outcome, extension["id"]))[0]["outcome"] == "missed"
    await ends(ayu, session)


async def test_a_message_to_whoever_has_no_socket(house: House, place: FcmPlace) -> None:
    """Who wrote, and never what; nobody is pushed what they wrote themselves, or see anyhow."""
    ayu, budi, session = await chat(house)
    customers, mitras = await phone(ayu), await phone(budi)
    socket = await ayu.connects()
    secret = f"secret {uuid4()}"
    body = {"client_message_id": str(uuid4()), "text": secret}
    (await ayu.ask("POST", f"/api/shared/chat/{session['id']}/messages", body)).ok(201)
    received = await pushed(place, mitras, "message")
    assert received.message["notification"] == {"title": "Citra Kirana", "body": "Pesan baru"}
    assert received.data == {"type": "message", "session_id": session["id"], "action": "open_chat"}
    body = {"client_message_id": str(uuid4()), "text": secret}
    (await budi.ask("POST", f"/api/shared/chat/{session['id']}/messages", body)).ok(201)
    await socket.until("message", session_id=session["id"])
    assert not pushes(place, customers, "message")
    assert not [one for one in place.fake.inbox if secret in str(one.message)]
    await ends(ayu, session)


async def test_readiness_says_nothing_is_missing(house: House) -> None:
    """With a service account pushes are set up."""
    answer = await house.ask("GET", f"{house.first.public}/readyz")
    assert answer.ok() == {"status": "ready", "degraded": [], "unconfigured": []}
