"""FCM spoken to over its own protocol: what goes out, and what each answer means."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from halobestie_adapters.fcm import account as accounts
from halobestie_adapters.fcm.account import BadServiceAccount, ServiceAccount
from halobestie_adapters.fcm.sender import FcmSender, new_client
from halobestie_app.fakes.fcm import FakeFcm
from halobestie_core.ports.push import Gone, Refused, Sent, TryLater
from support.pushing import NOTICE, URL, Post, account, device, post

pytestmark = pytest.mark.anyio


@pytest.fixture
async def fcm(tmp_path: Path) -> AsyncIterator[Post]:
    """A sender and a stand-in for the other side."""
    async with post(tmp_path) as opened:
        yield opened


async def test_what_goes_out(fcm: Post) -> None:
    """Every member of the contract, with the rest of the window as its life."""
    until = datetime(2026, 1, 2, 13, 0, 17, tzinfo=UTC)
    assert await fcm.sender.send(NOTICE, device("phone-token"), until, 17) == Sent()
    [received] = fcm.fake.inbox
    assert received.message == {
        "token": "phone-token",
        "notification": {"title": "Curhat Baru", "body": "Ani ingin curhat 12 menit"},
        "data": {"type": "chat_request", "request_id": "r", "action": "open_request"},
        "android": {
            "priority": "high",
            "ttl": "17s",
            "collapse_key": "chat_request",
            "notification": {
                "channel_id": "halobestie_chat_v2",
                "sound": "halobestie_notif",
                "tag": "chat_request:r",
            },
        },
        "apns": {
            "headers": {
                "apns-expiration": str(int(until.timestamp())),
                "apns-priority": "10",
                "apns-push-type": "alert",
                "apns-collapse-id": "chat_request:r",
            },
            "payload": {"aps": {"sound": "halobestie_notif.caf", "thread-id": "chat_request:r"}},
        },
        "webpush": {"headers": {"TTL": "17", "Urgency": "high"}, "notification": {"tag": "chat_request:r"}},
    }


# ------------------------------------------------------------------------------ every error, its action


@pytest.mark.parametrize("code", ["UNREGISTERED", "SENDER_ID_MISMATCH"])
async def test_a_device_that_is_gone(fcm: Post, code: str) -> None:
    """The device goes."""
    fcm.fake.expect(code)
    assert await fcm.send() == Gone(code)


async def test_an_argument_that_names_the_token(fcm: Post) -> None:
    """Only a named token costs the device; otherwise somebody has to look at what we send."""
    fcm.fake.expect("INVALID_ARGUMENT", names_token=True)
    fcm.fake.expect("INVALID_ARGUMENT")
    fcm.fake.expect("INVALID_ARGUMENT", form="bare")
    fcm.fake.expect("INVALID_ARGUMENT", form="html")
    assert await fcm.send() == Gone("INVALID_ARGUMENT")
    assert [await fcm.send() for _ in range(3)] == [Refused("INVALID_ARGUMENT")] * 3


@pytest.mark.parametrize(
    "retry_after, expected", [(None, 60), ("5", 60), ("90", 90), ("soon", 60), ("9" * 30, 3600)]
)
async def test_a_quota(fcm: Post, retry_after: str | None, expected: float) -> None:
    """Its Retry-After is honoured, and never less than a minute."""
    fcm.fake.expect("QUOTA_EXCEEDED", retry_after=retry_after)
    assert await fcm.send() == TryLater("QUOTA_EXCEEDED", expected)


async def test_a_quota_until_a_moment(fcm: Post) -> None:
    """Retry-After may be a date."""
    moment = datetime.now(UTC) + timedelta(seconds=300)
    fcm.fake.expect("QUOTA_EXCEEDED", retry_after=moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    verdict = await fcm.send()
    assert isinstance(verdict, TryLater)
    assert verdict.after is not None
    assert 290 < verdict.after <= 300


@pytest.mark.parametrize("form", ["json", "bare", "html"])
@pytest.mark.parametrize("code", ["UNAVAILABLE", "INTERNAL"])
async def test_their_trouble(fcm: Post, code: str, form: str) -> None:
    """Later, by our own pace, or by theirs if they say so; details and JSON may be absent."""
    fcm.fake.expect(code, form=form)
    fcm.fake.expect(code, form=form, retry_after="7")
    assert await fcm.send() == TryLater(code)
    assert await fcm.send() == TryLater(code, 7)


async def test_a_bad_gateway(fcm: Post) -> None:
    """A proxy's page means later."""
    fcm.fake.expect("BAD_GATEWAY")
    assert await fcm.send() == TryLater("UNAVAILABLE")


@pytest.mark.parametrize(
    "code, form, verdict",
    [
        ("UNREGISTERED", "bare", Refused("NOT_FOUND")),
        ("SENDER_ID_MISMATCH", "bare", Refused("PERMISSION_DENIED")),
        ("NOT_FOUND", "html", Refused("NOT_FOUND")),
        ("PERMISSION_DENIED", "json", Refused("PERMISSION_DENIED")),
        ("THIRD_PARTY_AUTH_ERROR", "json", Refused("THIRD_PARTY_AUTH_ERROR")),
        ("QUOTA_EXCEEDED", "html", TryLater("QUOTA_EXCEEDED", 60)),
    ],
)
async def test_without_certainty_no_device_is_lost(
    fcm: Post, code: str, form: str, verdict: Refused | TryLater
) -> None:
    """A 404 without FCM's own word may mean the project."""
    fcm.fake.expect(code, form=form)
    assert await fcm.send() == verdict


