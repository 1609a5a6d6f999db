"""Telling others, as ports: nudges between instances, and the frames that people wait for.

A nudge says only "look again"; whoever misses one looks a little later by itself. A frame row is durable: it
was committed with the state it tells of, names people and objects by id, and never holds what anybody typed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.flow.effects import Audience
from halobestie_core.ports.presence import User


class Topic(StrEnum):
    """What may be worth another look."""

    CONFIG = "config"
    PRESENCE = "presence"
    PICTURE = "picture"
    DEADLINE = "deadline"
    REVOCATION = "revocation"


@frozen
class OutboxFrame:
    """One row of the outbox that becomes a frame. Rows of one ``stream`` go out in the order of their ids."""

    id: int
    stream: str
    audience: Audience
    frame: str
    ids: Mapping[str, str]
    at: datetime


class WhisperKind(StrEnum):
    """What may be whispered."""

    TYPING = "typing"
    READ = "read"
    PEER = "peer"


@frozen
class Whisper:
    """Something for one person that may be lost: ids, a number or a word, never what anybody typed.

    ``seq`` belongs to READ, ``state`` to PEER. ``ask``: whoever holds a socket of ``to`` shall say in turn
    how that person stands.
    """

    kind: WhisperKind
    by: User
    to: User
    session_id: UUID
    seq: int = 0
    state: str = ""
    ask: bool = False


class Whispers(Protocol):
    """Whispers to every instance, this one included; while the way is down, to this one alone."""

    def whisper(self, whisper: Whisper) -> None:
        """Send one, soon. Never waits and never fails; it may be lost."""
        ...

    def on_whispers(self, callback: Callable[[Sequence[Whisper]], None]) -> None:
        """Call ``callback`` with what arrives; it must not wait or fail."""
        ...


class Nudges(Protocol):
    """Nudges to every instance, this one included."""

    def publish(self, topic: Topic) -> None:
        """Nudge all, soon. Never waits and never fails; several at once may arrive as one, or not at all."""
        ...

    def subscribe(self, topic: Topic, callback: Callable[[], None]) -> None:
        """Call ``callback`` at every nudge; it must not wait or fail."""
        ...


class FrameBus(Protocol):
    """Carries frames to every instance, this one included, while it is up."""

    @property
    def is_up(self) -> bool:
        """Whether frames sent anywhere reach this instance now."""
        ...

    async def is_reachable(self) -> bool:
        """Look whether sending has a chance."""
        ...

    async def send(self, frames: Sequence[OutboxFrame]) -> None:
        """Hand frames to every instance that listens, in this order. Raises the store's unavailability."""
        ...

    def on_frames(self, callback: Callable[[Sequence[OutboxFrame]], None]) -> None:
        """Call ``callback`` with what arrives; it must not wait or fail."""
        ...

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """Call ``callback`` when ``is_up`` changes. While it was down, frames may have passed unheard."""
        ...


@frozen
class Claim:
    """Frames that are ours to send now; ``more``: others may wait, to be claimed soon."""

    frames: Sequence[OutboxFrame]
    more: bool = False


class FrameOutbox(Protocol):
    """Where frames wait until they were sent."""

    def claimed(self, limit: int) -> AbstractAsyncContextManager[Claim]:
        """Take at most ``limit`` unsent frames, so that nobody else sends them meanwhile.

        They count as sent when the block ends, and not when it raises. None is taken while an earlier one of
        its stream is unsent and with somebody else.
        """
        ...

    async def recent(
        self, seconds: float, customers: Collection[UUID], mitras: Collection[UUID]
    ) -> Sequence[OutboxFrame]:
        """Return the frames of the last ``seconds``, sent or not, for these people or whoever was offered."""
        ...
