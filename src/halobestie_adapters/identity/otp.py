"""How a one-time code reaches a phone: printed for a developer, or posted to a provider.

It does not know what the code is for. Neither phone nor code is ever logged or put into an error.
"""

from __future__ import annotations

import sys
from typing import Final, TextIO, final

import httpx2

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

    The client is the caller's, to be closed by them: `new_client()` makes a fitting one.
    """

    def __init__(self, client: httpx2.AsyncClient, url: str, token: str) -> None:
        self._client = client
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def send(self, phone: str, code: str) -> None:
        """Any 2xx is taken for sent. Raises OtpNotSent."""
        body = {"phone": phone, "code": code, "text": message(code)}
        try:
            answer = await self._client.post(self._url, json=body, headers=self._headers)
        except httpx2.HTTPError as failed:
            raise OtpNotSent(f"the OTP provider did not answer: {type(failed).__name__}") from None
        if not answer.is_success:
            raise OtpNotSent(f"the OTP provider answered {answer.status_code}")


def new_client(transport: httpx2.AsyncBaseTransport | None = None) -> httpx2.AsyncClient:
    """A client for HttpOtp: bounded in time, without redirects, blind to proxies in the environment."""
    return httpx2.AsyncClient(
        transport=transport, timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
    )


def message(code: str) -> str:
    """What the person reads; Indonesian, one SMS long."""
    return f"{code} adalah kode Halo Bestie kamu. Berlaku 5 menit. Jangan berikan kode ini kepada siapa pun."
