"""Decide one customer's whole evening: one wish in; every move, record, effect and later command out.

Pure: nothing is read, written or timed here. The server, the in-memory evening and the simulation call this same
function, and only load before it and save after it.
"""

from collections import deque
from datetime import datetime
from typing import Any, Final

from attrs import define, evolve, field, frozen

from halobestie_core import chat, extension, machine, pairing, payment, presence
from halobestie_core.errors import BrokenReactionError
from halobestie_core.flow.effects import Effect, Later, Record
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.plans import PLANS, Plan, Step
from halobestie_core.flow.reactions import reaction_to
from halobestie_core.reasons import Reason

# Which machine lives in which slot.
MACHINES: Final[dict[str, machine.Machine[Any]]] = {
    "payment": payment.PAYMENT,
    "request": pairing.PAIRING,
    "chat": chat.CHAT,
    "extension": extension.EXTENSION,
    "extension_payment": payment.PAYMENT,
    "mitra": presence.PRESENCE,
}
_SLOT_OF: Final = {
    command: slot
    for slot, table in reversed(MACHINES.items())  # reversed: a payment command is for ``payment``
    for command in table.commands
}


@frozen
class Moved:
    """What is to be saved together, in one transaction.

    ``told``: the moves stand, but the caller asked for something else and hears this reason.
    """

    after: Evening
    moves: tuple[machine.Moved[Any], ...]
    effects: tuple[Effect, ...]
    later: tuple[Later, ...]
    records: tuple[Record, ...]
    before: Evening
    told: Reason | None = None


Ignored = machine.Ignored[Any]
Refused = machine.Refused[Any]
Verdict = Moved | Ignored | Refused


@define
class _Draft:
    """The evening while it is being decided; becomes a :class:`Moved` or is dropped whole."""

    evening: Evening
    now: datetime
    moves: list[machine.Moved[Any]] = field(factory=list)
    effects: list[Effect] = field(factory=list)
    later: list[Later] = field(factory=list)
    records: list[Record] = field(factory=list)

    def ask(self, step: Step) -> machine.Moved[Any] | Ignored | Refused:
        """Put one command to the machine of its slot; take over the snapshot if it moved."""
        table = MACHINES[step.slot]
        if step.command.__class__ is table.opening:
            verdict: machine.Moved[Any] | Ignored | Refused = table.open(step.command, self.now)
        else:
            verdict = table.decide(getattr(self.evening, step.slot), step.command, self.now)
        if isinstance(verdict, machine.Moved):
            self.evening = evolve(self.evening, **{step.slot: verdict.after})
            self.moves.append(verdict)
        return verdict

    def follow(self, first: machine.Moved[Any]) -> None:
        """Follow the reactions table until nothing more happens."""
        waiting = deque([first])
        while waiting:
            move = waiting.popleft()
            for event in move.events:
                row = reaction_to(event)
                for sibling in row.then:
                    command = sibling.command(self.evening, move)
                    if command is None:
                        continue
                    verdict = self.ask(Step(sibling.slot, command))
                    if isinstance(verdict, machine.Refused):
                        raise BrokenReactionError(event, verdict)
                    if isinstance(verdict, machine.Moved):
                        waiting.append(verdict)
                self.records.extend(made for build in row.writes if (made := build(self.evening, move)) is not None)
                self.effects.extend(made for build in row.tells if (made := build(self.evening, move)) is not None)
                self.later.extend(made for build in row.later if (made := build(self.evening, move)) is not None)


def decide(evening: Evening, wish: object, now: datetime) -> Verdict:
    """Return what one wish does to an evening.

    ``wish``: a wish of :mod:`halobestie_core.flow.wishes`, or any machine's own command, which goes to its slot.
    ``now``: timezone-aware UTC, read after the locks. Raises ``LookupError`` if a slot that the wish needs is empty.
    """
    plan = _plan(evening, wish, now)
    if not isinstance(plan, Plan):
        return plan
    draft = _Draft(evening, now, records=list(plan.records), effects=list(plan.effects))
    last: Ignored | None = None
    told: Reason | None = None
    for step in plan.steps:
        verdict = draft.ask(step)
        if isinstance(verdict, machine.Refused):
            return verdict
        if isinstance(verdict, machine.Ignored):
            last = verdict
            continue
        draft.follow(verdict)
        if verdict.told is not None:
            told = verdict.told
            break
    if not draft.moves and not draft.records and last is not None:
        return last
    return Moved(
        draft.evening,
        tuple(draft.moves),
        tuple(draft.effects),
        tuple(draft.later),
        tuple(draft.records),
        evening,
        told,
    )


def _plan(evening: Evening, wish: object, now: datetime) -> Plan | Ignored | Refused:
    planner = PLANS.get(type(wish))
    if planner is not None:
        return planner(evening, wish, now)
    slot = _SLOT_OF.get(type(wish))
    if slot is None:
        msg = f"nobody decides {type(wish).__name__}: it is neither a wish nor a command of any machine"
        raise TypeError(msg)
    if getattr(evening, slot) is None:
        msg = f"{type(wish).__name__} needs the evening's {slot}, which is empty"
        raise LookupError(msg)
    return Plan((Step(slot, wish),))
