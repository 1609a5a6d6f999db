"""The stand-in for Xendit: as strict as the real one, pages without script, its clock, its memory."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from halobestie_app.environment import Gateway, read, refusals
from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_books import Refusal
from halobestie_app.fakes.xendit_serving import FILE, xendit_served

pytestmark = pytest.mark.anyio

WANTED = {"external_id": "ours", "amount": 25000, "invoice_duration": 60, "description": "Chat"}


def visitor(fake: FakeXendit, key: str | None = None) -> httpx2.AsyncClient:
    """A client of the stand-in, with its key unless another is given."""
    auth = httpx2.BasicAuth(fake.secret_key if key is None else key, "")
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(fake.app()), base_url="http://fake", auth=auth)


async def made(http: httpx2.AsyncClient, **also: object) -> dict[str, Any]:
    """An invoice."""
    answer = await http.post("/v2/invoices", json={**WANTED, **also})
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


async def test_only_the_key_opens() -> None:
    """401 in Xendit's form for whoever has another, or none."""
    fake = FakeXendit()
    for key in ("", "xnd_other", fake.secret_key + "x"):
        async with visitor(fake, key) as http:
            for method, path in [
                ("GET", "/v2/invoices/x"), ("GET", "/v2/invoices"), ("POST", "/v2/invoices"),
                ("POST", "/invoices/x/expire!"),
            ]:  # fmt: skip
                answer = await http.request(method, path)
                assert (answer.status_code, answer.json()["error_code"]) == (401, "INVALID_API_KEY")
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(fake.app()), base_url="http://x") as http:
        for header in ("Basic", "Basic ***", f"Bearer {fake.secret_key}"):
            answer = await http.get("/v2/invoices/x", headers={"Authorization": header})
            assert answer.status_code == 401


@pytest.mark.parametrize(
    "wrong, code",
    [
        ({"external_id": ""}, "API_VALIDATION_ERROR"),
        ({"external_id": None}, "API_VALIDATION_ERROR"),
        ({"amount": "25000"}, "API_VALIDATION_ERROR"),
        ({"amount": True}, "API_VALIDATION_ERROR"),
        ({"amount": 999}, "AMOUNT_BELOW_MINIMUM_LIMIT"),
        ({"currency": "XYZ"}, "UNSUPPORTED_CURRENCY"),
        ({"invoice_duration": 0}, "API_VALIDATION_ERROR"),
        ({"success_redirect_url": "JavaScript:alert(1)"}, "API_VALIDATION_ERROR"),
    ],
)
async def test_what_is_not_made(wrong: dict[str, Any], code: str) -> None:
    """400 with the reason, and nothing is made."""
    fake = FakeXendit()
    async with visitor(fake) as http:
        answer = await http.post("/v2/invoices", json={**WANTED, **wrong})
        assert (answer.status_code, answer.json()["error_code"]) == (400, code)
        assert (await http.post("/v2/invoices", content=b"[")).json()["error_code"] == "INVALID_JSON_FORMAT"
    assert not fake.books.bills


async def test_the_life_of_an_invoice() -> None:
    """Made, found, paid once, settled; never closed after that."""
    fake = FakeXendit()
    async with visitor(fake) as http:
        invoice = await made(http, metadata={"a": 1})
        assert invoice["status"] == "PENDING"
        assert invoice["invoice_url"] == f"http://fake/web/{invoice['id']}"
        assert (await http.get(f"/v2/invoices/{invoice['id']}")).json() == invoice
        assert (await http.get("/v2/invoices", params={"external_id": "ours"})).json() == [invoice]
        fake.pay(invoice["id"])
        with pytest.raises(Refusal, match="INVOICE_ALREADY_PAID"):
            fake.pay(invoice["id"])
        paid = (await http.get(f"/v2/invoices/{invoice['id']}")).json()
        assert (paid["status"], paid["paid_amount"], paid["payment_method"]) == ("PAID", 25000, "QR_CODE")
        refused = await http.post(f"/invoices/{invoice['id']}/expire!")
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_STATUS")
        fake.settle(invoice["id"])
        assert (await http.get(f"/v2/invoices/{invoice['id']}")).json()["status"] == "SETTLED"
        missing = await http.get("/v2/invoices/nobodys")
        assert (missing.status_code, missing.json()["error_code"]) == (404, "INVOICE_NOT_FOUND_ERROR")


