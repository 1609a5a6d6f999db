"""What people put in is in no output: marks in every input, looked for wherever a server speaks.

The log of this module is the one for people, lines of text; that for machines is looked at after every story
of every other module.
"""

import json
from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from halobestie_app.fakes.serving import FcmPlace
from support.evening import House
from support.fcm import fcm
from support.marks import Secrets, spoken
from support.people import PASSWORD, Customer, Mitra, Operator
from support.silence import held_at
from support.town import fresh_phone
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
MARKS = (
    *("name", "email", "phone", "password", "device", "key", "text", "last words", "note", "reason"),
    *("search", "agent", "query", "body", "member"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FcmPlace]:
    """A stand-in for FCM."""
    with fcm(tmp_path_factory.mktemp("fcm")) as opened:
        yield opened


@pytest.fixture(scope="module")
def variables(place: FcmPlace) -> Mapping[str, str]:
    """Where the instances find it, and how they speak."""
    return {**place.variables, "LOG_FORMAT": "console"}


async def test_what_is_looked_for() -> None:
    """Each kind of secret is found where it is, and nothing where it is not."""
    secrets = Secrets()
    token = f"aaa.bbb.{uuid4().hex}"
    said = 'aku "sedih" sekali'
    secrets.note([{"phone": "+628123456789", "code": "123456"}, {"rows": [{"text": said}]}])
    secrets.note({"access_token": token, "password": PASSWORD, "code": "NOT_FOUND"})
    secrets.heard(["[OTP STUB] phone=+628999999999 code=654321"])
    ends = (f"token {token}", f"{token[8:]}!", json.dumps(said), f"was {PASSWORD}")
    for text in ("to +628123456789.", "(628123456789)", "code 123456", "a 654321", "+628999999999", *ends):
        assert list(secrets.found_in(text)), text
    for text in ("at 15:14:05.123456Z", "0.123456", "1234567", f"x{token[8:]}", "NOT_FOUND", "sedih"):
        assert not list(secrets.found_in(text)), text
    lines = ['{"at": "123456", "seconds": 123456, "event": "code"}', "[OTP STUB] phone=1 code=2"]
    assert spoken(lines) == "seconds\nevent\ncode"


async def test_marks_everywhere(house: House, place: FcmPlace) -> None:
    """An evening of marks: chat, names, notes, e-mails, passwords, phones, keys, searches, bodies."""
    marks = {name: f"{name.replace(' ', '-')}-{uuid4().hex}" for name in MARKS}
    marks["phone"] = fresh_phone().lstrip("+")
    ayu, budi = await house.customer(marks["name"][:40]), await house.mitra()
    boss = await house.operator()
    await comes_in(house, ayu, marks)
    for person in (ayu, budi):
        device = {"fcm_token": marks["device"] + person.id, "platform": "android"}
        (await person.ask("PUT", f"/api/shared/devices/{uuid4()}", device)).ok()
    await budi.comes()
    await talks(ayu, budi, marks)
    await operates(house, ayu, boss, marks)
    await misbehaves(house, ayu, marks)

    async def pushed() -> bool:
        return bool(place.fake.inbox)

    await eventually(pushed, seconds=20, what="something must really be pushed")
    sent = [json.dumps(dict(one.message)) for one in place.fake.inbox]
    logged = [line for one in house.instances for line in (*one.logged, *one.printed)]
    assert any("answered" in line for line in logged)
    spots = {
        "logs": spoken(logged),
        "Redis": held_at(house.valkey_url),
        "the outbox": str(await house.rows("SELECT * FROM outbox")),
        "the log of moves": str(await house.rows("SELECT * FROM transitions WHERE machine <> 'chat'")),
        "metrics": "".join(
            [(await house.http.get(f"{one.internal}/metrics")).text for one in house.instances]
        ),
        "pushes": "\n".join(sent),
    }
    allowed = {("name", "pushes"), ("device", "pushes")}
    found = {
        (name, spot) for name, mark in marks.items() for spot, text in spots.items() if mark[:40] in text
    }
    assert found <= allowed


async def comes_in(house: House, ayu: Customer, marks: Mapping[str, str]) -> None:
    """A phone, a wrong code, tokens of nobody, an operator's wrong password."""
    phone = f"+{marks['phone']}"
    for path, body in (
        ("/api/client/auth/otp/request", {"phone": phone}),
        ("/api/client/auth/otp/verify", {"phone": phone, "code": "000000"}),
        ("/api/client/auth/google", {"id_token": marks["body"]}),
        ("/api/shared/auth/refresh", {"refresh_token": marks["body"]}),
        ("/internal/auth/login", {"email": f"{marks['email']}@x.example", "password": marks["password"]}),
    ):
        base = house.first.internal if path.startswith("/internal") else house.first.public
        answer = await house.ask("POST", base + path, body)
        assert answer.status in (202, 401, 503)
        assert not [mark for mark in marks.values() if mark in str(answer.body)]


async def talks(ayu: Customer, budi: Mitra, marks: Mapping[str, str]) -> None:
    """A chat with words in it, while the other is away, and last ones."""
    session = await budi.accepts(await ayu.searches())
    ours = await ayu.connects()
    await ours.send("message", session_id=session["id"], client_message_id=str(uuid4()), text=marks["text"])
    await ours.until("message_ack")
    path = f"/api/client/chat/sessions/{session['id']}/end"
    key = {"Idempotency-Key": marks["key"]}
    (await ayu.ask("POST", path, {"closing_message": marks["last words"]}, headers=key)).ok()


async def operates(house: House, ayu: Customer, boss: Operator, marks: Mapping[str, str]) -> None:
    """Failed money with a note, a search for a phone, a new mitra, an end with a reason."""
    payment = await ayu.pays()
    (await ayu.give_up(payment)).ok()
    [row] = await boss.failures(payment)
    (await boss.act(row, "refunded", marks["note"])).ok()
    for path in ("mitras", "failed-pairings"):
        await boss.get(f"/internal/{path}?q={marks['search']}")
    path = f"/internal/sessions/{uuid4()}/end"
    (await boss.ask("POST", path, {"reason": marks["reason"]})).refused("NOT_FOUND", 404)


async def misbehaves(house: House, ayu: Customer, marks: Mapping[str, str]) -> None:
    """Marks where nobody expects them: in names of members, in wrong values, headers, queries and paths."""
    headers = {"User-Agent": marks["agent"], "X-Request-Id": "x", "X-Client": marks["agent"]}
    for body in ({marks["member"]: 1}, {"duration_minutes": marks["body"]}, [marks["body"]]):
        path = f"/api/client/payment-sessions?{marks['query']}={marks['query']}"
        await ayu.ask("POST", path, body, headers=headers)
    raw = b'{"' + marks["body"].encode()
    kind = {"Content-Type": "application/json"}
    await ayu.ask("POST", "/api/client/payment-sessions", content=raw, headers=kind)
    await ayu.ask("GET", f"/api/client/payment-sessions/{marks['query']}")
    await house.ask("GET", f"{house.first.public}/{marks['query']}")
    socket = await ayu.connects()
    await socket.send_raw(marks["body"])
    await socket.send(marks["body"], text=marks["text"])
    await socket.until("error")
    assert marks["body"] not in str(socket.frames)
