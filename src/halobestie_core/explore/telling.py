"""Who must hear of what, and what must be left for later: the columns of the specification, by event.

Written down a second time on purpose, as plain data, so that a frame which is forgotten in the reactions
is missed here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from halobestie_core.causes import Cause
from halobestie_core.explore.turning import Turn
from halobestie_core.flow.effects import LookAgain, MitraBecameEligible, Tell, ToCustomer, ToMitra, ToOffered
from halobestie_core.machine import Moved, snake
from halobestie_core.words import RequestKind

C, M, O = ToCustomer, ToMitra, ToOffered  # noqa: E741 - as short as a table wants them

HEARD: Final[Mapping[str, tuple[tuple[type, str], ...]]] = {
    "payment_confirmed": ((C, "payment_confirmed"),),
    "payment_abandoned": ((C, "payment_updated"),),
    "payment_expired": ((C, "payment_expired"),),
    "payment_lapsed": ((C, "payment_failed"),),
    "payment_paid_late": ((C, "payment_late"),),
    "fallback_closed": ((C, "payment_updated"),),
    "offer_withdrawn": ((M, "chat_request_closed"),),
    "pairing_accepted": ((C, "paired"), (M, "paired"), (O, "chat_request_closed")),
    "session_paused": ((C, "session_paused"),),
    "session_prolonged": ((C, "session_resumed"), (M, "session_resumed")),
    "session_resumed": ((C, "session_resumed"), (M, "session_resumed")),
    "session_closing": ((C, "session_closing"), (M, "session_closing")),
    "session_ended": ((C, "session_ended"), (M, "session_ended")),
    "extension_asked": ((M, "extension_request"),),
    "extension_accepted": ((C, "extension_response"),),
    "extension_refused": ((C, "extension_response"),),
}
FAILED: Final = {
    Cause.TARGETED_MITRA_TIMEOUT: "returning_chat_timeout",
    Cause.TARGETED_MITRA_OFFLINE: "returning_chat_rejected",
    Cause.TARGETED_MITRA_REJECTED: "returning_chat_rejected",
}


def everybody_hears(turn: Turn) -> Iterator[str]:
    """T4: whoever must hear of an event is told in the same transaction."""
    if turn.verdict is None:
        return
    told = {
        (type(effect.audience), effect.frame) for effect in turn.verdict.effects if isinstance(effect, Tell)
    }
    for move in turn.moves:
        for event in move.events:
            for audience, frame in _must_hear(snake(type(event)), move):
                if (audience, frame) not in told:
                    yield f"nobody is told {frame} of {snake(type(event))}"


def _must_hear(event: str, move: Moved[Any]) -> Iterator[tuple[type, str]]:
    yield from HEARD.get(event, ())
    after = move.after
    if event == "pairing_failed":
        yield C, FAILED.get(after.cause_tag, "pairing_failed")
        if after.waves:
            yield O, "chat_request_closed"
    if event in {"pairing_opened", "offers_made"}:
        shown = 0 if move.before is None else len(move.before.waves)
        if len(after.waves) > shown:
            yield O, "chat_request"
    if event == "payment_failed" and move.before is not None and move.before.held_by is None:
        yield C, "payment_updated"


def later_is_left(turn: Turn) -> Iterator[str]:
    """T4: a blast is looked at again, and a freed place is offered to those who wait."""
    if turn.verdict is None:
        return
    left = {type(command) for command in turn.verdict.later}
    for move in turn.moves:
        for event in move.events:
            name = snake(type(event))
            if name == "session_ended" and MitraBecameEligible not in left:
                yield "a place is free and nobody is told later"
            if name == "pairing_opened" and move.after.kind is RequestKind.GENERAL and LookAgain not in left:
                yield "a blast was opened and is not looked at again"
