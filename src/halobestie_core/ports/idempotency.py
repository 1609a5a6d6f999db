"""Commands that may come twice under one key, as a port: who is at it, and what the first answer was.

A key belongs to one caller and one request. A *claim* begins a try of it, for as long as a lease; the try
ends with an answer that is kept, or is released. What the command creates gets the same id at every try.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, Protocol, TypeAlias
from uuid import UUID

from attrs import field, frozen

from halobestie_core.ports.presence import User

KEPT: Final = timedelta(hours=24)
"""How long a key is known, from its first try; later it is as good as new."""


@frozen
class Attempt:
    """One try of a command with a key.

    ``id`` is that of whatever the command creates. ``again``: an earlier try may have created it already.
    """

    id: UUID
    again: bool = False


@frozen
class KeyOf:
    """Whose key; the same text of two callers is two keys."""

    caller: User
    key: str


@frozen
class Claim:
    """A try that has begun. ``tries`` is its number; the first of a key is 1."""

    of: KeyOf
    effect_id: UUID
    tries: int

    @property
    def attempt(self) -> Attempt:
        """What the command is told."""
        return Attempt(self.effect_id, again=self.tries > 1)


@frozen
class FirstAnswer:
    """What was answered: the status, such headers as belong to it, and the body to the letter."""

    status: int
    body: str = field(repr=False)
    headers: Mapping[str, str] = field(factory=dict)


@frozen
class Running:
    """Another try has not come to its end, and its lease is not over."""


@frozen
class Different:
    """The key was used for another request."""


Claimed: TypeAlias = Claim | FirstAnswer | Running | Different


class IdempotencyKeys(Protocol):
    """Where keys are kept. Nothing here waits for another try; every call may raise unavailability."""

    async def claim(self, of: KeyOf, hashes: Sequence[bytes], effect_id: UUID, lease: timedelta) -> Claimed:
        """Begin a try, or say why not.

        ``hashes`` are those of the request, 32 bytes each, the first to be remembered (more than one while
        the key that makes them is turned over). ``effect_id`` is taken if the key is new.
        """
        ...

    async def keep(self, claim: Claim, answer: FirstAnswer) -> None:
        """End a try with its answer; nothing is changed when another has begun since."""
        ...

    async def release(self, claim: Claim) -> None:
        """End a try without one; the next may begin at once, and has the same effect."""
        ...

    async def purge(self, limit: int) -> int:
        """Forget at most so many keys that are older than `KEPT`; gives how many."""
        ...
