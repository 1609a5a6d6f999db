"""What tests of pushes share: a notice, devices, and a stand-in for FCM reached without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx2
import orjson
from attrs import define, field, frozen
from psycopg.sql import SQL

from halobestie_adapters.fcm.account import ServiceAccount
from halobestie_adapters.fcm.sender import FcmSender, new_client
from halobestie_adapters.ids import uuid7
from halobestie_adapters.outgoing import message_push
from halobestie_adapters.postgres.pushes import PostgresDevices, PostgresPushOutbox
from halobestie_app.fakes.fcm import FakeFcm
from halobestie_app.usecases import pairings
from halobestie_app.workers.notices import Notices
from halobestie_app.workers.pushes import Pushes
from halobestie_core.flow.effects import ToCustomer, ToMitra
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import Device, Notice, Platform, Verdict
from halobestie_core.ports.reads import RequestSeen
from halobestie_core.words import TopicSensitivity, UserType
from support.desk import Office
from support.extending import Talk

URL = "http://127.0.0.1:9"

NOTICE = Notice(
    title="Curhat Baru",
    body="Ani ingin curhat 12 menit",
    data={"type": "chat_request", "request_id": "r", "action": "open_request"},
    tag="chat_request:r",
    collapse_key="chat_request",
)


def device(
    token: str = "token", owner: UUID | None = None, kind: UserType = UserType.MITRA, phone: str | None = None
) -> Device:
    """Somebody's phone."""
    return Device(phone or f"phone of {token}", User(kind, owner or uuid4()), Platform.ANDROID, token)


