"""Whole evenings, drawn: no rupiah is lost, nothing is broken, all moves on, and the record replays."""

from hypothesis import given, note, settings
from hypothesis import strategies as st

from halobestie_core import (
    ChatSession,
    Evening,
    Extension,
    Ignored,
    Moved,
    PairingRequest,
    PaymentSession,
    replay,
    wake_at,
)
from halobestie_core.payment import PAYMENT, Tick
from halobestie_core.testing import (
    World,
    broken,
    chats,
    evenings,
    every,
    extensions,
    payments,
    requests,
    waiting,
    wake,
)


@given(evenings(mitras=3))
def test_no_rupiah_is_lost(evening: World) -> None:
    """What was captured is charged, owed back, or still confirmed."""
    assert evening.captured == evening.charged + evening.refund_due + evening.confirmed


@settings(max_examples=200)
@given(evenings(mitras=3))
def test_nothing_is_broken(evening: World) -> None:
    """Every invariant holds after any evening."""
    note("\n".join(evening.story))
    assert broken(evening) == ()


@given(evenings(mitras=2))
def test_something_always_moves_on(evening: World) -> None:
    """What waits has its instant, nothing fires before it, and it moves when it comes."""
    for item in waiting(evening)[:1]:
        if evening.now < item.wake_at:
            assert isinstance(wake(evening, item), Ignored)
        evening.now = max(evening.now, item.wake_at)
        assert isinstance(wake(evening, item), Moved)


@given(evenings(mitras=2))
def test_an_evening_replays(evening: World) -> None:
    """Its moves, decided anew one after the other, make each aggregate as it stands."""
    for shelf in (evening.payments, evening.requests, evening.chats, evening.extensions):
        for key, snapshot in shelf.items():
            own = [move for move in evening.moves if move.after.id == key]
            again = replay(own)
            slots = (again.payment, again.request, again.chat, again.extension)
            assert [item for item in slots if item is not None] == [snapshot]


@given(evenings(mitras=2), st.data())
def test_the_same_act_twice_is_one_act(evening: World, data: st.DataObject) -> None:
    """Whatever came may come again at once: nothing is broken by it, and no money moves twice."""
    new_each_time = {"create", "deliver"}
    act = data.draw(st.sampled_from([act for act in every(evening) if act.verb not in new_each_time]))
    note(str(act))
    act(evening)
    once = (evening.captured, evening.charged, evening.refund_due)
    act(evening)
    assert once == (evening.captured, evening.charged, evening.refund_due)
    assert broken(evening) == ()


@given(evenings(mitras=2))
def test_the_next_deadline_of_an_evening(evening: World) -> None:
    """An evening wakes at the earliest of its slots."""
    slots = evening.evening()
    waits = [
        getattr(slots, name) for name in ("payment", "request", "chat", "extension", "extension_payment")
    ]
    instants = [item.wake_at for item in waits if item is not None and item.wake_at is not None]
    assert wake_at(slots) == min(instants, default=None)
    assert wake_at(Evening()) is None


@given(payments(), requests(), chats(), extensions())
def test_snapshots_are_drawn_as_they_occur(
    payment: PaymentSession, request: PairingRequest, chat: ChatSession, extension: Extension
) -> None:
    """Each drawn snapshot is one that decisions led to, so what its table promises holds."""
    assert (payment.status in PAYMENT.failures) == (payment.cause_tag is not None)
    assert request.created_at < request.deadline_at
    assert chat.started_at < chat.expires_at
    assert extension.requested_at < extension.deadline_at
    if payment.wake_at is not None:
        assert isinstance(PAYMENT.decide(payment, Tick(), payment.wake_at).moved(), PaymentSession)
