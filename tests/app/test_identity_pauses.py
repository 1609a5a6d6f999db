"""Log-ins, one of two commands paused before its commit: the second finds what the first did."""

from collections.abc import AsyncIterator
from functools import partial

import pytest
from psycopg.sql import SQL

from halobestie_core.words import UserType
from support.contest import Side, paused, said
from support.identity import Kit, kit

pytestmark = pytest.mark.anyio

PHONE = "+6281234567890"


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[Kit]:
    """The use cases, with connections for two sides and whoever holds them up."""
    async with kit(database_url, connections=6) as made:
        yield made


async def test_refresh_paused_before_refresh(people: Kit) -> None:
    """The second waits for the first and is given the same successor: one generation, nobody logged out."""
    token = (await people.identity.sign_up()).refresh_token
    successors: set[str] = set()

    async def renew() -> None:
        successors.add((await people.identity.log_ins.renew(token)).refresh_token)

    assert await paused(people, renew, renew, ["auth_sessions"]) == ["OK", "OK"]
    assert len(successors) == 1
    assert await people.sql(SQL("SELECT generation, revoked_at FROM auth_sessions")) == [(1, None)]


@pytest.mark.parametrize("first", ["refresh", "log-out"])
async def test_refresh_and_log_out_paused(people: Kit, first: str) -> None:
    """Whichever is first, nothing that was handed out works afterwards."""
    logged_in = await people.identity.sign_up()
    session_id = people.identity.log_ins.tokens.read(logged_in.access_token).session_id
    handed_out = [logged_in.refresh_token]

    async def renew() -> None:
        handed_out.append((await people.identity.log_ins.renew(logged_in.refresh_token)).refresh_token)

    log_out = partial(people.identity.log_ins.end, session_id)
    sides: tuple[Side, Side] = (renew, log_out) if first == "refresh" else (log_out, renew)
    expected = ["OK", "OK"] if first == "refresh" else ["OK", "UNAUTHENTICATED"]
    assert await paused(people, *sides, ["auth_sessions"]) == expected
    for token in handed_out:
        assert await said(people.identity.log_ins.renew(token)) == "UNAUTHENTICATED"


async def test_verify_paused_before_verify(people: Kit) -> None:
    """The code is used by the first; the second, who came with the same, hears that it is used."""
    ids = [(await people.identity.sign_up()).who.id for _ in range(2)]
    await people.identity.request_code(UserType.CUSTOMER, PHONE)
    code = people.codes(PHONE)[-1]
    one, other = [partial(people.identity.verify_customer, PHONE, code, caller) for caller in ids]
    assert await paused(people, one, other, ["otp_challenges"]) == ["OK", "OTP_INVALID"]
    assert await people.sql(SQL("SELECT id FROM customers WHERE phone IS NOT NULL")) == [(ids[0],)]
