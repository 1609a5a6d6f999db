"""Stories of one payment: begun, paid or not, in time or late, cancelled, replaced."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve

from halobestie_core import Cause, PaymentSession, PaymentStatus, Provider, Reason
from halobestie_core.flow.decide import Verdict
from halobestie_core.flow.effects import Failure
from halobestie_core.testing import (
    CHEAPER,
    World,
    a_mitra,
    broken,
    chatting,
    paid,
    pass_time,
    pending,
    run_clock,
    searching,
    waiting,
    wake,
)
from support.told import after, happened, heard, ignored, moved, refused, told


def details(verdict: Verdict) -> list[str | None]:
    """What the rows for operators say beside their cause."""
    return [row.cause_detail for row in moved(verdict).records if isinstance(row, Failure)]


def the(world: World) -> PaymentSession:
    """Return the world's payment."""
    assert world.payment is not None
    return world.payment


def overdue(world: World) -> World:
    """Let the open payment's deadline pass, with no clock looking."""
    world.now = the(world).expires_at
    return world


def test_money_confirms_its_payment() -> None:
    """The gateway's money confirms the payment and opens a full window to be paired."""
    world = pending(World.of(1))
    pass_time(world, 600)
    verdict = world.pay()
    assert happened(verdict) == ["PaymentConfirmed"]
    assert heard(verdict) == ["customer: payment_confirmed"]
    assert the(world).expires_at == world.now + timedelta(minutes=20)
    assert (world.captured, world.confirmed) == (75_000, 75_000)


def test_a_confirmation_without_money_waits() -> None:
    """A customer cannot confirm what the gateway has not been paid for."""
    verdict = pending(world := World.of(1)).confirm()
    assert refused(verdict) is Reason.PAYMENT_NOT_SETTLED
    assert the(world).status is PaymentStatus.PENDING


def test_a_free_trial_confirms_by_itself() -> None:
    """What costs nothing is confirmed by the customer alone, and no gateway hears of it."""
    world = World.of(1)
    world.provider = Provider.XENDIT
    created = world.create(12)
    assert heard(created) == []
    assert the(world).is_free_trial
    assert happened(world.confirm()) == ["PaymentConfirmed"]
    assert ignored(world.confirm()) == "it is confirmed already"


def test_an_invoice_is_made_and_unmade() -> None:
    """A hosted invoice is created with its payment, and expired when the payment is left."""
    world = World.of(1)
    world.provider = Provider.XENDIT
    assert heard(world.create(60)) == ["gateway: create"]
    assert heard(world.abandon()) == ["gateway: expire", "customer: payment_updated"]
    assert ignored(world.abandon()) == "it is abandoned already"


def test_nobody_should_pay_for_what_has_expired() -> None:
    """The clock closes the page too, as leaving does."""
    world = World.of(1)
    world.provider = Provider.XENDIT
    world.create(60)
    verdict = wake(overdue(world), waiting(world)[0])
    assert heard(verdict) == ["gateway: expire", "customer: payment_expired"]


def test_a_fallback_that_nobody_took_gives_the_promotion_back() -> None:
    """It was kept for the fallback; when its time is over, it is free again."""
    world = World.of(1)
    world.promotion = CHEAPER
    world.create(12)
    discounted = the(world)
    world.pay()
    world.search()
    pass_time(world, 60)
    run_clock(world)
    assert (the(world).fallback_open, world.books.discounts_returned) == (True, [])
    pass_time(world, 3600)
    run_clock(world)
    assert (the(world).fallback_open, world.books.discounts_returned) == (False, [discounted.id])


def test_nobody_paid_in_time() -> None:
    """A pending payment expires at its deadline, by the clock."""
    world = overdue(pending(World.of(1)))
    (item,) = waiting(world)
    verdict = wake(world, item)
    assert happened(verdict) == ["PaymentExpired"]
    assert heard(verdict) == ["customer: payment_expired"]
    assert the(world).wake_at is None


def test_a_late_confirmation_expires() -> None:
    """A confirmation after the deadline expires the payment instead, and the caller hears so."""
    verdict = overdue(pending(world := World.of(1))).confirm()
    assert told(verdict) is Reason.PAYMENT_EXPIRED
    assert the(world).status is PaymentStatus.EXPIRED
    assert refused(world.confirm()) is Reason.PAYMENT_EXPIRED


