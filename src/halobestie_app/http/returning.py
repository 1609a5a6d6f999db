"""Where people land after the hosted payment page: a plain page with links into the app. Knows no payment.

It asks nobody and changes nothing, so anyone may open it with any id; what became of the money is told by the
app. The only thing of the request that it shows is the id, once it is one.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from typing import Final
from uuid import UUID

from attrs import frozen
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

PATH: Final = "/payment/return"
QUERY: Final = "payment_session_id"
IN_BROWSER: Final = "/app/"
"""The customer's app in the browser: it asks the server by itself what became of the money."""
SUCCESS: Final = "success"
FAILURE: Final = "failure"


def page_url(public_url: str | None, result: str, payment_id: UUID) -> str:
    """Return where to send people back to: this page, or the app itself where the page has no address."""
    if public_url is None:
        return f"{deep_link(payment_id)}?result={result}"
    return f"{public_url.rstrip('/')}{PATH}/{result}?{QUERY}={payment_id}"


def deep_link(payment_id: UUID) -> str:
    """Return the address of a payment inside the app."""
    return f"halobestie://payment/{payment_id}"


@frozen
class _Words:
    title: str
    indonesian: str
    english: str


_WORDS: Final[Mapping[str, _Words]] = {
    SUCCESS: _Words(
        "Pembayaran selesai",
        "Terima kasih. Begitu pembayaranmu tercatat, aplikasi melanjutkannya sendiri.",
        "Thank you. The app goes on by itself as soon as your payment has arrived.",
    ),
    FAILURE: _Words(
        "Pembayaran belum selesai",
        "Kami belum menerima pembayaranmu. Kamu bisa mencoba lagi dari aplikasi.",
        "We have not received your payment yet. You can try again in the app.",
    ),
}

_STYLE: Final = """:root { color-scheme: light dark; }
body { font: 17px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 18vh 1.25rem 2rem; }
h1 { font-size: 1.4rem; margin: 0 0 .6rem; }
p { margin: 0 0 .6rem; }
[lang=en] { opacity: .7; }
a { background: #a83f66; border-radius: 999px; color: #fff; display: block; font-weight: 600; }
a { margin-top: 1.6rem; padding: .8rem 1rem; text-align: center; text-decoration: none; }
a + a { background: none; color: inherit; margin-top: .4rem; text-decoration: underline; }
a:focus-visible { outline: 3px solid; outline-offset: 3px; }
"""

_PAGE: Final = """<!DOCTYPE html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title} · Halo Bestie</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{indonesian}</p>
<p lang="en">{english}</p>
<a href="{link}">Kembali ke aplikasi</a>
<a href="{browser}">Lanjut di peramban</a>
</main>
</body>
</html>
"""

_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def returned(request: Request) -> Response:
    """Show the page. 404 for another result, and without an id."""
    try:
        words = _WORDS[request.path_params["result"]]
        payment_id = UUID(request.query_params[QUERY])
    except (LookupError, ValueError):
        raise HTTPException(404) from None
    page = _PAGE.format(
        title=escape(words.title),
        indonesian=escape(words.indonesian),
        english=escape(words.english),
        link=escape(deep_link(payment_id)),
        browser=IN_BROWSER,
        style=_STYLE,
    )
    return HTMLResponse(page, headers=HEADERS)


ROUTES: Final[tuple[BaseRoute, ...]] = (Route(f"{PATH}/{{result}}", returned),)
"""Beside the listener's table: a page, not a call."""
