"""Budgets of codes and log-ins on a real PostgreSQL: per address, per day, and blind to who is known."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, cast

import pytest
from attrs import evolve, frozen
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.identity import PostgresIdentityStore
from halobestie_app.problems import Code
from halobestie_app.usecases.identity_budgets import limits
from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.identity import PasswordHasher
from halobestie_core.ports.identity_store import IdentityStore, IdentityUnit
from halobestie_core.words import UserType
from support.identity import LIMITS, Kit, codes_of, kit, refused, together

pytestmark = pytest.mark.anyio

CUSTOMER, MITRA = UserType.CUSTOMER, UserType.MITRA
EMAIL, PASSWORD = "ani@example.com", "correct horse battery"
HERE, THERE = "203.0.113.9", "2001:db8:1:2::/64"

AGE: Final = SQL("UPDATE identity_budgets SET began_at = began_at - %s::interval")


def phone(number: int) -> str:
    """One of many."""
    return f"+6281234{number:06}"


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[Kit]:
    """The use cases, with budgets that are soon spent."""
    few = evolve(
        LIMITS,
        codes_per_address=Budget("codes_per_address", 5, 600),
        codes_per_day=Budget("codes_per_day", 8, 86_400),
    )
    async with kit(database_url, connections=12) as made:
        yield evolve(made, identity=evolve(made.identity, limits=few))


async def sent(people: Kit) -> int:
    """How many codes went out, as the phones' own budgets see it."""
    [(count,)] = await people.sql(SQL("SELECT coalesce(sum(cardinality(sends)), 0)::int FROM otp_challenges"))
    assert isinstance(count, int)
    return count


# -------------------------------------------------------------------------------------------- codes


async def test_codes_from_one_address(people: Kit) -> None:
    """So many phones, and no more; nothing is sent, no phone pays for it, other addresses go on."""
    ask = people.identity.request_code
    for number in range(5):
        await ask(CUSTOMER, phone(number), HERE)
    problem = await refused(ask(CUSTOMER, phone(5), HERE))
    assert problem.code is Code.RATE_LIMITED
    assert 595 <= int(problem.headers["Retry-After"]) <= 600
    assert (await sent(people), people.codes(phone(5))) == (5, [])
    await ask(CUSTOMER, phone(5), THERE)
    await people.sql(AGE, "599 seconds")
    problem = await refused(ask(MITRA, phone(6), HERE))
    assert problem.headers["Retry-After"] == "1"
    await people.sql(AGE, "1 second")
    await ask(MITRA, phone(6), HERE)


async def test_a_refused_phone_counts_for_its_address(people: Kit) -> None:
    """Who asks for one phone again and again is nobody's guest either."""
    ask = people.identity.request_code
    for _ in range(3):
        await ask(CUSTOMER, phone(1), HERE)
    for _ in range(2):
        assert "this phone" in (await refused(ask(CUSTOMER, phone(1), HERE))).detail
    assert "from here" in (await refused(ask(CUSTOMER, phone(1), HERE))).detail
    assert await sent(people) == 3


async def test_codes_of_a_day(people: Kit) -> None:
    """Whoever asks from wherever: there is an end to what it may cost; tomorrow there are more."""
    ask = people.identity.request_code
    for number in range(8):
        await ask(CUSTOMER, phone(number), f"203.0.113.{number}")
    problem = await refused(ask(CUSTOMER, phone(8), THERE))
    assert (problem.code, await sent(people)) == (Code.RATE_LIMITED, 8)
    assert 86_390 <= int(problem.headers["Retry-After"]) <= 86_400
    await people.sql(AGE, "1 day")
    await ask(CUSTOMER, phone(8), THERE)


async def test_codes_asked_for_at_once(people: Kit) -> None:
    """Twelve phones from one address, then from twelve: exactly what there is."""
    ask = people.identity.request_code
    outcomes = await together([partial(ask, CUSTOMER, phone(number), HERE) for number in range(12)])
    assert codes_of(outcomes) == {"ok": 5, Code.RATE_LIMITED: 7}
    everywhere = [partial(ask, CUSTOMER, phone(20 + number), f"203.0.113.{number}") for number in range(12)]
    assert codes_of(await together(everywhere)) == {"ok": 3, Code.RATE_LIMITED: 9}
    assert await sent(people) == 8


def test_figures() -> None:
    """Production is stricter with addresses; the day's cap is the deployment's."""
    here, there = limits(production=False, daily_cap=7), limits(production=True, daily_cap=9)
    assert (here.codes_per_address.limit, there.codes_per_address.limit) == (200, 30)
    assert here.codes_per_address.seconds == there.codes_per_address.seconds == 600
    assert (here.codes_per_day.limit, there.codes_per_day.limit) == (7, 9)
    assert (there.log_ins_per_address.limit, there.log_ins_per_address.seconds) == (20, 60)


async def test_addresses_are_kept_as_hashes_and_swept(people: Kit) -> None:
    """Who reads the table learns nobody's address; what is over for days is removed, little by little."""
    for number in range(3):
        await people.identity.request_code(CUSTOMER, phone(number), f"203.0.113.{number}")
    kept = await people.sql(SQL("SELECT to_jsonb(b)::text, key_hash FROM identity_budgets b"))
    assert len(kept) == 4
    assert not any("203.0.113" in str(row) for row in kept)
    store = PostgresIdentityStore(people.pool)
    assert await store.purge_budgets(10) == 0
    await people.sql(AGE, "2 days 1 second")
    assert [await store.purge_budgets(2) for _ in range(3)] == [2, 2, 0]