def test_late_money_is_owed_back() -> None:
    """Money that comes after the deadline fails the payment with its own cause, whoever looks first."""
    for clock_first in (True, False):
        world = overdue(pending(World.of(1)))
        if clock_first:
            wake(world, waiting(world)[0])
        verdict = world.pay()
        assert happened(verdict) == ["PaymentPaidLate"]
        assert heard(verdict) == ["customer: payment_late"]
        assert the(world).cause_tag is Cause.LATE_PAYMENT
        assert (world.captured, world.refund_due) == (75_000, 75_000)
        assert broken(world) == ()


def test_money_for_an_abandoned_payment_is_owed_back() -> None:
    """The customer went back and paid all the same."""
    world = pending(World.of(1))
    world.abandon()
    world.pay()
    assert the(world).cause_tag is Cause.LATE_PAYMENT
    assert not the(world).fallback_open


@pytest.mark.parametrize("clock_first", [True, False])
def test_a_late_discount_is_given_back_once(clock_first: bool) -> None:
    """A discounted payment that is paid late gives its discount back, whoever looked first, and only once."""
    world = World.of(1)
    world.promotion = CHEAPER
    world.create(12)
    overdue(world)
    if clock_first:
        wake(world, waiting(world)[0])
    world.pay()
    assert world.books.discounts_returned == [the(world).id]


def test_the_same_news_twice_is_one_capture() -> None:
    """A webhook that comes again writes nothing."""
    world = paid(World.of(1))
    assert ignored(world.pay()) == "this money is recorded already"
    assert world.captured == 75_000


def test_a_second_invoice_is_a_duplicate() -> None:
    """A second payment of the same session is written down and owed back; the first stands."""
    world = paid(World.of(1))
    verdict = world.pay(invoice_id="another")
    assert moved(verdict).moves == ()
    assert [row.cause_tag for row in world.books.failures] == [Cause.DUPLICATE_PAYMENT]
    assert (world.captured, world.refund_due, world.confirmed) == (150_000, 75_000, 75_000)
    assert broken(world) == ()


def test_a_mismatch_moves_nothing() -> None:
    """Money of another amount or currency is written down and owed back; the payment waits on."""
    for amount, currency in ((74_999, "IDR"), (75_000, "USD")):
        world = pending(World.of(1))
        verdict = world.pay(amount=amount, currency=currency)
        assert moved(verdict).moves == ()
        assert the(world).status is PaymentStatus.PENDING
        assert [row.cause_tag for row in world.books.failures] == [Cause.PAYMENT_MISMATCH]


@pytest.mark.parametrize(
    "amount, currency, matches, detail",
    [
        (74_999, "IDR", True, "amount"),
        (74_999, "IDR", False, "amount"),
        (75_000, "IDR", False, "invoice"),
        (75_000, "USD", True, "currency:USD"),
        (25, "USD", False, "currency:USD"),
        (75_000, "usd", True, "currency"),
        (75_000, "RP!", True, "currency"),
        (75_000, "IDR\n", True, "currency"),
        (75_000, "", True, "currency"),
    ],
)
def test_a_mismatch_says_what_differs(amount: int, currency: str, matches: bool, detail: str) -> None:
    """The operators' row names the difference; a sum that is not rupiah says so before all else."""
    world = pending(World.of(1))
    assert details(world.pay(amount=amount, currency=currency, matches=matches)) == [detail]


@pytest.mark.parametrize("currency, detail", [("IDR", "unknown_payment"), ("USD", "currency:USD")])
def test_money_for_nobody_says_so(currency: str, detail: str) -> None:
    """What is for none of our payments says that, unless it is not rupiah: that it is nobody's is seen."""
    assert details(World.of(1).pay_nobody(currency=currency)) == [detail]


def test_a_duplicate_needs_no_detail() -> None:
    """It differs in nothing."""
    world = paid(World.of(1))
    assert details(world.pay(invoice_id="another")) == [None]


def test_the_right_money_after_a_mismatch_confirms() -> None:
    """A wrong capture is no capture of ours: the right one still confirms."""
    world = pending(World.of(1))
    world.pay(invoice_id="odd", amount=1)
    world.pay()
    assert the(world).status is PaymentStatus.CONFIRMED
    assert broken(world) == ()


def test_an_operator_settles_a_surplus() -> None:
    """A surplus has a row of its own, and acting on it leaves the payment's fallback alone."""
    world = searching(World.of(1))
    world.decline(a_mitra(world))
    world.pay(invoice_id="another")
    world.act(failure_id=world.books.failures[-1].id)
    rows = {row.invoice_id: row.operator_action for row in world.books.failures}
    assert rows == {None: None, "another": "refunded"}
    assert the(world).fallback_open


