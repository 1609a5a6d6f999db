"""Stories of a chat and its extensions: time, pauses, goodbyes, ends, and the one moment of the charge."""

from datetime import timedelta

import pytest
from attrs import evolve

from halobestie_core import (
    AskExtension,
    Cause,
    ChatSession,
    ExtensionStatus,
    Party,
    PaymentStatus,
    Reason,
    SessionStatus,
    replay,
)
from halobestie_core.chat import EndReason
from halobestie_core.flow.effects import LiveChats, MitraBecameEligible
from halobestie_core.presence import Block, GoOffline
from halobestie_core.testing import (
    PROMOTION,
    World,
    a_mitra,
    broken,
    chatting,
    deliver,
    extending,
    pass_time,
    ready_to_extend,
    run_clock,
    waiting,
    wake,
)
from halobestie_core.words import TimeoutPolicy
from support.told import happened, heard, ignored, moved, refused, told


def the(world: World) -> ChatSession:
    """Return the world's chat."""
    assert world.chat is not None
    return world.chat


def extra(world: World) -> tuple[PaymentStatus, Cause | None]:
    """Return how the extension's payment stands."""
    assert world.extension_payment is not None
    return world.extension_payment.status, world.extension_payment.cause_tag


def closing(world: World) -> World:
    """Let the paid time run out."""
    chatting(world)
    run_clock(world, the(world).expires_at)
    return world


def test_paid_time_runs_out() -> None:
    """At its end a chat closes, with a grace for goodbyes; then it ends and a place is free."""
    world = chatting(World.of(1))
    world.now = the(world).expires_at
    closes = wake(world, waiting(world)[0])
    assert heard(closes) == ["customer: session_closing", "mitra: session_closing"]
    assert the(world).closing_until == world.now + timedelta(seconds=60)
    world.now += timedelta(seconds=60)
    ends = wake(world, waiting(world)[0])
    assert heard(ends) == ["customer: session_ended", "mitra: session_ended"]
    assert the(world).end_reason is EndReason.TIME_UP
    assert moved(ends).records == (LiveChats(a_mitra(world), -1),)
    assert moved(ends).later == (MitraBecameEligible(a_mitra(world)),)


def test_the_clock_is_never_early() -> None:
    """A moment before its time nothing happens."""
    world = chatting(World.of(1))
    world.now = the(world).expires_at - timedelta(microseconds=1)
    assert ignored(wake(world, waiting(world)[0])) == "its time is not over"


@pytest.mark.parametrize(
    "by, reason",
    [(Party.CUSTOMER, EndReason.CUSTOMER_ENDED), (Party.OPERATOR, EndReason.OPERATOR_ENDED)],
)
def test_who_may_end_at_any_time(by: Party, reason: EndReason) -> None:
    """Customer and operator; the same again is ignored, another end refused."""
    world = chatting(World.of(1))
    assert happened(world.end(by)) == ["SessionEnded"]
    assert the(world).end_reason is reason
    assert ignored(world.end(by)) == "the same side ended it already"
    assert refused(world.end(Party.MITRA)) is Reason.SESSION_NOT_ACTIVE


def test_a_mitra_ends_only_a_closing_chat() -> None:
    """Paid time is the customer's."""
    assert refused(chatting(World.of(1)).end(Party.MITRA)) is Reason.NOT_POSSIBLE
    world = closing(World.of(1))
    world.end(Party.MITRA)
    assert the(world).end_reason is EndReason.MITRA_ENDED


def test_a_blocked_mitras_chats_are_ended() -> None:
    """A block ends the live chats, later, as an operator's doing."""
    world = chatting(World.of(1))
    world.later.clear()
    assert heard(world.of_mitra(a_mitra(world), Block())) == ["mitra: presence"]
    assert deliver(world) is None  # no search is open for the first of the two: their offers
    assert heard(deliver(world)) == ["customer: session_ended", "mitra: session_ended"]
    assert the(world).end_reason is EndReason.OPERATOR_ENDED
    assert deliver(world) is None  # a place is free, but nobody searches
    assert deliver(world) is None  # nothing is left


