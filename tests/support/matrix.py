"""The authorisation matrix: what a row says, and the cells that it stands for. Knows no route.

Every route has one row, written by hand and not derived from the route: who is let in, and what then becomes
of something of one's own, of somebody else's, and of nothing. From it come the cells for everybody who tries.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from halobestie_app.problems import Code
from support.town import Situation, idle

Expected: TypeAlias = int | Code
"""A status of success, or a code with its own status."""


class Caller(StrEnum):
    """Who tries. The last three have everything right of somebody who is let in, but for one thing."""

    NOBODY = "nobody"
    CUSTOMER_A = "customer A"
    CUSTOMER_B = "customer B"
    MITRA_A = "mitra A"
    MITRA_B = "mitra B"
    OPERATOR = "operator"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WRONG_AUDIENCE = "wrong audience"

    @property
    def is_b(self) -> bool:
        """Whether what is their own is B's."""
        return self in (Caller.CUSTOMER_B, Caller.MITRA_B)

    @property
    def role(self) -> str:
        """What kind of person this is."""
        return self.value.split(" ")[0]


class Target(StrEnum):
    """What is tried on."""

    OWN = "own"
    OTHERS = "somebody else's"
    ABSENT = "absent id"


CUSTOMERS: Final = frozenset({Caller.CUSTOMER_A, Caller.CUSTOMER_B})
MITRAS: Final = frozenset({Caller.MITRA_A, Caller.MITRA_B})
PEOPLE: Final = CUSTOMERS | MITRAS
OPERATORS: Final = frozenset({Caller.OPERATOR})
WITH_OR_WITHOUT: Final = PEOPLE | {Caller.NOBODY}
"""A token may be left out; a wrong one is refused."""
ANYONE: Final = frozenset(Caller)

PUBLIC: Final = "public"
INTERNAL: Final = "internal"


@frozen
class Row:
    """One route: ``method path`` as the table of routes spells them, and what is expected.

    ``about`` names the id (of `Side.ids`) that stands in the path or the body: with one, ``others`` and
    ``absent`` say what becomes of somebody else's and of none. ``body`` and ``query`` hold ``{name}`` where
    an id belongs. ``situation`` is played once for each side, ``afresh`` again before every cell that is let
    in; ``more`` are situations in which the answer shows what it did not in the first.
    """

    route: str
    let_in: frozenset[Caller]
    own: Expected
    others: Expected | None = None
    absent: Expected | None = None
    about: str | None = field(default=None, kw_only=True)
    situation: Situation = field(default=idle, kw_only=True)
    body: Mapping[str, Any] | None = field(default=None, kw_only=True)
    query: str = field(default="", kw_only=True)
    afresh: Situation | None = field(default=None, kw_only=True)
    more: tuple[Situation, ...] = field(default=(), kw_only=True)
    streams: bool = field(default=False, kw_only=True)
    refusal: Code | None = field(default=None, kw_only=True)
    """What everybody hears who is not let in, where it is not the token that is asked for."""

    def __attrs_post_init__(self) -> None:
        with_id = (self.others is not None, self.absent is not None, self.about is not None)
        if len(set(with_id)) != 1:
            raise ValueError(f"{self.route}: somebody else's, nothing, and what they are about go together")

    @property
    def method(self) -> str:
        """The method."""
        return self.route.split(" ")[0]

    @property
    def path(self) -> str:
        """The path with its parameters' names."""
        return self.route.split(" ")[1]

    @property
    def targets(self) -> tuple[Target, ...]:
        """What can be tried on here: without an id, only what is one's own."""
        return tuple(Target) if self.about else (Target.OWN,)

    def expects(self, caller: Caller, target: Target) -> Expected:
        """What this caller hears."""
        if caller in self.let_in:
            by_target = {Target.OWN: self.own, Target.OTHERS: self.others, Target.ABSENT: self.absent}
            expected = by_target[target]
            if expected is None:
                raise LookupError(f"{self.route} names nothing that could be {target}")
            return expected
        if self.refusal is not None:
            return self.refusal
        inside = self.path.startswith("/internal")
        known = {Caller.OPERATOR} if inside else PEOPLE
        return Code.FORBIDDEN if caller in known else Code.UNAUTHENTICATED

    def cells(self) -> Iterator[tuple[Caller, Target]]:
        """Every cell: those first that change nothing."""
        every = [(caller, target) for target in self.targets for caller in Caller]
        yield from sorted(every, key=lambda cell: self._changes(*cell))

    def _changes(self, caller: Caller, target: Target) -> int:
        works = isinstance(self.expects(caller, target), int)
        return 0 if not works else 1 if target is Target.OWN else 2


def status(expected: Expected) -> int:
    """The status of what is expected."""
    return expected if isinstance(expected, int) else expected.status


def filled(value: Any, ids: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Put ids where their names stand."""
    if isinstance(value, str) and value.startswith("{"):
        return ids[value.strip("{}")]
    if isinstance(value, Mapping):
        return {name: filled(member, ids) for name, member in value.items()}
    return value
