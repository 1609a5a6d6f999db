"""Stories of a search: won, declined by all, met by silence, cancelled; targeted; fallen back from."""

import pytest
from attrs import evolve

from halobestie_core import Cause, PaymentStatus, Reason, RequestStatus, SessionStatus
from halobestie_core.flow.effects import LookAgain, MitraBecameEligible, MitraWentAway
from halobestie_core.pairing import OfferStatus, PairingRequest
from halobestie_core.presence import Block, GoOffline
from halobestie_core.testing import (
    CHEAPER,
    World,
    a_mitra,
    asking_again,
    broken,
    chatting,
    deliver,
    paid,
    pass_time,
    run_clock,
    searching,
    waiting,
    wake,
)
from support.told import happened, heard, ignored, moved, refused, told


def the(world: World) -> PairingRequest:
    """Return the world's request."""
    assert world.request is not None
    return world.request


def overdue(world: World) -> World:
    """Let the open request's window end, with no clock looking."""
    world.now = the(world).deadline_at
    return world


def status(world: World) -> tuple[PaymentStatus, Cause | None]:
    """Return how the world's payment stands."""
    assert world.payment is not None
    return world.payment.status, world.payment.cause_tag


# -- a blast


def test_one_accept_wins_a_blast() -> None:
    """The payment is consumed, one chat is active, the ledger has one charge, the losers are told."""
    world = searching(World.of(3))
    verdict = world.accept(a_mitra(world))
    assert happened(verdict) == ["PairingAccepted", "SessionStarted", "PaymentConsumed"]
    assert heard(verdict) == ["customer: paired", "mitra: paired", "others: chat_request_closed (taken)"]
    assert world.chat is not None
    assert (world.chat.status, world.chat.mitra_id) == (SessionStatus.ACTIVE, a_mitra(world))
    assert (world.charged, world.confirmed) == (75_000, 0)
    assert broken(world) == ()


def test_the_winner_may_repeat_and_losers_hear_taken() -> None:
    """The winner's repeat is answered alike; everybody else is too late."""
    world = searching(World.of(3))
    first, second, _ = world.mitras
    world.accept(first)
    assert ignored(world.accept(first)) == "this mitra won it already"
    assert refused(world.accept(second)) is Reason.ALREADY_TAKEN
    assert refused(world.decline(second)) is Reason.ALREADY_TAKEN
    assert the(world).offer_to(second) is OfferStatus.RESCINDED


def test_who_cannot_accept() -> None:
    """Not offered, gone, full: refused in this order, and nothing changes."""
    world = searching(World.of(2))
    first, second = world.mitras
    late = world.new_id()
    world.mitras[late] = evolve(world.mitras[first], id=late)
    assert refused(world.accept(late)) is Reason.NOT_OFFERED
    world.busy[first] = 3
    assert refused(world.accept(first)) is Reason.AT_CAPACITY
    world.of_mitra(first, GoOffline())
    assert refused(world.accept(first)) is Reason.MITRA_OFFLINE
    world.decline(second)
    assert refused(world.accept(second)) is Reason.REQUEST_CLOSED
    assert the(world).is_open


def test_nobody_accepts() -> None:
    """A blast that meets silence fails at the end of its window, and the money may be used once more."""
    world = searching(World.of(2))
    run_clock(world, the(world).deadline_at)
    assert the(world).status is RequestStatus.EXPIRED
    assert status(world) == (PaymentStatus.FAILED_PAIRING, Cause.NO_MITRA_AVAILABLE)
    assert [row.cause_tag for row in world.books.failures] == [Cause.NO_MITRA_AVAILABLE]
    assert world.refund_due == 75_000


def test_a_blast_with_nobody_there_stays_open() -> None:
    """Money has been taken: whoever comes online meanwhile is offered the request."""
    world = paid(World.of(1))
    mitra = a_mitra(world)
    world.of_mitra(mitra, GoOffline())
    assert heard(world.search()) == []
    world.go_online(mitra)
    assert isinstance(world.later[-1], MitraBecameEligible)
    world.later = world.later[-1:]
    verdict = deliver(world)
    assert heard(verdict) == ["wave 1: chat_request"]
    assert happened(world.accept(mitra))[0] == "PairingAccepted"


