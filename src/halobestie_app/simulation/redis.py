"""An instance's lines to Redis: frames between instances, and who is connected. They change no answer."""

from collections.abc import Callable, Collection, Sequence
from uuid import UUID

from attrs import define

from halobestie_adapters.errors import StoreUnavailable
from halobestie_adapters.memory import MemoryConnections, MemoryFrameBus
from halobestie_app.simulation.lines import Plug
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType


@define
class BusLine:
    """`FrameBus`; what is sent takes a moment to be acknowledged."""

    bus: MemoryFrameBus
    plug: Plug

    @property
    def is_up(self) -> bool:
        """Whether frames reach anybody now."""
        return self.bus.is_up

    async def is_reachable(self) -> bool:
        """Whether sending has a chance."""
        return await self.bus.is_reachable()

    async def send(self, frames: Sequence[OutboxFrame]) -> None:
        """Hand frames on. Raises StoreUnavailable."""
        await self.plug.there()
        await self.bus.send(frames)
        await self.plug.there()

    def on_frames(self, callback: Callable[[Sequence[OutboxFrame]], None]) -> None:
        """Call ``callback`` with what arrives."""
        self.bus.on_frames(callback)

    def on_change(self, callback: Callable[[bool], None]) -> None:
        """Call ``callback`` when the bus goes up or down."""
        self.bus.on_change(callback)


@define
class ConnectionsLine:
    """`Connections`: with Redis away nobody knows. ``told`` remembers what was last said of whom."""

    connections: MemoryConnections
    plug: Plug
    is_up: Callable[[], bool]
    told: dict[UUID, bool | None]

    async def hold(self, users: Collection[User]) -> None:
        """Say that these have a socket. Raises StoreUnavailable."""
        self._needed()
        await self.connections.hold(users)

    async def drop(self, users: Collection[User]) -> None:
        """Say that these have none. Raises StoreUnavailable."""
        self._needed()
        await self.connections.drop(users)

    async def is_connected(self, user: User) -> bool | None:
        """Whether this user has one."""
        await self.plug.there()
        said = await self.connections.is_connected(user) if self.is_up() else None
        if user.type is UserType.MITRA:
            self.told[user.id] = said
        await self.plug.there()
        return said

    async def which_connected(self, users: Collection[User]) -> frozenset[User] | None:
        """Those of these who have one."""
        await self.plug.there()
        return await self.connections.which_connected(users) if self.is_up() else None

    def _needed(self) -> None:
        if not self.is_up():
            raise StoreUnavailable("Redis is away")


__all__ = ["BusLine", "ConnectionsLine"]