# -------------------------------------------------------------------------------------------- log-ins


async def test_log_ins_from_one_address(people: Kit) -> None:
    """Twenty a minute, over all e-mail addresses, right or wrong; elsewhere the operator gets in."""
    log_in = people.operators.log_in
    await people.operators.create_operator(EMAIL, PASSWORD)
    for number in range(20):
        problem = await refused(log_in(f"guess{number}@example.com", PASSWORD, HERE))
        assert problem.code is Code.UNAUTHENTICATED
    problem = await refused(log_in(EMAIL, PASSWORD, HERE))
    assert problem.code is Code.RATE_LIMITED
    assert 50 <= int(problem.headers["Retry-After"]) <= 60
    assert (await log_in(EMAIL, PASSWORD, THERE)).refresh_token
    assert await people.sql(SQL("SELECT count(*)::int FROM login_attempts")) == [(21,)]
    await people.sql(AGE, "1 minute")
    assert (await log_in(EMAIL, PASSWORD, HERE)).refresh_token


async def test_log_ins_tried_at_once(people: Kit) -> None:
    """Each is counted before a password is looked at."""
    log_in = people.operators.log_in
    outcomes = await together(
        [partial(log_in, f"{number}@example.com", PASSWORD, HERE) for number in range(30)]
    )
    assert codes_of(outcomes) == {Code.UNAUTHENTICATED: 20, Code.RATE_LIMITED: 10}


async def test_a_new_password_may_be_tried_at_once(people: Kit) -> None:
    """Who forgot the old one and was given another need not wait for the failures before."""
    await people.operators.create_operator(EMAIL, PASSWORD)
    problems = [await refused(people.operators.log_in(EMAIL, "wrong horse battery", HERE)) for _ in range(6)]
    assert problems[-1].code is Code.RATE_LIMITED
    await people.operators.change_password(EMAIL, "another long password")
    assert (await people.operators.log_in(EMAIL, "another long password", HERE)).refresh_token


# ----------------------------------------------------------------------------- known and unknown are one


class Watched:
    """A unit of the real store that writes down what it was asked."""

    def __init__(self, unit: IdentityUnit, asked: Counter[str]) -> None:
        self._unit, self._asked = unit, asked

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the unit has
        self._asked[name] += 1
        return getattr(self._unit, name)


@frozen
class Watching:
    """A store whose units are watched, and a hasher whose work is counted."""

    store: IdentityStore
    hasher: PasswordHasher
    asked: Counter[str]

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[IdentityUnit]:
        """One transaction of the real store."""
        async with self.store.unit() as unit:
            yield cast("IdentityUnit", Watched(unit, self.asked))

    async def hash(self, password: str) -> str:
        """As the real one."""
        self.asked["hash"] += 1
        return await self.hasher.hash(password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """As the real one."""
        self.asked["verify"] += 1
        return await self.hasher.verify(password, stored)

    def outdated(self, stored: str) -> bool:
        """As the real one."""
        return self.hasher.outdated(stored)


async def test_the_same_work_for_known_and_unknown(people: Kit) -> None:
    """The same statements and hashes, one for one: for a phone, a wrong code, an operator's e-mail."""
    await people.identity.add_mitra(phone(1), "Sari")
    await people.operators.create_operator(EMAIL, PASSWORD)
    asked: Counter[str] = Counter()
    watching = Watching(people.identity.store, people.operators.passwords, asked)
    identity = evolve(people.identity, store=watching)
    operators = evolve(people.operators, store=watching, passwords=watching)

    async def work(call: Any) -> Counter[str]:  # noqa: ANN401  any coroutine
        asked.clear()
        await call
        return Counter(asked)

    known, unknown = phone(1), phone(2)
    first = await work(identity.request_code(MITRA, known, HERE))
    assert first == await work(identity.request_code(MITRA, unknown, HERE))
    wrong = {each: f"{(int(people.codes(each)[-1]) + 1) % 1_000_000:06}" for each in (known, unknown)}
    guessed = [await work(refused(identity.verify_mitra(each, wrong[each]))) for each in (known, unknown)]
    assert guessed[0] == guessed[1]
    tried = [
        await work(refused(operators.log_in(each, "wrong horse battery", HERE)))
        for each in (EMAIL, "nobody@example.com")
    ]
    assert tried[0] == tried[1]
    assert (tried[0]["verify"], tried[0]["operator_by_email"]) == (1, 1)


async def test_the_clock_does_not_tell_known_from_unknown(people: Kit) -> None:
    """Of two answers, one for each, the slower is as often the one as the other, by and large."""
    identity = evolve(people.identity, limits=LIMITS)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(80):
        if number % 2:
            async with identity.store.unit() as unit:
                await unit.add_mitra(uuid7(), phone(number), "Sari")
        await identity.request_code(MITRA, phone(number), HERE)
        code = f"{(int(people.codes(phone(number))[-1]) + 1) % 1_000_000:06}"
        began = time.perf_counter()
        await refused(identity.verify_mitra(phone(number), code))
        seconds[bool(number % 2)].append(time.perf_counter() - began)
    pairs = [(one, other) for one in seconds[True] for other in seconds[False]]
    slower = sum(one > other for one, other in pairs) / len(pairs)
    assert 0.2 < slower < 0.8