def test_everybody_declines() -> None:
    """The last decline ends the search at once."""
    world = searching(World.of(2))
    first, second = world.mitras
    assert heard(world.decline(first)) == []
    assert ignored(world.decline(first)) == "this mitra declined it already"
    verdict = world.decline(second)
    assert happened(verdict) == ["PairingFailed", "PaymentFailed"]
    assert heard(verdict) == ["customer: pairing_failed", "offered: chat_request_closed (withdrawn)"]
    assert status(world) == (PaymentStatus.FAILED_PAIRING, Cause.ALL_MITRAS_REJECTED)


def test_the_last_decline_waits_for_who_may_join() -> None:
    """While an eligible mitra was not offered it yet, the search goes on."""
    world = searching(World.of(1))
    late = world.new_id()
    world.mitras[late] = evolve(world.mitras[a_mitra(world)], id=late)
    assert happened(world.decline(a_mitra(world))) == ["OfferDeclined"]


def test_a_mitra_who_left_is_withdrawn_and_may_return() -> None:
    """An offer is taken back from who went offline, and made again to who returns."""
    world = searching(World.of(2))
    world.later.clear()
    mitra = a_mitra(world)
    pass_time(world, 1)
    world.of_mitra(mitra, GoOffline())
    assert heard(deliver(world)) == ["mitra: chat_request_closed (withdrawn)"]
    assert the(world).offer_to(mitra) is OfferStatus.WITHDRAWN
    pass_time(world, 1)
    world.go_online(mitra)
    assert happened(deliver(world)) == ["OffersMade"]
    assert the(world).offer_to(mitra) is OfferStatus.OFFERED


def test_who_returned_meanwhile_is_not_withdrawn() -> None:
    """A later command looks at presence again: who is back keeps the offer."""
    world = searching(World.of(2))
    world.later.clear()
    mitra = a_mitra(world)
    world.of_mitra(mitra, GoOffline())
    world.go_online(mitra)
    assert ignored(deliver(world)).startswith("nothing to take back")
    assert ignored(deliver(world)).startswith("nobody new")


def test_a_cancelled_search() -> None:
    """The customer stops: the money is owed back and cannot be used again."""
    world = searching(World.of(2))
    verdict = world.cancel()
    assert happened(verdict) == ["PairingFailed", "PaymentFailed"]
    assert heard(verdict) == ["customer: pairing_failed", "offered: chat_request_closed (cancelled)"]
    assert status(world) == (PaymentStatus.FAILED_PAIRING, Cause.CUSTOMER_CANCELLED)
    assert refused(world.fall_back()) is Reason.NOT_POSSIBLE


def test_a_cancelled_search_gives_the_promotion_back() -> None:
    """Once, and not while a fallback may still use it."""
    world = World.of(2)
    world.promotion = CHEAPER
    world.create(12)
    discounted = next(iter(world.payments))
    world.pay()
    world.search()
    pass_time(world, 60)
    run_clock(world)
    assert (status(world)[1], world.books.discounts_returned) == (Cause.NO_MITRA_AVAILABLE, [])
    world.fall_back()
    world.cancel()
    assert (status(world)[1], world.books.discounts_returned) == (Cause.CUSTOMER_CANCELLED, [discounted])


def test_what_comes_overdue_is_the_time_out() -> None:
    """An accept, a decline or a cancel after the window finds the time-out applied first."""
    for verb, reason in (
        ("accept", Reason.REQUEST_CLOSED),
        ("decline", Reason.REQUEST_CLOSED),
        ("cancel", Reason.NOT_POSSIBLE),
    ):
        world = overdue(searching(World.of(1)))
        verdict = world.cancel() if verb == "cancel" else getattr(world, verb)(a_mitra(world))
        assert told(verdict) is reason
        assert heard(verdict)[0] == "customer: pairing_failed"
        assert status(world)[1] is Cause.NO_MITRA_AVAILABLE


def test_one_search_at_a_time() -> None:
    """The same search again is answered with the open one; another is refused, also during a chat."""
    world = searching(World.of(1))
    assert ignored(world.search()) == "this search is open already"
    assert refused(world.search_again()) is Reason.ALREADY_ACTIVE
    world.accept(a_mitra(world))
    assert refused(world.search()) is Reason.ALREADY_ACTIVE


def test_an_unpaid_search() -> None:
    """Only a confirmed payment is searched with; one used after its time says so."""
    world = World.of(1)
    world.create(60)
    assert refused(world.search()) is Reason.NOT_POSSIBLE
    world.pay()
    assert world.payment is not None
    world.now = world.payment.expires_at
    verdict = world.search()
    assert told(verdict) is Reason.PAYMENT_EXPIRED
    assert happened(verdict) == ["PaymentLapsed"]
    assert refused(world.search()) is Reason.PAYMENT_EXPIRED


