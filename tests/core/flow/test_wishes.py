"""What can be wished: every command has one way in, half-wishes have none, and every reason is said."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core import (
    ActOnFailure,
    AskExtension,
    CancelSearch,
    Evening,
    FallBackToBlast,
    OpenPairing,
    OperatorAction,
    Party,
    Reason,
    Refused,
    RefusedError,
    chat,
    decide,
    extension,
    pairing,
    payment,
    presence,
)
from halobestie_core.causes import Cause
from halobestie_core.flow.decide import MACHINES, ONLY_TOGETHER
from halobestie_core.flow.effects import FailureActioned
from halobestie_core.flow.plans import PLANS
from halobestie_core.reasons import SENTENCES
from halobestie_core.testing import (
    STAGES,
    World,
    a_mitra,
    broken,
    chatting,
    extending,
    paid,
    pass_time,
    pending,
    run_clock,
    searching,
    waiting,
)
from support.told import heard, moved, refused, told

NOW = World().now
A_UUID = World().new_id()


@pytest.mark.parametrize(
    "wish",
    [
        payment.Hold(A_UUID, for_extension=False),
        payment.Consume(),
        chat.ExtensionAccepted(60),
        extension.Cancel(Cause.OPERATOR_ENDED),
    ],
)
def test_half_a_wish_is_none(wish: object) -> None:
    """What would take money or minutes without its other half is no wish of its own."""
    with pytest.raises(TypeError, match="no wish of its own"):
        decide(Evening(), wish, NOW)


def test_a_stranger_is_no_wish() -> None:
    """Neither is anything that no machine knows."""
    with pytest.raises(TypeError, match="nobody decides str"):
        decide(Evening(), "please", NOW)


def test_every_command_has_one_way_in() -> None:
    """Each command of each table is wished for, planned, or comes with another; none is forgotten."""
    commands = {command for table in MACHINES.values() for command in table.commands}
    assert set(ONLY_TOGETHER) < commands
    assert not set(ONLY_TOGETHER) & set(PLANS)


@pytest.mark.parametrize(
    "wish",
    [
        payment.Tick(),
        payment.Confirm(captured=False, timeout_minutes=20),
        pairing.TimeUp(),
        chat.TimeUp(60),
        presence.GoOnline(),
        OpenPairing(A_UUID, 60),
        FallBackToBlast(A_UUID, 60),
        CancelSearch(),
        ActOnFailure(OperatorAction.REFUNDED),
    ],
)
def test_an_empty_evening_lacks_what_a_wish_needs(wish: object) -> None:
    """A wish about nothing is the caller's mistake, not a refusal."""
    with pytest.raises(LookupError, match="empty"):
        decide(Evening(), wish, NOW)


def test_an_extension_is_asked_with_a_payment() -> None:
    """With a live chat and no payment there is nothing to ask with."""
    world = chatting(World.of(1))
    with pytest.raises(LookupError, match="empty"):
        decide(world.evening(), AskExtension(A_UUID, 10), world.now)


def test_a_held_payment_is_cancelled_with_its_holder() -> None:
    """Without the request that holds it, a payment is not failed behind the search's back."""
    world = searching(World.of(1))
    with pytest.raises(LookupError, match="holds the payment"):
        decide(evolve(world.evening(), request=None), CancelSearch(), world.now)


def test_an_operator_acts_on_the_payments_own_row() -> None:
    """A row of another payment is the caller's mistake."""
    world = searching(World.of(1))
    world.decline(a_mitra(world))
    evening = world.evening()
    assert evening.failure is not None
    other = evolve(evening, failure=evolve(evening.failure, payment_session_id=A_UUID))
    with pytest.raises(LookupError, match="not of another"):
        decide(other, ActOnFailure(OperatorAction.CREDITED), world.now)
    world.act(OperatorAction.CREDITED)
    assert refused(world.act(OperatorAction.NO_ACTION)) is Reason.ALREADY_ACTIONED
    assert [row.operator_action for row in world.books.failures] == [OperatorAction.CREDITED]
    assert (evening.failure.status, world.books.failures[0].seen().status) == ("open", "actioned")


def test_a_superseded_row_is_settled_no_more() -> None:
    """Money that is in use again is none of the operators' business until it fails again."""
    world = searching(World.of(1))
    world.decline(a_mitra(world))
    world.fall_back()
    (row,) = world.books.failures
    assert row.seen().status == "superseded"
    assert refused(world.act(failure_id=row.id)) is Reason.NOT_POSSIBLE


def test_an_action_on_a_closed_fallback_is_told_once() -> None:
    """Closing the fallback tells the customer by itself; without one, the action does."""
    world = searching(World.of(1))
    world.cancel()
    assert heard(world.act(OperatorAction.NO_ACTION)) == ["customer: payment_updated"]


