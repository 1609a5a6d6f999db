"""What was recorded, as an operator sees it: a timeline with its verdict, the tables with their traffic."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from attrs import asdict, frozen

from halobestie_app.usecases.auditing import Timeline, Traffic
from halobestie_core.audit import Verdict
from halobestie_core.ports.audit import Line


@frozen
class Actor:
    """Who made a move; the clock, the gateway and the installation itself have neither id nor name."""

    type: str
    id: UUID | None
    display_name: str | None


@frozen
class RecordedMove:
    """One line of the log; hashes in hex, ``previous_hash`` that of the line before it."""

    version: int
    at: datetime
    machine: str
    from_state: str | None
    to_state: str
    command: str
    event: str
    cause_tag: str | None
    actor: Actor
    facts: object
    fingerprint: str
    previous_hash: str | None
    hash: str


@frozen
class Verification:
    """What became of deciding everything anew, not this page alone.

    ``other_versions``: how many of the ``checked`` moves another version of the table decided.
    """

    verdict: Literal["verified", "broken"]
    checked: int
    first_difference: str | None
    other_versions: int


@frozen
class RecordedMoves:
    """A page of one aggregate's moves, the oldest first."""

    aggregate: str
    id: UUID
    rows: tuple[RecordedMove, ...]
    next: str | None
    verification: Verification


@frozen
class MachineTraffic:
    """The tables as `machines.json` has them, each row with its ``count``, each table with ``opened``.

    Rows that only their guards tell apart are one edge, and each shows its count. ``elsewhere``: edges that
    were taken and stand in no table of today. Not ``complete``: the counting is
    behind.
    """

    complete: bool
    machines: tuple[dict[str, Any], ...]
    elsewhere: tuple[dict[str, Any], ...]


def recorded(line: Line) -> RecordedMove:
    """Show one line."""
    return RecordedMove(
        line.version,
        line.at,
        line.machine,
        line.from_state,
        line.to_state,
        line.command,
        line.event,
        line.cause_tag,
        Actor(line.actor_type, line.actor_id, line.actor_name),
        line.facts,
        line.fingerprint,
        None if line.previous_hash is None else line.previous_hash.hex(),
        line.hash.hex(),
    )


def verification(verdict: Verdict) -> Verification:
    """Show a verdict."""
    found = verdict.difference
    return Verification(
        "verified" if verdict.is_whole else "broken",
        verdict.checked,
        None if found is None else str(found),
        verdict.other_versions,
    )


def moves(timeline: Timeline) -> RecordedMoves:
    """Show a page of a timeline."""
    return RecordedMoves(
        timeline.machine,
        timeline.id,
        tuple(recorded(line) for line in timeline.lines),
        None if timeline.next is None else str(timeline.next),
        verification(timeline.verdict),
    )


def tables(traffic: Traffic) -> MachineTraffic:
    """Show the tables with their counts."""
    elsewhere = tuple(asdict(edge) for edge in traffic.elsewhere)
    return MachineTraffic(traffic.complete, tuple(traffic.machines), elsewhere)