def test_a_blast_looks_again_after_it_opened() -> None:
    """Who came online in the gap between reading and committing is found by a second look."""
    world = paid(World.of(1))
    world.later.clear()
    world.search()
    assert world.later == [LookAgain(the(world).id)]
    assert ignored(deliver(world)).startswith("nobody new")
    world.accept(a_mitra(world))
    world.later.append(LookAgain(the(world).id))
    assert deliver(world) is None


def test_a_blast_in_waves() -> None:
    """With a wave size the least busy hear first; the next wave after a third of the window."""
    world = World.of(3, pairing_wave_size=1)
    first, second, third = world.mitras
    world.busy = {first: 2, second: 1}
    searching(world)
    assert [set(one.mitra_ids) for one in the(world).waves] == [{third}]
    world.later.clear()
    pass_time(world, 20)
    (item,) = waiting(world)
    assert item.wake_at == world.now
    assert heard(wake(world, item)) == ["wave 2: chat_request"]
    assert world.later == [LookAgain(the(world).id)]
    run_clock(world, the(world).deadline_at)
    assert [set(one.mitra_ids) for one in the(world).waves] == [{third}, {second}, {first}]
    assert status(world)[1] is Cause.NO_MITRA_AVAILABLE


# -- a targeted request


def test_the_target_accepts() -> None:
    """*Curhat lagi* goes to one mitra alone."""
    world = asking_again(World.of(3))
    first, second, _ = world.mitras
    assert [set(one.mitra_ids) for one in the(world).waves] == [{first}]
    assert refused(world.accept(second)) is Reason.NOT_OFFERED
    assert happened(world.accept(first))[0] == "PairingAccepted"


def test_the_target_declines() -> None:
    """The customer hears a rejection, and may fall back."""
    world = asking_again(World.of(1))
    verdict = world.decline(a_mitra(world))
    assert heard(verdict) == [
        "customer: returning_chat_rejected",
        "offered: chat_request_closed (withdrawn)",
    ]
    assert status(world)[1] is Cause.TARGETED_MITRA_REJECTED


def test_the_target_is_silent() -> None:
    """The customer hears of the time-out."""
    world = overdue(asking_again(World.of(1)))
    verdict = wake(world, waiting(world)[0])
    assert heard(verdict) == ["customer: returning_chat_timeout", "offered: chat_request_closed (timeout)"]
    assert status(world)[1] is Cause.TARGETED_MITRA_TIMEOUT


@pytest.mark.parametrize("full, detail", [(False, None), (True, "at_capacity")])
def test_the_target_is_not_there_at_the_start(full: bool, detail: str | None) -> None:
    """Offline or full: the payment has failed and is recorded in the same breath, and the caller hears so."""
    world = paid(World.of(2))
    if full:
        world.busy[a_mitra(world)] = 3
    else:
        world.of_mitra(a_mitra(world), GoOffline())
    verdict = world.search_again()
    assert told(verdict) is Reason.TARGET_UNAVAILABLE
    assert heard(verdict) == ["customer: returning_chat_rejected"]
    assert (the(world).status, the(world).cause_detail) == (RequestStatus.AUTO_REJECTED, detail)
    assert status(world)[1] is Cause.TARGETED_MITRA_OFFLINE
    assert the(world).waves == ()


@pytest.mark.parametrize("command", [GoOffline(), Block()])
def test_the_target_leaves_meanwhile(command: object) -> None:
    """A target who goes offline or is blocked ends the request at once."""
    world = asking_again(World.of(2))
    world.later.clear()
    world.of_mitra(a_mitra(world), command)
    verdict = deliver(world)
    assert heard(verdict) == [
        "customer: returning_chat_rejected",
        "offered: chat_request_closed (withdrawn)",
    ]
    assert status(world)[1] is Cause.TARGETED_MITRA_OFFLINE


def test_a_switch_is_heard_on_the_other_devices() -> None:
    """Who goes offline on one device is not shown as online on another."""
    world = World.of(1)
    world.go_online(a_mitra(world))
    verdict = world.of_mitra(a_mitra(world), GoOffline())
    assert heard(verdict) == ["mitra: presence"]
    assert not heard(world.go_online(a_mitra(world)))


def test_a_target_who_fell_silent() -> None:
    """The sweep tells the mitra why they are offline, and leaves it to others to end what waits for them."""
    world = asking_again(World.of(1))
    world.later.clear()
    mitra = a_mitra(world)
    pass_time(world, 46)
    verdict = world.sweep(mitra)
    assert heard(verdict) == ["mitra: presence"]
    assert world.later == [MitraWentAway(mitra, "stale")]