@frozen
class Post:
    """A sender, and where everything it sends arrives."""

    sender: FcmSender
    fake: FakeFcm

    async def send(self, to: Device | None = None, seconds: int = 17) -> Verdict:
        """Send a notice."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        return await self.sender.send(NOTICE, to or device(), until, seconds)


def account(fake: FakeFcm, folder: Path) -> ServiceAccount:
    """The service account of a stand-in, by way of its file."""
    path = folder / "account.json"
    path.write_bytes(orjson.dumps(fake.service_account(URL)))
    return ServiceAccount.read(path)


@asynccontextmanager
async def post(folder: Path) -> AsyncIterator[Post]:
    """A sender and its stand-in."""
    fake = FakeFcm()
    async with new_client(httpx2.ASGITransport(fake.app())) as client:
        yield Post(FcmSender(client, URL, account(fake, folder)), fake)


@define
class Mailroom:
    """The push loop of one instance on a real database, with phones and a stand-in for FCM."""

    office: Office
    post: Post
    pushes: Pushes = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Make the loop."""
        self.pushes = self.instance()

    @property
    def devices(self) -> PostgresDevices:
        """Where devices are kept."""
        return PostgresDevices(self.office.pool)

    @property
    def outbox(self) -> PostgresPushOutbox:
        """Where pushes wait."""
        return PostgresPushOutbox(self.office.pool)

    def instance(self) -> Pushes:
        """Make the loop of one more instance."""
        notices = Notices(self.office.desk.reads)
        return Pushes(self.outbox, self.devices, self.post.sender, self.office.sockets, notices)

    async def round(self) -> int:
        """Take what is due, and see it through; gives how many rows."""
        rows = await self.pushes.take()
        await self.pushes.finished()
        return rows

    async def phone(self, owner: UUID, token: str, kind: UserType = UserType.MITRA) -> Device:
        """A phone with a log-in of its own."""
        login = uuid7()
        await self.office.sql(_LOG_IN, login, kind.value, owner, uuid4().bytes * 2)
        phone = device(token, owner, kind)
        await self.devices.put(phone, login)
        return phone

    async def log_out(self, owner: UUID) -> None:
        """End every log-in of somebody."""
        await self.office.sql(_LOG_OUT, owner)

    async def later(self, seconds: float) -> None:
        """Let so much time go by for everything that waits."""
        by = timedelta(seconds=seconds)
        await self.office.sql(_AGE_ROWS, by, by, by)
        await self.office.sql(_AGE_RESULTS, by)

    async def outcomes(self) -> list[tuple[str, str | None]]:
        """What became of each row, in order; ``None`` while it waits."""
        return [(kind, outcome) for kind, outcome in await self.office.sql(_OUTCOMES)]

    async def fates(self) -> dict[str, str]:
        """What became of the rows at each device."""
        return {phone.removeprefix("phone of "): fate for phone, fate in await self.office.sql(_FATES)}

    async def kept(self) -> list[str]:
        """The tokens of the devices there are."""
        return [token for (token,) in await self.office.sql(SQL("SELECT fcm_token FROM devices ORDER BY 1"))]

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What devices got: token and type, in order."""
        return [(one.token, one.data["type"]) for one in self.post.fake.inbox]


@asynccontextmanager
async def mailroom(office: Office, folder: Path) -> AsyncIterator[Mailroom]:
    """Open one."""
    async with post(folder) as opened:
        yield Mailroom(office, opened)


async def asked_again(room: Mailroom, mitra: UUID) -> RequestSeen:
    """An open returning request of a new customer."""
    desk, customer = room.office.desk, await room.office.customer()
    paid = await room.office.paid(customer, mitra)
    return await pairings.open_returning(desk, customer, paid.payment.id, mitra, TopicSensitivity.NORMAL)


def connect(room: Mailroom, *mitras: UUID) -> None:
    """Give these a socket."""
    assert room.office.sockets.here is not None
    room.office.sockets.here |= {User(UserType.MITRA, mitra) for mitra in mitras}


async def everything(room: Mailroom) -> Talk:
    """Have every push of an evening sent, with a phone for each side."""
    sari = await room.office.mitra()
    await room.phone(sari, "mitra")
    desk, customer = room.office.desk, await room.office.customer()
    await room.phone(customer, "customer", UserType.CUSTOMER)
    paid = await room.office.paid(customer, sari)
    request = await pairings.open_returning(desk, customer, paid.payment.id, sari, TopicSensitivity.NORMAL)
    await room.round()
    won, _ = await pairings.accept(desk, sari, request.request.id)
    await room.round()
    talk = Talk(room.office, customer, sari, won.session.id)
    for accepted in (True, False):
        asked = await talk.asks()
        await room.round()
        await talk.answer(asked, accepted=accepted)
        await room.round()
    await write(room, talk, 1)
    await room.round()
    return talk


async def write(room: Mailroom, talk: Talk, seq: int) -> None:
    """Leave the push rows of a message to each side."""
    insert = SQL("INSERT INTO outbox (kind, stream, audience, payload) VALUES (%s, %s, %s::jsonb, %s::jsonb)")
    for side in (ToCustomer(talk.customer), ToMitra(talk.mitra)):
        row = message_push(side, talk.session_id, seq)
        await room.office.sql(insert, row.kind, row.stream, as_json(row.audience), as_json(row.payload))


def as_json(value: object) -> str:
    """JSON text."""
    return orjson.dumps(value).decode()


_LOG_IN: Final = SQL(
    "INSERT INTO auth_sessions"
    " (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at, absolute_expires_at)"
    " VALUES (%s, %s, %s, %s, now(), now(), now() + interval '30 days', now() + interval '90 days')"
)
_LOG_OUT: Final = SQL(
    "UPDATE auth_sessions SET revoked_at = now(), revoked_reason = 'logout' WHERE user_id = %s"
)
_AGE_ROWS: Final = SQL(
    "UPDATE outbox SET created_at = created_at - %s, next_attempt_at = next_attempt_at - %s,"
    " payload = CASE WHEN payload ->> 'until' IS NULL THEN payload ELSE"
    " jsonb_set(payload, '{until}', to_jsonb((payload ->> 'until')::timestamptz - %s)) END"
    " WHERE kind = 'push'"
)
_AGE_RESULTS: Final = SQL("UPDATE push_results SET not_before = not_before - %s WHERE fate = 'waiting'")
_OUTCOMES: Final = SQL("SELECT payload ->> 'type', outcome FROM outbox WHERE kind = 'push' ORDER BY id")
_FATES: Final = SQL("SELECT installation_id, fate FROM push_results ORDER BY installation_id")
