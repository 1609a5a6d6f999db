"""What operators see of the log: an aggregate's timeline with its verdict, the tables with their traffic."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from attrs import frozen

from halobestie_app.problems import Code, Problem
from halobestie_core.atlas.machines import MACHINES
from halobestie_core.audit import Verdict
from halobestie_core.machine import CARRIED, Machine, Row, snake
from halobestie_core.machine.chart.export import Data, export
from halobestie_core.ports.audit import Audits, Line
from halobestie_core.ports.reports import EdgeCount, Reports

MACHINE_OF: Final[Mapping[str, str]] = {
    **{machine.name: machine.name for machine in MACHINES},
    "payment_sessions": "payment",
    "pairing_requests": "pairing",
    "chat_sessions": "chat",
    "session_extensions": "extension",
    "mitras": "presence",
}
"""The kinds of aggregates, by their own name and by that of their table."""


@frozen
class Auditing:
    """Where operators look: the log by aggregate, and the counts over all of it."""

    log: Audits
    reports: Reports


@frozen
class Timeline:
    """A page of what happened to one aggregate, and whether all of it (not only the page) is as decided.

    ``next`` is the version to read on after; ``None``: this is the end.
    """

    machine: str
    id: UUID
    lines: Sequence[Line]
    next: int | None
    verdict: Verdict


async def timeline(audits: Audits, aggregate: str, aggregate_id: UUID, after: int, limit: int) -> Timeline:
    """Read one aggregate's log and audit it. Raises NOT_FOUND for what there is not."""
    machine = MACHINE_OF.get(aggregate)
    if machine is None:
        raise Problem(Code.NOT_FOUND, f"There is no aggregate called {aggregate}.")
    verdict = await audits.verdict(machine, aggregate_id)
    if verdict is None:
        raise Problem(Code.NOT_FOUND, f"There is no {machine} {aggregate_id}.")
    lines = await audits.lines(machine, aggregate_id, after, limit + 1)
    page = lines[:limit]
    return Timeline(machine, aggregate_id, page, page[-1].version if len(lines) > limit else None, verdict)


# -- the tables ----------------------------------------------------------------------------------------------


@frozen
class Traffic:
    """The tables as data, each row with how often it was taken (``count``), births too (``opened``).

    Rows that only their guards tell apart are one edge, and each shows its count. ``elsewhere``: edges that
    were taken once and are in no table of today. Not ``complete``: the latest moves
    are not counted yet.
    """

    complete: bool
    machines: list[Data]
    elsewhere: tuple[EdgeCount, ...]


async def traffic(reports: Reports) -> Traffic:
    """Return the tables with live counts."""
    found = await reports.edges()
    counts: Counter[EdgeKey] = Counter()
    for edge in found.rows:
        counts[_key(edge)] += edge.count
    machines = [_counted(machine, counts) for machine in MACHINES]
    known = {key for machine in MACHINES for key in _keys_of(machine, counts)}
    return Traffic(found.complete, machines, tuple(edge for edge in found.rows if _key(edge) not in known))


EdgeKey = tuple[str, str | None, str, str, str, str | None]
"""Machine, from, command, to, event, cause."""


def _key(edge: EdgeCount) -> EdgeKey:
    return edge.machine, edge.from_state, edge.command, edge.to_state, edge.event, edge.cause_tag


def _counted(machine: Machine[Any], counts: Mapping[EdgeKey, int]) -> Data:
    data = export(machine)
    rows = [
        said | {"count": sum(counts[key] for key in _keys(machine, row, counts))}
        for said, row in zip(data["rows"], machine.rows, strict=True)
    ]
    return data | {"opened": counts.get(_birth(machine), 0), "rows": rows}


def _keys_of(machine: Machine[Any], counts: Mapping[EdgeKey, int]) -> set[EdgeKey]:
    rows = {key for row in machine.rows for key in _keys(machine, row, counts)}
    return rows | {_birth(machine)}


def _birth(machine: Machine[Any]) -> EdgeKey:
    return machine.name, None, snake(machine.opening), machine.initial.value, snake(machine.born), None


def _keys(machine: Machine[Any], row: Row, counts: Mapping[EdgeKey, int]) -> list[EdgeKey]:
    """Return the edges taken by a row: one, or one for each cause that its command carried."""
    edge = (machine.name, row.source.value, snake(row.command), row.target.value, snake(row.event))
    if row.cause is CARRIED:
        return [key for key in counts if key[:-1] == edge and key[-1] is not None]
    cause = None if row.cause is None else row.cause.value
    return [(*edge, cause)] if (*edge, cause) in counts else []