def test_a_block_ends_nobody_elses_chat() -> None:
    """Another mitra's block does not touch this chat."""
    world = chatting(World.of(2))
    world.later.clear()
    world.of_mitra(list(world.mitras)[1], Block())
    assert [deliver(world), deliver(world)] == [None, None]
    assert the(world).is_live


# -- extensions


def test_asking_pauses_the_chat() -> None:
    """The payment is held, the chat stands still, the mitra is asked."""
    world = ready_to_extend(World.of(1))
    pass_time(world, 600)
    verdict = world.ask_extension()
    assert happened(verdict) == ["PaymentHeld", "ExtensionAsked", "SessionPaused"]
    assert heard(verdict) == ["mitra: extension_request", "customer: session_paused"]
    assert the(world).remaining == timedelta(minutes=50)
    assert ignored(world.ask_extension()) == "this extension is asked for already"


def test_the_mitra_agrees() -> None:
    """The moment of the charge; the chat ends at now + what remained + the minutes bought."""
    world = extending(World.of(1))
    pass_time(world, 5)
    verdict = world.answer(accepted=True)
    assert happened(verdict) == ["ExtensionAccepted", "PaymentConsumed", "SessionProlonged"]
    assert heard(verdict) == [
        "customer: extension_response",
        "customer: session_resumed",
        "mitra: session_resumed",
    ]
    assert the(world).expires_at == world.now + timedelta(minutes=72)
    assert the(world).paused == timedelta(seconds=5)
    assert world.charged == 95_000
    assert ignored(world.answer(accepted=True)) == "it is accepted already"
    assert refused(world.answer(accepted=False)) is Reason.EXTENSION_RESOLVED


def test_the_mitra_does_not() -> None:
    """Nothing is charged, the money is owed back, and paid time is not lost."""
    world = extending(World.of(1))
    pass_time(world, 5)
    verdict = world.answer(accepted=False)
    assert happened(verdict) == ["ExtensionRefused", "PaymentFailed", "SessionResumed"]
    said = ["customer: extension_response", "customer: session_resumed", "mitra: session_resumed"]
    assert set(said) <= set(heard(verdict))
    assert extra(world) == (PaymentStatus.FAILED_PAIRING, Cause.EXTENSION_REJECTED)
    assert (world.charged, world.refund_due) == (75_000, 20_000)
    assert the(world).expires_at == world.now + timedelta(hours=1)
    assert ignored(world.answer(accepted=False)) == "it is refused already"
    assert world.extension_payment is not None
    assert not world.extension_payment.fallback_open


def test_a_refusal_with_nothing_left_closes() -> None:
    """Asked in the closing time and refused: the goodbye goes on, with a new grace."""
    world = ready_to_extend(World.of(1))
    world.now = the(world).expires_at + timedelta(seconds=30)
    world.create(12, for_extension=True)
    assert world.extension_payment is not None
    world.pay(world.extension_payment.id)
    world.ask_extension()
    verdict = world.answer(accepted=False)
    assert happened(verdict)[-1] == "SessionClosing"
    assert heard(verdict)[-2:] == ["customer: session_closing", "mitra: session_closing"]
    assert the(world).closing_until == world.now + timedelta(seconds=60)


@pytest.mark.parametrize(
    "policy, socket, online, status, cause",
    [
        (TimeoutPolicy.AUTO_APPROVE, True, True, ExtensionStatus.ACCEPTED, None),
        (TimeoutPolicy.AUTO_APPROVE, False, True, ExtensionStatus.TIMEOUT, Cause.EXTENSION_SAFEGUARD_TRIPPED),
        (TimeoutPolicy.AUTO_APPROVE, True, False, ExtensionStatus.TIMEOUT, Cause.EXTENSION_SAFEGUARD_TRIPPED),
        (TimeoutPolicy.AUTO_REJECT, True, True, ExtensionStatus.TIMEOUT, Cause.EXTENSION_REJECTED),
    ],
)
def test_silence(
    policy: TimeoutPolicy, socket: bool, online: bool, status: ExtensionStatus, cause: Cause | None
) -> None:
    """Silence is consent only under the policy of that moment, from a mitra reachable in both ways."""
    world = extending(World.of(1))
    world.settings = evolve(world.settings, extension_default_action_on_timeout=policy)
    mitra = a_mitra(world)
    if not socket:
        world.sockets.discard(mitra)
    if not online:
        world.of_mitra(mitra, GoOffline())
    run_clock(world, world.now + timedelta(seconds=10))
    assert world.extension is not None
    assert (world.extension.status, world.extension.cause_tag) == (status, cause)
    assert world.extension.via_timeout is (cause is None)
    assert extra(world)[0] is (PaymentStatus.FAILED_PAIRING if cause else PaymentStatus.CONSUMED)
    assert broken(world) == ()


