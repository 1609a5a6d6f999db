"""The shipped world is a witness to trust: each of its invariants cries out when what it guards is bent."""

from collections.abc import Callable

import pytest
from attrs import evolve

from halobestie_core import Cause, PaymentStatus, RequestKind, RequestStatus, SessionStatus
from halobestie_core.flow import effects
from halobestie_core.flow.effects import EntryKind, LedgerEntry
from halobestie_core.pairing import Answer, AnswerKind
from halobestie_core.testing import (
    CUSTOMER,
    INVARIANTS,
    STAGES,
    Act,
    World,
    a_mitra,
    broken,
    chatting,
    deliver,
    extending,
    fitting,
    invariants,
    paid,
    pass_time,
    pending,
    ready_to_extend,
    run_clock,
    searching,
    waiting,
)


def of_payment(world: World, **bent: object) -> World:
    """Bend the newest payment."""
    key = list(world.payments)[-1]
    world.payments[key] = evolve(world.payments[key], **bent)  # type: ignore[arg-type] # bent on purpose
    return world


def of_request(world: World, **bent: object) -> World:
    """Bend the newest request."""
    key = list(world.requests)[-1]
    world.requests[key] = evolve(world.requests[key], **bent)  # type: ignore[arg-type] # bent on purpose
    return world


def of_chat(world: World, **bent: object) -> World:
    """Bend the newest chat."""
    key = list(world.chats)[-1]
    world.chats[key] = evolve(world.chats[key], **bent)  # type: ignore[arg-type] # bent on purpose
    return world


def of_extension(world: World, **bent: object) -> World:
    """Bend the newest extension."""
    key = list(world.extensions)[-1]
    world.extensions[key] = evolve(world.extensions[key], **bent)  # type: ignore[arg-type] # bent on purpose
    return world


def failed(world: World) -> World:
    """Let the search be cancelled."""
    searching(world).cancel()
    return world


def surplus(world: World) -> World:
    """Take money twice."""
    paid(world).pay(invoice_id="another")
    return world


def without(world: World, record: type, **having: object) -> World:
    """Forget the records of one kind that have these values."""
    world.books.records = [
        one
        for one in world.books.records
        if not (isinstance(one, record) and all(getattr(one, name) == to for name, to in having.items()))
    ]
    return world


def twice(world: World) -> World:
    """Copy the newest payment as another."""
    key = world.new_id()
    world.payments[key] = evolve(world.payments[list(world.payments)[-1]], id=key)
    return world


def discounted(world: World) -> World:
    """Spend a free trial, and reserve a second discount."""
    world.create(12)
    world.confirm()
    return twice(world)


def a_charge(world: World) -> World:
    """Charge the newest payment for nothing."""
    key = list(world.payments)[-1]
    world.books.write(LedgerEntry(EntryKind.SESSION, key, CUSTOMER, 1))
    return world


BENT: list[tuple[str, Callable[[World], World]]] = [
    ("status_and_cause_agree", lambda w: of_payment(paid(w), cause_tag=Cause.LATE_PAYMENT)),
    ("status_and_cause_agree", lambda w: of_request(searching(w), winner_mitra_id=a_mitra(w))),
    ("failures_have_one_row", lambda w: of_payment(failed(w), status=PaymentStatus.CONFIRMED)),
    ("failures_have_one_row", lambda w: without(failed(w), LedgerEntry, kind=EntryKind.REFUND_DUE)),
    ("surplus_is_owed", lambda w: without(surplus(w), LedgerEntry, invoice_id="another")),
    ("consumed_is_charged_once", lambda w: without(chatting(w), LedgerEntry)),
    ("consumed_is_charged_once", lambda w: a_charge(paid(w))),
    ("consumed_is_charged_once", lambda w: of_payment(ready_to_extend(w), status=PaymentStatus.CONSUMED)),
    ("no_rupiah_is_lost", lambda w: without(paid(w), effects.Capture)),
    ("one_discount", discounted),
    ("one_discount", lambda w: of_payment(ready_to_extend(w), is_first_session_discount=True)),
    ("one_discount", lambda w: of_payment(failed(w), is_first_session_discount=True)),
    ("holders_are_open", lambda w: of_payment(searching(w), held_by=None)),
    ("holders_are_open", lambda w: of_payment(searching(w), status=PaymentStatus.PENDING)),
    ("holders_are_open", lambda w: of_request(chatting(w), status=RequestStatus.PENDING)),
    ("holders_are_open", lambda w: twice(pending(w))),
    ("one_winner", lambda w: of_request(chatting(w), answers=())),
    ("one_winner", lambda w: of_request(chatting(w), waves=())),
    ("one_winner", lambda w: of_request(searching(w), kind=RequestKind.RETURNING)),
    (
        "one_winner",
        lambda w: of_request(searching(w), answers=(Answer(CUSTOMER, AnswerKind.ACCEPTED, w.now),)),
    ),
    ("places_are_counted", lambda w: without_places(chatting(w))),
    ("paid_time_is_kept", lambda w: of_chat(chatting(w), expires_at=w.now)),
    ("extensions_match", lambda w: of_chat(extending(w), status=SessionStatus.ACTIVE)),
    ("extensions_match", lambda w: of_extension(extending(w), requested_price=1)),
    ("extensions_match", lambda w: of_chat(extending(w), customer_id=a_mitra(w))),
    ("waiting_has_a_deadline", lambda w: of_chat(extending(w), status=SessionStatus.CLOSING)),
]


def without_places(world: World) -> World:
    """Forget who is busy."""
    world.books.live_chats.clear()
    return world


@pytest.mark.parametrize("law, bend", BENT)
def test_an_invariant_sees_what_it_guards(law: str, bend: Callable[[World], World]) -> None:
    """A world that was bent is said to be broken, by that very law."""
    assert law in {breach.split(":")[0] for breach in broken(bend(World.of(2)))}


def test_every_invariant_has_its_witness() -> None:
    """None of them could be empty."""
    assert {law for law, _ in BENT} == {law.__name__ for law in INVARIANTS}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_sound(stage: str) -> None:
    """Each stage is a possible evening, and something fits there."""
    world = STAGES[stage](World.of(1))
    assert broken(world) == ()
    assert fitting(world)


def test_a_world_knows_what_it_lacks() -> None:
    """A verb about nothing says what to do first."""
    world = World.of(1)
    verbs: tuple[Callable[[], object], ...] = (
        world.pay,
        world.search,
        lambda: world.accept(a_mitra(world)),
        lambda: world.answer(accepted=True),
    )
    for verb in verbs:
        with pytest.raises(LookupError, match="first"):
            verb()


def test_an_act_tells_its_story() -> None:
    """What was drawn reads as a sentence, and the world remembers it."""
    world = World.of(1)
    Act("create", {"minutes": 5})(world)
    assert world.story == ["create(minutes=5)"]
    assert len(world.payments) == 1


def test_a_clock_runs_up_to_an_instant() -> None:
    """Each deadline fires at its own time, and the clock stops where it was told to."""
    world = searching(World.of(1))
    end = world.now.replace(hour=13)
    assert run_clock(world, end) == 2
    assert world.now == end
    assert waiting(world) == ()
    assert [move.at.minute for move in world.moves[-3:]] == [1, 1, 20]


def test_nothing_is_left_for_later() -> None:
    """Without a later command there is nothing to deliver."""
    world = World.of(0)
    assert deliver(world) is None
    pass_time(world, 1)
    assert invariants.broken(world) == ()
