"""The house: how each mitra stands, and what the presence table makes of it. Knows no customer.

A mitra is away, here, silent (switched on, but too long not heard of) or blocked. Each step is decided by
the same function as everything else.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import permutations
from typing import Final

from attrs import define, field, frozen

from halobestie_core import presence
from halobestie_core.explore.ask import Ask, Standing, Wish
from halobestie_core.explore.coverage import Entry, seen
from halobestie_core.explore.moving import every_move_is_a_row
from halobestie_core.explore.night import BEFORE, MITRAS, NOW, Night
from halobestie_core.explore.turning import Turn, Unmoved
from halobestie_core.flow.availability import House as Rules
from halobestie_core.flow.decide import Moved, decide
from halobestie_core.flow.effects import MitraBecameEligible, MitraShutOut, MitraWentAway
from halobestie_core.flow.evening import Evening
from halobestie_core.presence import MitraPresence, PresenceStatus

STANDINGS: Final = tuple(Standing)
_RULES: Final = Rules(cap=1, stale_after_seconds=45, require_ping=True)
_SILENT: Final = NOW - timedelta(seconds=46)
_WISHES: Final[Mapping[str, object]] = {
    "go_online": presence.GoOnline(),
    "go_offline": presence.GoOffline(),
    "heartbeat": presence.Heartbeat(NOW),
    "sweep": presence.Stale(_RULES.require_ping, _RULES.stale_after_seconds),
    "block": presence.Block(),
    "unblock": presence.Unblock(),
}
_SNAPSHOTS: Final[Mapping[Standing, MitraPresence]] = {
    Standing.AWAY: MitraPresence(MITRAS[0]),
    Standing.HERE: MitraPresence(MITRAS[0], PresenceStatus.ONLINE, NOW),
    Standing.SILENT: MitraPresence(MITRAS[0], PresenceStatus.ONLINE, _SILENT),
    Standing.BLOCKED: MitraPresence(MITRAS[0], blocked_at=BEFORE),
}


def standing_of(mitra: MitraPresence) -> Standing:
    """Return how a mitra stands."""
    if mitra.is_blocked:
        return Standing.BLOCKED
    if not mitra.is_online:
        return Standing.AWAY
    return Standing.HERE if _RULES.is_here(mitra, NOW) else Standing.SILENT


@frozen
class Step:
    """One way in which a mitra's standing changes."""

    verb: str
    after: Standing
    breaches: tuple[tuple[str, str], ...] = ()


@define
class House:
    """The steps of one mitra, and the ways in which mitras may change names."""

    mitras: int
    seen: Counter[Entry] = field(factory=Counter)
    steps: dict[Standing, tuple[Step, ...]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.steps = {standing: tuple(self._steps(standing)) for standing in STANDINGS}

    def _steps(self, before: Standing) -> Iterator[Step]:
        if before is Standing.HERE:
            yield Step("falls_silent", Standing.SILENT)
        for verb, command in _WISHES.items():
            evening = Evening(mitra=_SNAPSHOTS[before])
            verdict = decide(evening, command, NOW)
            if isinstance(verdict, Moved):
                turn = Turn(Ask(verb), Night(), Night(), verdict, command, evening)
                self.seen.update(seen(turn))
                after = verdict.after.mitra or _SNAPSHOTS[before]
                yield Step(verb, standing_of(after), tuple(_breaches(turn, before, standing_of(after))))
            else:
                self.seen.update(seen(Unmoved(Ask(verb), Wish(evening, command), verdict)))

    # -- presences by number ---------------------------------------------------------------------------------

    def standings(self, presence_number: int) -> tuple[Standing, ...]:
        """Return how each mitra stands."""
        return tuple(STANDINGS[presence_number >> 2 * n & 3] for n in range(self.mitras))

    @property
    def orders(self) -> tuple[tuple[int, ...], ...]:
        """Every way of giving the mitras each other's names; the first changes nothing."""
        return tuple(permutations(range(self.mitras)))

    def renamed(self, presence_number: int, order: tuple[int, ...]) -> int:
        """Return the presences in which mitra ``n`` is called ``order[n]``."""
        return sum((presence_number >> 2 * n & 3) << 2 * to for n, to in enumerate(order))


def left_when_it_matters(turn: Turn, before: Standing, after: Standing) -> Iterator[str]:
    """T4: later, who comes is offered what is open; who goes loses the offers; who is shut out, the chats.

    A heartbeat after a silence is offered what is open by the statement that writes it
    (docs/decisions/heartbeats.md).
    """
    later = () if turn.verdict is None else turn.verdict.later
    left = {type(command) for command in later}
    comes = after is Standing.HERE and not before.is_online
    goes = before.is_online and not after.is_online
    if comes and MitraBecameEligible not in left:
        yield "a mitra is free and is offered nothing later"
    if goes and MitraWentAway not in left:
        yield "a mitra went away and keeps the offers"
    if after is Standing.BLOCKED and before is not after and MitraShutOut not in left:
        yield "a mitra is shut out and keeps the chats"


def swept_for_silence_alone(turn: Turn, before: Standing, _after: Standing) -> Iterator[str]:
    """C3, T2: only who was silent too long is swept; a heartbeat that came first wins."""
    if turn.ask.verb == "sweep" and before is not Standing.SILENT:
        yield f"swept while {before}"


PRESENCE_LAWS: Final = (left_when_it_matters, swept_for_silence_alone)


def _breaches(turn: Turn, before: Standing, after: Standing) -> Iterator[tuple[str, str]]:
    for law in PRESENCE_LAWS:
        yield from ((law.__name__, said) for said in law(turn, before, after))
    yield from ((every_move_is_a_row.__name__, said) for said in every_move_is_a_row(turn))
