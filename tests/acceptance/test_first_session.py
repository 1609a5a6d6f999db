"""Prices over two instances: what operators change customers see at once; a first session for nothing."""

import asyncio

import pytest

from support.evening import House, together
from support.people import Customer, Json, Operator

pytestmark = pytest.mark.anyio

INSTANCES = 2
TIERS = "/internal/pricing/tiers"
PROMOTION = "/internal/pricing/promotions/first_session_discount"
PHONE = "+628119990001"


async def edited(boss: Operator, path: str, **wish: Json) -> Json:
    """Change a row as it stands now."""
    rows = (await boss.get(path.rpartition("/")[0]))["rows"] if path.startswith(TIERS) else []
    seen = next((row for row in rows if path.endswith(row["id"])), None) or await boss.get(path)
    return (await boss.ask("PATCH", path, {**wish, "updated_at": seen["updated_at"]})).ok()


async def price(ayu: Customer, minutes: int = 5) -> Json:
    """What the price list says of so many minutes."""
    (tier,) = [
        tier for tier in (await ayu.get("/api/client/chat/pricing"))["tiers"] if tier["minutes"] == minutes
    ]
    return tier


async def proves(ayu: Customer, phone: str) -> None:
    """Verify a phone with the code that came to it."""
    url = "/api/client/auth/otp"
    (await ayu.ask("POST", f"{url}/request", {"phone": phone})).ok(202)
    code = await asyncio.to_thread(ayu.house.first.code_for, phone)
    (await ayu.ask("POST", f"{url}/verify", {"phone": phone, "code": code})).ok()


async def test_a_first_session_for_nothing(house: House) -> None:
    """Switched on by an operator, had with a phone, confirmed without money, spent by the session, told."""
    boss, ayu, budi = await house.operator(), await house.customer(), await (await house.mitra()).comes()
    after = await edited(boss, PROMOTION, is_active=True)
    assert (after["is_active"], after["applies"]) == (True, True)
    elsewhere = ayu.via(house.instances[1])
    assert (await price(elsewhere))["price"] == 10_000
    await proves(ayu, PHONE)
    shown = await price(elsewhere)
    assert (shown["price"], shown["list_price"], shown["is_free_trial"]) == (0, 10_000, True)

    begun = (await elsewhere.pay(5)).ok(201)
    assert (begun["status"], begun["amount"], begun["provider"]) == ("pending", 0, "none")
    assert (begun["is_free_trial"], begun["is_first_session_discount"]) == (True, True)
    assert (await price(elsewhere))["price"] == 0, "a new payment would give this one's discount back"
    paid = (await ayu.confirm(begun)).ok()
    assert (await price(elsewhere))["price"] == 10_000, "it is reserved, and nothing replaces it"
    session = await budi.accepts(await ayu.searches(paid))
    (await ayu.end(session["id"])).ok()
    assert (await price(ayu))["price"] == 10_000
    assert (await ayu.pay(5)).ok(201)["amount"] == 10_000
    assert await house.value("SELECT payment_session_id FROM discount_claims") is not None
    dump = await house.rows("SELECT phone_hmac FROM discount_claims")
    assert PHONE.encode() not in b"".join(bytes(row["phone_hmac"]) for row in dump)

    (row,) = (await boss.get("/internal/pricing/history?limit=1"))["rows"]
    assert (row["change_kind"], row["key"]) == ("reactivated", "first_session_discount")
    assert row["changed_by"]["id"] == boss.id
    assert row["changed_by"]["display_name"].endswith("@halobestie.example")


async def test_two_operators_on_two_instances(house: House) -> None:
    """The price of one tier from two places at once: one wins, the other is shown what stands."""
    boss, second = await house.operator(), await house.operator()
    other = second.via(house.instances[1])
    for number in range(20):
        seen = next(row for row in (await boss.get(TIERS))["rows"] if row["minutes"] == 60)
        path = f"{TIERS}/{seen['id']}"
        answers = await together(
            *(
                who.ask("PATCH", path, {"price": base + number, "updated_at": seen["updated_at"]})
                for who, base in ((boss, 90_000), (other, 80_000))
            )
        )
        (won,) = [answer.body for answer in answers if answer.status == 200]
        (lost,) = [answer for answer in answers if answer.status != 200]
        assert lost.refused("STALE_WRITE")["current"] == won


async def test_a_price_changes_while_many_pay(house: House) -> None:
    """Customers of two instances pay while a price is raised again and again: nobody pays what never was."""
    boss, customers = await house.operator(), await house.customers(8)
    seen = next(row for row in (await boss.get(TIERS))["rows"] if row["minutes"] == 12)
    prices = {seen["price"]}

    async def raises() -> None:
        for _ in range(25):
            row = await edited(boss, f"{TIERS}/{seen['id']}", price=max(prices) + 1)
            prices.add(row["price"])

    async def pays(ayu: Customer) -> set[int]:
        return {(await ayu.pay(12)).ok(201)["amount"] for _ in range(25)}

    raising = asyncio.create_task(raises())
    paid = await asyncio.gather(*map(pays, customers))
    await raising
    assert set().union(*paid) <= prices
    assert len(set().union(*paid)) > 1
