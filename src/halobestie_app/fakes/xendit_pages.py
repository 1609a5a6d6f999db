"""The pages of the stand-in for Xendit: where an invoice is paid, and a list of all. All is escaped.

The pay button is a plain form; a page whose invoice cannot be paid has none.
"""

from collections.abc import Iterable
from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

from halobestie_app.fakes.xendit_books import EXPIRED, Bill

SHELL: Final = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{extra}<title>{title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
{body}
</body>
</html>
"""

_BILL: Final = """<main class="bill">
<p class="from">Halo Bestie</p>
<h1>{amount}</h1>
<p class="what">{description}</p>
{rest}
<footer>Tiruan Xendit untuk demo: tidak ada uang sungguhan.</footer>
</main>"""

_PAYABLE: Final = """<p class="until">Bayar sebelum <time datetime="{until}">{clock}</time></p>
<form method="post" action="/web/{id}/pay">
<button>Bayar sekarang</button>
</form>
{back}"""

_PAID: Final = """<p class="state">Sudah dibayar. Terima kasih!</p>
{back}"""

_EXPIRED: Final = """<p class="state">Tagihan ini sudah kedaluwarsa dan tidak bisa dibayar lagi.</p>
{back}"""

_LIST: Final = """<header>
<h1>Invoices</h1>
<p>The newest first. This is a stand-in for Xendit; no money leaves this machine.</p>
</header>
<main>
{rows}
</main>"""

_ROW: Final = """<p class="row"><a href="/web/{id}">{amount}</a> <b class="{status}">{status}</b>
<time datetime="{at}">{clock}</time> <span>{external_id}</span></p>"""

_STYLE: Final = """:root { color-scheme: light dark; --line: #8884; --soft: #fff; --back: #f4f1f3; }
@media (prefers-color-scheme: dark) { :root { --soft: #232024; --back: #171517; } }
body { background: var(--back); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 40rem; }
body { padding: 1.5rem 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
header p { margin: .2rem 0 1.2rem; opacity: .75; }
.bill { background: var(--soft); border: 1px solid var(--line); border-radius: 1.2rem; margin: 8vh auto 0; }
.bill { max-width: 22rem; padding: 1.6rem; text-align: center; }
.bill h1 { font-size: 2.1rem; font-variant-numeric: tabular-nums; }
.from { font-weight: 600; margin: 0 0 .4rem; opacity: .75; }
.what { margin: .3rem 0 1.2rem; overflow-wrap: anywhere; }
.until { font-size: .9rem; margin: 0 0 .8rem; opacity: .75; }
.state { font-weight: 600; margin: 1.2rem 0; }
button { background: #b3426b; border: 0; border-radius: 999px; color: #fff; cursor: pointer; font: inherit; }
button { font-weight: 600; padding: .8rem 1rem; width: 100%; }
button:hover { background: #98345a; }
button:focus-visible, a:focus-visible { outline: 3px solid; outline-offset: 3px; }
.back { display: inline-block; margin-top: 1rem; }
footer { border-top: 1px solid var(--line); font-size: .8rem; margin-top: 1.6rem; opacity: .75; }
footer { padding-top: .8rem; }
.row { border-bottom: 1px solid var(--line); margin: 0; overflow-wrap: anywhere; padding: .5rem 0; }
.row span { font-size: .8rem; opacity: .75; }
.PAID, .SETTLED { color: #2c8a55; }
.EXPIRED { opacity: .6; }
"""


def bill_page(bill: Bill) -> str:
    """Return the page on which an invoice is paid."""
    if bill.is_paid:
        rest = _PAID.format(back=_link(bill.success_redirect_url, "Kembali"))
    elif bill.status == EXPIRED:
        rest = _EXPIRED.format(back=_link(bill.failure_redirect_url, "Kembali"))
    else:
        rest = _PAYABLE.format(
            id=escape(bill.id),
            until=escape(bill.expires.isoformat()),
            clock=bill.expires.astimezone().strftime("%H.%M"),
            back=_link(bill.failure_redirect_url, "Batal"),
        )
    body = _BILL.format(amount=_sum(bill), description=escape(bill.description), rest=rest)
    return SHELL.format(language="id", extra="", title="Pembayaran", body=body)


def missing_page() -> str:
    """Return the page of an invoice that is none."""
    body = '<main class="bill"><p class="state">Tagihan tidak ditemukan.</p></main>'
    return SHELL.format(language="id", extra="", title="Pembayaran", body=body)


def list_page(bills: Iterable[Bill]) -> str:
    """Return the page with these invoices; it looks again by itself."""
    rows = "\n".join(
        _ROW.format(
            id=escape(bill.id),
            amount=_sum(bill),
            status=escape(bill.status),
            at=escape(bill.created.isoformat()),
            clock=bill.created.astimezone().strftime("%H:%M:%S"),
            external_id=escape(bill.external_id),
        )
        for bill in bills
    )
    body = _LIST.format(rows=rows or "<p>There is none yet.</p>")
    refresh = '<meta http-equiv="refresh" content="2">\n'
    return SHELL.format(language="en", extra=refresh, title="Invoices", body=body)


def style() -> str:
    """Return the style sheet."""
    return _STYLE


def policy(bill: Bill | None = None) -> str:
    """Return the content security policy of a page; a form may lead to where its invoice sends people."""
    targets = ["'self'", *(_source(bill.success_redirect_url) if bill else ())]
    return f"default-src 'none'; style-src 'self'; base-uri 'none'; form-action {' '.join(targets)}"


def _source(url: str | None) -> tuple[str, ...]:
    where = urlsplit(url or "")
    if where.scheme in ("http", "https") and where.netloc.replace(".", "").replace(":", "").isalnum():
        return (f"{where.scheme}://{where.netloc}",)
    return (f"{where.scheme}:",) if where.scheme not in ("", "http", "https") else ()


def _link(url: str | None, text: str) -> str:
    return "" if url is None else f'<a class="back" href="{escape(url)}">{text}</a>'


def _sum(bill: Bill) -> str:
    amount: Any = bill.amount
    plain = isinstance(amount, int) and bill.currency == "IDR"
    return escape(f"Rp {amount:,}".replace(",", ".") if plain else f"{bill.currency} {amount}")
