"""The words of pushes: title, body and data of each type, in Indonesian. Knows no device and no carrier.

They are written from the objects as they stand when the push goes out; what is over by then has no words.
Never a word of what people write to each other.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension, ExtensionStatus
from halobestie_core.flow.effects import Push, PushType, ToCustomer
from halobestie_core.ports.push import Notice
from halobestie_core.ports.reads import ExtensionSeen, Reads, RequestSeen, SessionSeen
from halobestie_core.wire import to_wire

T = TypeVar("T")

# A phone that is off keeps one notice per collapse key, and no more than four keys. A request, a question, an
# answer each push the one before aside: the app shows all that is open when it is opened. Messages have two
# keys, so that of two chats each is likely to be seen.
_MESSAGE_KEYS: Final = 2


class _Over(LookupError):
    """What the push is about is over, or cannot be found."""


@frozen
class Notices:
    """Writes notices."""

    reads: Reads

    async def of(self, push: Push) -> Notice | None:
        """Write one; ``None``: it is not needed any more. Raises the store's errors."""
        try:
            return await _WRITERS[push.type](self, push)
        except _Over:
            return None

    async def chat_request(self, push: Push) -> Notice:
        """Somebody wants to talk."""
        seen: RequestSeen = _found(await self.reads.request(_id(push, "pairing_request_id")))
        request = seen.request
        if not request.is_open:
            raise _Over
        return Notice(
            title="Curhat Baru",
            body=f"{seen.customer.display_name} ingin curhat {request.duration_minutes} menit",
            data=_data(
                push,
                request_id=request.id,
                request_type=request.kind,
                deadline_at=request.deadline_at,
                timeout_seconds=request.timeout_seconds,
                action="open_request",
            ),
            tag=f"chat_request:{request.id}",
            collapse_key="chat_request",
        )

    async def extension_request(self, push: Push) -> Notice:
        """The customer wants to go on."""
        seen: ExtensionSeen = _found(await self.reads.extension(_id(push, "extension_id")))
        asked = seen.extension
        if not asked.is_pending:
            raise _Over
        return Notice(
            title="Permintaan Perpanjang",
            body=f"{seen.customer.display_name} mau lanjut +{asked.requested_duration_minutes} menit",
            data=_data(
                push,
                session_id=asked.session_id,
                extension_id=asked.id,
                duration_minutes=asked.requested_duration_minutes,
                price=asked.requested_price,
                timeout_seconds=asked.timeout_seconds,
                action="open_extension",
            ),
            tag=f"extension:{asked.session_id}",
            collapse_key="extension",
        )

    async def paired(self, push: Push) -> Notice:
        """A bestie was found."""
        seen = await self._live(push)
        return Notice(
            title="Bestie ditemukan",
            body=f"{seen.mitra.display_name} siap mendengarkan",
            data=_data(
                push, session_id=seen.session.id, mitra_name=seen.mitra.display_name, action="open_chat"
            ),
            tag=f"chat:{seen.session.id}",
            collapse_key="paired",
        )

    async def extension_response(self, push: Push) -> Notice:
        """The answer."""
        seen: ExtensionSeen = _found(await self.reads.extension(_id(push, "extension_id")))
        await self._live(push)
        asked = seen.extension
        accepted = asked.status is ExtensionStatus.ACCEPTED
        minutes = asked.requested_duration_minutes
        yes = f"{seen.mitra.display_name} setuju, curhat lanjut +{minutes} menit"
        no = f"Perpanjangan +{minutes} menit belum disetujui"
        return Notice(
            title="Perpanjang",
            body=yes if accepted else no,
            data=_data(
                push,
                session_id=asked.session_id,
                accepted=accepted,
                reason=_reason(asked),
                action="open_chat",
            ),
            tag=f"extension:{asked.session_id}",
            collapse_key="extension",
        )

    async def message(self, push: Push) -> Notice:
        """Something was written; by whom, and not what."""
        seen = await self._live(push)
        sender = seen.mitra if isinstance(push.audience, ToCustomer) else seen.customer
        chat: ChatSession = seen.session
        return Notice(
            title=sender.display_name,
            body="Pesan baru",
            data=_data(push, session_id=chat.id, action="open_chat"),
            tag=f"chat:{chat.id}",
            collapse_key=f"message-{chat.id.int % _MESSAGE_KEYS}",
        )

    async def _live(self, push: Push) -> SessionSeen:
        seen, _ = _found(await self.reads.session(_id(push, "session_id")))
        if not seen.session.is_live:
            raise _Over
        return seen


_WRITERS: Final[Mapping[PushType, Callable[[Notices, Push], Awaitable[Notice]]]] = {
    PushType.CHAT_REQUEST: Notices.chat_request,
    PushType.EXTENSION_REQUEST: Notices.extension_request,
    PushType.PAIRED: Notices.paired,
    PushType.EXTENSION_RESPONSE: Notices.extension_response,
    PushType.MESSAGE: Notices.message,
}


def _data(push: Push, **values: object) -> dict[str, str]:
    """All strings, as FCM wants them; what is ``None`` is absent."""
    given = {"type": push.type, **values}
    return {name: _text(value) for name, value in given.items() if value is not None}


def _text(value: object) -> str:
    shown = to_wire(value)
    return ("true" if shown else "false") if isinstance(shown, bool) else str(shown)


def _reason(asked: Extension) -> str | None:
    """Why an extension is off without anybody having said no."""
    if asked.status is not ExtensionStatus.TIMEOUT:
        return None
    return "safeguard" if asked.cause_tag is Cause.EXTENSION_SAFEGUARD_TRIPPED else "timeout"


def _id(push: Push, name: str) -> UUID:
    return UUID(push.ids[name])


def _found(value: T | None) -> T:
    if value is None:
        raise _Over
    return value
