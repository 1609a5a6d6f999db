"""Who is here, in memory: the picture of the eligible, heartbeats, and who is connected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, final
from uuid import UUID

from attrs import evolve

from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.outgoing import Outgoing
from halobestie_core.flow.availability import House, eligible
from halobestie_core.ports.presence import BeatsWritten, Picture, User

LEASE: Final = timedelta(seconds=35)


@final
class MemoryPictures:
    """`PictureSource`, drawn from the tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def picture(self, house: House) -> Picture:
        """Who is eligible now, under these rules."""
        now = self._tables.clock.now
        able = eligible((mitra.listener for mitra in self._tables.mitras.values()), house, now)
        return Picture(now, b"".join(sorted(one.bytes for one in able)))


@final
class MemoryHeartbeats:
    """`HeartbeatStore`: a mitra whom somebody holds is tried again with the next batch."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def write(self, beats: Mapping[UUID, datetime], house: House) -> BeatsWritten:
        """Write those of mitras who are online; whoever was stale is offered what is open."""
        mitras = self._tables.mitras
        online = [one for one in beats if one in mitras and mitras[one].listener.presence.is_online]
        busy = frozenset(one for one in online if self._tables.locks[one].locked())
        revived = sorted(one for one in online if one not in busy and self._hear(one, beats[one], house))
        self._tables.queue(_eligible_again(one) for one in revived)
        return BeatsWritten(busy, len(revived))

    def _hear(self, mitra_id: UUID, at: datetime, house: House) -> bool:
        """Write one; return whether the mitra was stale before."""
        mitra = self._tables.mitras[mitra_id]
        before = mitra.listener.presence
        here = evolve(before, last_heartbeat_at=max(before.last_heartbeat_at or at, at))
        self._tables.mitras[mitra_id] = evolve(mitra, listener=evolve(mitra.listener, presence=here))
        return not house.is_here(before, self._tables.clock.now)


def _eligible_again(mitra_id: UUID) -> Outgoing:
    command = "mitra_became_eligible"
    return Outgoing("later", f"{command}:{mitra_id}", {}, {"command": command, "mitra_id": str(mitra_id)})


@final
class MemoryPictureCache:
    """`PictureCache` for instances that share it; the first to ask has the duty."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._shown: tuple[Picture, datetime] | None = None

    async def lease(self) -> bool:
        """It is always ours."""
        return True

    async def release(self) -> None:
        """Whoever asks next has it as well."""

    async def put(self, picture: Picture, age: float) -> None:
        """Show a picture."""
        self._shown = picture, self._tables.clock.now - timedelta(seconds=age)

    async def get(self, known: Picture | None) -> tuple[Picture, float] | None:
        """The picture and its age."""
        if self._shown is None:
            return None
        picture, drawn_at = self._shown
        return picture, (self._tables.clock.now - drawn_at).total_seconds()


@final
class MemoryConnections:
    """`Connections`: leases by the tables' clock."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._until: dict[User, datetime] = {}

    async def hold(self, users: Collection[User]) -> None:
        """Say that these have a socket."""
        self._until.update(dict.fromkeys(users, self._tables.clock.now + LEASE))

    async def drop(self, users: Collection[User]) -> None:
        """Say that these have none any more."""
        for user in users:
            self._until.pop(user, None)

    async def is_connected(self, user: User) -> bool | None:
        """Whether this user has one."""
        return user in await self.which_connected((user,))

    async def which_connected(self, users: Collection[User]) -> frozenset[User]:
        """Those of ``users`` who have one."""
        now = self._tables.clock.now
        return frozenset(
            user for user in users if (until := self._until.get(user)) is not None and now <= until
        )


__all__ = ["LEASE", "MemoryConnections", "MemoryHeartbeats", "MemoryPictureCache", "MemoryPictures"]
