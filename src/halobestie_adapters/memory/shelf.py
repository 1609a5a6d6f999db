"""A shelf: rows of one kind by id, with the rules of which there may be only one. Knows no kind of row.

Every change is written down in a journal, so that a transaction that fails half-way can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeAlias, TypeVar, final
from uuid import UUID

from attrs import define, field, frozen

from halobestie_adapters.errors import Clash, Conflict, RuleBroken

Row = TypeVar("Row")

Journal: TypeAlias = list[Callable[[], None]]
"""What undoes a transaction, to be called from the last to the first."""


def undo(journal: Journal) -> None:
    """Make everything as it was before."""
    while journal:
        journal.pop()()


@frozen
class Unique(Generic[Row]):
    """At most one row has each key; ``None``: the row is not concerned. ``name`` is the constraint's."""

    name: str
    clash: Clash
    key: Callable[[Row], Hashable | None]


@final
@define
class Shelf(Generic[Row]):
    """Rows by id, in the order in which they were first put there."""

    name: str
    uniques: tuple[Unique[Row], ...] = ()
    rows: dict[UUID, Row] = field(factory=dict, init=False)
    _holders: dict[tuple[str, Hashable], UUID] = field(factory=dict, init=False)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, row_id: UUID | None) -> Row | None:
        """Return a row, or ``None``."""
        return None if row_id is None else self.rows.get(row_id)

    def holder(self, rule: str, key: Hashable | None) -> Row | None:
        """Return the one row that has this key by a unique rule, or ``None``."""
        return self.get(self._holders.get((rule, key)))

    def add(self, row_id: UUID, row: Row, journal: Journal) -> None:
        """Put a new row. Raises RuleBroken if its id is known, Conflict if a rule excludes it."""
        if row_id in self.rows:
            raise RuleBroken(f"{self.name}_pkey", f"{row_id} is there already")
        self.put(row_id, row, journal)

    def put(self, row_id: UUID, row: Row, journal: Journal) -> None:
        """Put a row in the place of the one before it. Raises Conflict."""
        before = self.rows.get(row_id)
        journal.append(lambda: self._restore(row_id, before, row))
        if before is not None:
            self._release(row_id, before)
        self.rows[row_id] = row
        for rule in self.uniques:
            key = rule.key(row)
            if key is None:
                continue
            if self._holders.setdefault((rule.name, key), row_id) != row_id:
                raise Conflict(rule.clash, rule.name)

    def _restore(self, row_id: UUID, before: Row | None, after: Row) -> None:
        self._release(row_id, after)
        if before is None:
            del self.rows[row_id]
            return
        self.rows[row_id] = before
        for rule in self.uniques:
            if (key := rule.key(before)) is not None:
                self._holders[rule.name, key] = row_id

    def _release(self, row_id: UUID, row: Row) -> None:
        for rule in self.uniques:
            key = (rule.name, rule.key(row))
            if self._holders.get(key) == row_id:
                del self._holders[key]


__all__ = ["Journal", "Shelf", "Unique", "undo"]
