"""Codes at a real server: guessed by a hundred at once, asked for without end, from behind proxies."""

import asyncio
from functools import partial

import pytest

from support.evening import House, at_once, together
from support.people import PASSWORD, Answer

pytestmark = pytest.mark.anyio

INSTANCES = 2
VARIABLES = {"TRUSTED_PROXIES": "127.0.0.0/8", "OTP_COUNTRY_CODES": "62,65"}
GUESSERS = 100
PER_ADDRESS = 200


def phone(number: int) -> str:
    """One of many."""
    return f"+628{1200000000 + number}"


async def request(
    house: House, to: str, address: str, *hops: str, app: str = "client", at: int = 0
) -> Answer:
    """Ask for a code, from an address; ``hops`` are what the client claims to have come by."""
    headers = {"X-Forwarded-For": ", ".join([*hops, address])}
    url = f"{house.instances[at].public}/api/{app}/auth/otp/request"
    return await house.ask("POST", url, {"phone": to}, headers=headers)


async def code_of(house: House, to: str, address: str) -> str:
    """Have a code sent by the first instance, and read it."""
    seen = sum(f"phone={to} " in line for line in house.first.printed)
    (await request(house, to, address)).ok(202)
    return await asyncio.to_thread(house.first.code_for, to, seen)


async def test_a_hundred_connections_guess(house: House) -> None:
    """Five guesses are looked at; then not even the right code, nor the next one, at neither instance."""
    to, address = phone(0), "203.0.113.1"

    async def guess(code: str, at: int) -> Answer:
        url = f"{house.instances[at].public}/api/client/auth/otp/verify"
        return await house.ask("POST", url, {"phone": to, "code": code})

    right = await code_of(house, to, address)
    wrong = [f"{(int(right) + step) % 1_000_000:06}" for step in range(1, GUESSERS + 1)]
    answers = await together(*[guess(code, at % 2) for at, code in enumerate(wrong)])
    assert sorted(answer.code for answer in answers) == ["OTP_INVALID"] * 5 + ["OTP_LOCKED"] * 95
    assert await house.value("SELECT max(failures) FROM otp_challenges") == 5
    (await guess(right, 0)).refused("OTP_LOCKED", 429)
    (await guess(await code_of(house, to, address), 1)).refused("OTP_LOCKED", 429)
    await house.rows("UPDATE otp_challenges SET failed_at = failed_at - interval '10 minutes'")
    (await guess(await code_of(house, to, address), 1)).ok()


async def test_codes_from_one_address(house: House) -> None:
    """Two hundred in ten minutes over both instances, whatever hops the client invents; then 429."""
    address = "203.0.113.2"
    asks = [
        partial(request, house, phone(1000 + number), address, f"198.51.100.{number}", at=number % 2)
        for number in range(PER_ADDRESS + 40)
    ]
    answers = await at_once(asks)
    assert sorted({answer.status for answer in answers}) == [202, 429]
    assert sum(answer.status == 202 for answer in answers) == PER_ADDRESS
    for app in ("client", "mitra"):
        (await request(house, phone(2000), address, app=app)).refused("RATE_LIMITED", 429)
    (await request(house, phone(2000), "203.0.113.3")).ok(202)
    (await request(house, phone(2001), "2001:db8:1:2::1")).ok(202)
    spent = "SELECT max(spent) FROM identity_budgets WHERE budget = 'codes_per_address'"
    assert await house.value(spent) == PER_ADDRESS + 42
    sent = "SELECT count(*) FROM otp_challenges WHERE phone BETWEEN %s AND %s AND sends <> '{}'"
    assert await house.value(sent, phone(1000), phone(1999)) == PER_ADDRESS


async def test_known_and_unknown_phones_look_alike(house: House) -> None:
    """Status, body and headers of every answer, but for a right code."""
    known, unknown = await house.registers("Budi"), phone(3000)
    seen = []
    for number, to in enumerate((known, unknown)):
        headers = {"X-Forwarded-For": f"203.0.113.{10 + number}"}
        url = f"{house.first.public}/api/mitra/auth/otp"
        heard = []
        for path, body in (
            ("request", {"phone": to}),
            ("verify", {"phone": to, "code": "000000"}),
            ("request", {"phone": to}),
            ("request", {"phone": to}),
            ("request", {"phone": to}),
        ):
            answer = await house.http.post(f"{url}/{path}", json=body, headers=headers)
            names = sorted(set(answer.headers) - {"date", "x-request-id"})
            varies = {"resend_after", "instance"}
            members = {name: value for name, value in answer.json().items() if name not in varies}
            heard.append((answer.status_code, names, members))
        seen.append(heard)
    assert seen[0] == seen[1]
    assert [status for status, _, _ in seen[0]] == [202, 401, 202, 202, 429]


async def test_log_ins_from_one_address(house: House) -> None:
    """Twenty a minute, whoever is tried and at whichever instance; from elsewhere an operator gets in."""
    boss = await house.operator()
    email = await house.value("SELECT email FROM cc_users WHERE id = %s", boss.id)

    async def log_in(email: str, address: str, at: int = 0) -> Answer:
        url = f"{house.instances[at].internal}/internal/auth/login"
        body = {"email": email, "password": PASSWORD}
        return await house.ask("POST", url, body, headers={"X-Forwarded-For": address})

    asks = [partial(log_in, f"nobody{at}@halobestie.example", "203.0.113.30", at % 2) for at in range(24)]
    answers = await at_once(asks, 4)
    assert sorted(answer.code for answer in answers) == [*["RATE_LIMITED"] * 4, *["UNAUTHENTICATED"] * 20]
    (await log_in(email, "203.0.113.30")).refused("RATE_LIMITED", 429)
    assert (await log_in(email, "203.0.113.31")).ok()["user"]["id"] == boss.id


async def test_phones_of_other_countries(house: House) -> None:
    """Those that the deployment named, and no others."""
    (await request(house, "+6581234567", "203.0.113.20")).ok(202)
    refused = (await request(house, "+14155552671", "203.0.113.20")).refused("VALIDATION_ERROR", 422)
    assert refused["errors"] == [
        {"path": "$.phone", "message": "only phones that begin with +62, +65 are served"}
    ]
