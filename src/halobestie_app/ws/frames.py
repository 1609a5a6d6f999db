"""Turns rows of the outbox into frames: the members of each, with the whole current object. Knows no socket.

A row names objects by id; they are read when the frame is written, so that even a late frame tells how things
stand. Frames of one type and row are the same for everybody who gets them.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import orjson
from attrs import asdict, frozen

from halobestie_app.views.chats import Session, extension, pending_extension, session
from halobestie_app.views.mitras import mitra_status
from halobestie_app.views.pairings import Offer, fallback_available, offer, pairing_request
from halobestie_app.views.payments import payment_session
from halobestie_core.causes import Cause
from halobestie_core.extension import ExtensionStatus
from halobestie_core.flow.effects import ToMitra
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import Availability
from halobestie_core.ports.reads import ExtensionSeen, Reads, RequestSeen
from halobestie_core.settings import Settings
from halobestie_core.wire import to_wire

Members: TypeAlias = dict[str, Any]
T = TypeVar("T")


class _Vanished(LookupError):
    """What the frame is about cannot be found, or is not worth showing any more: there is no frame."""


@frozen
class Card(Offer):
    """An offer in a frame: it may be older than one already seen, which an answer over HTTP is not."""

    version: int


@frozen
class Renderer:
    """Writes frames. ``settings`` gives those in force now; ``cadence`` of heartbeats in seconds."""

    reads: Reads
    availability: Availability
    settings: Callable[[], Settings]
    cadence: int

    async def render(self, row: OutboxFrame) -> str | None:
        """Write the frame of one row; ``None`` where there is nothing to show. Raises the stores' errors."""
        writer = FRAMES.get(row.frame)
        if writer is None:
            return None
        try:
            members = await writer(self, row)
        except _Vanished:
            return None
        return orjson.dumps(to_wire({"type": row.frame, "at": row.at, **members})).decode()

    # ----------------------------------------------------------------------------------------- payments

    async def payment(self, row: OutboxFrame) -> Members:
        """Show a payment as it stands."""
        return {"payment": payment_session(_found(await self.reads.payment(_id(row, "payment_session_id"))))}

    # ------------------------------------------------------------------------------------------ pairing

    async def chat_request(self, row: OutboxFrame) -> Members:
        """Show a request to those who may answer it, if it is still open."""
        seen = await self._request(row)
        request = seen.request
        if not request.is_open:
            raise _Vanished
        shown = _card(seen, row.at)
        return {
            "id": request.id,
            "request_type": request.kind,
            "customer": shown.customer,
            "duration_minutes": request.duration_minutes,
            "topic_sensitivity": request.topic_sensitivity,
            "deadline_at": request.deadline_at,
            "timeout_seconds": request.timeout_seconds,
            "offer": shown,
            "version": request.version,
        }

    async def chat_request_closed(self, row: OutboxFrame) -> Members:
        """Take a card away; the row says why. Whoever gets it has no time left, though others may have.

        One text for everybody: what each of them answered is not read, a blast has a thousand of them.
        """
        seen = await self._request(row)
        return {
            "id": seen.request.id,
            "reason": row.ids["reason"],
            "offer": _card(seen, seen.request.deadline_at),
            "version": seen.request.version,
        }

    async def paired(self, row: OutboxFrame) -> Members:
        """Show both sides who is there."""
        shown = await self._session(row)
        return {
            "session_id": shown.id,
            "pairing_request_id": _id(row, "pairing_request_id"),
            "customer": shown.customer,
            "mitra": shown.mitra,
            "session": shown,
        }

    async def pairing_failed(self, row: OutboxFrame) -> Members:
        """Say that a search is over, and whether another may be begun with the same money."""
        seen = await self._request(row)
        active = await self.reads.customer_active(seen.request.customer_id)
        again = fallback_available(seen.request, active.payment, active.now, self.availability)
        return {
            "pairing_request_id": seen.request.id,
            "cause_tag": seen.request.cause_tag,
            "fallback_available": again,
            "pairing_request": pairing_request(seen, fallback_available=again),
        }

    # ------------------------------------------------------------------------------------------- chats

    async def session_paused(self, row: OutboxFrame) -> Members:
        """Say that the clock stands still while an extension is asked for."""
        shown = await self._session(row)
        return {"session_id": shown.id, "reason": "extension_pending", "session": shown}

    async def session_resumed(self, row: OutboxFrame) -> Members:
        """Say that the clock runs again."""
        shown = await self._session(row)
        return {"session_id": shown.id, "session": shown}

    async def session_closing(self, row: OutboxFrame) -> Members:
        """Say that paid time is over, and until when there is time for a goodbye."""
        shown = await self._session(row)
        return {"session_id": shown.id, "closing_until": shown.closing_until, "session": shown}

    async def session_ended(self, row: OutboxFrame) -> Members:
        """Say that it is over, and by whom or what."""
        shown = await self._session(row)
        return {"session_id": shown.id, "end_reason": shown.end_reason, "session": shown}

    # ------------------------------------------------------------------------------------------ extensions

    async def extension_request(self, row: OutboxFrame) -> Members:
        """Ask a mitra for more time."""
        seen, chat = await self._extension(row), await self._session(row)
        policy = self.settings().extension_default_action_on_timeout
        asked = seen.extension
        if not asked.is_pending:
            raise _Vanished  # it cannot be answered any more; what became of it has frames of its own
        return {
            "session_id": asked.session_id,
            "extension_id": asked.id,
            "duration_minutes": asked.requested_duration_minutes,
            "price": asked.requested_price,
            "topic_sensitivity": chat.topic_sensitivity,
            "timeout_seconds": asked.timeout_seconds,
            "deadline_at": asked.deadline_at,
            "default_action": policy,
            "extension": pending_extension(seen, policy),
        }

    async def extension_response(self, row: OutboxFrame) -> Members:
        """Tell a customer what was answered, by whomever or whatever."""
        seen, chat = await self._extension(row), await self._session(row)
        asked = seen.extension
        accepted = asked.status is ExtensionStatus.ACCEPTED
        members: Members = {
            "session_id": asked.session_id,
            "extension_id": asked.id,
            "accepted": accepted,
            "duration_minutes": asked.requested_duration_minutes,
            "expires_at": chat.expires_at,
            "via_timeout": asked.via_timeout,
            "extension": extension(asked, self.settings().extension_default_action_on_timeout),
        }
        if asked.status is ExtensionStatus.TIMEOUT:
            tripped = asked.cause_tag is Cause.EXTENSION_SAFEGUARD_TRIPPED
            members["reason"] = "safeguard" if tripped else "timeout"
        return members

    # ---------------------------------------------------------------------------------------- presence

    async def presence(self, row: OutboxFrame) -> Members:
        """Tell a mitra that they are offline now: switched off elsewhere, or by the server, and why."""
        if not isinstance(row.audience, ToMitra):
            raise _Vanished
        listener, _ = _found(await self.reads.mitra(row.audience.mitra_id))
        status = mitra_status(listener, self.cadence, self.settings().max_customers_per_mitra)
        return {"why": row.ids["why"], "status": status, "version": listener.presence.version}

    # ------------------------------------------------------------------------------------------ reading

    async def _request(self, row: OutboxFrame) -> RequestSeen:
        return _found(await self.reads.request(_id(row, "pairing_request_id")))

    async def _session(self, row: OutboxFrame) -> Session:
        seen, now = _found(await self.reads.session(_id(row, "session_id")))
        return session(seen, now)

    async def _extension(self, row: OutboxFrame) -> ExtensionSeen:
        return _found(await self.reads.extension(_id(row, "extension_id")))


