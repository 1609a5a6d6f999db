"""What an auditor reads and says: rows of the log, aggregates, differences, verdicts. Decides nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from halobestie_core.wire import to_wire


@frozen
class Entry:
    """One row of the log as it was found. ``body`` is the text that was hashed, ``said`` the same as JSON.

    ``place`` grows with every row that is written, of whatever aggregate.
    """

    place: int
    machine: str
    aggregate_id: UUID
    version: int
    from_state: str | None
    to_state: str
    command: str
    event: str
    cause_tag: str | None
    actor_type: str
    actor_id: UUID | None
    at: datetime
    facts: object
    fingerprint: str
    body: str
    said: object
    previous_hash: bytes | None
    hash: bytes

    def columns(self) -> dict[str, object]:
        """Return what the body has to say, by the columns that repeat it."""
        return {
            "machine": self.machine,
            "aggregate_id": str(self.aggregate_id),
            "version": self.version,
            "from_state": self.from_state,
            "to_state": self.to_state,
            "command": self.command,
            "event": self.event,
            "cause_tag": self.cause_tag,
            "actor_type": self.actor_type,
            "actor_id": None if self.actor_id is None else str(self.actor_id),
            "at": to_wire(self.at),
            "facts": self.facts,
            "fingerprint": self.fingerprint,
        }


@frozen
class Standing:
    """An aggregate's row: its snapshot, and when the row says that the clock must look at it."""

    snapshot: Any
    wake_at: datetime | None = None


@frozen
class Difference:
    """One thing that is not as it must be; ``version`` is that of the move, ``None``: it is about the row."""

    machine: str
    aggregate_id: UUID
    version: int | None
    sentence: str

    def __str__(self) -> str:
        move = "" if self.version is None else f", move {self.version}"
        return f"{self.machine} {self.aggregate_id}{move}: {self.sentence}"


@frozen
class Verdict:
    """What an audit of one aggregate found.

    ``checked`` moves agree. ``other_versions`` of them were decided by another version of the table: of
    those the chain and the states were checked, and what today's table cannot repeat is not held against
    them.
    """

    checked: int
    difference: Difference | None = None
    other_versions: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing differs."""
        return self.difference is None
