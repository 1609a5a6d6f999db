"""The operator-tunable settings as they are kept, as a port. Knows no key and no bound: see `settings`."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen


@frozen
class Stored:
    """One setting as it stands: its value in JSON's terms, and when it was last written."""

    key: str
    value: object
    updated_at: datetime


class ConfigUnit(Protocol):
    """One change of settings under way: nobody else changes any meanwhile."""

    @property
    def stored(self) -> Mapping[str, Stored]:
        """What stands under the lock, by key."""
        ...

    async def save(
        self, values: Mapping[str, object], author: UUID, *, house_changed: bool
    ) -> Sequence[Stored]:
        """Write the values with one history row each, and commit; return what was written.

        ``author`` is an operator. ``house_changed``: more mitras may be eligible now, so a *later* command
        that offers them what is open is queued in the same transaction.
        """
        ...


class ConfigStore(Protocol):
    """Where settings are kept."""

    async def stored(self) -> Sequence[Stored]:
        """Return every setting there is, also ones that this version does not know."""
        ...

    def unit(self) -> AbstractAsyncContextManager[ConfigUnit]:
        """Open a change; leaving it without ``save`` changes nothing. Raises the store's `Busy`."""
        ...
