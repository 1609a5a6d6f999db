"""What is said in chats, as ports: written once, numbered without a gap, read by its two sides only.

Texts come and go in the clear here and are never kept so. Knows no socket and no frame.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from halobestie_core.chat import SessionStatus
from halobestie_core.ports.presence import User
from halobestie_core.ports.reads import SessionSeen
from halobestie_core.reasons import Reason
from halobestie_core.words import Side


class NotTheirs(Exception):
    """There is no such chat of this person's; ``exists``: there is one, of other people's."""

    def __init__(self, *, exists: bool) -> None:
        super().__init__(exists)
        self.exists = exists


@frozen
class Message:
    """One message. ``text`` is ``None`` once its author was erased."""

    seq: int
    sender: Side
    client_message_id: UUID
    text: str | None = field(repr=False)
    sent_at: datetime


@frozen
class Written:
    """It is kept; ``repeated``: and was before."""

    message: Message
    repeated: bool = False


@frozen
class Unwritten:
    """It is not kept, and nothing has changed."""

    reason: Reason
    status: SessionStatus


@frozen
class Page:
    """Messages in their order; ``more``: others follow."""

    rows: Sequence[Message]
    more: bool


@frozen
class Missed:
    """What one person missed in one chat; ``last_seq`` is that of the whole chat at the moment of reading."""

    session_id: UUID
    last_seq: int
    rows: Sequence[Message]


@frozen
class Mark:
    """How far one side has read; ``moved``: further than before. ``other`` is the other side."""

    seq: int
    moved: bool
    other: User


@frozen
class Past:
    """A chat in somebody's history; ``duration_minutes`` counts accepted extensions too."""

    seen: SessionSeen
    duration_minutes: int
    closing_message: str | None = field(repr=False)


@frozen
class Place:
    """Where a page of a history ended: the chat shown last."""

    started_at: datetime
    session_id: UUID


class Messages(Protocol):
    """Where chats' words are kept. ``who`` is a customer or a mitra, who may be no side of the chat named."""

    async def write(
        self, who: User, session_id: UUID, client_message_id: UUID, text: str
    ) -> Written | Unwritten:
        """Keep a message, and say so only after the commit. Raises NotTheirs and the store's errors.

        The same id with the same text is the same message, whatever became of the chat since.
        """
        ...

    async def page(self, who: User, session_id: UUID, after_seq: int, limit: int) -> Page:
        """Give the messages behind ``after_seq``. Raises NotTheirs."""
        ...

    async def one(self, session_id: UUID, seq: int) -> Message | None:
        """Give one message, for a frame that names it. Judges nobody."""
        ...

    async def missed(self, who: User, after: Mapping[UUID, int], limit: int) -> Sequence[Missed]:
        """Give, in one round trip, at most ``limit`` messages of each chat behind the ``seq`` given for it.

        Chats that are not theirs are left out.
        """
        ...

    async def mark_read(self, who: User, session_id: UUID, seq: int) -> Mark:
        """Remember that they have read up to ``seq``; a mark never goes back, nor beyond what was said.

        Raises NotTheirs.
        """
        ...

    async def sealed_closing(self, customer_id: UUID, session_id: UUID, text: str) -> bytes:
        """Seal a customer's closing message, to be kept with the end of the chat. Raises NotTheirs."""
        ...

    async def closing(self, session_id: UUID) -> str | None:
        """Give the closing message that was kept. Judges nobody."""
        ...

    async def history(
        self, who: User, before: Place | None, limit: int
    ) -> tuple[Sequence[Past], Place | None]:
        """Give a page of somebody's chats, the latest first, and where the next begins.

        A customer sees live ones too, a mitra those that have ended.
        """
        ...


@frozen
class Rewrapped:
    """How many data keys were seen, wrapped anew, and are lost: no key of the deployment opens those."""

    seen: int
    rewrapped: int
    lost: int


class ChatKeys(Protocol):
    """Where wrapped data keys are kept."""

    async def rewrap(self) -> Rewrapped:
        """Wrap all of them by the newest key, a few at a time, while the server runs."""
        ...
