"""The reactions table: whole, in the words of the realtime contract, and never broken but by a bent row."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given

from halobestie_core import (
    REACTIONS,
    BrokenReactionError,
    Cause,
    Party,
    PaymentStatus,
    TimeoutPolicy,
    chat,
    decide,
    extension,
    pairing,
)
from halobestie_core.chat import CHAT
from halobestie_core.extension import EXTENSION
from halobestie_core.flow import reactions
from halobestie_core.flow.effects import Tell
from halobestie_core.machine import Event, Machine
from halobestie_core.pairing import PAIRING
from halobestie_core.pairing.messages import PairingAccepted
from halobestie_core.payment import PAYMENT
from halobestie_core.presence import PRESENCE
from halobestie_core.testing import World, a_mitra, evenings, extending, searching
from support.told import happened

TABLES: tuple[Machine[Any], ...] = (PAYMENT, PAIRING, CHAT, EXTENSION, PRESENCE)

# The frames of the realtime contract that a decision may lead to, and who may hear each.
FRAMES = {
    "customer": {
        "payment_confirmed",
        "payment_updated",
        "payment_expired",
        "payment_failed",
        "payment_late",
        "paired",
        "pairing_failed",
        "returning_chat_rejected",
        "returning_chat_timeout",
        "extension_response",
        "session_paused",
        "session_resumed",
        "session_closing",
        "session_ended",
    },
    "mitra": {
        "chat_request_closed",
        "paired",
        "extension_request",
        "session_resumed",
        "session_closing",
        "session_ended",
        "presence",
    },
    "offered": {"chat_request", "chat_request_closed"},
}
AUDIENCES = {"ToCustomer": "customer", "ToMitra": "mitra", "ToOffered": "offered"}
CLOSED = {"taken", "cancelled", "timeout", "withdrawn"}


def events() -> Iterator[type[Event]]:
    """Yield every event that any table can say."""
    for table in TABLES:
        yield table.born
        yield from (row.event for row in table.rows)


def test_every_event_has_its_row_and_no_row_is_idle() -> None:
    """Silence is a statement too: the row stands there and is empty."""
    assert set(REACTIONS) == set(events())


@given(evenings(mitras=3))
def test_frames_are_those_of_the_contract(evening: World) -> None:
    """Everybody hears only frames that the realtime contract has for them, with ids alone."""
    for effect in evening.effects:
        if not isinstance(effect, Tell):
            continue
        assert effect.frame in FRAMES[AUDIENCES[type(effect.audience).__name__]]
        assert all(isinstance(value, str) for value in effect.ids.values())
        if effect.frame == "chat_request_closed":
            assert effect.ids["reason"] in CLOSED


def test_a_bent_table_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sibling command that is refused is a defect of the table; it raises, and nothing is decided."""
    row = REACTIONS[PairingAccepted]
    start, consume = row.then
    monkeypatch.setitem(reactions.REACTIONS, PairingAccepted, evolve(row, then=(start, consume, consume)))
    world = searching(World.of(1))
    with pytest.raises(BrokenReactionError) as broken:
        world.accept(a_mitra(world))
    assert broken.value.cause_event is PairingAccepted
    assert "PairingAccepted" in str(broken.value)
    assert world.chat is None


def yes(world: World) -> object:
    """Return the command that answers the world's open question with yes."""
    if world.evening().pending_extension is not None:
        return extension.Accept(
            policy=TimeoutPolicy.AUTO_REJECT, ws_connected=True, online=True, grace_seconds=60
        )
    return pairing.Accept(a_mitra(world), world.new_id(), online=True, live_chats=0, cap=3)


@pytest.mark.parametrize(
    "stage, slot", [(searching, "payment"), (extending, "extension_payment"), (extending, "chat")]
)
def test_something_else_in_the_slot_is_found_out(stage: Callable[[World], World], slot: str) -> None:
    """Money of another payment is never consumed, nor another chat prolonged, because it lay in the slot."""
    world = stage(World.of(1))
    evening = world.evening()
    other = evolve(getattr(evening, slot), id=world.new_id())
    with pytest.raises(LookupError, match=f"the evening's {slot} is not the one of"):
        decide(evolve(evening, **{slot: other}), yes(world), world.now)


def test_a_chat_takes_only_its_own_extension_with_it() -> None:
    """An extension of another chat is not cancelled by this one's end."""
    world = extending(World.of(1))
    evening = world.evening()
    assert evening.extension is not None
    other = evolve(evening.extension, session_id=world.new_id())
    with pytest.raises(LookupError, match="extension"):
        decide(evolve(evening, extension=other), chat.End(Party.CUSTOMER), world.now)


@pytest.mark.parametrize(
    "stage, hole",
    [(searching, "payment"), (extending, "extension_payment"), (extending, "chat"), (extending, "extension")],
)
def test_a_missing_slot_is_named(stage: Callable[[World], World], hole: str) -> None:
    """A caller who loads too little hears so; nothing is decided."""
    world = stage(World.of(1))
    with pytest.raises(LookupError, match=r"empty|lacks"):
        decide(evolve(world.evening(), **{hole: None}), yes(world), world.now)


def test_a_sibling_that_was_there_before_is_no_defect() -> None:
    """A payment that had failed already stays as it is; its search is closed all the same."""
    world = searching(World.of(1))
    evening = world.evening()
    assert evening.payment is not None
    failed = evolve(evening.payment, status=PaymentStatus.FAILED_PAIRING, cause_tag=Cause.CUSTOMER_CANCELLED)
    verdict = decide(evolve(evening, payment=failed), pairing.Cancel(), world.now)
    assert happened(verdict) == ["PairingFailed"]
