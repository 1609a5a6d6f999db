"""Guards: named yes-or-no questions, combined with ``&``, ``|`` and ``~``. Knows no table.

An atom asks one thing, either of the snapshot alone (``@of_snapshot``) or of the command too
(``@of_command``). The split lets a table say what is allowed *now* without having a command in hand, and lets
the proof and the independent interpreter try every outcome of every atom.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

# A snapshot and a command are of whatever classes the table names; the table's own tests hold them together.
Test = Callable[[Any, Any, datetime], bool]


@frozen
class Guard(ABC):
    """A question with a readable name; ``holds`` answers it for one snapshot, command and instant."""

    name: str

    @abstractmethod
    def holds(self, snapshot: object, command: object, now: datetime) -> bool:
        """Answer for this very case; written out in each class, since every decision goes this way."""

    def maybe(self, snapshot: object, now: datetime) -> bool | None:
        """Answer from the snapshot alone; ``None`` where it depends on the command."""
        return self.judge(lambda atom: atom.test(snapshot, None, now) if not atom.needs_command else None)

    @abstractmethod
    def judge(self, answer: "Callable[[Atom], bool | None]") -> bool | None:
        """Combine the atoms' answers; ``None`` is *unknown* and spreads only as far as it must."""

    @abstractmethod
    def atoms(self) -> "frozenset[Atom]":
        """Return every atom that this guard asks."""

    def under(self, outcomes: "Mapping[Atom, bool]") -> bool:
        """Return what this guard says when its atoms are answered by ``outcomes``."""
        return self.judge(lambda atom: outcomes[atom]) is True

    def __and__(self, other: "Guard") -> "Guard":
        return Both(f"{self.name} and {other.name}", self, other)

    def __or__(self, other: "Guard") -> "Guard":
        return Not(f"{self.name} or {other.name}", ~self & ~other)

    def __invert__(self) -> "Guard":
        return Not(f"not {self.name}", self)

    def called(self, name: str) -> "Guard":
        """Return the same question under a name of its own, for tables and pictures."""
        return Named(name, self)


@frozen
class Atom(Guard):
    """One question that cannot be taken apart; ``meaning`` is its sentence for the generated pages."""

    test: Test = field(eq=False)
    needs_command: bool
    meaning: str = field(eq=False)

    def holds(self, snapshot: object, command: object, now: datetime) -> bool:
        """Put the question."""
        return self.test(snapshot, command, now)

    def judge(self, answer: "Callable[[Atom], bool | None]") -> bool | None:
        """Take the answer given."""
        return answer(self)

    def atoms(self) -> "frozenset[Atom]":
        """Return this one."""
        return frozenset({self})


@frozen
class Not(Guard):
    """The opposite."""

    inner: Guard

    def holds(self, snapshot: object, command: object, now: datetime) -> bool:
        """Turn the answer round."""
        return not self.inner.holds(snapshot, command, now)

    def judge(self, answer: "Callable[[Atom], bool | None]") -> bool | None:
        """Turn the answer round; unknown stays unknown."""
        inner = self.inner.judge(answer)
        return None if inner is None else not inner

    def atoms(self) -> "frozenset[Atom]":
        """Return those inside."""
        return self.inner.atoms()


@frozen
class Both(Guard):
    """Two questions that must both hold."""

    left: Guard
    right: Guard

    def holds(self, snapshot: object, command: object, now: datetime) -> bool:
        """Ask the second only if the first holds."""
        return self.left.holds(snapshot, command, now) and self.right.holds(snapshot, command, now)

    def judge(self, answer: "Callable[[Atom], bool | None]") -> bool | None:
        """Say no as soon as one says no."""
        left = self.left.judge(answer)
        if left is False:  # as Python's own `and`: later atoms may lean on earlier ones
            return False
        right = self.right.judge(answer)
        if right is False:
            return False
        return None if left is None or right is None else True

    def atoms(self) -> "frozenset[Atom]":
        """Return those of both."""
        return self.left.atoms() | self.right.atoms()


@frozen
class Named(Guard):
    """A combination with a name of its own."""

    inner: Guard

    def holds(self, snapshot: object, command: object, now: datetime) -> bool:
        """Ask what it names."""
        return self.inner.holds(snapshot, command, now)

    def judge(self, answer: "Callable[[Atom], bool | None]") -> bool | None:
        """Ask what it names."""
        return self.inner.judge(answer)

    def atoms(self) -> "frozenset[Atom]":
        """Return those inside."""
        return self.inner.atoms()


@frozen
class Always(Guard):
    """No question at all."""

    def holds(self, snapshot: object, command: object, now: datetime) -> bool:
        """Say yes."""
        return True

    def judge(self, answer: "Callable[[Atom], bool | None]") -> bool | None:
        """Say yes."""
        return True

    def atoms(self) -> "frozenset[Atom]":
        """Return none."""
        return frozenset()


always = Always("always")


def of_snapshot(test: Callable[[Any, datetime], bool]) -> Atom:
    """Make an atom of a predicate on (snapshot, now); its name is the function's, in words."""
    return Atom(
        _words(test),
        lambda snapshot, _command, now: test(snapshot, now),
        needs_command=False,
        meaning=_meaning(test),
    )


def of_command(test: Test) -> Atom:
    """Make an atom of a predicate on (snapshot, command, now)."""
    return Atom(_words(test), test, needs_command=True, meaning=_meaning(test))


def _words(test: Callable[..., bool]) -> str:
    return test.__name__.replace("_", " ")


def _meaning(test: Callable[..., bool]) -> str:
    return (test.__doc__ or "").strip()
