"""The engine: runs a table with the `transitions` package and answers with one of three verdicts.

The law of this file: the status of an aggregate changes here and nowhere else. Snapshots are frozen;
`transitions` moves a throw-away cursor, so a guard or a setter that raises leaves nothing half-changed. One
engine per table is shared by everybody, since it holds no aggregate.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from attrs import define, field, frozen
from transitions import EventData, Transition
from transitions import Machine as Engine

from halobestie_core.causes import Cause
from halobestie_core.machine.table import CARRIED, Event, Ignore, Refuse, Row, field_names, snake
from halobestie_core.machine.verdicts import Aggregate, Ignored, Moved, Refused, S

E = TypeVar("E")


@define
class _Cursor:
    """What `transitions` moves instead of the snapshot."""

    snapshot: Aggregate
    command: object
    now: datetime
    state: str
    row: Row | None = None


@frozen
class Answer:
    """What one command would do now: rows that could move, or why not."""

    command: str
    moves: tuple[Row, ...]
    otherwise: str


@frozen(slots=False)
class Machine(Generic[S]):
    """One aggregate's whole life as data, and the verdict on any command.

    ``opens`` builds the first snapshot from ``opening`` (a command) and the instant; ``born`` is the event of
    that. ``failures`` are the states that must carry a cause.
    """

    name: str
    snapshot: type[S]
    states: type[StrEnum]
    initial: StrEnum
    opening: type
    opens: Callable[[Any, datetime], S]
    born: type[Event]
    rows: tuple[Row, ...]
    ignored: tuple[Ignore, ...] = ()
    refused: tuple[Refuse, ...] = ()
    failures: frozenset[StrEnum] = frozenset()
    # Repeated thousands of times a day and deciding nothing: no new version, no line in the transitions log.
    unlogged: frozenset[type] = frozenset()
    about: str = ""  # one line for people, under its name
    _engine: Engine = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_engine", _engine_for(self))

    # -- deciding --------------------------------------------------------------------------------------------

    def open(self, command: object, now: datetime) -> Moved[S]:
        """Return the birth of an aggregate; whether it may be born is for the composition to say."""
        after = self.opens(command, now)
        return Moved(None, after, (self.born(after.id, now),), command, now)

    def decide(self, snapshot: S, command: object, now: datetime) -> "Moved[S] | Ignored[S] | Refused[S]":
        """Return the verdict of the table on one command; ``now`` is timezone-aware UTC.

        Raises ``TypeError`` for a command this machine has never heard of (a defect of the caller, not a
        wish).
        """
        kind = type(command)
        if kind not in self.commands:
            known = ", ".join(snake(known) for known in self.commands)
            msg = f"{self.name} knows no command {snake(kind)}; it knows {known}"
            raise TypeError(msg)
        pair = (snapshot.status, kind)
        if pair in self._rows_by:  # elsewhere `transitions` would log a warning, also of a declared repeat
            cursor = _Cursor(snapshot, command, now, state=snapshot.status.value)
            self._engine.events[kind.__name__].trigger(cursor)
            if cursor.row is not None:
                return self._move(cursor.row, snapshot, command, now)
        for entry in self._ignored_by.get(pair, ()):
            if entry.guard.holds(snapshot, command, now):
                return Ignored(entry.because, snapshot)
        for refusal in self._refused_by.get(pair, ()):
            if refusal.guard.holds(snapshot, command, now):
                return Refused(snapshot, command, refusal.reason, self.allowed(snapshot, now))
        msg = f"{self.name}: no verdict on {snake(kind)} in {snapshot.status}; its table has a hole"
        raise AssertionError(msg)

    def _move(self, row: Row, before: S, command: object, now: datetime) -> Moved[S]:
        cause = _carried_by(command) if row.cause is CARRIED else row.cause
        step = 0 if row.command in self.unlogged else 1
        changes = [(name, setter(before, command, now)) for name, setter in row.sets.items()]
        changes += (("status", row.target), ("version", before.version + step))
        if cause is not None:
            changes.append(("cause_tag", cause))
        after = self._changed(before, changes)
        return Moved(before, after, (row.event(before.id, now, cause),), command, now, row.told)

    def allowed(self, snapshot: S, now: datetime) -> tuple[str, ...]:
        """Return the commands that could move this snapshot now, as far as the snapshot alone can tell."""
        state = snapshot.status
        return tuple(
            snake(command)
            for command in self.commands
            if any(
                row.guard.maybe(snapshot, now) is not False for row in self._rows_by.get((state, command), ())
            )
        )

    def answers(self, snapshot: S, now: datetime) -> tuple[Answer, ...]:
        """Return, for every command, the rows that could move it now, and what would be said otherwise."""
        return tuple(self._answer(snapshot, command, now) for command in self.commands)

    def _answer(self, snapshot: S, command: type, now: datetime) -> Answer:
        state = snapshot.status
        rows = self._rows_by.get((state, command), ())
        moves = tuple(row for row in rows if row.guard.maybe(snapshot, now) is not False)
        words = [i.because for i in self._ignored_by.get((state, command), ())]
        words += [r.reason.value for r in self._refused_by.get((state, command), ())]
        return Answer(snake(command), moves, "; ".join(words))

    # -- the table as data -----------------------------------------------------------------------------------

    @cached_property
    def commands(self) -> tuple[type, ...]:
        """Every command of the table, in the order in which it first appears."""
        entries: tuple[Row | Ignore | Refuse, ...] = (*self.rows, *self.ignored, *self.refused)
        return tuple(dict.fromkeys(entry.command for entry in entries))

    @cached_property
    def _changed(self) -> "Callable[[S, Iterable[tuple[str, object]]], S]":
        """`attrs.evolve` for this snapshot at a third of its cost: the fields are listed once."""
        make, names = self.snapshot, field_names(self.snapshot)
        read, place = attrgetter(*names), {name: n for n, name in enumerate(names)}

        def changed(before: S, changes: Iterable[tuple[str, object]]) -> S:
            values = list(read(before))
            for name, value in changes:
                values[place[name]] = value
            return make(*values)

        return changed

    @cached_property
    def _rows_by(self) -> Mapping[tuple[StrEnum, type], tuple[Row, ...]]:
        return _by_pair((row.source, row.command, row) for row in self.rows)

    @cached_property
    def _ignored_by(self) -> Mapping[tuple[StrEnum, type], tuple[Ignore, ...]]:
        return _by_pair((state, entry.command, entry) for entry in self.ignored for state in entry.states)

    @cached_property
    def _refused_by(self) -> Mapping[tuple[StrEnum, type], tuple[Refuse, ...]]:
        return _by_pair((state, entry.command, entry) for entry in self.refused for state in entry.states)

    def entries(self, state: StrEnum, command: type) -> tuple[Row | Ignore | Refuse, ...]:
        """Return all that the table says of one pair, in the order in which it is read."""
        key = (state, command)
        return (*self._rows_by.get(key, ()), *self._ignored_by.get(key, ()), *self._refused_by.get(key, ()))

    @cached_property
    def terminal(self) -> frozenset[StrEnum]:
        """The states that nothing leaves."""
        return frozenset(self.states) - {row.source for row in self.rows if row.target is not row.source}

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change when any rule of the table changes; recorded with every move."""
        lines = [f"{self.name} {self.initial} {snake(self.opening)} {snake(self.born)}"]
        for row in self.rows:
            sets = ",".join(f"{name}={setter.__name__}" for name, setter in sorted(row.sets.items()))
            lines.append(
                f"{row.source}|{snake(row.command)}|{row.guard.name}|{row.target}|{snake(row.event)}"
                f"|{row.cause and row.cause.value}|{sets}|{row.told}"
            )
        lines += [f"{i.states}|{snake(i.command)}|{i.guard.name}|{i.because}" for i in self.ignored]
        lines += [f"{r.states}|{snake(r.command)}|{r.guard.name}|{r.reason}" for r in self.refused]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _by_pair(entries: Iterable[tuple[StrEnum, type, E]]) -> Mapping[tuple[StrEnum, type], tuple[E, ...]]:
    pairs: dict[tuple[StrEnum, type], tuple[E, ...]] = {}
    for state, command, entry in entries:
        pairs[state, command] = (*pairs.get((state, command), ()), entry)
    return pairs