# ---------------------------------------------------------------------------------------------------- tokens


async def test_one_token_for_many(fcm: Post) -> None:
    """Forty sends at once fetch one access token."""
    assert await asyncio.gather(*(fcm.send() for _ in range(40))) == [Sent()] * 40
    assert fcm.fake.token_requests == 1


async def test_a_refused_token_is_replaced_once(fcm: Post) -> None:
    """401 costs one new token and one more try, for all who were refused together."""
    assert await fcm.send() == Sent()
    fcm.fake.forget_tokens()
    assert await asyncio.gather(*(fcm.send() for _ in range(8))) == [Sent()] * 8
    assert fcm.fake.token_requests == 2
    fcm.fake.expect("UNAUTHENTICATED", times=2)
    assert await fcm.send() == TryLater("UNAUTHENTICATED")
    assert fcm.fake.token_requests == 3
    assert await fcm.send() == Sent()


async def test_no_token_to_be_had(fcm: Post) -> None:
    """Nobody is asked for messages then, and the token endpoint is not asked by everybody."""
    fcm.fake.refuse_tokens = "invalid_grant"
    verdicts = await asyncio.gather(*(fcm.send() for _ in range(4)))
    assert verdicts == [TryLater("TOKEN_invalid_grant")] * 4
    assert (fcm.fake.token_requests, fcm.fake.asked) == (1, [])


async def test_a_token_is_renewed_before_it_expires(tmp_path: Path) -> None:
    """Five minutes early, by the wall's clock."""
    fake, now = FakeFcm(), datetime.now(UTC).timestamp() - 3300
    times = [now]
    async with new_client(httpx2.ASGITransport(fake.app())) as client:
        tokens = accounts.AccessTokens(client, account(fake, tmp_path), clock=lambda: times[-1])
        first = await tokens.get()
        times.append(now + 3200)
        assert await tokens.get() == first
        times.append(now + 3299.5)
        assert await tokens.get() != first


@pytest.mark.parametrize(
    "text, said",
    [
        ("no json", "cannot be read as JSON"),
        ("[]", "project_id, client_email, private_key_id, private_key, token_uri missing"),
        ('{"project_id": "p"}', "client_email"),
    ],
)
def test_what_is_no_service_account(tmp_path: Path, text: str, said: str) -> None:
    """The sentence says what is wrong, and repeats nothing of the file."""
    path = tmp_path / "account.json"
    path.write_text(text)
    with pytest.raises(BadServiceAccount, match=said):
        ServiceAccount.read(path)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("private_key", "-----BEGIN SECRET-----", "private_key that cannot be read"),
        ("token_uri", "http://example.org/token", "token_uri that is not https"),
    ],
)
def test_what_is_not_safe(tmp_path: Path, name: str, value: str, said: str) -> None:
    """A key that is none, or a token endpoint without TLS, is refused without being quoted."""
    path = tmp_path / "account.json"
    path.write_text(json.dumps({**FakeFcm().service_account(URL), name: value}))
    with pytest.raises(BadServiceAccount, match=said) as refused:
        ServiceAccount.read(path)
    assert value not in str(refused.value)


# ---------------------------------------------------------------------------------------------- nobody there


class Silence(httpx2.AsyncBaseTransport):
    """A network that answers nothing, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Refuse."""
        self.asked += 1
        raise httpx2.ConnectTimeout("nobody", request=request)


async def test_after_some_failures_nobody_is_asked_for_a_while(tmp_path: Path) -> None:
    """Later, at once; then one alone tries, and the rest grows until somebody answers."""
    network, now = Silence(), [0.0]
    async with new_client(network) as client:
        sender = FcmSender(client, URL, account(FakeFcm(), tmp_path), clock=lambda: now[0])
        fcm = Post(sender, FakeFcm())
        first = [await fcm.send() for _ in range(5)]
        assert {type(verdict) for verdict in first} == {TryLater}
        assert first[0] == TryLater("TOKEN_ConnectTimeout")
        assert await fcm.send() == TryLater("RESTING", 1.0)
        now[0] = 1.0
        assert await fcm.send() != TryLater("RESTING", 1.0)
        assert await fcm.send() == TryLater("RESTING", 2.0)
        now[0] = 3.0
        asked = network.asked
        await asyncio.gather(*(fcm.send() for _ in range(6)))
        assert network.asked - asked <= 1


async def test_a_network_that_fails_after_the_token(tmp_path: Path) -> None:
    """The failure has a name, and no device is lost."""
    fake = FakeFcm()
    inside = httpx2.ASGITransport(fake.app())

    class Broken(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if request.url.path == "/token":
                return await inside.handle_async_request(request)
            raise httpx2.ReadError("reset", request=request)

    async with new_client(Broken()) as client:
        fcm = Post(FcmSender(client, URL, account(fake, tmp_path)), fake)
        assert await fcm.send() == TryLater("NETWORK_ReadError")
