"""Mitras: they come and go, are heard of, take requests or not, and answer when somebody wants to go on."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from attrs import define

from halobestie_adapters.errors import StoreError
from halobestie_app.simulation.habits import Act, idle, live, pick
from halobestie_app.simulation.town import Town
from halobestie_app.simulation.weather import likely
from halobestie_app.usecases import chats, extensions, pairings, presence
from halobestie_core.chat import ChatSession, SessionStatus
from halobestie_core.extension import Extension
from halobestie_core.pairing import PairingRequest
from halobestie_core.ports.presence import User
from halobestie_core.presence import MitraPresence
from halobestie_core.words import UserType

PAUSE = 0.8
NOBODY = UUID(int=2)


@define
class Mitra:
    """One of them. ``reliable``: how likely a heartbeat is sent; ``answers``: how eagerly.

    ``socket``: whether the app has one now.
    """

    town: Town
    id: UUID
    reliable: float
    answers: float
    socket: bool = True

    async def live(self) -> None:
        """Until the town closes."""
        async with asyncio.TaskGroup() as group:
            group.create_task(live(self.town, PAUSE, self.choose, self._wakes))
            group.create_task(self._be_heard())

    async def _be_heard(self) -> None:
        """Send heartbeats and hold the socket, as the app does by itself."""
        chance = self.town.chance
        while self.town.is_open:
            await asyncio.sleep(chance.uniform(3.0, 6.0))
            await self.town.awake.wait()
            if likely(chance, 0.1):
                self.socket = not self.socket
            await self._hold()
            if self._presence().is_online and chance.random() < self.reliable:
                await self.town.ask(lambda here, _key: presence.heartbeat(here.desk, here.beats, self.id))

    async def _hold(self) -> None:
        up = [one for one in self.town.instances if one.is_up]
        if not up:
            return
        me, registry = {User(UserType.MITRA, self.id)}, self.town.chance.choice(up).connections
        with suppress(StoreError):
            await (registry.hold(me) if self.socket else registry.drop(me))

    # -- what to do next -------------------------------------------------------------------------------------

    def choose(self) -> Act | None:
        """Choose by what there is."""
        here, chats_mine, silly = self._presence(), self._chats(), 0.15
        offered, asked = bool(self._offers()), bool(self._asked())
        closing = any(one.status is SessionStatus.CLOSING for one in chats_mine)
        return pick(
            self.town.chance,
            (
                (0.5 if here.is_online else 4, self._come),
                (0.25 if here.is_online else 0.1, self._go),
                (9 * self.answers if offered else silly, self._accept),
                (1, idle),
                (6 * self.answers if offered else silly, self._decline),
                (1, idle),
                (7 * self.answers if asked else 0.05, self._agree),
                (7 * self.answers if asked else 0.05, self._disagree),
                (4 if closing else silly, self._end),
            ),
        )

    def _wakes(self) -> Sequence[datetime]:
        waiting: list[PairingRequest | Extension | ChatSession] = [
            *self._offers(),
            *self._asked(),
            *self._chats(),
        ]
        return [one.wake_at for one in waiting if one.wake_at is not None]

    def _presence(self) -> MitraPresence:
        return self.town.tables.mitras[self.id].listener.presence

    def _offers(self) -> list[PairingRequest]:
        every = (one for one in self.town.tables.requests if one.is_open)
        return [one for one in every if any(self.id in wave.mitra_ids for wave in one.waves)]

    def _chats(self) -> list[ChatSession]:
        return [one for one in self.town.tables.chats if one.is_live and one.mitra_id == self.id]

    def _asked(self) -> list[Extension]:
        mine = {one.id for one in self._chats()}
        return [one for one in self.town.tables.extensions if one.is_pending and one.session_id in mine]

    # -- coming and going ------------------------------------------------------------------------------------

    async def _come(self) -> None:
        await self.town.ask(lambda here, _key: presence.switch(here.desk, here.beats, self.id, online=True))

    async def _go(self) -> None:
        await self.town.ask(lambda here, _key: presence.switch(here.desk, here.beats, self.id, online=False))

    # -- answering -------------------------------------------------------------------------------------------

    def _request(self) -> UUID:
        chance, offers = self.town.chance, self._offers()
        if offers and likely(chance, 0.93):
            return chance.choice(offers).id
        some = list(self.town.tables.requests)[-12:]
        return chance.choice(some).id if some else NOBODY

    async def _accept(self) -> None:
        if likely(self.town.chance, 0.3):  # everything that there is, at once
            await asyncio.gather(*(self._take(one.id) for one in self._offers()))
            return
        await self._take(self._request())

    async def _take(self, which: UUID) -> None:
        await self.town.ask(lambda here, _key: pairings.accept(here.desk, self.id, which))

    async def _decline(self) -> None:
        which = self._request()
        await self.town.ask(lambda here, _key: pairings.decline(here.desk, self.id, which))

    def _extension(self) -> UUID:
        chance, asked = self.town.chance, self._asked()
        if asked and likely(chance, 0.95):
            return chance.choice(asked).id
        some = list(self.town.tables.extensions)[-6:]
        return chance.choice(some).id if some else NOBODY

    async def _agree(self) -> None:
        await self._answer(accepted=True)

    async def _disagree(self) -> None:
        await self._answer(accepted=False)

    async def _answer(self, *, accepted: bool) -> None:
        which = self._extension()
        await self.town.ask(
            lambda here, _key: extensions.answer(here.desk, self.id, which, accepted=accepted)
        )

    async def _end(self) -> None:
        chance, mine = self.town.chance, self._chats()
        some = mine if mine and likely(chance, 0.95) else list(self.town.tables.chats)
        which = chance.choice(some).id if some else NOBODY
        await self.town.ask(lambda here, _key: chats.end_by_mitra(here.desk, self.id, which))


__all__ = ["Mitra"]
