"""Sends notices through FCM, one request per device. Decides nothing about when to try again.

Bounded in time (3 s to connect, 5 s in all, the access token included), to fixed hosts, without redirects. No
token of a device is ever part of an error.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, final

import httpx2
import orjson

from halobestie_adapters.breaker import Breaker
from halobestie_adapters.fcm.account import AccessTokens, NoToken, ServiceAccount
from halobestie_adapters.fcm.message import message
from halobestie_adapters.fcm.verdicts import UNAUTHENTICATED, judge
from halobestie_core.ports.push import Device, Notice, TryLater, Verdict

CONNECT_SECONDS: Final = 3.0
TOTAL_SECONDS: Final = 5.0
CONNECTIONS: Final = 48


@final
class FcmSender:
    """`PushSender`. The client is the caller's, to be closed by them: `new_client()` makes a fitting one."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        base_url: str,
        account: ServiceAccount,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._url = f"{base_url.rstrip('/')}/v1/projects/{account.project_id}/messages:send"
        self._tokens = AccessTokens(client, account)
        self.breaker = self._breaker = Breaker(clock)

    async def send(self, notice: Notice, device: Device, until: datetime, seconds: int) -> Verdict:
        """Send one notice; whatever goes wrong is a verdict."""
        if rest := self._breaker.wait():
            return TryLater("RESTING", rest)
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                verdict = await self._send(message(notice, device, until, seconds))
        except NoToken as failed:
            verdict = TryLater(failed.code)
        except (httpx2.HTTPError, TimeoutError) as failed:
            verdict = TryLater(f"NETWORK_{type(failed).__name__}")
        if isinstance(verdict, TryLater) and verdict.code != "QUOTA_EXCEEDED":
            self._breaker.failed()
        else:
            self._breaker.answered()
        return verdict

    async def _send(self, body: Mapping[str, Any]) -> Verdict:
        token = await self._tokens.get()
        verdict = await self._asked(body, token)
        if isinstance(verdict, TryLater) and verdict.code == UNAUTHENTICATED:
            verdict = await self._asked(body, await self._tokens.get(but=token))
        return verdict

    async def _asked(self, body: Mapping[str, Any], token: str) -> Verdict:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"}
        answer = await self._client.post(self._url, content=orjson.dumps(body), headers=headers)
        return judge(answer.status_code, answer.content, answer.headers.get("retry-after"), datetime.now(UTC))


def new_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """Make a client: bounded, without redirects, blind to proxies in the environment."""
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        follow_redirects=False,
        trust_env=False,
    )