def test_a_free_failure_is_settled_without_money() -> None:
    """Acting on a failure of amount 0 writes no ledger line."""
    world = World.of(1)
    world.create(12)
    world.confirm()
    world.cancel()
    (only,) = moved(world.act(OperatorAction.NO_ACTION)).records
    assert isinstance(only, FailureActioned)


def overdue(world: World) -> World:
    """Let every deadline pass, with no clock looking."""
    pass_time(world, 1_300)
    return world


def gone(world: World) -> World:
    """Take the first mitra offline."""
    world.of_mitra(a_mitra(world), presence.GoOffline())
    return world


def acted(world: World) -> World:
    """Let everybody decline and an operator deal with it."""
    for mitra_id in world.mitras:
        world.decline(mitra_id)
    world.act()
    return world


def blocked(world: World) -> World:
    """Shut the first mitra out."""
    world.of_mitra(a_mitra(world), presence.Block())
    return world


def taken(world: World) -> World:
    """Let the first mitra win."""
    world.accept(a_mitra(world))
    return world


def busy(world: World) -> World:
    """Give the first mitra as many chats as allowed."""
    world.busy[a_mitra(world)] = 3
    return world


def agreed(world: World) -> World:
    """Let the mitra say yes."""
    world.answer(accepted=True)
    return world


def waved(world: World) -> World:
    """Show the search to one mitra alone."""
    world.settings = evolve(world.settings, pairing_wave_size=1)
    return searching(world)


def twice_extended(world: World) -> World:
    """Pay for a second extension while the first is asked for."""
    extending(world).create(5, for_extension=True)
    return world


SAYS: dict[Reason, Callable[[World], object]] = {
    Reason.NOT_POSSIBLE: lambda w: chatting(w).end(Party.MITRA),
    Reason.PAYMENT_EXPIRED: lambda w: overdue(pending(w)).confirm(),
    Reason.PAYMENT_NOT_SETTLED: lambda w: pending(w).confirm(),
    Reason.ALREADY_ACTIVE: lambda w: paid(w).create(5),
    Reason.ALREADY_ACTIONED: lambda w: acted(searching(w)).fall_back(),
    Reason.ALREADY_TAKEN: lambda w: taken(searching(w)).accept(list(w.mitras)[-1]),
    Reason.REQUEST_CLOSED: lambda w: overdue(searching(w)).accept(a_mitra(w)),
    Reason.NOT_OFFERED: lambda w: waved(w).accept(list(w.mitras)[-1]),
    Reason.MITRA_OFFLINE: lambda w: gone(searching(w)).accept(a_mitra(w)),
    Reason.MITRA_BLOCKED: lambda w: blocked(w).go_online(a_mitra(w)),
    Reason.AT_CAPACITY: lambda w: busy(searching(w)).accept(a_mitra(w)),
    Reason.TARGET_UNAVAILABLE: lambda w: gone(paid(w)).search_again(),
    Reason.WRONG_TARGET: lambda w: paid(w).search_again(target=list(w.mitras)[-1]),
    Reason.SESSION_NOT_ACTIVE: lambda w: paid(w).create(5, for_extension=True),
    Reason.EXTENSION_PENDING: lambda w: twice_extended(w).ask_extension(),
    Reason.EXTENSION_RESOLVED: lambda w: agreed(extending(w)).answer(accepted=False),
    Reason.DISCOUNT_NOT_ALLOWED: lambda w: chatting(w).ask_extension(discounted(w)),
}


def discounted(world: World) -> UUID:
    """Pretend that the chat's own payment was a free trial, and return its id."""
    (key,) = world.payments
    world.payments[key] = evolve(world.payments[key], amount=0, is_first_session_discount=True)
    return key


# Said by the rules of messages, which have tests of their own.
SAID_ELSEWHERE = {"session_paused", "message_differs"}


def test_no_reason_is_forgotten() -> None:
    """The closed list holds nothing that nobody says."""
    assert {reason.value for reason in set(Reason) - set(SAYS)} <= SAID_ELSEWHERE


@pytest.mark.parametrize("reason", SAYS)
def test_every_reason_is_said(reason: Reason) -> None:
    """Each refusal of an evening is reached, has its sentence, and a refused wish changes nothing."""
    world = World.of(2)
    verdict = SAYS[reason](world)
    assert SENTENCES[reason].endswith(".")
    if isinstance(verdict, Refused):
        assert verdict.reason is reason
        with pytest.raises(RefusedError, match=SENTENCES[reason]):
            verdict.moved()
    else:
        assert told(verdict) is reason


@pytest.mark.parametrize("stage", STAGES.values())
def test_time_alone_ends_every_stage(stage: Callable[[World], World]) -> None:
    """However far an evening has come, the clock alone brings it to its end."""
    world = stage(World.of(1))
    run_clock(world, world.now + timedelta(days=1))
    assert waiting(world) == ()
    assert broken(world) == ()
