"""The routes of what is said: messages of a chat, and histories. Holds no rule of its own."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, min_len, optional

from halobestie_app.http.body import invalid
from halobestie_app.http.route import CUSTOMERS, MITRAS, PEOPLE, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import talking
from halobestie_app.views import messages as views
from halobestie_core.ports.messages import Place
from halobestie_core.ports.presence import User

LONGEST: Final = 4_000
"""Characters of a message."""
_GREATEST: Final = 2**63 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)

# ---------------------------------------------------------------------- what comes in


@frozen
class Said:
    """One message, under an id of the sender's choice: sent again it is the same message."""

    client_message_id: UUID
    text: str = field(validator=and_(min_len(1), max_len(LONGEST)), repr=False)


@frozen
class MessagesQuery:
    """Which messages: those behind a number, ``cursor`` being what the last page called ``next``."""

    after_seq: int = field(default=0, validator=and_(ge(0), le(_GREATEST)))
    cursor: int | None = field(default=None, validator=optional(and_(ge(0), le(_GREATEST))))
    limit: int = field(default=50, validator=and_(ge(1), le(200)))


@frozen
class HistoryQuery:
    """Which page of a history: the first, or the one that the last one named."""

    cursor: str | None = field(default=None, validator=optional(max_len(200)))
    limit: int = field(default=50, validator=and_(ge(1), le(200)))


# ---------------------------------------------------------------------- the chat


def _caller(call: Call[Any, Any]) -> User:
    return User(call.caller.user_type, call.caller.user_id)


async def read_info(call: Plain) -> views.ChatInfo:
    """Everything about one of the caller's chats."""
    services = call.services
    seen = await talking.info(services.talking, _caller(call), call.path["session_id"])
    return views.chat_info(seen, services.desk.settings().extension_default_action_on_timeout)


async def read_messages(call: Call[None, MessagesQuery]) -> views.Messages:
    """A page of one of the caller's chats."""
    asked = call.query
    after = asked.after_seq if asked.cursor is None else asked.cursor
    page = await talking.read(
        call.services.talking, _caller(call), call.path["session_id"], after, asked.limit
    )
    return views.messages(page)


async def say(call: Call[Said, None]) -> views.Message:
    """The caller says something; it is kept when this is answered."""
    said = call.body
    kept = await talking.say(
        call.services.talking, _caller(call), call.path["session_id"], said.client_message_id, said.text
    )
    return views.message(kept)


# ---------------------------------------------------------------------- histories


async def history_of_customer(call: Call[None, HistoryQuery]) -> views.HistoryOfCustomer:
    """The caller's chats."""
    before = _place(call.query.cursor)
    past, last = await talking.history(call.services.talking, _caller(call), before, call.query.limit)
    return views.HistoryOfCustomer(tuple(map(views.past_of_customer, past)), _cursor(last))


async def history_of_mitra(call: Call[None, HistoryQuery]) -> views.HistoryOfMitra:
    """The caller's past chats."""
    before = _place(call.query.cursor)
    past, last = await talking.history(call.services.talking, _caller(call), before, call.query.limit)
    return views.HistoryOfMitra(tuple(map(views.past_of_mitra, past)), _cursor(last))


def _cursor(place: Place | None) -> str | None:
    """A place as text that means nothing to anybody else."""
    if place is None:
        return None
    ticks = (place.started_at - _EPOCH) // _TICK
    return base64.urlsafe_b64encode(ticks.to_bytes(8, "big") + place.session_id.bytes).decode()


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        started_at = _EPOCH + int.from_bytes(raw[:8], "big") * _TICK
        return Place(started_at, UUID(bytes=raw[8:]))
    except (UnicodeEncodeError, binascii.Error, ValueError, OverflowError):
        raise invalid([{"path": "$.cursor", "message": "is none of ours"}]) from None


# ---------------------------------------------------------------------- the table

_CHAT: Final = "/api/shared/chat/{session_id}"
_TIES: Final[Mapping[str, Any]] = {"problems": (Code.NOT_FOUND, Code.FORBIDDEN)}

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", f"{_CHAT}/info", read_info, "Everything about a chat", PEOPLE, views.ChatInfo, **_TIES),
    Route(
        "GET",
        f"{_CHAT}/messages",
        read_messages,
        "What was said, in its order",
        PEOPLE,
        views.Messages,
        query=MessagesQuery,
        **_TIES,
    ),
    Route(
        "POST",
        f"{_CHAT}/messages",
        say,
        "Say something",
        PEOPLE,
        views.Message,
        status=201,
        body=Said,
        problems=(
            Code.NOT_FOUND,
            Code.FORBIDDEN,
            Code.SESSION_PAUSED,
            Code.SESSION_NOT_ACTIVE,
            Code.INVALID_STATE,
        ),
    ),
    Route(
        "GET",
        "/api/client/chat/history",
        history_of_customer,
        "Own chats, the latest first",
        CUSTOMERS,
        views.HistoryOfCustomer,
        query=HistoryQuery,
    ),
    Route(
        "GET",
        "/api/mitra/chat/history",
        history_of_mitra,
        "Own past chats, the latest first",
        MITRAS,
        views.HistoryOfMitra,
        query=HistoryQuery,
    ),
)
