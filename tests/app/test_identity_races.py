"""Identity raced on a real PostgreSQL: each client on a connection of its own, behind one barrier."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

import pytest
from attrs import evolve, frozen
from psycopg.sql import SQL

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases.log_ins import LoggedIn
from halobestie_core.ports.identity import Codes, Revoked
from halobestie_core.words import UserType
from support.identity import Kit, codes_of, kit, together
from support.waiting import eventually

pytestmark = pytest.mark.anyio

PHONE = "+6281234567890"
EMAIL, PASSWORD = "ani@example.com", "correct horse battery"
CUSTOMER = UserType.CUSTOMER


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[Kit]:
    """The use cases, with a connection for each of a dozen racers."""
    async with kit(database_url, connections=12) as made:
        yield made


@frozen
class Counting:
    """The real codes, and how many guesses were compared."""

    codes: Codes
    compared: list[str]

    def fresh(self) -> str:
        """As the real ones."""
        return self.codes.fresh()

    def hashed(self, user_type: UserType, phone: str, code: str) -> bytes:
        """As the real ones."""
        return self.codes.hashed(user_type, phone, code)

    def hashed_email(self, email: str) -> bytes:
        """As the real ones."""
        return self.codes.hashed_email(email)

    def hashed_address(self, address: str) -> bytes:
        """As the real ones."""
        return self.codes.hashed_address(address)

    def matches(self, user_type: UserType, phone: str, code: str, stored: bytes) -> bool:
        """Count, then as the real ones."""
        self.compared.append(code)
        return self.codes.matches(user_type, phone, code, stored)


async def test_six_clients_refresh_with_one_token(people: Kit) -> None:
    """Two hundred rounds on one log-in: one successor each time, and nobody is logged out."""
    token = (await people.identity.sign_up()).refresh_token
    for generation in range(200):
        outcomes = await together([partial(people.identity.log_ins.renew, token)] * 6)
        successors = {each.refresh_token for each in outcomes if isinstance(each, LoggedIn)}
        assert codes_of(outcomes) == {"ok": 6}
        assert len(successors) == 1
        rows = await people.sql(SQL("SELECT generation, revoked_at FROM auth_sessions"))
        assert rows == [(generation + 1, None)]
        token = successors.pop()


async def test_refresh_against_log_out(people: Kit) -> None:
    """Whichever comes first, in the end the family is over, also for a successor handed out meanwhile."""
    for _ in range(20):
        logged_in = await people.identity.sign_up()
        session_id = people.identity.log_ins.tokens.read(logged_in.access_token).session_id

        renew = partial(people.identity.log_ins.renew, logged_in.refresh_token)
        log_out = partial(people.identity.log_ins.end, session_id)
        outcomes = await together([renew, log_out, renew])
        assert set(codes_of(outcomes)) <= {"ok", Code.UNAUTHENTICATED}
        successors = (each.refresh_token for each in outcomes if isinstance(each, LoggedIn))
        for left in (logged_in.refresh_token, *successors):
            with pytest.raises(Problem, match="UNAUTHENTICATED"):
                await people.identity.log_ins.renew(left)
    rows = await people.sql(SQL("SELECT DISTINCT revoked_reason FROM auth_sessions"))
    assert rows == [(Revoked.LOGOUT.value,)]


async def test_a_hundred_guesses_at_once(people: Kit) -> None:
    """Five are compared, the right one no longer, and a resend in between changes nothing."""
    counting = Counting(people.identity.codes, [])
    identity = evolve(people.identity, codes=counting)
    await identity.request_code(CUSTOMER, PHONE)
    right = people.codes(PHONE)[-1]
    guesses = [f"{(int(right) + step) % 1_000_000:06d}" for step in range(1, 101)]
    outcomes = await together([partial(identity.verify_customer, PHONE, code) for code in guesses])
    assert codes_of(outcomes) == {Code.OTP_INVALID: 5, Code.OTP_LOCKED: 95}
    await identity.request_code(CUSTOMER, PHONE)
    outcomes = await together([partial(identity.verify_customer, PHONE, people.codes(PHONE)[-1])] * 10)
    assert codes_of(outcomes) == {Code.OTP_LOCKED: 10}
    assert len(counting.compared) == 5


async def test_one_code_verified_by_many_is_accepted_once(people: Kit) -> None:
    """One winner each round; one customer over all rounds, and nobody is locked out."""
    for _ in range(10):
        await people.identity.request_code(CUSTOMER, PHONE)
        code = people.codes(PHONE)[-1]
        outcomes = await together([partial(people.identity.verify_customer, PHONE, code)] * 6)
        assert codes_of(outcomes) == {"ok": 1, Code.OTP_INVALID: 5}
        await people.sql(SQL("UPDATE otp_challenges SET sends = '{}'"))
    assert await people.sql(SQL("SELECT count(*) FROM customers")) == [(1,)]
    assert await people.sql(SQL("SELECT max(failures) FROM otp_challenges")) == [(0,)]


async def test_two_anonymous_customers_prove_one_phone(people: Kit) -> None:
    """The code is one: one of them gets the phone, the other stays anonymous."""
    for _ in range(10):
        await people.sql(SQL("UPDATE customers SET phone = NULL, phone_verified_at = NULL"))
        await people.sql(SQL("UPDATE otp_challenges SET sends = '{}'"))
        ids = [(await people.identity.sign_up()).who.id for _ in range(4)]
        await people.identity.request_code(CUSTOMER, PHONE)
        code = people.codes(PHONE)[-1]
        outcomes = await together(
            [partial(people.identity.verify_customer, PHONE, code, caller) for caller in ids]
        )
        assert codes_of(outcomes) == {"ok": 1, Code.OTP_INVALID: 3}
        [winner] = [each.who.id for each in outcomes if isinstance(each, LoggedIn)]
        rows = await people.sql(SQL("SELECT id FROM customers WHERE phone IS NOT NULL"))
        assert rows == [(winner,)]


# -------------------------------------------------------------------------------------------- forced orders


async def in_order(people: Kit, held: SQL, calls: Sequence[Callable[[], Awaitable[object]]]) -> list[object]:
    """Hold what all of them lock until they wait for it, one behind the other; then let them go."""

    async def waiting(count: int) -> bool:
        found = await people.sql(
            SQL(
                "SELECT count(*)::int FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
        return found == [(count,)]

    async with (
        asyncio.TaskGroup() as group,
        people.pool.connection() as connection,
        connection.transaction(force_rollback=True),
    ):
        await connection.execute(held)
        tasks = []
        for number, call in enumerate(calls, 1):
            tasks.append(group.create_task(together([call])))
            await eventually(partial(waiting, number), seconds=2, what="nobody waits")
    return [task.result()[0] for task in tasks]


@pytest.mark.parametrize("first", [0, 1])
async def test_verify_before_verify(people: Kit, first: int) -> None:
    """Whoever comes first gets the phone; the other, whose code is the same, hears that it is used."""
    ids = [(await people.identity.sign_up()).who.id for _ in range(2)]
    order = ids[first:] + ids[:first]
    await people.identity.request_code(CUSTOMER, PHONE)
    code = people.codes(PHONE)[-1]
    calls = [partial(people.identity.verify_customer, PHONE, code, caller) for caller in order]
    won, lost = await in_order(people, SQL("SELECT FROM otp_challenges FOR UPDATE"), calls)
    assert isinstance(won, LoggedIn)
    assert won.who.id == order[0]
    assert codes_of([lost]) == {Code.OTP_INVALID: 1}


@pytest.mark.parametrize("refresh_first", [True, False])
async def test_refresh_before_log_out_and_after(people: Kit, refresh_first: bool) -> None:
    """Before it, there is a successor, which is worth nothing; after it, there is none."""
    logged_in = await people.identity.sign_up()
    session_id = people.identity.log_ins.tokens.read(logged_in.access_token).session_id
    renew = partial(people.identity.log_ins.renew, logged_in.refresh_token)
    log_out = partial(people.identity.log_ins.end, session_id)
    calls: list[Callable[[], Awaitable[object]]] = [renew, log_out] if refresh_first else [log_out, renew]
    outcomes = await in_order(people, SQL("SELECT FROM auth_sessions FOR UPDATE"), calls)
    renewed = outcomes[0 if refresh_first else 1]
    assert isinstance(renewed, LoggedIn) is refresh_first
    token = renewed.refresh_token if isinstance(renewed, LoggedIn) else logged_in.refresh_token
    with pytest.raises(Problem, match="UNAUTHENTICATED"):
        await people.identity.log_ins.renew(token)


async def test_refresh_before_refresh(people: Kit) -> None:
    """The second finds the first one's successor, and is given it."""
    token = (await people.identity.sign_up()).refresh_token
    renew = partial(people.identity.log_ins.renew, token)
    outcomes = await in_order(people, SQL("SELECT FROM auth_sessions FOR UPDATE"), [renew, renew])
    assert len({each.refresh_token for each in outcomes if isinstance(each, LoggedIn)}) == 1
    assert codes_of(outcomes) == {"ok": 2}


