"""How a one-time code reaches a phone: printed for a developer, or posted to a provider.

It does not know what the code is for. Neither phone nor code is ever logged or put into an error.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Final, TextIO, final

import httpx2

from halobestie_adapters.breaker import Breaker
from halobestie_core.ports.identity import OtpNotSent

TIMEOUT_SECONDS: Final = 4.0  # a caller waits for it, and nothing may hang beyond five seconds


@final
class PrintedOtp:
    """For development: one raw line on standard output, outside the log.

    The wiring refuses it in production.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    async def send(self, phone: str, code: str) -> None:
        """Write the line, at once."""
        out = sys.stdout if self._out is None else self._out
        out.write(f"[OTP STUB] phone={phone} code={code}\n")
        out.flush()


@final
class HttpOtp:
    """Posts `{phone, code, text}` with a bearer token to one fixed address; follows no redirect, tries once.

    The client is the caller's, to be closed by them: `new_client()` makes a fitting one. ``clock`` is
    monotonic. A provider that does not answer is left in peace for a while.
    """

    def __init__(
        self, client: httpx2.AsyncClient, url: str, token: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self.breaker = Breaker(clock)

    async def send(self, phone: str, code: str) -> None:
        """Any 2xx is taken for sent, whatever else it says. Raises OtpNotSent."""
        if self.breaker.wait():
            raise OtpNotSent("the OTP provider did not answer before, and is not asked for now")
        body = {"phone": phone, "code": code, "text": message(code)}
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                status = await self._posted(body)
        except (httpx2.HTTPError, TimeoutError) as failed:
            self.breaker.failed()
            raise OtpNotSent(f"the OTP provider did not answer: {type(failed).__name__}") from None
        if httpx2.codes.is_server_error(status):
            self.breaker.failed()
        else:
            self.breaker.answered()
        if not httpx2.codes.is_success(status):
            raise OtpNotSent(f"the OTP provider answered {status}")

    async def _posted(self, body: dict[str, str]) -> int:
        """Post, and give the status; what comes after it is not read."""
        async with self._client.stream("POST", self._url, json=body, headers=self._headers) as answer:
            return answer.status_code


def new_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """A client for HttpOtp: bounded in time, without redirects, blind to proxies in the environment."""
    return httpx2.AsyncClient(
        transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
    )


def message(code: str) -> str:
    """What the person reads; Indonesian, one SMS long."""
    return f"{code} adalah kode Halo Bestie kamu. Berlaku 5 menit. Jangan berikan kode ini kepada siapa pun."