def _carried_by(command: Any) -> Cause:  # noqa: ANN401 - the proof shows that such a row's command has a cause
    return cast("Cause", command.cause)


class _RowTransition(Transition):
    """One row inside the engine, which chooses it; a row has none of the library's callbacks to look for."""

    row: Row

    def execute(self, event_data: EventData) -> bool:
        """Move the cursor if the row's guard holds, and note on it which row it was."""
        cursor = cast("_Cursor", event_data.model)
        if not self.row.guard.holds(cursor.snapshot, cursor.command, cursor.now):
            return False
        event_data.machine.set_state(self.row.target.value, cursor)
        cursor.row = self.row
        return True


class _Engine(Engine):
    """`transitions`, holding rows."""

    transition_cls = _RowTransition


def _engine_for(machine: Machine[S]) -> Engine:
    """Build the shared `transitions` machine: no model of its own, no automatic jumps, no errors."""
    engine = _Engine(
        model=None,
        states=[state.value for state in machine.states],
        initial=machine.initial.value,
        auto_transitions=False,
        send_event=True,
    )
    for row in machine.rows:
        source, trigger = row.source.value, row.command.__name__
        engine.add_transition(trigger=trigger, source=source, dest=row.target.value)
        cast("_RowTransition", engine.events[trigger].transitions[source][-1]).row = row
    return engine