def test_money_for_nobody_is_kept_and_owed_back() -> None:
    """What matches none of our payments is written down once, owed to nobody we know, and settled."""
    world = World.of(1)
    verdict = moved(world.pay_nobody(amount=9_000))
    assert (verdict.moves, verdict.effects) == ((), ())
    assert [(row.cause_tag, row.payment_session_id) for row in world.books.failures] == [
        (Cause.PAYMENT_MISMATCH, None)
    ]
    assert (world.captured, world.refund_due) == (9_000, 9_000)
    assert ignored(world.pay_nobody(amount=9_000)) == "this money is recorded already"
    assert moved(world.act(failure_id=world.books.failures[0].id)).effects == ()
    assert world.books.failures[0].operator_action == "refunded"
    assert broken(world) == ()


def test_a_new_payment_abandons_a_pending_one() -> None:
    """One ordinary payment is open at most; the older one gives its discount back first."""
    world = World.of(1)
    world.create(12)
    first = the(world)
    verdict = world.create(12)
    assert happened(verdict) == ["PaymentAbandoned", "PaymentCreated"]
    assert world.payments[first.id].status is PaymentStatus.ABANDONED
    assert world.books.discounts_claimed == [first.id, the(world).id]
    assert world.books.discounts_returned == [first.id]
    assert the(world).is_first_session_discount


def test_a_new_payment_forfeits_a_fallback() -> None:
    """Money that failed earlier is not used again once a new payment was begun."""
    world = searching(World.of(1))
    world.decline(a_mitra(world))
    failed = the(world)
    verdict = world.create(5)
    assert happened(verdict) == ["FallbackClosed", "PaymentCreated"]
    assert heard(verdict) == ["customer: payment_updated"]
    assert refused(world.fall_back(failed.id)) is Reason.NOT_POSSIBLE


def test_an_unused_payment_forbids_another() -> None:
    """With a confirmed unused payment there is nothing to begin."""
    assert refused(paid(World.of(1)).create(5)) is Reason.ALREADY_ACTIVE


def test_an_overdue_payment_forbids_nothing() -> None:
    """What is confirmed but overdue has lapsed, whether or not the clock came by, and a new one may begin."""
    verdict = overdue(paid(World.of(1))).create(5)
    assert happened(verdict) == ["PaymentLapsed", "PaymentCreated"]
    assert heard(verdict) == ["customer: payment_failed"]


def test_an_overdue_pending_payment_expires_before_a_new_one() -> None:
    """It is not abandoned: it had expired."""
    assert happened(overdue(pending(World.of(1))).create(5)) == ["PaymentExpired", "PaymentCreated"]


def test_an_overdue_search_forbids_no_payment() -> None:
    """A search whose window is over has failed, whether or not the clock came by."""
    world = searching(World.of(1))
    assert world.request is not None
    world.now = world.request.deadline_at
    verdict = world.create(5)
    assert happened(verdict) == [
        "PairingFailed",
        "PaymentFailed",
        "FallbackClosed",
        "PaymentCreated",
    ]
    assert broken(world) == ()


def test_a_search_in_time_forbids_another_payment() -> None:
    """Until its window is over, a search is what the customer has going."""
    world = searching(World.of(1))
    assert world.request is not None
    world.now = world.request.deadline_at - timedelta(microseconds=1)
    assert refused(world.create(5)) is Reason.ALREADY_ACTIVE
    assert world.request.is_open


@pytest.mark.parametrize("begin", [pending, paid, searching], ids=["pending", "paid", "searching"])
def test_a_payment_is_not_replaced_by_itself(begin: Callable[[World], World]) -> None:
    """Begun once more under its own id it stays as it is, also where another would have to wait."""
    world = begin(World.of(1))
    born = next(
        move.command for move in world.moves if move.before is None and move.after.id == the(world).id
    )
    before = the(world)
    assert ignored(world.wish(born)) == "this payment is begun already"
    assert the(world) == before


def test_an_extension_payment_is_not_replaced_by_itself() -> None:
    """Nor is one that prolongs a chat."""
    world = chatting(World.of(1))
    world.create(12, for_extension=True)
    extra = world.extension_payment
    assert extra is not None
    born = moved(world.verdict).moves[0].command
    assert ignored(world.wish(born, world.evening(payment_id=extra.id))) == "this payment is begun already"


