"""People who live one evening after the other while something goes wrong, and remember what they were told.

What was acknowledged must be there in the end, once: `kept` says what is not. Knows no fault.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import cycle, islice
from random import Random
from typing import Final
from uuid import UUID, uuid4

from attrs import evolve
from httpx2 import TransportError
from psycopg import OperationalError

from halobestie_app.fakes.xendit_serving import XenditPlace
from halobestie_core.words import UserType
from support.asking import AGAIN, PATIENCE, Asking
from support.evening import House
from support.people import Customer, Mitra, Operator
from support.ways import WAYS, Evening, Told, Town

SHIFT: Final = 1800.0
"""Seconds after which an operator logs in again; a token is good for an hour."""


class Crowd:
    """``size`` customers at a time with as many mitras, at every instance of a house.

    ``mitras`` are all who are online in the house: some evenings go on when every one of them has declined.
    """

    def __init__(self, house: House, xendit: XenditPlace, seed: str, size: int) -> None:
        self.house = house
        self.told: list[Told] = []
        self.ended = 0
        """Evenings."""
        self.mitras: list[Mitra] = []
        self._xendit = xendit
        self._chance = Random(seed)
        self._asking = Asking(house, self._chance)
        self.figures = self._asking.figures
        self._size = size
        self._going = True
        start = self._chance.randrange(len(WAYS))
        self._ways = islice(cycle(WAYS), start, None)

    @asynccontextmanager
    async def living(self) -> AsyncIterator["Crowd"]:
        """Live for as long as the block lasts; everybody ends the evening they are in."""
        sari = await (await self.house.mitra("Sari")).comes()
        phone = {"fcm_token": f"token-{uuid4()}", "platform": "android"}  # only who really logged in has one
        (await sari.ask("PUT", f"/api/shared/devices/{uuid4()}", phone)).ok()
        self.mitras = [sari, *await self.house.mitras(self._size - 1)]
        [away] = await self.house.mitras(1, online=False)
        customers = await self.house.customers(self._size)
        self._boss = await self.house.operator()
        self._boss_until = asyncio.get_running_loop().time() + SHIFT
        async with asyncio.TaskGroup() as group:
            for ayu in customers:
                group.create_task(self._lives(ayu, away))
            try:
                yield self
            finally:
                self._going = False

    async def evenings(self, count: int = 1) -> None:
        """Wait until so many more have ended well."""
        goal = self.ended + count
        async with asyncio.timeout(PATIENCE):
            while self.ended < goal:  # noqa: ASYNC110  whoever ends an evening tells nobody
                await asyncio.sleep(AGAIN / 5)

    async def passes(self, seconds: float) -> None:
        """Wait until evening after evening has filled so much time."""
        begun = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - begun < seconds:
            await self.evenings()

    # ------------------------------------------------------------------------------------------- living

    async def _lives(self, ayu: Customer, away: Mitra) -> None:
        while self._going:
            mitras = [evolve(one, token=self.house.token(UUID(one.id))) for one in self.mitras]
            town = Town(
                self._asking,
                self._xendit,
                self._chance,
                mitras,
                away,
                self._logged_in,
                lambda: not self._going,
            )
            token = self.house.token(UUID(ayu.id), UserType.CUSTOMER)
            evening = Evening(town, evolve(ayu, token=token))
            await next(self._ways)(evening)
            self.told += evening.told
            self.ended += 1

    async def _logged_in(self) -> Operator:
        """An operator whose token is good for a while."""
        now = asyncio.get_running_loop().time()
        if now > self._boss_until:
            with suppress(AssertionError, TransportError, OperationalError):  # the old one is good for longer
                self._boss, self._boss_until = await self.house.operator(), now + SHIFT
        return self._boss

    # ------------------------------------------------------------------------------------------- judging

    async def kept(self) -> list[str]:
        """What was acknowledged and is not there, or is there twice; nothing is the only good answer."""
        return [text for one in self.told for text in await one.kept(self.house)]

    def came_to(self) -> Counter[str]:
        """How often what was told: extensions by what became of them, failures by theirs."""
        return Counter(
            [
                *(f"extension {became}" for one in self.told for became in one.extensions),
                *(failure for one in self.told for failure in one.failures),
            ]
        )
