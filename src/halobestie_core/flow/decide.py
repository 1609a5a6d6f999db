"""Decide one customer's whole evening: one wish in; every move, record, effect and later command out.

Pure: nothing is read, written or timed here. The server, the in-memory evening and the simulation call
this same function, and only load before it and save after it.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from attrs import define, evolve, field, frozen

from halobestie_core import chat, extension, machine, pairing, payment, presence
from halobestie_core.errors import BrokenReactionError
from halobestie_core.flow.effects import Effect, Later, Record
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.plans import PLANS, Plan, Planned, Step
from halobestie_core.flow.reactions import Reaction, reaction_to
from halobestie_core.flow.wishes import FallBackToBlast, OpenPairing
from halobestie_core.machine import Ignored, Refused
from halobestie_core.reasons import Reason

_T = TypeVar("_T")

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


# Each is half of something that must be whole: money held without a search, a chat prolonged for nothing.
ONLY_TOGETHER: Final[Mapping[type, str]] = {
    payment.LatePayment: "RecordCapture",
    payment.Hold: "OpenPairing or AskExtension",
    payment.Consume: "an accepted request or extension",
    payment.Fail: "CancelSearch, or a failed request or extension",
    payment.FallBack: "FallBackToBlast",
    chat.RequestExtension: "AskExtension",
    chat.ExtensionAccepted: "an accepted extension",
    chat.ExtensionRefused: "a refused extension",
    extension.Cancel: "the end of a chat",
}
# What begins something anew finds a search that is over already over, whether or not the clock came by.
_BEGINNINGS: Final = frozenset({payment.Create, OpenPairing, FallBackToBlast})


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


Verdict = Moved | Ignored[Any] | Refused[Any]


@define
class _Draft:
    """The evening while it is being decided; becomes a :class:`Moved` or is dropped whole."""

    evening: Evening
    now: datetime
    moves: list[machine.Moved[Any]] = field(factory=list)
    effects: list[Effect] = field(factory=list)
    later: list[Later] = field(factory=list)
    records: list[Record] = field(factory=list)

    def ask(self, slot: str, command: object) -> machine.Moved[Any] | Ignored[Any] | Refused[Any]:
        """Put one command to the machine of its slot; take over the snapshot if it moved."""
        table = MACHINES[slot]
        if type(command) is table.opening:
            verdict: machine.Moved[Any] | Ignored[Any] | Refused[Any] = table.open(command, self.now)
        else:
            verdict = table.decide(_slot(self.evening, slot, command), command, self.now)
        if isinstance(verdict, machine.Moved):
            self.evening = self.evening.holding(slot, verdict.after)
            self.moves.append(verdict)
        return verdict

    def follow(self, first: machine.Moved[Any]) -> None:
        """Follow the reactions table until nothing more happens."""
        waiting = deque([first])
        while waiting:
            move = waiting.popleft()
            for event in move.events:
                row = reaction_to(event)
                waiting.extend(self._siblings(row, move))
                self.records.extend(self._built(row.writes, move))
                self.effects.extend(self._built(row.tells, move))
                self.later.extend(self._built(row.later, move))

    def _siblings(self, row: Reaction, move: machine.Moved[Any]) -> Iterator[machine.Moved[Any]]:
        """Ask the siblings of one event at once; what they say in turn is followed after this."""
        for sibling in row.then:
            command = sibling.command(self.evening, move)
            if command is None:
                continue
            if sibling.fits is not None and not sibling.fits(
                _slot(self.evening, sibling.slot, command), move
            ):
                raise LookupError(f"the evening's {sibling.slot} is not the one of {move.after!r}")
            verdict = self.ask(sibling.slot, command)
            if isinstance(verdict, Refused):
                raise BrokenReactionError(row.event, verdict)
            if isinstance(verdict, machine.Moved):
                yield verdict

    def _built(
        self, builders: tuple[Callable[[Evening, Any], _T | None], ...], move: machine.Moved[Any]
    ) -> Iterator[_T]:
        for build in builders:
            made = build(self.evening, move)
            if made is not None:
                yield made


def decide(evening: Evening, wish: object, now: datetime) -> Verdict:
    """Return what one wish does to an evening.

    ``wish``: a wish of :mod:`halobestie_core.flow.wishes`, or a machine's own command, which goes to its
    slot. ``now``: timezone-aware UTC, read after the locks.

    Raises ``LookupError`` if a slot that the wish needs is empty or holds something else, and
    ``TypeError`` for what is no wish: the caller is mistaken, and nothing was decided.
    """
    plan = _plan(evening, wish, now)
    if not isinstance(plan, Plan):
        return plan
    draft = _Draft(evening, now, records=list(plan.records), effects=list(plan.effects))
    last: Ignored[Any] | None = None
    told: Reason | None = None
    for step in plan.steps:
        verdict = draft.ask(step.slot, step.command)
        if isinstance(verdict, Refused):
            return verdict
        if isinstance(verdict, Ignored):
            last = verdict
            continue
        draft.follow(verdict)
        told = verdict.told or step.told
        if told is not None:
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


def _plan(evening: Evening, wish: object, now: datetime) -> Planned:
    kind = type(wish)
    if kind in _BEGINNINGS and _search_is_over(evening, now):
        over = pairing.TimeUp()
        ended = cast("Moved", decide(evening, over, now))  # it is overdue, so it moves
        plan = _plan(ended.after, wish, now)
        return evolve(plan, steps=(Step("request", over), *plan.steps)) if isinstance(plan, Plan) else plan
    planner = PLANS.get(kind)
    if planner is not None:
        return planner(evening, wish, now)
    if kind in ONLY_TOGETHER:
        raise TypeError(f"{kind.__name__} is no wish of its own; it comes with {ONLY_TOGETHER[kind]}")
    if kind not in _SLOT_OF:
        raise TypeError(f"nobody decides {kind.__name__}: it is neither a wish nor a command of any machine")
    return Plan((Step(_SLOT_OF[kind], wish),))


def _search_is_over(evening: Evening, now: datetime) -> bool:
    request, paid = evening.open_request, evening.payment
    if request is None or paid is None or request.payment_session_id != paid.id:
        return False
    return now >= request.deadline_at


def _slot(evening: Evening, slot: str, command: object) -> Any:  # noqa: ANN401 - whatever lives in that slot
    snapshot = getattr(evening, slot)
    if snapshot is None:
        raise LookupError(f"{type(command).__name__} needs the evening's {slot}, which is empty")
    return snapshot