def test_an_unused_payment_lapses() -> None:
    """Paid and not used in time: the money is owed back."""
    world = overdue(paid(World.of(1)))
    verdict = wake(world, waiting(world)[0])
    assert happened(verdict) == ["PaymentLapsed"]
    assert the(world).cause_tag is Cause.PAYMENT_SESSION_EXPIRED
    assert (world.refund_due, world.confirmed) == (75_000, 0)


def test_a_held_payment_never_lapses() -> None:
    """A search that was paid for is not killed halfway by the payment's own deadline."""
    world = overdue(
        searching(World.of(1, payment_session_timeout_minutes=1, pairing_blast_timeout_seconds=90))
    )
    assert [item.machine for item in waiting(world)] == ["pairing"]


def test_a_paid_session_can_be_given_up() -> None:
    """Cancelled while nothing searches: failed by the customer's own wish, and no fallback."""
    world = paid(World.of(1))
    verdict = world.cancel()
    assert happened(verdict) == ["PaymentFailed"]
    assert heard(verdict) == ["customer: payment_updated"]
    assert (the(world).cause_tag, the(world).fallback_open) == (Cause.CUSTOMER_CANCELLED, False)
    assert ignored(world.cancel()) == "it failed already; the first cause stands"


def test_what_cannot_be_given_up() -> None:
    """Only what is paid and neither spent nor failed otherwise can be cancelled."""
    assert refused(pending(World.of(1)).cancel()) is Reason.NOT_POSSIBLE
    assert refused(chatting(World.of(1)).cancel()) is Reason.NOT_POSSIBLE
    world = searching(World.of(1))
    world.decline(a_mitra(world))
    assert refused(world.cancel()) is Reason.NOT_POSSIBLE
    world = overdue(paid(World.of(1)))
    assert told(world.cancel()) is Reason.PAYMENT_EXPIRED
    assert refused(world.cancel()) is Reason.PAYMENT_EXPIRED


def test_a_refusal_says_what_is_possible() -> None:
    """A refused wish carries the state and what could be done now."""
    verdict = chatting(world := World.of(1)).cancel()
    assert refused(verdict) is Reason.NOT_POSSIBLE
    assert verdict.snapshot == world.payment  # type: ignore[union-attr] # refused, as the line above says
    assert verdict.allowed == ()  # type: ignore[union-attr] # the same


def test_an_extension_payment_stands_beside_the_others() -> None:
    """It needs a live chat, replaces nothing, and never carries a promotion."""
    assert refused(paid(World.of(1)).create(12, for_extension=True)) is Reason.SESSION_NOT_ACTIVE
    world = chatting(World.of(1))
    verdict = world.create(12, for_extension=True)
    assert happened(verdict) == ["PaymentCreated"]
    extra = world.extension_payment
    assert extra is not None
    assert (extra.amount, extra.is_first_session_discount) == (20_000, False)
    assert refused(world.search(extra.id)) is Reason.NOT_POSSIBLE  # whatever else is live
    assert refused(world.cancel(extra.id)) is Reason.NOT_POSSIBLE
    world.pay(extra.id)
    world.end()
    assert refused(world.search(extra.id)) is Reason.NOT_POSSIBLE


def test_an_extension_in_the_payment_slot_is_left_alone() -> None:
    """A payment for an extension is not the one that a new ordinary payment replaces."""
    world = chatting(World.of(1))
    world.create(12, for_extension=True)
    extra = world.extension_payment
    assert extra is not None
    command = moved(world.verdict).moves[0].command
    ordinary = evolve(command, id=world.new_id(), is_extension=False)  # type: ignore[misc] # an attrs command
    verdict = world.wish(ordinary, world.evening(payment_id=extra.id))
    assert happened(verdict) == ["PaymentCreated"]
    assert after(verdict).payment != extra


def test_a_given_away_extension_is_refused() -> None:
    """Neither a discount nor nothing prolongs a chat."""
    world = chatting(World.of(1))
    world.create(12, for_extension=True)
    command = moved(world.verdict).moves[0].command
    for bent in ({"amount": 0}, {"is_first_session_discount": True}):
        wish = evolve(command, id=world.new_id(), **bent)  # type: ignore[misc] # an attrs command
        assert refused(world.wish(wish)) is Reason.DISCOUNT_NOT_ALLOWED
