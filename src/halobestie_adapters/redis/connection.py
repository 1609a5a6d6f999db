"""The way to Redis or Valkey: short waits, one fresh try, was it ever reached. Knows no key's meaning.

Redis may be away at the start and at any time later. Nothing here waits longer than a moment for it, and
whatever the driver raises comes out as StoreUnavailable: everything in Redis can be done without for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisError

from halobestie_adapters.errors import StoreUnavailable

SECONDS: Final = 0.6
"""For a question and its answer, a new connection included: availability must fail closed within a second."""

FAILURES: Final = (RedisError, OSError, TimeoutError, RuntimeError)
"""Whatever can go wrong on the way; the last is uvloop's word for writing on a line that was reset."""

_log = logging.getLogger(__name__)


@final
class RedisLink:
    """One server, for questions (`ask`, `batch`) and for listening (`listener`). Opening it does not connect.

    `namespace` keeps deployments on one server apart: keys begin with it, channels also with the database's
    number, because channels belong to no database. `reached`: an answer came at least once; `is_up`: the last
    question was answered. Raises StoreUnavailable for a URL that cannot be read.
    """

    def __init__(self, url: str, *, namespace: str = "hb", seconds: float = SECONDS) -> None:
        self.reached = False
        self.is_up = False
        self._seconds = seconds
        self._namespace = namespace
        # A pooled connection fails once when its server was started again, or its line was reset; a fresh one
        # tells the truth.
        fresh: Any = (
            NoConnection,
            RuntimeError,
        )  # it may be any error, though the driver's types know its own
        self._client: Any = _client(url, seconds, Retry(NoBackoff(), 1, fresh))
        # Whoever listens must know of every gap: the driver must not reconnect behind our back.
        self.listener = _client(url, seconds, Retry(NoBackoff(), 0, ()))
        self._database = int(self._client.connection_pool.connection_kwargs.get("db") or 0)

    def key(self, *parts: str) -> str:
        """The name of a key."""
        return ":".join((self._namespace, *parts))

    def channel(self, *parts: str) -> str:
        """The name of a channel."""
        return ":".join((self._namespace, str(self._database), *parts))

    async def ask(self, *command: str | bytes | int) -> Any:  # noqa: ANN401  what Redis answers depends on the command
        """Send one command and give its answer. Raises StoreUnavailable."""
        with self._noting():
            async with asyncio.timeout(self._seconds):
                return await self._client.execute_command(*command)

    async def batch(
        self, commands: Iterable[Sequence[str | bytes | int]], *, atomic: bool = False
    ) -> list[Any]:
        """Send several commands in one go and give their answers; `atomic`: nothing happens in between.

        Raises StoreUnavailable; then some may have been carried out.
        """
        with self._noting():
            async with asyncio.timeout(self._seconds), self._client.pipeline(transaction=atomic) as pipeline:
                waiting: Any = pipeline
                for command in commands:
                    waiting.execute_command(*command)
                answers: list[Any] = await waiting.execute()
                return answers

    async def is_reachable(self) -> bool:
        """Whether it answers now."""
        try:
            await self.ask("PING")
        except StoreUnavailable:
            return False
        return True

    async def probe(self) -> str | None:
        """For readiness: None when it answers, else what to say."""
        return None if await self.is_reachable() else "Redis cannot be reached."

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
        await self.listener.aclose()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Remember how it went, and say it in our own words."""
        try:
            yield
        except FAILURES as failure:
            self._note(up=False)
            raise StoreUnavailable(f"Redis: {type(failure).__name__}") from failure
        self._note(up=True)

    def _note(self, *, up: bool) -> None:
        if up and not self.is_up:
            _log.info("Redis is reached")
        elif self.is_up and not up:
            _log.warning("Redis is away; going on without it")
        self.is_up = up
        self.reached = self.reached or up


def _client(url: str, seconds: float, retry: Retry) -> Redis:
    options: dict[str, Any] = {
        "protocol": 2,  # the newer one brings server-side notifications that older servers do not know
        "decode_responses": False,
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": retry,
        "client_name": "halobestie",
    }
    try:
        return Redis.from_url(url, **options)
    except ValueError:  # its text would quote the URL, perhaps its password
        raise StoreUnavailable("the address of Redis cannot be read") from None