async def test_money_after_the_end() -> None:
    """Refused on the page and by default; let in by whoever says so. One that is paid never expires."""
    fake = FakeXendit()
    async with visitor(fake) as http:
        early, late = [await made(http) for _ in range(2)]
        fake.pay(early["id"])
        fake.clock.move(61)
        assert fake.look() == 1
        assert (await http.get(f"/v2/invoices/{early['id']}")).json()["status"] == "PAID"
        assert (await http.get(f"/v2/invoices/{late['id']}")).json()["status"] == "EXPIRED"
        with pytest.raises(Refusal, match="INVOICE_EXPIRED"):
            fake.pay(late["id"])
        assert (await http.post(f"/web/{late['id']}/pay")).status_code == 410
        fake.pay(late["id"], late=True, amount=24000.5)
        paid = (await http.get(f"/v2/invoices/{late['id']}")).json()
        assert (paid["status"], paid["paid_amount"]) == ("PAID", 24000.5)


async def test_paying_on_the_page() -> None:
    """A plain form that leads back to where the invoice says, also when it is pressed twice."""
    fake = FakeXendit()
    back = "http://shop.example:3000/payment/return/success?x=1"
    async with visitor(fake) as http:
        invoice = await made(http, success_redirect_url=back, failure_redirect_url="halobestie://payment/1")
        page = await http.get(f"/web/{invoice['id']}")
        assert page.headers["content-type"].startswith("text/html")
        assert "Rp 25.000" in page.text
        assert f'<form method="post" action="/web/{invoice["id"]}/pay">' in page.text
        assert 'href="halobestie://payment/1">Batal' in page.text
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; base-uri 'none'; "
            "form-action 'self' http://shop.example:3000"
        )
        for _ in range(2):
            pressed = await http.post(f"/web/{invoice['id']}/pay")
            assert (pressed.status_code, pressed.headers["location"]) == (303, back)
        assert "Sudah dibayar" in (await http.get(f"/web/{invoice['id']}")).text
        assert (await http.get("/web/nobodys")).status_code == 404
        assert (await http.post("/web/nobodys/pay")).status_code == 404
        assert (
            "form-action 'self' halobestie:"
            in (
                await http.get(f"/web/{(await made(http, success_redirect_url='halobestie://x'))['id']}")
            ).headers["content-security-policy"]
        )


async def test_pages_escape_everything() -> None:
    """What others write is text, never markup."""
    fake, evil = FakeXendit(), "<script>alert('1')</script>\"&"
    async with visitor(fake) as http:
        invoice = await made(
            http, description=evil, external_id=evil, success_redirect_url=f"https://x/{evil}",
            failure_redirect_url=f"https://x/{evil}",
        )  # fmt: skip
        for path in ("/", f"/web/{invoice['id']}"):
            shown = await http.get(path)
            assert "<script" not in shown.text
            assert "script" not in shown.headers["content-security-policy"]
        fake.pay(invoice["id"])
        assert "<script" not in (await http.get(f"/web/{invoice['id']}")).text
        assert (await http.get("/style.css")).headers["content-type"].startswith("text/css")


async def test_it_remembers(tmp_path: Path) -> None:
    """Invoices and their addresses outlive a restart; what cannot be read is nothing."""
    async with xendit_served(tmp_path) as place:
        paid = place.fake.books.create(WANTED)
        place.fake.pay(paid.id)
        pending = place.fake.books.create(WANTED)
        url = place.url
    async with xendit_served(tmp_path) as place:
        assert place.url == url
        assert place.fake.books.get(paid.id).paid_at == paid.paid_at
        assert place.fake.books.get(pending.id).expires == pending.expires
        async with xendit_served(tmp_path) as beside:
            assert beside.url != url
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    async with xendit_served(tmp_path) as place:
        assert not place.fake.books.bills


async def test_a_server_is_told_of_it() -> None:
    """By its environment, in this process or in another."""
    async with xendit_served() as place:
        env = place.named_in(read({}))
        assert (env.payment_gateway, env.xendit_base_url) == (Gateway.XENDIT, place.url)
        assert refusals(env) == []
        assert read(place.variables) == env
