"""What is said in chats, and chats one looks back at. Knows no endpoint and no socket."""

from datetime import datetime
from uuid import UUID

from attrs import asdict, field, frozen

from halobestie_app.views.chats import Session, session
from halobestie_app.views.people import Person, person
from halobestie_core.chat import EndReason, SessionStatus
from halobestie_core.ports import messages as port
from halobestie_core.ports.reads import ChatInfo as InfoSeen
from halobestie_core.ports.reads import ExtensionSeen
from halobestie_core.words import Mode, Side, TimeoutPolicy


@frozen
class Message:
    """One message; ``text`` is null once its author was erased."""

    seq: int
    sender: Side
    client_message_id: UUID
    text: str | None = field(repr=False)
    sent_at: datetime


@frozen
class Messages:
    """A page of a chat; ``next`` is the last ``seq`` if there are more."""

    rows: tuple[Message, ...]
    next: int | None


@frozen
class Marks:
    """The last ``seq`` that each side has read."""

    customer: int
    mitra: int


@frozen
class WaitingExtension:
    """The extension that a chat waits for; ``price`` in whole rupiah."""

    extension_id: UUID
    duration_minutes: int
    price: int
    requested_at: datetime
    expires_at: datetime
    timeout_seconds: int
    default_action: TimeoutPolicy


@frozen
class ChatInfo(Session):
    """A chat with how much was said in it, and what it waits for."""

    last_seq: int
    read: Marks
    pending_extension: WaitingExtension | None


@frozen
class PastOfCustomer:
    """One chat as its customer looks back at it."""

    session_id: UUID
    mitra: Person
    status: SessionStatus
    mode: Mode
    started_at: datetime
    ended_at: datetime | None
    duration_minutes: int
    end_reason: EndReason | None
    closing_message: str | None = field(repr=False)


@frozen
class PastOfMitra:
    """One chat as its mitra looks back at it."""

    session_id: UUID
    customer: Person
    status: SessionStatus
    mode: Mode
    started_at: datetime
    ended_at: datetime | None
    duration_minutes: int
    end_reason: EndReason | None
    closing_message: str | None = field(repr=False)


@frozen
class HistoryOfCustomer:
    """A page of a customer's chats, live ones too."""

    rows: tuple[PastOfCustomer, ...]
    next: str | None


@frozen
class HistoryOfMitra:
    """A page of a mitra's past chats."""

    rows: tuple[PastOfMitra, ...]
    next: str | None


def message(said: port.Message) -> Message:
    """Show a message."""
    return Message(said.seq, said.sender, said.client_message_id, said.text, said.sent_at)


def messages(page: port.Page) -> Messages:
    """Show a page of a chat."""
    rows = tuple(message(one) for one in page.rows)
    return Messages(rows, rows[-1].seq if page.more and rows else None)


def chat_info(seen: InfoSeen, policy: TimeoutPolicy) -> ChatInfo:
    """Show a chat with everything; ``policy`` is what silence means at this moment."""
    talk = seen.seen.talk
    if talk is None:
        raise LookupError("this chat was read without its counters")
    return ChatInfo(
        **asdict(session(seen.seen, seen.now), recurse=False),
        last_seq=talk.last_seq,
        read=Marks(talk.customer_read_seq, talk.mitra_read_seq),
        pending_extension=None if seen.extension is None else waiting_extension(seen.extension, policy),
    )


def waiting_extension(seen: ExtensionSeen, policy: TimeoutPolicy) -> WaitingExtension:
    """Show what a chat waits for; ``policy`` is what silence means at this moment."""
    asked = seen.extension
    return WaitingExtension(
        extension_id=asked.id,
        duration_minutes=asked.requested_duration_minutes,
        price=asked.requested_price,
        requested_at=asked.requested_at,
        expires_at=asked.deadline_at,
        timeout_seconds=asked.timeout_seconds,
        default_action=policy,
    )


def past_of_customer(past: port.Past) -> PastOfCustomer:
    """Show a customer one of their chats."""
    chat = past.seen.session
    return PastOfCustomer(
        session_id=chat.id,
        mitra=person(past.seen.mitra),
        status=chat.status,
        mode=chat.mode,
        started_at=chat.started_at,
        ended_at=chat.ended_at,
        duration_minutes=past.duration_minutes,
        end_reason=chat.end_reason,
        closing_message=past.closing_message,
    )


def past_of_mitra(past: port.Past) -> PastOfMitra:
    """Show a mitra one of their chats."""
    chat = past.seen.session
    return PastOfMitra(
        session_id=chat.id,
        customer=person(past.seen.customer),
        status=chat.status,
        mode=chat.mode,
        started_at=chat.started_at,
        ended_at=chat.ended_at,
        duration_minutes=past.duration_minutes,
        end_reason=chat.end_reason,
        closing_message=past.closing_message,
    )
