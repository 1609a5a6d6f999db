"""Erasing a person: asked for, waited for, done. Knows nobody's reasons, and no clock.

What is erased is who somebody was and what they said. Money, moves and counts stay, under an id that leads
to nobody.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

from halobestie_core.ports.presence import User
from halobestie_core.ports.store import Actor

PSEUDONYM: Final = "Akun dihapus"
"""How somebody who was erased is called."""


class Erased(StrEnum):
    """How far an erasure is."""

    WAITING = "waiting"
    """Something of theirs is open: a payment, a request, a chat, a fallback."""
    DONE = "erased"


class People(Protocol):
    """Where people are erased. All raise the store's errors."""

    async def ask(self, whom: User, by: Actor, reason: str | None) -> Erased | None:
        """Keep the wish, once per asker, and end every log-in; ``None``: there is no such person.

        Whoever was erased stays so.
        """
        ...

    async def erase(self, whom: User) -> Erased:
        """Erase somebody who is to be, unless something is open; once they are, again whatever came since."""
        ...

    async def is_busy(self, whom: User) -> bool:
        """Say whether something of theirs is open."""
        ...

    async def due(self, limit: int) -> Sequence[User]:
        """Take people to look at now; nobody else gets them for a while."""
        ...
