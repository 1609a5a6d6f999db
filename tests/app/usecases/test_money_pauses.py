"""Money and what ends a payment, one of the two paused before its commit: the other finds it done."""

from datetime import timedelta
from functools import partial

import pytest

from halobestie_app.usecases import clock, payments
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.reads import PaymentSeen
from support.billing import Bank
from support.contest import Side, paused

pytestmark = pytest.mark.anyio


async def paid(bank: Bank) -> tuple[PaymentSeen, dict[str, Side]]:
    """A payment that is paid at the gateway, and everything that may be done about it now."""
    seen = await bank.begins()
    await bank.delivered(bank.fake.pay(bank.bill_of(seen).id))
    who, which = seen.payment.customer_id, seen.payment.id
    return seen, {
        "webhook": bank.applied,
        "the same webhook": bank.applied,
        "back": partial(payments.cancel, bank.desk, who, which),
        "clock": partial(clock.fire, bank.desk, Due("payment", which)),
        "confirm": partial(payments.confirm, bank.desk, who, which),
        "reconciler": bank.reconciled,
    }


@pytest.mark.parametrize(
    "first, second, heard, status",
    [
        ("webhook", "back", "INVALID_STATE", "confirmed"),
        ("back", "webhook", "OK", "failed_pairing"),
        ("webhook", "the same webhook", "OK", "confirmed"),
        ("webhook", "confirm", "OK", "confirmed"),
        ("confirm", "webhook", "OK", "confirmed"),
        ("webhook", "reconciler", "OK", "confirmed"),
        ("reconciler", "webhook", "OK", "confirmed"),
    ],
)
async def test_paused(bank: Bank, first: str, second: str, heard: str, status: str) -> None:
    """The money is booked once, whoever hears of it while it is being booked."""
    seen, sides = await paid(bank)
    assert await paused(bank, sides[first], sides[second]) == ["OK", heard]
    await bank.applied()
    assert await bank.status(seen) == status
    assert len(await bank.captures(seen.payment.id)) == 1


@pytest.mark.parametrize("first, second", [("webhook", "clock"), ("clock", "webhook")])
async def test_paused_after_the_deadline(bank: Bank, first: str, second: str) -> None:
    """Too late is too late: owed back, in one row."""
    seen, sides = await paid(bank)
    await bank.age("payment", seen.payment.id, timedelta(hours=1))
    assert await paused(bank, sides[first], sides[second]) == ["OK", "OK"]
    assert await bank.failures(seen) == ["late_payment"]
    assert len(await bank.captures(seen.payment.id)) == 1
