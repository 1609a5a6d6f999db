"""What tests of pushes share: a notice, devices, and a stand-in for FCM reached without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import orjson
from attrs import frozen

from halobestie_adapters.fcm.account import ServiceAccount
from halobestie_adapters.fcm.sender import FcmSender, new_client
from halobestie_app.fakes.fcm import FakeFcm
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import Device, Notice, Platform, Verdict
from halobestie_core.words import UserType

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
