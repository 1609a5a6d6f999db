"""The webhooks of the stand-in for Xendit: sent, sent again, and sent in every way they should not be.

Knows no invoice: a body and a plan come in, requests go out. Whatever waits here waits in tasks of its own,
so `settled` is how to know that nothing is on its way any more.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import httpx2
import orjson
from attrs import define, field, frozen

TOKEN_HEADER: Final = "x-callback-token"  # noqa: S105  the name of a header
RETRIES: Final = (900.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0, 24 * 3600.0)
"""Seconds between tries, as Xendit documents them."""
PATIENCE: Final = 30.0
AT_ONCE: Final = 32
KEPT: Final = 1000


@frozen
class Plan:
    """How a webhook is sent. ``alter`` replaces members of the body; ``token`` replaces the right one.

    ``hold``: not before `Hooks.release`; ``drop``: never.
    """

    copies: int = 1
    delay: float = 0.0
    drop: bool = False
    hold: bool = False
    token: str | None = None
    alter: Mapping[str, Any] = field(factory=dict)


@frozen
class Attempt:
    """One request; ``answer``: its status, None if nobody answered."""

    at: datetime
    body: bytes
    token: str
    answer: int | None


@frozen
class _Letter:
    body: bytes
    token: str
    delay: float


@define(eq=False)
class Hooks:
    """Sends to ``url``; while there is none, what should be sent waits in ``held``."""

    token: str
    url: str | None = None
    plan: Plan = field(factory=Plan)
    retries: Sequence[float] = RETRIES
    retries_timeouts: bool = False
    """A delivery that timed out may not be retried at all."""
    attempts: deque[Attempt] = field(factory=lambda: deque(maxlen=KEPT))
    dropped: int = 0
    held: list[_Letter] = field(factory=list)
    _client: httpx2.AsyncClient | None = None
    _tasks: set[asyncio.Task[None]] = field(factory=set)
    _turns: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_ONCE))

    def tell(self, said: Mapping[str, Any], plan: Plan | None = None) -> None:
        """Send a notice as planned."""
        how = plan or self.plan
        body = orjson.dumps({**said, **how.alter})
        if how.drop:
            self.dropped += 1
            return
        letter = _Letter(body, self.token if how.token is None else how.token, how.delay)
        for _ in range(how.copies):
            if how.hold or self.url is None:
                self.held.append(letter)
            else:
                self._post(letter)

    def raw(self, body: bytes, token: str | None = None) -> None:
        """Send bytes, whatever they are."""
        self._post(_Letter(body, self.token if token is None else token, 0.0))

    def release(self, chance: Random | None = None) -> int:
        """Send what was held, in an order of chance if there is one; gives how many."""
        letters, self.held = self.held, []
        if chance is not None:
            chance.shuffle(letters)
        for letter in letters:
            self._post(letter)
        return len(letters)

    async def settled(self) -> None:
        """Wait until nothing is on its way, tries to come included."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Forget what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    @property
    def on_their_way(self) -> int:
        """How many deliveries are not over."""
        return len(self._tasks)

    # ------------------------------------------------------------------------------------------- sending

    def _post(self, letter: _Letter) -> None:
        task = asyncio.get_running_loop().create_task(self._delivered(letter))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _delivered(self, letter: _Letter) -> None:
        await asyncio.sleep(letter.delay)
        for pause in (*self.retries, None):
            async with self._turns:
                answer, in_time = await self._tried(letter)
            self.attempts.append(Attempt(datetime.now(UTC), letter.body, letter.token, answer))
            if answer is not None and 200 <= answer < 300:  # noqa: PLR2004  what HTTP calls success
                return
            if pause is None or not (in_time or self.retries_timeouts):
                return
            await asyncio.sleep(pause)

    async def _tried(self, letter: _Letter) -> tuple[int | None, bool]:
        """Post once; gives the status, and whether it was in time: a refused connection is."""
        if self._client is None:
            limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
            self._client = httpx2.AsyncClient(timeout=PATIENCE, limits=limits, trust_env=False)
        headers = {TOKEN_HEADER: letter.token, "Content-Type": "application/json"}
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.post(str(self.url), content=letter.body, headers=headers)
        except (httpx2.TimeoutException, TimeoutError):
            return None, False
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return None, True
        return answer.status_code, True
