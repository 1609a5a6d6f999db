"""Bends what the core is made of, for as long as a test lasts: rows, reactions, plans, the engine."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core import chat, payment
from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession
from halobestie_core.explore import ends, house, laws, moving, refusing
from halobestie_core.flow import effects, plans, siblings
from halobestie_core.flow.decide import MACHINES, decide
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.plans import PLANS, Plan, Planned, Step
from halobestie_core.flow.reactions import REACTIONS
from halobestie_core.flow.wishes import ActOnFailure, OpenPairing, RecordCapture
from halobestie_core.machine import Moved, Refused, Row, engine
from halobestie_core.reasons import Reason

Bend = Callable[[pytest.MonkeyPatch], object]
Pick = Callable[[Row], bool]
start_chat = siblings.start_chat


def on(command: type, *states: object) -> Pick:
    """Pick the rows of one command that go from or to all of these states."""
    return lambda row: row.command is command and all(s in {row.source, row.target} for s in states)


def rows(slot: str, pick: Pick, **bent: object) -> Bend:
    """Bend the rows of a table that are picked."""
    return _table(slot, lambda row: evolve(row, **bent) if pick(row) else row)  # type: ignore[arg-type] # any field


def dropped(slot: str, pick: Pick) -> Bend:
    """Take away the rows of a table that are picked."""
    return _table(slot, lambda row: None if pick(row) else row)


def _table(slot: str, change: Callable[[Row], Row | None]) -> Bend:
    def bend(patch: pytest.MonkeyPatch) -> None:
        table = MACHINES[slot]
        changed = evolve(table, rows=tuple(one for row in table.rows if (one := change(row)) is not None))
        for name in [name for name, one in MACHINES.items() if one is table]:
            patch.setitem(MACHINES, name, changed)

    return bend


def reaction(event: type, **bent: Any) -> Bend:  # noqa: ANN401 - any column
    """Bend what follows an event."""
    return lambda patch: patch.setitem(REACTIONS, event, evolve(REACTIONS[event], **bent))


def plan(wish: type, other: Callable[..., Planned]) -> Bend:
    """Bend how a wish becomes steps."""
    return lambda patch: patch.setitem(PLANS, wish, other)


def both(*bends: Bend) -> Bend:
    """Bend in several ways."""
    return lambda patch: [bend(patch) for bend in bends]


def alone(patch: pytest.MonkeyPatch, law: str) -> None:
    """Leave only this law in force."""
    for module, name in (
        (laws, "STATE_LAWS"),
        (laws, "PURSE_LAWS"),
        (moving, "MOVE_LAWS"),
        (refusing, "REFUSAL_LAWS"),
        (house, "PRESENCE_LAWS"),
        (ends, "LAWS"),
    ):
        patch.setattr(module, name, tuple(one for one in getattr(module, name) if one.__name__ == law))


# -- plans that are blind for something ----------------------------------------------------------------------


def beside_a_chat(evening: Evening, wish: OpenPairing, now: datetime) -> Planned:
    """Search, blind for a chat that goes on."""
    return plans.open_pairing(evolve(evening, chat=None), wish, now)


def beside_another(_evening: Evening, wish: payment.Create, _now: datetime) -> Planned:
    """Begin a payment, blind for the one that is open."""
    return Plan((Step("payment", wish),))


def blind_for_time(patch: pytest.MonkeyPatch) -> None:
    """Let a search that is over stand in the way until the clock comes by."""
    patch.setattr(sys.modules[decide.__module__], "_BEGINNINGS", frozenset())


def unless_there_was_one(evening: Evening, wish: payment.Create, now: datetime) -> Planned:
    """Begin a payment only where none was open, over or not."""
    if evening.payment is None:
        return plans.begin_payment(evening, wish, now)
    return Refused(evening, wish, Reason.ALREADY_ACTIVE, ())


def beside_itself(evening: Evening, wish: payment.Create, now: datetime) -> Planned:
    """Begin a payment, blind for its own id."""
    paid = evening.payment
    other = None if paid is None else evolve(paid, id=UUID(int=~paid.id.int % 2**128))
    return plans.begin_payment(evolve(evening, payment=other), wish, now)


def again_and_again(evening: Evening, wish: ActOnFailure, now: datetime) -> Planned:
    """Act on a failure row, blind for who acted before."""
    failure = evening.failure
    fresh = None if failure is None else evolve(failure, operator_action=None)
    return plans.act_on_failure(evolve(evening, failure=fresh), wish, now)


def believing(_evening: Evening, wish: RecordCapture, _now: datetime) -> Planned:
    """Take any money for the payment's own."""
    settling = payment.Confirm(captured=True, timeout_minutes=20, from_gateway=True)
    return Plan((Step("payment", settling),), records=(wish.capture,))


def only_noted(_evening: Evening, wish: RecordCapture, _now: datetime) -> Planned:
    """Write money down and let nothing follow from it."""
    return Plan((), records=(wish.capture,))


def owed_to_nobody(wish: RecordCapture, cause: Cause, paid: payment.PaymentSession) -> Plan:
    """Keep surplus money, and owe it to nobody."""
    taken = wish.capture
    row = effects.Failure(paid.id, paid.customer_id, cause, taken.amount, invoice_id=taken.invoice_id)
    return Plan((), records=(taken, row))


# -- builders and setters that do something else -------------------------------------------------------------


def charged_early(_evening: Evening, move: Moved[payment.PaymentSession]) -> effects.LedgerEntry:
    """Charge what is only held."""
    paid = move.after
    return effects.LedgerEntry(effects.EntryKind.SESSION, paid.id, paid.customer_id, paid.amount)


def for_a_stranger(evening: Evening, move: Moved[Any]) -> chat.Start:
    """Start a chat for somebody else."""
    return evolve(start_chat(evening, move), customer_id=move.after.payment_session_id)


def for_a_minute(evening: Evening, move: Moved[Any]) -> chat.Start:
    """Start a chat of one minute."""
    return evolve(start_chat(evening, move), duration_minutes=1)


def in_two_minutes(_chat: ChatSession, _command: object, now: datetime) -> datetime:
    """End a chat sometime."""
    return now + timedelta(minutes=2)


def as_a_pause(session: ChatSession, _command: object, now: datetime) -> timedelta:
    """Record as a pause what was given."""
    return session.paused + (now + timedelta(minutes=2) - session.expires_at)


def forget_causes(patch: pytest.MonkeyPatch) -> None:
    """Let the engine forget the causes of events."""
    real = engine.Machine.decide

    def decided(self: engine.Machine[Any], snapshot: Any, command: object, now: datetime) -> object:  # noqa: ANN401 - any machine's
        made = real(self, snapshot, command, now)
        if not isinstance(made, Moved):
            return made
        return evolve(made, events=tuple(evolve(event, cause=None) for event in made.events))

    patch.setattr(engine.Machine, "decide", decided)