FRAMES: Final[Mapping[str, Callable[[Renderer, OutboxFrame], Awaitable[Members]]]] = {
    "payment_confirmed": Renderer.payment,
    "payment_updated": Renderer.payment,
    "payment_expired": Renderer.payment,
    "payment_failed": Renderer.payment,
    "payment_late": Renderer.payment,
    "chat_request": Renderer.chat_request,
    "chat_request_closed": Renderer.chat_request_closed,
    "paired": Renderer.paired,
    "pairing_failed": Renderer.pairing_failed,
    "returning_chat_rejected": Renderer.pairing_failed,
    "returning_chat_timeout": Renderer.pairing_failed,
    "session_paused": Renderer.session_paused,
    "session_resumed": Renderer.session_resumed,
    "session_closing": Renderer.session_closing,
    "session_ended": Renderer.session_ended,
    "extension_request": Renderer.extension_request,
    "extension_response": Renderer.extension_response,
    "presence": Renderer.presence,
}
"""Every state frame, by its type: those that the reactions table names."""


def _card(seen: RequestSeen, now: datetime) -> Card:
    return Card(**asdict(offer(seen, now), recurse=False), version=seen.request.version)


def _id(row: OutboxFrame, name: str) -> UUID:
    return UUID(row.ids[name])


def _found(value: T | None) -> T:
    if value is None:
        raise _Vanished
    return value
