"""What is said in chats: written, read, marked as read, looked back at. Knows no socket and no frame."""

from collections.abc import Callable, Sequence
from uuid import UUID

from attrs import frozen

from halobestie_app.usecases import refusals
from halobestie_core.ports.messages import Mark, Message, Messages, NotTheirs, Page, Past, Place, Unwritten
from halobestie_core.ports.presence import User
from halobestie_core.ports.reads import ChatInfo, Reads, SessionSeen
from halobestie_core.words import UserType


@frozen
class Talking:
    """What these use cases share. ``said`` is called after every message that was kept; it must not wait."""

    messages: Messages
    reads: Reads
    said: Callable[[], None]


async def say(talking: Talking, who: User, session_id: UUID, client_message_id: UUID, text: str) -> Message:
    """Keep a message; when this returns it is committed. A repeat gives the same message."""
    try:
        written = await talking.messages.write(who, session_id, client_message_id, text)
    except NotTheirs as stranger:
        raise refusals.not_theirs(stranger) from None
    if isinstance(written, Unwritten):
        raise refusals.unwritten(written)
    if not written.repeated:
        talking.said()
    return written.message


async def read(talking: Talking, who: User, session_id: UUID, after_seq: int, limit: int) -> Page:
    """Give a page of one's own chat."""
    try:
        return await talking.messages.page(who, session_id, after_seq, limit)
    except NotTheirs as stranger:
        raise refusals.not_theirs(stranger) from None


async def mark(talking: Talking, who: User, session_id: UUID, seq: int) -> Mark:
    """Remember how far one has read."""
    try:
        return await talking.messages.mark_read(who, session_id, seq)
    except NotTheirs as stranger:
        raise refusals.not_theirs(stranger) from None


async def info(talking: Talking, who: User, session_id: UUID) -> ChatInfo:
    """Give one's own chat with what it waits for."""
    found = await talking.reads.chat_info(session_id)
    if found is None:
        raise refusals.not_found("chat session")
    if other_side(found.seen, who) is None:
        raise refusals.not_yours("chat session")
    return found


async def history(
    talking: Talking, who: User, before: Place | None, limit: int
) -> tuple[Sequence[Past], Place | None]:
    """Give a page of one's own chats, and where the next one begins."""
    return await talking.messages.history(who, before, limit)


def other_side(seen: SessionSeen, who: User) -> User | None:
    """Say who is on the other side of a chat; ``None`` for whoever is on neither."""
    sides = (User(UserType.CUSTOMER, seen.customer.id), User(UserType.MITRA, seen.mitra.id))
    if who not in sides:
        return None
    return sides[1] if who == sides[0] else sides[0]