@pytest.mark.parametrize("accepted", [True, False])
def test_an_overdue_answer_is_judged_against_the_time_out(accepted: bool) -> None:
    """The time-out applies first; the same answer stands, another one hears what was resolved."""
    world = extending(World.of(1))
    pass_time(world, 10)
    verdict = world.answer(accepted=accepted)
    assert happened(verdict)[0] == "ExtensionAccepted"
    assert told(verdict) is (None if accepted else Reason.EXTENSION_RESOLVED)


@pytest.mark.parametrize(
    "by, cause", [(Party.CUSTOMER, Cause.CUSTOMER_CANCELLED), (Party.OPERATOR, Cause.OPERATOR_ENDED)]
)
def test_a_chat_that_ends_while_extending(by: Party, cause: Cause) -> None:
    """It takes its extension with it, and the money goes to the operators."""
    world = extending(World.of(1))
    verdict = world.end(by)
    assert happened(verdict) == ["SessionEnded", "ExtensionCancelled", "PaymentFailed"]
    assert heard(verdict) == ["customer: session_ended", "mitra: session_ended"]
    assert extra(world) == (PaymentStatus.FAILED_PAIRING, cause)
    assert world.extension is not None
    assert [row.cause_tag for row in world.books.failures] == [cause]
    assert refused(world.answer(accepted=True)) is Reason.EXTENSION_RESOLVED


def test_asking_needs() -> None:
    """A live chat, no other question open, a full price, a confirmed payment of the right kind."""
    world = ready_to_extend(World.of(1))
    first = world.extension_payment
    assert first is not None
    world.create(5, for_extension=True)
    second = world.extension_payment
    assert second is not None
    assert refused(world.ask_extension(second.id)) is Reason.NOT_POSSIBLE
    world.pay(second.id)
    world.ask_extension(first.id)
    assert refused(world.ask_extension(second.id)) is Reason.EXTENSION_PENDING
    world.answer(accepted=True)
    ordinary = the(world).payment_session_id
    assert refused(world.ask_extension(ordinary)) is Reason.NOT_POSSIBLE
    free = evolve(world.payments[ordinary], amount=0, is_first_session_discount=True)
    world.payments[ordinary] = free
    assert refused(world.ask_extension(ordinary)) is Reason.DISCOUNT_NOT_ALLOWED
    world.end()
    assert refused(world.ask_extension(second.id)) is Reason.SESSION_NOT_ACTIVE
    assert PROMOTION.price == 0


def test_an_overdue_extension_payment_lapses_instead() -> None:
    """Asked after its deadline, the payment has lapsed and the chat is not paused."""
    world = ready_to_extend(World.of(1))
    assert world.extension_payment is not None
    world.now = world.extension_payment.expires_at
    verdict = world.ask_extension()
    assert told(verdict) is Reason.PAYMENT_EXPIRED
    assert happened(verdict) == ["PaymentLapsed"]
    assert the(world).status is SessionStatus.ACTIVE


def test_one_payment_in_two_slots_stays_one() -> None:
    """Asked for with an ordinary payment that is overdue, both slots show that it lapsed."""
    world = chatting(World.of(1))
    world.create(60)
    world.pay()
    ordinary = world.payment
    assert ordinary is not None
    world.now = ordinary.expires_at
    evening = evolve(world.evening(extension_payment_id=ordinary.id), chat=the(world))
    verdict = moved(world.wish(AskExtension(world.new_id(), 10), evening))
    assert verdict.after.payment == verdict.after.extension_payment == world.payment
    assert replay(verdict.moves, verdict.before) == verdict.after
