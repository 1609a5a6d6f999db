"""The page after the payment: links into the app, and nothing of the request but an id that is one."""

from base64 import b64encode
from hashlib import sha256
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from halobestie_app.http.returning import FAILURE, ROUTES, SUCCESS, page_url

pytestmark = pytest.mark.anyio

PAYMENT = UUID("0197a3a0-0000-7000-8000-00000000abcd")


def visitor() -> httpx2.AsyncClient:
    """Somebody's browser."""
    transport = httpx2.ASGITransport(Starlette(routes=list(ROUTES)))
    return httpx2.AsyncClient(transport=transport, base_url="https://halobestie.example")


@pytest.mark.parametrize(
    "result, title", [(SUCCESS, "Pembayaran selesai"), (FAILURE, "Pembayaran belum selesai")]
)
async def test_the_page(result: str, title: str) -> None:
    """In both languages, with a link into either app; its one style is the one that the policy allows."""
    async with visitor() as http:
        answer = await http.get(page_url("https://halobestie.example/", result, PAYMENT))
    assert answer.status_code == 200
    assert f"<h1>{title}</h1>" in answer.text
    assert f'<a href="halobestie://payment/{PAYMENT}">' in answer.text
    assert '<a href="/app/">Lanjut di peramban</a>' in answer.text
    assert '<p lang="en">' in answer.text
    assert "<script" not in answer.text
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{allowed}';")
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/payment/return/success",
        "/payment/return/success?payment_session_id=",
        "/payment/return/success?payment_session_id=<script>",
        f"/payment/return/success?payment_session_id={PAYMENT}x",
        f"/payment/return/SUCCESS?payment_session_id={PAYMENT}",
        f"/payment/return/<b>?payment_session_id={PAYMENT}",
        f"/payment/return/?payment_session_id={PAYMENT}",
    ],
)
async def test_what_is_no_page(path: str) -> None:
    """404, without a word of what was asked."""
    async with visitor() as http:
        answer = await http.get(path)
    assert answer.status_code == 404
    assert "<" not in answer.text


async def test_ids_in_other_spellings() -> None:
    """They are shown as we spell them."""
    async with visitor() as http:
        asked = f"{{{str(PAYMENT).upper()}}}"
        answer = await http.get("/payment/return/success", params={"payment_session_id": asked})
    assert f'"halobestie://payment/{PAYMENT}"' in answer.text
    assert asked not in answer.text


async def test_it_changes_nothing() -> None:
    """It may be read, and that is all."""
    async with visitor() as http:
        assert (await http.post(page_url("https://x.example", SUCCESS, PAYMENT))).status_code == 405


def test_without_an_address() -> None:
    """Then people are sent into the app itself."""
    assert page_url(None, FAILURE, PAYMENT) == f"halobestie://payment/{PAYMENT}?result=failure"
