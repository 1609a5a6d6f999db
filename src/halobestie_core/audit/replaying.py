"""One aggregate's log, decided anew: every move checked against the chain, its own body and today's table.

Fed move by move, so that a log of any length needs no more room than its last move. Stops at the first
difference, which is what an auditor wants to hear; what follows it would only be its echo. A chain says that
nothing was touched by halves. That nobody wrote the whole of it anew, the replay and the rows say.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import define, field

from halobestie_core.audit.commands import UnreadableError, command_from, commands_of
from halobestie_core.audit.digests import chained
from halobestie_core.audit.entries import Difference, Entry, Standing, Verdict
from halobestie_core.audit.standing import differs
from halobestie_core.flow.decide import MACHINES
from halobestie_core.machine import Machine, Moved, Refused, snake
from halobestie_core.pairing import Wave
from halobestie_core.presence import PRESENCE, MitraPresence

TABLES: Final[Mapping[str, Machine[Any]]] = {table.name: table for table in MACHINES.values()}
"""The five tables, by the name that the log has for each."""

_COMMANDS: Final = {table.name: commands_of(table) for table in TABLES.values()}


class _Differs(Exception):
    """Stops the check of one move; its text is the sentence."""


@define
class Replay:
    """An aggregate as its moves make it. ``waves``: to whom a request was shown, in order."""

    machine: str
    aggregate_id: UUID
    waves: Sequence[Wave] = ()
    checked: int = 0
    other_versions: int = 0
    difference: Difference | None = None
    _snapshot: Any = None
    _last: Entry | None = None
    _waves_used: int = 0
    _table: Machine[Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._table = TABLES[self.machine]

    # -- moves -----------------------------------------------------------------------------------------------

    def take(self, entry: Entry) -> None:
        """Check the next move; does nothing once something differed."""
        if self.difference is not None:
            return
        try:
            self._chain(entry)
            self._decide(entry)
        except _Differs as found:
            self.difference = Difference(self.machine, self.aggregate_id, entry.version, str(found))
            return
        self.checked += 1
        self._last = entry

    def _chain(self, entry: Entry) -> None:
        last = self._last
        if last is not None:
            expected = last.version + 1
        else:
            # Mitras are registered without a move; they are offline then.
            expected = 2 if self._table is PRESENCE and entry.version == 2 else 1  # noqa: PLR2004 - the one after 1
        if entry.version != expected:
            raise _Differs(f"move {expected} is missing: this is the next that was recorded")
        before = None if last is None else last.hash
        if entry.previous_hash != before:
            raise _Differs("it is not chained to the move before it: its previous hash is another")
        if last is not None and entry.place <= last.place:
            raise _Differs("it is recorded ahead of the move that it follows")
        if entry.hash != chained(before, entry.body):
            raise _Differs("its hash is not that of what it says: the row was changed after it was written")
        self._body(entry)
        if last is not None and entry.from_state != last.to_state:
            raise _Differs(f"it starts in {entry.from_state}, but the move before left {last.to_state}")

    def _body(self, entry: Entry) -> None:
        columns, said = entry.columns(), entry.said
        if said == columns:
            return
        if not isinstance(said, dict) or said.keys() != columns.keys():
            raise _Differs("what was hashed is no record of a move")
        name = next(name for name, value in columns.items() if said[name] != value)
        raise _Differs(f"its column {name} says {columns[name]!r}; what was hashed says {said[name]!r}")

    # -- deciding --------------------------------------------------------------------------------------------

    def _decide(self, entry: Entry) -> None:
        if entry.fingerprint != self._table.fingerprint:
            self.other_versions += 1
        if self._snapshot is None and self._last is not None:
            return  # decided by another version of the table before; there is nothing to decide on
        try:
            self._snapshot = self._moved(entry).after
        except _Differs:
            if not self.other_versions:
                raise
            self._snapshot = None

    def _moved(self, entry: Entry) -> Moved[Any]:
        command = self._command(entry)
        before = self._snapshot
        if before is None and entry.version > 1:
            before = MitraPresence(self.aggregate_id)
        try:
            if before is None:
                move: Any = self._table.open(command, entry.at)
            else:
                move = self._table.decide(before, command, entry.at)
        except OverflowError:
            raise _Differs("its facts reach beyond the end of time") from None
        if not isinstance(move, Moved):
            why = (
                f"refuses it: {move.reason.value}"
                if isinstance(move, Refused)
                else f"ignores it: {move.because}"
            )
            raise _Differs(f"asked to {entry.command} in {before.status}, the table {why}")
        self._agrees(entry, move)
        return move

    def _command(self, entry: Entry) -> object:
        cls = _COMMANDS[self.machine].get(entry.command)
        if cls is None:
            raise _Differs(f"the machine knows no command {entry.command}")
        if (cls is self._table.opening) is not (entry.version == 1):
            raise _Differs(f"{entry.command} cannot be what was asked of it then")
        try:
            command, used = command_from(cls, entry.facts, self.waves[self._waves_used :])
        except UnreadableError as wrong:
            raise _Differs(f"its facts are not those of {entry.command}: {wrong}") from None
        self._waves_used += used
        return command

    def _agrees(self, entry: Entry, move: Moved[Any]) -> None:
        event = move.events[0]
        before = None if move.before is None else move.before.status.value
        cause = None if event.cause is None else event.cause.value
        for what, decided, recorded in (
            ("about", str(move.after.id), str(entry.aggregate_id)),
            ("from", before, entry.from_state),
            ("to", move.after.status.value, entry.to_state),
            ("event", snake(type(event)), entry.event),
            ("cause", cause, entry.cause_tag),
            ("version", move.after.version, entry.version),
        ):
            if decided != recorded:
                raise _Differs(f"{what}: the table decides {decided}, recorded is {recorded}")

    # -- the end ---------------------------------------------------------------------------------------------

    def verdict(self, row: Standing | None) -> Verdict:
        """Compare the end of it with the aggregate's row (``None``: there is none), and say how it all is."""
        if self.difference is None:
            sentence = self._row_differs(row)
            if sentence is not None:
                self.difference = Difference(self.machine, self.aggregate_id, None, sentence)
        return Verdict(self.checked, self.difference, self.other_versions)

    def _row_differs(self, row: Standing | None) -> str | None:
        if row is None:
            told = "its moves are recorded" if self._last is not None else "something is recorded of it"
            return f"{told}, but its row is gone"
        if self._last is None:
            if self._table is not PRESENCE:
                return "its row is there, but no move of it was ever recorded"
            return differs(MitraPresence(self.aggregate_id), row)
        if self._snapshot is not None:
            sentence = differs(self._snapshot, row)
            if sentence is None or not self.other_versions:
                return sentence
        # Another version of the table decided, perhaps otherwise than today's would: the states stand.
        stands = (row.snapshot.status.value, row.snapshot.version)
        left = (self._last.to_state, self._last.version)
        if stands != left:
            return f"its row is {stands[0]} at version {stands[1]}, its moves left it {left[0]} at {left[1]}"
        return None


def audit(
    machine: str,
    aggregate_id: UUID,
    entries: Iterable[Entry],
    row: Standing | None,
    waves: Sequence[Wave] = (),
) -> Verdict:
    """Return what an audit of one aggregate finds: its moves in the order of their versions, and its row."""
    replay = Replay(machine, aggregate_id, waves)
    for entry in entries:
        replay.take(entry)
    return replay.verdict(row)