def test_the_wrong_mitra_leaving_concerns_nobody() -> None:
    """Only the target's leaving ends a returning request."""
    world = asking_again(World.of(2))
    world.later.clear()
    world.of_mitra(list(world.mitras)[1], GoOffline())
    assert deliver(world) is None


def test_a_target_back_in_time_is_kept() -> None:
    """Gone and back before the later command came: nothing happens."""
    world = asking_again(World.of(1))
    assert ignored(world.target_unavailable(a_mitra(world))).startswith("the target is there")


def test_the_target_must_be_the_payments() -> None:
    """A payment made for one mitra asks no other, and one made for nobody asks nobody."""
    world = paid(World.of(2))
    assert refused(world.search_again(target=list(world.mitras)[1])) is Reason.WRONG_TARGET
    other = World.of(1)
    other.create(60)
    other.pay()
    assert refused(other.search_again()) is Reason.WRONG_TARGET


# -- falling back


def failed(world: World) -> World:
    """Let the target decline."""
    asking_again(world).decline(a_mitra(world))
    return world


def test_the_same_money_falls_back_to_a_blast() -> None:
    """The failure is superseded, the refund reversed, and no new payment or invoice is made."""
    world = failed(World.of(2))
    verdict = world.fall_back()
    assert happened(verdict) == ["FellBack", "PairingOpened"]
    assert heard(verdict) == ["wave 1: chat_request"]
    assert [row.superseded for row in world.books.failures] == [True]
    assert (world.refund_due, world.confirmed, len(world.payments)) == (0, 75_000, 1)
    assert ignored(world.fall_back()) == "this search is open already"
    assert broken(world) == ()


def test_a_fallback_may_fail_and_be_tried_again() -> None:
    """Each attempt has its own row; the time for fallbacks was fixed by the first failure."""
    world = failed(World.of(1))
    assert world.payment is not None
    until = world.payment.fallback_until
    world.fall_back()
    world.decline(a_mitra(world))
    assert status(world)[1] is Cause.ALL_MITRAS_REJECTED
    assert world.payment.fallback_until == until
    world.fall_back()
    assert the(world).is_open
    assert [row.cause_tag for row in world.books.failures] == [
        Cause.TARGETED_MITRA_REJECTED,
        Cause.ALL_MITRAS_REJECTED,
    ]


def test_a_fallback_after_its_time() -> None:
    """The clock closes it; whoever comes later hears that the time is over."""
    for clock_first in (True, False):
        world = failed(World.of(1))
        assert world.payment is not None
        assert world.payment.fallback_until is not None
        world.now = world.payment.fallback_until
        if clock_first:
            assert heard(wake(world, waiting(world)[0])) == ["customer: payment_updated"]
        assert refused(world.fall_back()) is Reason.PAYMENT_EXPIRED


def test_an_operator_was_first() -> None:
    """Operator action and fallback: exactly one wins."""
    world = failed(World.of(1))
    assert heard(world.act()) == ["customer: payment_updated"]
    assert refused(world.fall_back()) is Reason.ALREADY_ACTIONED
    assert ignored(world.act()) == "this action is recorded already"


def test_a_fallback_beside_something_live() -> None:
    """With another search or chat open there is nothing to fall back to."""
    world = chatting(World.of(1))
    assert refused(world.fall_back()) is Reason.ALREADY_ACTIVE
    assert refused(asking_again(World.of(1)).fall_back()) is Reason.ALREADY_ACTIVE


def test_a_fallback_right_at_the_end_of_the_window() -> None:
    """A returning request whose window is over has timed out, whether or not the clock came by."""
    world = overdue(asking_again(World.of(1)))
    verdict = world.fall_back()
    assert happened(verdict) == ["PairingFailed", "PaymentFailed", "FellBack", "PairingOpened"]
    assert the(world).is_open
    assert [row.cause_tag for row in world.books.failures] == [Cause.TARGETED_MITRA_TIMEOUT]
    assert broken(world) == ()


def test_another_payments_overdue_search_is_not_touched() -> None:
    """Only the search of the very payment is over for it; another's stays the clock's affair."""
    world = failed(World.of(1))
    old = world.payment
    assert old is not None
    world.create(60)
    world.pay()
    world.search()
    overdue(world)
    assert refused(world.fall_back(old.id)) is Reason.ALREADY_ACTIVE
    assert moved(wake(world, waiting(world)[0])).told is None
