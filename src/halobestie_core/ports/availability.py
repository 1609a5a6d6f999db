"""Who is free to be asked, as a port: answered from memory, never waited for. Knows no rule of eligibility.

The picture is a few seconds old at most; one that is older is no picture, and every answer is then ``None``.
"""

from typing import Protocol
from uuid import UUID


class Availability(Protocol):
    """The present picture of the house."""

    def count(self) -> int | None:
        """Return how many mitras are eligible; ``None`` when that is not known."""
        ...

    def is_eligible(self, mitra_id: UUID) -> bool | None:
        """Return whether this mitra is eligible (a stranger is not); ``None`` when that is not known."""
        ...
