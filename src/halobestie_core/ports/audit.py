"""The recorded moves of one aggregate, as a port: for operators who look into a case. Reading alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.audit import Verdict


@frozen
class Line:
    """One recorded move. ``actor_name``: an operator's is their e-mail; ``None`` for whoever is nobody.

    ``facts`` are the command's fields: all that its guards saw besides the aggregate itself.
    """

    version: int
    at: datetime
    machine: str
    from_state: str | None
    to_state: str
    command: str
    event: str
    cause_tag: str | None
    actor_type: str
    actor_id: UUID | None
    actor_name: str | None
    facts: object
    fingerprint: str
    previous_hash: bytes | None
    hash: bytes


class Audits(Protocol):
    """The log, read by aggregate. ``machine`` is one of the five tables' names."""

    async def lines(self, machine: str, aggregate_id: UUID, after: int, limit: int) -> Sequence[Line]:
        """Return at most ``limit`` moves of versions above ``after``, in order."""
        ...

    async def verdict(self, machine: str, aggregate_id: UUID) -> Verdict | None:
        """Decide every move anew and compare with the row; ``None``: there is neither."""
        ...
