"""The operators' routes over chats that go on. Shows no word of what is said in them."""

from typing import Final

from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, min_len

from halobestie_app.http.body import invalid
from halobestie_app.http.route import OPERATORS, Call, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import chats, live_chats
from halobestie_app.views.back_office import LiveSessions, live_sessions
from halobestie_app.views.chats import Session, session

_FURTHEST: Final = 2**31 - 1


@frozen
class LiveQuery:
    """Which chats: all, or those whose mitra can (or cannot) be reached."""

    mitra_reachable: bool | None = None
    limit: int = field(default=50, validator=and_(ge(1), le(200)))
    offset: int = field(default=0, validator=and_(ge(0), le(_FURTHEST)))


@frozen
class EndWanted:
    """Why a chat is ended: kept for those who look into it later, and shown to neither side."""

    reason: str = field(validator=and_(min_len(1), max_len(500)), repr=False)


async def list_live(call: Call[None, LiveQuery]) -> LiveSessions:
    """A page of the chats that go on."""
    desk, asked = call.services.desk, call.query
    page = await live_chats.page(
        desk, call.services.back_office, asked.limit, asked.offset, mitra_reachable=asked.mitra_reachable
    )
    return live_sessions(page, desk.settings().extension_default_action_on_timeout)


async def end(call: Call[EndWanted, None]) -> Session:
    """The operator ends a chat."""
    reason = call.body.reason.strip()
    if not reason:
        raise invalid([{"path": "$.reason", "message": "must hold more than spaces"}])
    ended = await chats.end_by_operator(call.services.desk, call.caller.user_id, call.path["id"], reason)
    return session(ended, ended.session.ended_at or ended.session.started_at)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/internal/sessions",
        list_live,
        "The chats that go on, without content",
        OPERATORS,
        LiveSessions,
        query=LiveQuery,
    ),
    Route(
        "POST",
        "/internal/sessions/{id}/end",
        end,
        "End a chat, for a reason that is kept",
        OPERATORS,
        Session,
        body=EndWanted,
        keyed=True,
        problems=(Code.INVALID_STATE,),
    ),
)
