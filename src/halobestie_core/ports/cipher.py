"""What keeps chat text secret at rest, as a port. Knows no store and no algorithm.

Each author has a data key of their own in each chat, which is kept wrapped by a key of the deployment. What
is sealed opens only where it belongs: the chat, the author and the place are sealed in with it.
"""

from typing import Final, Protocol
from uuid import UUID

from attrs import field, frozen

from halobestie_core.words import Side

CLOSING: Final = b"closing"
"""The place of a closing message."""


def message_place(client_message_id: UUID, seq: int) -> bytes:
    """Name the place of one message in its chat."""
    return b"message" + client_message_id.bytes + seq.to_bytes(8, "big")


@frozen
class WrappedKey:
    """One author's data key for one chat, as it may be kept; ``key_id`` names the key that wrapped it."""

    session_id: UUID
    author: Side
    key_id: str
    wrapped: bytes = field(repr=False)


class CannotOpen(Exception):
    """It was sealed with another key, for another place, or was changed since. Says no more, on purpose."""


class ChatCipher(Protocol):
    """Makes data keys, seals and opens. No I/O."""

    def new_key(self, session_id: UUID, author: Side) -> WrappedKey:
        """Make a data key, wrapped by the newest key of the deployment."""
        ...

    def seal(self, key: WrappedKey, place: bytes, text: str) -> bytes:
        """Seal a text into its place. Raises CannotOpen when the data key cannot be unwrapped."""
        ...

    def open(self, key: WrappedKey, place: bytes, sealed: bytes) -> str:
        """Give the text that was sealed into this place. Raises CannotOpen."""
        ...

    def rewrapped(self, key: WrappedKey) -> WrappedKey | None:
        """Wrap a data key anew by the newest key; ``None`` if it is already. Raises CannotOpen."""
        ...
