"""What Xendit writes, read without believing it: JSON, sums, statuses, texts. Sends nothing, knows no clock.

Sums are JSON numbers and become rupiah exactly or not at all: 25000 and 25000.0 are whole, 25000.5, "25000",
true and what no table could hold are not. An invoice without an id, an external id, a status or a currency
is none; a sum that is not whole leaves an invoice, for somebody has to look at it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn

from attrs import frozen

from halobestie_core.ports.gateway import Invoice, InvoiceStatus

LARGEST: Final = 2**53 - 1
"""Above this JSON's numbers are no longer exact for everybody who reads them on the way."""
LONGEST_ID: Final = 128
LONGEST_TEXT: Final = 256
LONGEST_URL: Final = 2048

STATUSES: Final[Mapping[str, InvoiceStatus]] = {
    "PENDING": InvoiceStatus.PENDING,
    "PAID": InvoiceStatus.PAID,
    "SETTLED": InvoiceStatus.PAID,
    "EXPIRED": InvoiceStatus.EXPIRED,
}


class NotJson(ValueError):
    """The bytes are no JSON, or JSON that nobody means well with."""


class NotAnInvoice(ValueError):
    """JSON, but no invoice; the text names the member, never what it holds."""


UNREADABLE: Final = (NotJson, NotAnInvoice)


@frozen
class Sums:
    """What is asked for and what was paid; None for both where a sum was said that is none."""

    amount: int | None
    paid: int | None
    exact: bool


def parsed(body: bytes) -> Any:  # noqa: ANN401  JSON
    """Parse JSON; numbers with a point or an exponent are Decimals. Raises `NotJson`."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refused)
    except (ValueError, ArithmeticError, RecursionError) as wrong:
        raise NotJson(type(wrong).__name__) from None


def _refused(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are no JSON")


def whole(said: object) -> int | None:
    """Return a sum in rupiah if it is exactly one: not negative, not a fraction, not beyond measure."""
    if isinstance(said, bool) or not isinstance(said, int | Decimal):
        return None
    if not 0 <= said <= LARGEST or said != int(said):
        return None
    return int(said)


def members(said: object) -> Mapping[str, Any]:
    """Return the members of an object. Raises `NotAnInvoice`."""
    if not isinstance(said, dict):
        raise NotAnInvoice("no object")
    return said


def identity(said: Mapping[str, Any], name: str) -> str:
    """Return a gateway's id: short, printable, as it stands. Raises `NotAnInvoice`."""
    text = said.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise NotAnInvoice(name)
    return text


def text(said: Mapping[str, Any], name: str) -> str:
    """Return a text that is there, fit to be kept and shown. Raises `NotAnInvoice`."""
    found = said.get(name)
    if not isinstance(found, str):
        raise NotAnInvoice(name)
    return fit(found)


def fit(found: str) -> str:
    """Cut a text, and replace what no table takes and no terminal should get."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in found[:LONGEST_TEXT])


def sums(said: Mapping[str, Any]) -> Sums:
    """Return what is asked for and what was paid."""
    amount, paid = whole(said.get("amount")), None
    exact = amount is not None
    if said.get("paid_amount") is not None:
        paid = whole(said["paid_amount"])
        exact = exact and paid is not None
    return Sums(amount, paid, exact=True) if exact else Sums(None, None, exact=False)


def invoice(answer: object) -> Invoice:
    """Read an invoice as the API gives it. Raises `NotAnInvoice`."""
    said = members(answer)
    word, asked = text(said, "status"), sums(said)
    status = STATUSES.get(word, InvoiceStatus.UNKNOWN)
    return Invoice(
        id=identity(said, "id"),
        external_id=text(said, "external_id"),
        status=status,
        said=word,
        amount=asked.amount or 0,
        currency=text(said, "currency"),
        url=_url(said.get("invoice_url")),
        paid_amount=asked.paid if status is InvoiceStatus.PAID else asked.paid or None,
        paid_at=_moment(said.get("paid_at")),
        exact=asked.exact,
    )


def _url(said: object) -> str | None:
    """An address of the web that is safe to hand out; people are sent there."""
    if not isinstance(said, str) or len(said) > LONGEST_URL or not said.isprintable() or " " in said:
        return None
    return said if said.startswith(("https://", "http://")) else None


def _moment(said: object) -> datetime | None:
    """An instant, if it is one: without an offset nobody knows which."""
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
        return None if moment is None or moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
