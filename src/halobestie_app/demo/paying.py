"""Pays on a hosted page as a person would: opens it, presses its button. Knows no frame and no story.

Only a page with a plain form will do, as that of the stand-in; whoever has an account of their own with the
gateway has to pay by hand.
"""

import asyncio
import re
from html import unescape
from typing import Final
from urllib.parse import urljoin

from halobestie_app.demo.client import Body, Client

HOSTED: Final = "xendit"
"""The provider whose payments have a page."""
PAGE_SECONDS: Final = 15.0
"""Until a payment has its page; the gateway may be slow."""
LOOK_SECONDS: Final = 0.5
_BUTTON: Final = re.compile(r'<form method="post" action="([^"]+)">')
_PRESSED: Final = frozenset({200, 303})


class Unpayable(Exception):
    """The page is not there, or none that a program can pay on; the text says which, in one line."""


async def page_of(client: Client, payment: Body) -> str:
    """Return where a payment can be paid, once it can. Raises `Unpayable`, `Refused`, and `LOST`."""
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            while payment["xendit_invoice_url"] is None:
                await asyncio.sleep(LOOK_SECONDS)
                payment = await client.get(f"/api/client/payment-sessions/{payment['id']}")
    except TimeoutError:
        raise Unpayable(f"no page to pay on within {PAGE_SECONDS:g} seconds") from None
    return str(payment["xendit_invoice_url"])


async def press(client: Client, url: str) -> None:
    """Pay on a page. Raises `Unpayable`, and `LOST`."""
    _, page = await client.browse("GET", url)
    button = _BUTTON.search(page)
    if button is None:
        raise Unpayable(f"there is no button at {url}; pay there by hand")
    status, _ = await client.browse("POST", urljoin(url, unescape(button[1])))
    if status not in _PRESSED:
        raise Unpayable(f"the button at {url} was answered by {status}")


def is_confirmed(frame: Body, payment_id: str) -> bool:
    """Whether this frame says that a payment is confirmed."""
    return bool(frame["type"] == "payment_confirmed" and frame["payment"]["id"] == payment_id)
