"""The first-session discount on a real database: reserved, given back, spent; one per customer and phone."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.sql import SQL

from halobestie_adapters.crypto.wrapping import AesKeyWrap
from halobestie_adapters.ids import uuid7
from halobestie_adapters.phone_hashes import PhoneHashes
from halobestie_adapters.postgres import deployment_keys
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import catalogue, chats, clock, pairings, payments
from halobestie_app.usecases.catalogue import version
from halobestie_core.flow.pricing import quotes
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.words import Mode, Provider, TopicSensitivity
from support.desk import Office
from support.waiting import eventually

pytestmark = pytest.mark.anyio

FULL = 10_000


async def promoted(desk: Office, **wish: Any) -> None:  # noqa: ANN401 - fields of the promotion
    """Let an operator switch the promotion on."""
    boss, prices = uuid7(), PostgresPrices(desk.pool)
    insert = "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')"
    await desk.sql(SQL(insert), boss, f"{boss}@example.org")
    seen = version((await prices.catalogue()).promotion)
    await catalogue.change_promotion(prices, boss, seen, {"is_active": True, **wish})


async def known(desk: Office, phone: str = "+628110000001") -> UUID:
    """A customer with a verified phone."""
    customer_id = await desk.customer()
    await gets(desk, customer_id, phone)
    return customer_id


async def gets(desk: Office, customer_id: UUID, phone: str) -> None:
    """A phone moves to somebody, from whoever had it."""
    async with desk.pool.connection() as conn, conn.transaction():
        for whose in ("phone = %(phone)s", "id = %(id)s"):  # whoever has it now, then whoever gets it
            query = f"SELECT FROM customers WHERE {whose} FOR UPDATE"
            await conn.execute(query.encode(), {"phone": phone, "id": customer_id})
        await conn.execute(
            "UPDATE customers SET phone = NULL, phone_verified_at = NULL WHERE phone = %s", [phone]
        )
        await conn.execute(
            "UPDATE customers SET phone = %s, phone_verified_at = now() WHERE id = %s", [phone, customer_id]
        )


async def pays(desk: Office, customer_id: UUID, **wish: Any) -> PaymentSession:  # noqa: ANN401 - as a new payment
    """Begin a payment of five minutes."""
    return (await payments.create(desk.desk, customer_id, payments.NewPayment(5, **wish))).payment


async def confirmed(desk: Office, customer_id: UUID) -> PaymentSession:
    """Have a confirmed payment of five minutes."""
    begun = await pays(desk, customer_id)
    return (await payments.confirm(desk.desk, customer_id, begun.id)).payment


async def shown(desk: Office, customer_id: UUID) -> int:
    """What the price list says of five minutes."""
    prices = await desk.desk.reads.prices(customer_id)
    return quotes(prices.tiers, prices.promotion, prices.buyer, Mode.CHAT)[0].price


async def claims(desk: Office) -> list[UUID]:
    """Which payments hold or spent the discount of a phone."""
    found = await desk.sql(SQL("SELECT phone_hmac, payment_session_id FROM discount_claims"))
    assert all(len(phone_hmac) == 32 for phone_hmac, _ in found)
    return [payment_id for _, payment_id in found]


async def talks(desk: Office, customer_id: UUID) -> PaymentSession:
    """Spend five minutes with somebody, and be done."""
    paid, mitra_id = await confirmed(desk, customer_id), await desk.mitra()
    request = await pairings.open_general(desk.desk, customer_id, paid.id, TopicSensitivity.NORMAL)
    seen, _ = await pairings.accept(desk.desk, mitra_id, request.request.id)
    await chats.end_by_customer(desk.desk, customer_id, seen.session.id)
    await desk.sql(
        SQL("UPDATE mitras SET last_heartbeat_at = now() - interval '1 day' WHERE id = %s"), mitra_id
    )
    return (await payments.owned(desk.desk, customer_id, paid.id)).payment


async def fails(desk: Office, customer_id: UUID) -> PaymentSession:
    """Search, and find nobody in time."""
    paid = await confirmed(desk, customer_id)
    request = await pairings.open_general(desk.desk, customer_id, paid.id, TopicSensitivity.NORMAL)
    await desk.age("pairing", request.request.id, timedelta(minutes=2))
    await clock.fire(desk.desk, Due("pairing", request.request.id))
    return (await payments.owned(desk.desk, customer_id, paid.id)).payment


# ---------------------------------------------------------------------- who may have it


async def test_it_needs_a_verified_phone(desk: Office) -> None:
    """Without a verified phone everybody pays the full price, and so does the price list say."""
    await promoted(desk)
    ani, budi = await desk.customer(), await known(desk)
    assert (await shown(desk, ani), await shown(desk, budi)) == (FULL, 0)
    full, free = await pays(desk, ani), await pays(desk, budi)
    assert (full.amount, full.is_first_session_discount) == (FULL, False)
    assert (free.amount, free.is_first_session_discount) == (0, True)
    assert await claims(desk) == [free.id]


async def test_it_may_be_given_to_anybody(desk: Office) -> None:
    """Where no phone is required nobody needs one, but a phone that is there is remembered all the same."""
    await promoted(desk, requires_phone=False, price=1_000)
    ani, budi = await desk.customer(), await known(desk)
    assert (await pays(desk, ani)).amount == 1_000
    assert await claims(desk) == []
    paid = await pays(desk, budi)
    assert (paid.amount, await claims(desk)) == (1_000, [paid.id])


async def test_a_free_session_needs_no_gateway_but_a_confirm(desk: Office) -> None:
    """Nobody is asked for money, and nothing can be begun before the customer says so."""

    class Broken:
        """A gateway that must not be asked."""

        provider = Provider.DEVELOPMENT

        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    await promoted(desk)
    desk.gateway = Broken()  # type: ignore[assignment]  # nothing of it may be used
    ani = await known(desk)
    begun = await pays(desk, ani)
    assert (begun.status, begun.provider, begun.is_free_trial) == (PaymentStatus.PENDING, Provider.NONE, True)
    with pytest.raises(Problem) as early:
        await pairings.open_general(desk.desk, ani, begun.id, TopicSensitivity.NORMAL)
    assert early.value.code is Code.INVALID_STATE
    after = await payments.confirm(desk.desk, ani, begun.id)
    assert after.payment.status is PaymentStatus.CONFIRMED
    assert await desk.sql(SQL("SELECT FROM payment_captures")) == []


async def test_extensions_never_get_it(desk: Office) -> None:
    """More minutes cost what they cost, whatever the promotion says."""
    ani, mitra_id = await known(desk), await desk.mitra()
    paid = (await desk.paid(ani)).payment
    request = await pairings.open_general(desk.desk, ani, paid.id, TopicSensitivity.NORMAL)
    await pairings.accept(desk.desk, mitra_id, request.request.id)
    await promoted(desk, requires_phone=False)
    more = await pays(desk, ani, is_extension=True)
    assert (more.amount, more.is_first_session_discount) == (FULL, False)


# ---------------------------------------------------------------------- reserved, given back, spent


async def test_two_payments_at_once(desk: Office, rounds: int) -> None:
    """One customer begins two payments at the same moment: one holds the discount, the other gave it back."""
    await promoted(desk)
    for number in range(rounds):
        ani = await known(desk, f"+62811{number:08}")
        made = await asyncio.gather(*(pays(desk, ani) for _ in range(2)))
        assert [paid.amount for paid in made] == [0, 0]
        now = [(await payments.owned(desk.desk, ani, paid.id)).payment for paid in made]
        assert sorted(paid.status for paid in now) == ["abandoned", "pending"]
        (held,) = [paid.id for paid in now if paid.status is PaymentStatus.PENDING]
        assert held in await claims(desk)
        assert len(await claims(desk)) == number + 1


async def test_a_payment_against_its_confirmation(desk: Office, rounds: int) -> None:
    """A second discounted payment while the first is confirmed: either is refused, and one holds it."""
    await promoted(desk)
    outcomes: Counter[str] = Counter()

    async def confirm(customer_id: UUID, payment_id: UUID) -> PaymentSeen | Problem:
        try:
            return await payments.confirm(desk.desk, customer_id, payment_id)
        except Problem as problem:
            return problem

    async def again(customer_id: UUID) -> PaymentSession | Problem:
        try:
            return await pays(desk, customer_id)
        except Problem as problem:
            return problem

    chance = random.Random(5)
    for number in range(rounds):
        ani = await known(desk, f"+62812{number:08}")
        first = await pays(desk, ani)
        work: list[Any] = [confirm(ani, first.id), again(ani)]
        if chance.random() < 0.5:
            work.reverse()
        done = await asyncio.gather(*work)
        refused = [problem.code for problem in done if isinstance(problem, Problem)]
        assert refused in ([Code.ALREADY_ACTIVE], [Code.INVALID_STATE])
        outcomes[refused[0]] += 1
        assert len(await claims(desk)) == number + 1
    assert len(outcomes) == 2, "a race in which one side always wins is none"


async def test_going_back_gives_it_back(desk: Office) -> None:
    """An abandoned, and an overdue payment: it can be had again."""
    await promoted(desk)
    ani = await known(desk)
    begun = await pays(desk, ani)
    await payments.cancel(desk.desk, ani, begun.id)
    assert (await claims(desk), await shown(desk, ani)) == ([], 0)
    begun = await pays(desk, ani)
    await desk.age("payment", begun.id, timedelta(hours=1))
    await clock.fire(desk.desk, Due("payment", begun.id))
    assert (await claims(desk), await shown(desk, ani)) == ([], 0)


async def test_a_failure_keeps_it_while_a_fallback_is_open(desk: Office) -> None:
    """The same payment may still become a session: the discount waits with it, and goes back after that."""
    await promoted(desk)
    ani, budi = await known(desk), await desk.customer()
    failed = await fails(desk, ani)
    assert (failed.status, failed.fallback_open) == (PaymentStatus.FAILED_PAIRING, True)
    assert await claims(desk) == [failed.id]
    await gets(desk, budi, "+628110000001")
    assert await shown(desk, budi) == FULL, "the phone is reserved"
    await desk.sql(
        SQL("UPDATE payment_sessions SET fallback_until = now(), wake_at = now() WHERE id = %s"), failed.id
    )
    await clock.fire(desk.desk, Due("payment", failed.id))
    assert (await claims(desk), await shown(desk, budi)) == ([], 0)


async def test_a_new_payment_forfeits_the_fallback_and_takes_it(desk: Office) -> None:
    """Whoever begins anew instead of falling back has the discount again, once."""
    await promoted(desk)
    ani = await known(desk)
    failed = await fails(desk, ani)
    again = await pays(desk, ani)
    assert (again.amount, await claims(desk)) == (0, [again.id])
    before = (await payments.owned(desk.desk, ani, failed.id)).payment
    assert not before.fallback_open


async def test_falling_back_keeps_it(desk: Office) -> None:
    """The payment that is used again still holds it, and spends it when somebody accepts."""
    await promoted(desk)
    ani = await known(desk)
    failed = await fails(desk, ani)
    mitra_id = await desk.mitra()
    request = await pairings.fall_back(desk.desk, ani, failed.id)
    assert await claims(desk) == [failed.id]
    await pairings.accept(desk.desk, mitra_id, request.request.id)
    assert (await claims(desk), await shown(desk, ani)) == ([failed.id], FULL)


async def test_a_cancelled_search_gives_it_back(desk: Office) -> None:
    """Nothing was delivered, so nothing was spent."""
    await promoted(desk)
    ani = await known(desk)
    paid = await confirmed(desk, ani)
    await pairings.open_general(desk.desk, ani, paid.id, TopicSensitivity.NORMAL)
    await pairings.cancel_search(desk.desk, ani, paid.id)
    assert (await claims(desk), await shown(desk, ani)) == ([], 0)
    assert (await pays(desk, ani)).amount == 0


async def test_a_session_spends_it(desk: Office) -> None:
    """After the first session there is none, and the phone stays remembered."""
    await promoted(desk)
    ani = await known(desk)
    spent = await talks(desk, ani)
    assert (spent.status, spent.amount) == (PaymentStatus.CONSUMED, 0)
    assert (await claims(desk), await shown(desk, ani)) == ([spent.id], FULL)
    assert (await pays(desk, ani)).amount == FULL


# ---------------------------------------------------------------------- one phone, many accounts


async def test_a_phone_that_had_it_has_had_it(desk: Office) -> None:
    """Another account with the same phone pays the full price, also after the first person was erased."""
    await promoted(desk)
    ani, budi = await known(desk), await desk.customer()
    spent = await talks(desk, ani)
    await gets(desk, budi, "+628110000001")
    assert (await shown(desk, budi), (await pays(desk, budi)).amount) == (FULL, FULL)
    await desk.sql(
        SQL("UPDATE customers SET phone = NULL, phone_verified_at = NULL, display_name = '' WHERE id = %s"),
        budi,
    )
    citra = await known(desk)
    assert (await pays(desk, citra)).amount == FULL
    assert await claims(desk) == [spent.id]
    dewi = await known(desk, "+628110000002")
    assert (await pays(desk, dewi)).amount == 0


async def test_a_phone_that_moves_while_both_pay(desk: Office, rounds: int) -> None:
    """A phone moves from one account to another while both begin a payment: at most one has the discount."""
    await promoted(desk)
    outcomes: Counter[tuple[int, int]] = Counter()
    chance = random.Random(3)

    async def about_now(work: Any) -> Any:  # noqa: ANN401 - whatever is done
        await asyncio.sleep(chance.uniform(0, 0.006))
        return await work

    for number in range(rounds):
        phone = f"+62813{number:08}"
        ani, budi = await known(desk, phone), await desk.customer()
        first, _, second = await asyncio.gather(
            about_now(pays(desk, ani)), about_now(gets(desk, budi, phone)), about_now(pays(desk, budi))
        )
        outcomes[first.amount, second.amount] += 1
        last = await pays(desk, budi)
        assert (last.amount == 0) == (first.amount == FULL)
    assert (0, 0) not in outcomes
    assert len(outcomes) > 1, outcomes
    assert len(set(await claims(desk))) == rounds


async def test_a_claim_that_is_not_committed_yet(desk: Office) -> None:
    """Two claim a phone at the same moment: the table lets one in, and the other decides anew and pays."""
    await promoted(desk)
    phone = "+628110000001"
    ani, budi = await desk.customer(), await known(desk, phone)
    other = await pays(desk, ani)
    async with desk.pool.connection() as conn:
        async with conn.transaction():
            await conn.execute(
                "INSERT INTO discount_claims (phone_hmac, payment_session_id) VALUES (decode(%s, 'hex'), %s)",
                [desk.phone_hash(phone), other.id],
            )
            paying = asyncio.create_task(pays(desk, budi))
            await queued(desk)
        assert (await paying).amount == FULL
    assert await claims(desk) == [other.id]
    await desk.sql(SQL("DELETE FROM discount_claims"))  # the payment had no discount


async def queued(desk: Office) -> None:
    """Wait until somebody waits for a lock."""

    async def one() -> bool:
        found = await desk.sql(
            SQL(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
        return bool(found[0][0])

    await eventually(one, seconds=5, what="nobody waits")


# ---------------------------------------------------------------------- the key


async def test_without_the_key_nobody_can_tell(desk: Office) -> None:
    """Who had the discount is not known then, so whoever has a phone pays the full price."""
    await promoted(desk, requires_phone=False)
    desk.phone_hash = PhoneHashes(None)
    ani, budi = await known(desk), await desk.customer()
    assert (await shown(desk, ani), (await pays(desk, ani)).amount) == (FULL, FULL)
    assert (await shown(desk, budi), (await pays(desk, budi)).amount) == (0, 0)


async def test_the_key_survives_the_keys_that_wrap_it(desk: Office) -> None:
    """Drawn once, by whoever is first; the same after the deployment's keys were turned over."""
    old, new = (AesKeyWrap([letter * 32]) for letter in (b"o", b"n"))
    found = await asyncio.gather(*(deployment_keys.kept_key(desk.pool, old, "a") for _ in range(8)))
    (key,) = set(found)
    assert key is not None
    assert len(key) == 32
    assert await deployment_keys.kept_key(desk.pool, new, "a") is None
    assert await deployment_keys.rewrap(desk.pool, new) == 1
    assert await deployment_keys.rewrap(desk.pool, AesKeyWrap([b"n" * 32, b"o" * 32])) == 0
    assert await deployment_keys.kept_key(desk.pool, new, "a") == key
    assert await deployment_keys.kept_key(desk.pool, old, "a") is None
    assert await deployment_keys.rewrap(desk.pool, new) == 0
    await desk.sql(SQL("UPDATE deployment_keys SET name = 'b'"))
    assert await deployment_keys.kept_key(desk.pool, new, "b") is None, "a key is bound to its name"
