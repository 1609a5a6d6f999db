"""The operators' routes over what was recorded. Holds no rule of its own."""

from typing import Final

from attrs import field, frozen
from attrs.validators import and_, ge, le, matches_re, optional

from halobestie_app.http.route import OPERATORS, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import auditing
from halobestie_app.views import auditing as views


@frozen
class AuditQuery:
    """Which page of a log: the first, or the one that the last one named."""

    cursor: str | None = field(default=None, validator=optional(matches_re(r"[0-9]{1,9}")))
    limit: int = field(default=50, validator=and_(ge(1), le(200)))


async def read_log(call: Call[None, AuditQuery]) -> views.RecordedMoves:
    """What happened to one aggregate, and whether it is still as it was decided."""
    after = int(call.query.cursor or 0)
    aggregate, key = call.words["aggregate"], call.path["id"]
    found = await auditing.timeline(call.services.audits.log, aggregate, key, after, call.query.limit)
    return views.moves(found)


async def read_machines(call: Plain) -> views.MachineTraffic:
    """The five tables, and how often each of their rows was taken."""
    return views.tables(await auditing.traffic(call.services.audits.reports))


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/internal/audit/machines",
        read_machines,
        "The five tables with live counts",
        OPERATORS,
        views.MachineTraffic,
    ),
    Route(
        "GET",
        "/internal/audit/{aggregate:str}/{id}",
        read_log,
        "What was recorded of one aggregate, verified",
        OPERATORS,
        views.RecordedMoves,
        query=AuditQuery,
        problems=(Code.NOT_FOUND,),
    ),
)
