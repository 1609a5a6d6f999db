"""Codes, the way they reach a phone, and the phones there are."""

import io
import json
from collections import Counter

import httpx2
import pytest

from halobestie_adapters.breaker import TRIPS_AFTER
from halobestie_adapters.identity.codes import HashedCodes
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.identity.otp import HttpOtp, PrintedOtp, new_client
from halobestie_adapters.identity.phones import E164Phones
from halobestie_core.ports.identity import InvalidPhone, OtpNotSent
from halobestie_core.words import UserType

pytestmark = pytest.mark.anyio

PHONE = "+6281234567890"


def test_codes_are_six_digits_spread_evenly() -> None:
    """Every digit comes up at every place; leading zeros are kept."""
    codes = HashedCodes(KeyRing([b"k" * 32]))
    drawn = [codes.fresh() for _ in range(3000)]
    assert all(len(code) == 6 and code.isdigit() for code in drawn)
    for place in range(6):
        counted = Counter(code[place] for code in drawn)
        assert len(counted) == 10
        assert max(counted.values()) < 450  # 300 expected; 9 standard deviations


def test_a_code_is_kept_as_a_hash_for_one_phone_and_app() -> None:
    """The same code elsewhere is another hash, and both keys in force recognise theirs."""
    old, both = HashedCodes(KeyRing([b"k" * 32])), HashedCodes(KeyRing([b"n" * 32, b"k" * 32]))
    stored = old.hashed(UserType.CUSTOMER, PHONE, "123456")
    assert both.matches(UserType.CUSTOMER, PHONE, "123456", stored)
    assert not both.matches(UserType.MITRA, PHONE, "123456", stored)
    assert not both.matches(UserType.CUSTOMER, PHONE + "1", "123456", stored)
    assert not both.matches(UserType.CUSTOMER, PHONE, "123457", stored)
    assert old.hashed_email("a@b.c") != old.hashed_email("a@b.d")


async def test_the_development_stub_prints_one_raw_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly the line that developers and their tools look for, at once."""
    await PrintedOtp().send(PHONE, "012345")
    assert capsys.readouterr().out == "[OTP STUB] phone=+6281234567890 code=012345\n"
    paper = io.StringIO()
    await PrintedOtp(paper).send(PHONE, "012345")
    assert paper.getvalue() == "[OTP STUB] phone=+6281234567890 code=012345\n"


async def test_the_provider_is_posted_phone_code_and_text() -> None:
    """With the bearer token, to the fixed address."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(202)

    async with new_client(httpx2.MockTransport(answer)) as client:
        await HttpOtp(client, "https://otp.example/send", "secret").send(PHONE, "012345")
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "https://otp.example/send")
    assert request.headers["authorization"] == "Bearer secret"
    body = json.loads(request.content)
    assert body.keys() == {"phone", "code", "text"}
    assert (body["phone"], body["code"]) == (PHONE, "012345")
    assert "012345" in body["text"]
    assert len(body["text"]) <= 160


@pytest.mark.parametrize("status", [301, 302, 400, 401, 429, 500, 503])
async def test_a_provider_that_refuses_is_an_error_without_secrets(status: int) -> None:
    """No redirect is followed, nothing of the message is repeated."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, headers={"Location": "https://elsewhere.example/"})

    async with new_client(httpx2.MockTransport(answer)) as client:
        with pytest.raises(OtpNotSent, match=str(status)) as failed:
            await HttpOtp(client, "https://otp.example/send", "secret").send(PHONE, "012345")
    assert "012345" not in repr(failed.value)
    assert PHONE not in repr(failed.value)


async def test_a_silent_provider_is_an_error() -> None:
    """A time-out or a dead network comes out in our own words."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadTimeout("too slow", request=request)

    async with new_client(httpx2.MockTransport(answer)) as client:
        with pytest.raises(OtpNotSent, match="ReadTimeout"):
            await HttpOtp(client, "https://otp.example/send", "secret").send(PHONE, "012345")


async def test_a_provider_that_is_down_is_left_in_peace() -> None:
    """After some failures nobody waits for it; one try finds out when it is there again."""
    now, asked, status = [0.0], [0], [503]

    def answer(_request: httpx2.Request) -> httpx2.Response:
        asked[0] += 1
        return httpx2.Response(status[0])

    async with new_client(httpx2.MockTransport(answer)) as client:
        sender = HttpOtp(client, "https://otp.example/send", "secret", lambda: now[0])
        for _ in range(TRIPS_AFTER + 3):
            with pytest.raises(OtpNotSent):
                await sender.send(PHONE, "012345")
        assert (asked[0], sender.breaker.is_open) == (TRIPS_AFTER, True)
        now[0], status[0] = 60.0, 202
        for _ in range(3):
            await sender.send(PHONE, "012345")
        assert (asked[0], sender.breaker.is_open) == (TRIPS_AFTER + 3, False)
        status[0] = 429  # it is there, and busy
        for _ in range(TRIPS_AFTER + 3):
            with pytest.raises(OtpNotSent):
                await sender.send(PHONE, "012345")
        assert not sender.breaker.is_open


@pytest.mark.parametrize("text", [PHONE, "+62 812-3456-7890", "+62 (812) 3456 7890", "+62812 34567890"])
def test_a_phone_has_one_spelling(text: str) -> None:
    """However it is typed, it is kept as E.164."""
    assert E164Phones().normalise(text) == PHONE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "081234567890",
        "6281234567890",
        "+",
        "+62",
        "+62812",
        "+628123456789012345",
        "+62211234567",  # a fixed line in Jakarta
        "+14155552671",
        "+6581234567",
        "+999123456789",
        "+6281234567890 ext 5",
        "+62812abc4567",
        "+\uff16\uff1281234567890",  # full-width digits
        "+62812345678\n90" + "0" * 40,
        "tel:+6281234567890",
        "+62" + "1" * 5000,
    ],
)
def test_other_phones_are_refused(text: str) -> None:
    """Without a country code, of another country, fixed, or none at all; the sentence does not repeat it."""
    with pytest.raises(InvalidPhone) as refused:
        E164Phones().normalise(text)
    assert len(text) < 6 or text not in str(refused.value)


def test_other_countries_can_be_configured() -> None:
    """The list is the operator's."""
    assert E164Phones((62, 65)).normalise("+65 8123 4567") == "+6581234567"
