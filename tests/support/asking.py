"""Asks until answered: again, with the same key, at another instance. Knows neither evening nor fault."""

import asyncio
from collections import Counter
from random import Random
from typing import Final
from uuid import uuid4

import httpx2
from attrs import define, field

from support.evening import House
from support.people import Answer, Json, Person
from support.server import Instance

PATIENCE: Final = 60.0
"""Seconds after which a command that nobody carries out counts as failed."""
AGAIN: Final = 0.05


@define
class Figures:
    """How it went for the people: seconds, and what they saw."""

    answers: list[float] = field(factory=list)
    """From a request to its answer, or to the end of its connection."""
    commands: list[float] = field(factory=list)
    """From a command to its acknowledgment, however often it had to be sent."""
    heard: list[float] = field(factory=list)
    """From an acknowledgment to the socket of the other one."""
    unanswered: int = 0
    statuses: Counter[int] = field(factory=Counter)


class Asking:
    """How the people of a house ask; ``figures`` is how that went."""

    def __init__(self, house: House, chance: Random) -> None:
        self.figures = Figures()
        self._house = house
        self._chance = chance

    async def command(self, who: Person, path: str, body: Json = None) -> Answer:
        """Give a command until there is an answer that means something; the same command each time."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        answer = await self._until_answered(who, "POST", path, body)
        self.figures.commands.append(loop.time() - begun)
        return answer

    async def look(self, who: Person, path: str) -> Json:
        """Look until something is there to see."""
        return (await self._until_answered(who, "GET", path, None)).ok()

    def instance(self) -> Instance | None:
        """One that runs, as a balancer would choose."""
        running = [one for one in self._house.instances if one.is_running and one.public]
        return self._chance.choice(running) if running else None

    async def _until_answered(self, who: Person, method: str, path: str, body: Json) -> Answer:
        loop = asyncio.get_running_loop()
        begun, key = loop.time(), str(uuid4())
        while True:
            answer = await self._once(who, method, path, body, key)
            if answer is not None and answer.status < 500 and answer.code != "IN_PROGRESS":
                return answer
            assert loop.time() - begun < PATIENCE, f"{path}: nobody answers ({answer})"
            await asyncio.sleep(AGAIN)

    async def _once(self, who: Person, method: str, path: str, body: Json, key: str) -> Answer | None:
        loop = asyncio.get_running_loop()
        at = self.instance()
        if at is None:
            return None
        sent = loop.time()
        try:
            answer = await who.via(at).ask(method, path, body, headers={"Idempotency-Key": key})
        except httpx2.TransportError:
            self.figures.unanswered += 1
            return None
        else:
            self.figures.statuses[answer.status] += 1
            return answer
        finally:
            self.figures.answers.append(loop.time() - sent)
