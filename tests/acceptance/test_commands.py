"""The command line beside a running server: what it makes works, what it refuses is one plain line."""

import asyncio
import subprocess
import sys

import pytest

from support.evening import House
from support.people import PASSWORD

pytestmark = pytest.mark.anyio


async def refused(house: House, *words: str, given: str = "") -> str:
    """The one line that a command which fails says."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "halobestie_app", *words],
        env=house.first.environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode not in (0, -9), done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.strip()


async def test_a_mitra_is_added_and_logs_in(house: House) -> None:
    """``mitra add`` registers a phone; the code that is printed for it lets its owner in."""
    phone = "+628123456789"
    said = await asyncio.to_thread(house.command, "mitra", "add", "--phone", phone, "--name", "Dewi")
    assert "Dewi" in said
    url = f"{house.first.public}/api/mitra/auth/otp"
    sent = (await house.ask("POST", f"{url}/request", {"phone": phone})).ok(202)
    assert sent["expires_in"] > 0
    code = await asyncio.to_thread(house.first.code_for, phone)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    answer = await house.ask("POST", f"{url}/verify", {"phone": phone, "code": wrong})
    answer.refused("OTP_INVALID", 401)
    tokens = (await house.ask("POST", f"{url}/verify", {"phone": phone, "code": code})).ok()
    assert (tokens["user"]["display_name"], tokens["user"]["user_type"]) == ("Dewi", "mitra")
    again = await house.ask("POST", f"{url}/verify", {"phone": phone, "code": code})
    again.refused("OTP_INVALID", 401)
    assert "registered already" in await refused(house, "mitra", "add", "--phone", phone, "--name", "Dewi")
    for instance in house.instances:
        assert not any(phone in line or code in line for line in instance.logged), (
            "a phone or code in the log"
        )


async def test_an_unknown_phone(house: House) -> None:
    """Asking for a code tells nobody whether a phone is known; a right code for an unknown one is 403."""
    url, phone = f"{house.first.public}/api/mitra/auth/otp", "+628999999999"
    (await house.ask("POST", f"{url}/request", {"phone": phone})).ok(202)
    code = await asyncio.to_thread(house.first.code_for, phone)
    answer = await house.ask("POST", f"{url}/verify", {"phone": phone, "code": code})
    answer.refused("MITRA_NOT_REGISTERED", 403)


async def test_what_is_refused(house: House) -> None:
    """A phone that is none, a password too short, an address twice."""
    assert await refused(house, "mitra", "add", "--phone", "12", "--name", "Dewi")
    assert "12" in await refused(house, "operator", "create", "--email", "a@b.example", given="short\n")
    words = ("operator", "create", "--email", "boss@halobestie.example")
    await asyncio.to_thread(house.command, *words, input_=f"{PASSWORD}\n")
    assert "already" in await refused(house, *words, given=f"{PASSWORD}\n")


async def test_migrations_and_invariants(house: House) -> None:
    """``migrate`` finds nothing to do on what is served; ``check --invariants`` finds nothing wrong."""
    assert "up to date" in await asyncio.to_thread(house.command, "migrate")
    await asyncio.to_thread(house.command, "check", "--invariants")
