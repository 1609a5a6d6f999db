"""The town: instances, and the ways in which people use them. Knows no person's habits and no rule.

An asker is answered, refused, or hears nothing (its instance died, or the store did not say); then it may ask
again under the same key, as apps do, perhaps another instance.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from attrs import define, field

from halobestie_adapters.errors import StoreError
from halobestie_adapters.ids import Uuid7
from halobestie_adapters.memory import Tables
from halobestie_app.problems import Problem
from halobestie_app.simulation.instance import Instance, Outside
from halobestie_app.simulation.prices import PriceBook
from halobestie_app.simulation.watch import Watch
from halobestie_app.simulation.weather import likely
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.reasons import SENTENCES

T = TypeVar("T")
Call = Callable[[Instance, Attempt], Awaitable[object]]
"""What is asked of an instance, and under which key."""

TRIES: Final = 4
_REASONS: Final = {sentence: reason for reason, sentence in SENTENCES.items()}
_EFFECTS: Final = ("payment", "request")
"""Under these names the answers to keyed commands have what the command made."""


class Lost(Exception):
    """Nobody answered; whether it was done is unknown."""


@define
class Town:
    """Everything there is tonight."""

    chance: Random
    outside: Outside
    watch: Watch
    customers: tuple[UUID, ...]
    mitras: tuple[UUID, ...]
    operators: tuple[UUID, ...]
    instances: list[Instance] = field(factory=list)
    refusals: Counter[str] = field(factory=Counter)
    is_open: bool = True
    awake: asyncio.Event = field(factory=asyncio.Event)
    new_key: Uuid7 = field(init=False)
    prices: PriceBook = field(init=False)
    keys: set[UUID] = field(factory=set)
    heard: dict[int, str] = field(factory=dict)
    """Frames that reached the sockets: their ids in the order of their first arrival, and their streams."""

    def __attrs_post_init__(self) -> None:
        clock = self.outside.tables.clock
        self.new_key = Uuid7(lambda: int(clock.now.timestamp() * 1000), self.chance.getrandbits)

    @property
    def tables(self) -> Tables:
        """The one database."""
        return self.outside.tables

    def hear(self, frames: Sequence[OutboxFrame]) -> None:
        """Take frames as the sockets do."""
        for frame in frames:
            self.heard.setdefault(frame.id, frame.stream)

    async def ask(self, call: Call, *, keyed: bool = False) -> object:
        """Ask for something as an app would: again if nobody answers. Gives ``None`` for a refusal.

        ``keyed``: under a key of its own, so that asking again cannot do it twice; at times twice at once.
        """
        key = self.new_key()
        self.keys.add(key)
        if keyed and likely(self.chance, 0.1):
            both = (self._try(call, Attempt(key)), self._try(call, Attempt(key, again=True)))
            answers = await asyncio.gather(*both, return_exceptions=True)
            return self._one_effect(key, *answers)
        for number in range(TRIES if keyed or likely(self.chance, 0.5) else 1):
            try:
                answer = await self._try(call, Attempt(key, again=number > 0))
            except Lost:
                await asyncio.sleep(self.chance.uniform(0.0, 2.0))
                continue
            except Problem as problem:
                self._refused(problem)
                return None
            return self._one_effect(key, answer) if keyed else answer
        return None

    async def deliver(self, call: Callable[[Instance], Awaitable[object]]) -> None:
        """Bring something that nobody waits for the answer of. Raises `Lost`."""
        await self._try(lambda here, _key: call(here), Attempt(UUID(int=0)))

    async def _try(self, call: Call, attempt: Attempt) -> object:
        up = [one for one in self.instances if one.is_up]
        if not up:
            raise Lost
        here = self.chance.choice(up)
        work = here.begin(_guarded(call(here, attempt)))
        if likely(self.chance, 0.02):
            await asyncio.wait({work}, timeout=self.chance.uniform(0.0, 0.05))
        else:
            await asyncio.wait({work})
        if not work.done():
            work.add_done_callback(_unread)
            raise Lost
        if work.cancelled():
            raise Lost
        return work.result()

    def _refused(self, problem: Problem) -> None:
        reason = _REASONS.get(problem.detail)
        self.refusals[f"{problem.code.name}" if reason is None else f"reason {reason}"] += 1

    def _one_effect(self, key: UUID, *answers: object) -> object:
        """T5: what was made under a key is what is answered; a repeat of what stands makes nothing."""
        good = []
        for answer in answers:
            if isinstance(answer, Problem):
                self._refused(answer)
            elif isinstance(answer, BaseException) and not isinstance(answer, Lost):
                raise answer
            elif not isinstance(answer, BaseException):
                good.append(answer)
        exists = key in self.tables.payments.rows or key in self.tables.requests.rows
        if good and exists and all(_made(one) != key for one in good):
            self.watch.breaches.append(
                f"T5: {key} was made, and answered with {[_made(one) for one in good]}"
            )
        return good[-1] if good else None


async def _guarded(work: Awaitable[T]) -> T:
    """What the shell around a use case does: a store that failed is an answer without content."""
    try:
        return await work
    except StoreError as failed:
        raise Lost from failed


def _unread(work: "asyncio.Task[object]") -> None:
    """Nobody hears the answer; a mistake is one all the same."""
    wrong = None if work.cancelled() else work.exception()
    if wrong is not None and not isinstance(wrong, (Problem, Lost)):
        raise wrong


def _made(answer: Any) -> UUID | None:  # noqa: ANN401 - any of the answers to keyed commands
    for name in _EFFECTS:
        found = getattr(answer, name, None)
        if found is not None:
            made: UUID = found.id
            return made
    own: UUID | None = getattr(answer, "id", None)
    return own


__all__ = ["Call", "Lost", "Town"]
