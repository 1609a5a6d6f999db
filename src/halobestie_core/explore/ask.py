"""An ask: one thing that happens to a night, with the facts that the locks would show. Decides nothing."""

from collections.abc import Callable
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from halobestie_core.explore.night import MITRAS, Night
from halobestie_core.flow.evening import Evening
from halobestie_core.words import TimeoutPolicy


class Standing(StrEnum):
    """A mitra as others' questions see them."""

    AWAY = "away"
    HERE = "here"
    SILENT = "silent"  # switched on, but not heard of for too long
    BLOCKED = "blocked"

    @property
    def is_online(self) -> bool:
        """Whether the switch is on."""
        return self in {Standing.HERE, Standing.SILENT}


@frozen(cache_hash=True)
class Ask:
    """One thing that happens: who it is about, and the facts that the locks would show."""

    verb: str
    slot: str = ""
    mitra: int | None = None
    standing: Standing | None = None
    load: int = 0
    cap: int = 1
    shown: frozenset[int] = frozenset()
    detail: str = ""
    flag: bool = False
    policy: TimeoutPolicy = TimeoutPolicy.AUTO_APPROVE
    connected: bool = False

    @property
    def target(self) -> UUID:
        """The mitra whom it is about."""
        return MITRAS[self.mitra or 0]

    @property
    def here(self) -> bool:
        """Whether that mitra is online and fresh."""
        return self.standing is Standing.HERE


@frozen
class Wish:
    """What is decided, on what was loaded."""

    evening: Evening
    command: object


Made = Wish | Night | None
"""A wish to decide, a night that changed by itself (time, or the gateway), or nothing."""


@frozen
class Verb:
    """How an ask is made: ``loads`` are the slots it sees, beside the one it is addressed to."""

    make: Callable[[Night, Ask], Made]
    loads: tuple[str, ...] = ()
