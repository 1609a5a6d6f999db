"""The lines of one instance to what is outside it: every call takes time, and may fail at either end.

They hand everything on to the ports in memory and change no answer. A dead instance's lines are cut.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast
from uuid import UUID

from attrs import define

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.memory import (
    MemoryConfigStore,
    MemoryFrameOutbox,
    MemoryStore,
)
from halobestie_app.simulation.weather import Fault, Weather, likely
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.config import ConfigUnit, Stored
from halobestie_core.ports.messages import Messages, Unwritten, Written
from halobestie_core.ports.notify import Claim, OutboxFrame
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import Actor, Loaded, Scope, Unit

Saved = Callable[[Moved, Actor, Loaded], None]
Wrote = Callable[[User, UUID, Written], None]

_WRITES: Final = frozenset(
    {
        "take_later",
        "fan_out",
        "withdraw_gone",
        "write",
        "mark_read",
        "begin",
        "errands",
        "done",
        "again",
        "hand_out",
        "seen",
    }
    | {"may_ask", "due", "put_off", "soon", "keep", "applied", "quarantine", "set_aside"}
)
UNKNOWN: Final = 0.03
"""So many of the commits are answered with an error, in a night of that fault."""


@define
class Plug:
    """What holds an instance's lines; pulled when it dies."""

    weather: Weather
    pulled: bool = False

    async def there(self) -> None:
        """Go to the database. Raises StoreUnavailable."""
        await self.weather.trip()
        if self.pulled:
            raise StoreUnavailable("this instance is dead")

    def loses_commit(self) -> bool:
        """Whether this commit is answered with an error."""
        return self.weather.strikes(Fault.COMMIT_UNKNOWN, UNKNOWN)


class Line:
    """A line to any port whose calls are single statements."""

    def __init__(self, port: object, plug: Plug) -> None:
        self._port = port
        self._plug = plug

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        call = getattr(self._port, name)

        async def over_the_line(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - any port's
            await self._plug.there()
            if name == "peek":
                await self._plug.weather.look()
            lost = name in _WRITES and self._plug.loses_commit()
            if lost and likely(self._plug.weather.chance, 0.5):
                raise StoreUnavailable("it was not done, and nobody knows")
            answer = await call(*given, **named)
            await self._plug.there()
            if lost:
                raise StoreUnavailable("it was done, and nobody knows")
            return answer

        return over_the_line


@define
class _UnitLine:
    unit: Unit
    plug: Plug
    saved: Saved

    @property
    def loaded(self) -> Loaded:
        return self.unit.loaded

    async def save(
        self, moved: Moved, actor: Actor, *, done: int | None = None, closing_message: bytes | None = None
    ) -> None:
        await self.plug.there()
        lost = self.plug.loses_commit()
        if lost and likely(self.plug.weather.chance, 0.5):
            raise StoreUnavailable("it was not committed, and nobody knows")
        await self.unit.save(moved, actor, done=done, closing_message=closing_message)
        self.saved(moved, actor, self.loaded)
        await self.plug.there()
        if lost:
            raise StoreUnavailable("it was committed, and nobody knows")

    async def dismiss(self, done: int) -> None:
        await self.plug.there()
        await self.unit.dismiss(done)
        await self.plug.there()


@define
class StoreLine:
    """`Store`; ``began`` hears of every transaction, ``saved`` of every commit."""

    store: MemoryStore
    plug: Plug
    began: Callable[[], None]
    saved: Saved

    @asynccontextmanager
    async def unit(self, scope: Scope) -> AsyncIterator[Unit]:
        """Open a transaction; the locks are let go of when whoever holds them dies."""
        await self.plug.there()
        self.began()
        async with self.store.unit(scope) as unit:
            await self.plug.there()
            yield _UnitLine(unit, self.plug, self.saved)


@define
class ConfigLine:
    """`ConfigStore`; a change is one short transaction."""

    store: MemoryConfigStore
    plug: Plug

    async def stored(self) -> Sequence[Stored]:
        """Every setting there is."""
        await self.plug.there()
        return await self.store.stored()

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[ConfigUnit]:
        """Lock, read, and let the caller decide."""
        await self.plug.there()
        async with self.store.unit() as unit:
            yield unit
        await self.plug.there()


@define
class OutboxLine:
    """`FrameOutbox`."""

    outbox: MemoryFrameOutbox
    plug: Plug

    @asynccontextmanager
    async def claimed(self, limit: int) -> AsyncIterator[Claim]:
        """Take unsent frames; marked when the block ends well."""
        await self.plug.there()
        async with self.outbox.claimed(limit) as claim:
            yield claim
            await self.plug.there()

    async def recent(
        self, seconds: float, customers: Collection[UUID], mitras: Collection[UUID]
    ) -> Sequence[OutboxFrame]:
        """The frames of the last ``seconds`` for these people."""
        await self.plug.there()
        return await self.outbox.recent(seconds, customers, mitras)


class _Writing:
    """`Messages`, overheard at the moment at which a message is kept."""

    def __init__(self, messages: Messages, wrote: Wrote) -> None:
        self._messages = messages
        self._wrote = wrote

    async def write(
        self, who: User, session_id: UUID, client_message_id: UUID, text: str
    ) -> Written | Unwritten:
        written = await self._messages.write(who, session_id, client_message_id, text)
        if isinstance(written, Written):
            self._wrote(who, session_id, written)
        return written

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any other call
        return getattr(self._messages, name)


def messages_line(messages: Messages, plug: Plug, wrote: Wrote) -> Any:  # noqa: ANN401 - it is `Messages`
    """Return a line to messages; ``wrote`` hears of each that is kept, or was found to be."""
    return line(_Writing(messages, wrote), plug)


def line(port: object, plug: Plug) -> Any:  # noqa: ANN401 - it is what the port is
    """Return a line to a port."""
    return cast("Any", Line(port, plug))


__all__ = ["ConfigLine", "Line", "OutboxLine", "Plug", "Saved", "StoreLine", "Wrote", "line", "messages_line"]