# -------------------------------------------------------------------------------------------- and others


async def test_one_customer_proves_two_phones(people: Kit) -> None:
    """Each phone has one account: the caller gets the one, the other is a customer of its own."""
    for number in range(20):
        phones = [f"+6281234{number:05}{last}" for last in (1, 2)]
        caller = (await people.identity.sign_up()).who.id
        for phone in phones:
            await people.identity.request_code(CUSTOMER, phone)
        outcomes = await together(
            [
                partial(people.identity.verify_customer, phone, people.codes(phone)[-1], caller)
                for phone in phones
            ]
        )
        ids = [each.who.id for each in outcomes if isinstance(each, LoggedIn)]
        assert (len(set(ids)), ids.count(caller)) == (2, 1)
        rows = await people.sql(SQL("SELECT phone FROM customers WHERE phone = ANY(%s)"), phones)
        assert sorted(str(row[0]) for row in rows) == phones


async def test_a_phone_that_got_an_account_meanwhile(people: Kit) -> None:
    """Codes asked for by two, used one after the other or at once: the phone's account is one."""
    for number in range(20):
        phone = f"+6281235{number:06}"
        first, second = [(await people.identity.sign_up()).who.id for _ in range(2)]
        await people.identity.request_code(CUSTOMER, phone)
        await people.identity.verify_customer(phone, people.codes(phone)[-1], first)
        await people.identity.request_code(CUSTOMER, phone)
        code = people.codes(phone)[-1]
        outcomes = await together(
            [partial(people.identity.verify_customer, phone, code, caller) for caller in (first, second)]
        )
        assert codes_of(outcomes) == {"ok": 1, Code.OTP_INVALID: 1}
        assert [each.who.id for each in outcomes if isinstance(each, LoggedIn)] == [first]
        assert (await people.identity.me(CUSTOMER, second)).is_anonymous


async def test_many_ask_for_codes_at_once(people: Kit) -> None:
    """Three go out, over both apps, from the first moment on that anybody hears of the phone."""
    calls = [
        partial(people.identity.request_code, user_type, PHONE)
        for user_type in (CUSTOMER, UserType.MITRA) * 6
    ]
    assert codes_of(await together(calls)) == {"ok": 3, Code.RATE_LIMITED: 9}
    assert len(people.codes(PHONE)) == 3


async def test_passwords_guessed_at_once(people: Kit) -> None:
    """Each try is counted before it is compared: of twelve at once five are looked at."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    outcomes = await together([partial(people.operators.log_in, EMAIL, "wrong horse battery")] * 12)
    assert codes_of(outcomes) == {Code.UNAUTHENTICATED: 5, Code.RATE_LIMITED: 7}
