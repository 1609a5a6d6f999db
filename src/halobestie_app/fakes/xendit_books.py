"""The invoices of the stand-in for Xendit, and what may happen to them. Knows no HTTP and sends nothing.

As strict as the real one where that can be read up (docs.xendit.co, invoices): what is paid stays paid, what
is expired can no longer be paid on its page; money that arrives all the same is let in by whoever says so.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from attrs import asdict, define, field, frozen

PENDING: Final = "PENDING"
PAID: Final = "PAID"
SETTLED: Final = "SETTLED"
EXPIRED: Final = "EXPIRED"
DAY: Final = 24 * 3600
MINIMUM: Final = 1000
LONGEST: Final = 255
WANTED: Final = ("success_redirect_url", "failure_redirect_url", "description")
SCHEMES_REFUSED: Final = ("javascript:", "data:", "vbscript:")


class Refusal(Exception):
    """Xendit says no: HTTP status, its own word, a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message


@define(eq=False)
class Clock:
    """The stand-in's own clock: the machine's, and as far ahead as it was moved."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The instant."""
        return datetime.now(UTC) + self.ahead

    def move(self, seconds: float) -> None:
        """Let time go by."""
        self.ahead += timedelta(seconds=seconds)


@define(eq=False)
class Bill:
    """One invoice. The sums are whatever JSON can say, so that odd ones can be told."""

    id: str
    external_id: str
    amount: Any
    currency: str
    created: datetime
    expires: datetime
    updated: datetime
    description: str = ""
    success_redirect_url: str | None = None
    failure_redirect_url: str | None = None
    metadata: Any = None
    status: str = PENDING
    paid_amount: Any = None
    paid_at: datetime | None = None

    @property
    def is_paid(self) -> bool:
        """Whether there is money."""
        return self.status in (PAID, SETTLED)


@frozen
class Books:
    """Every invoice there is, the newest last."""

    clock: Clock = field(factory=Clock)
    bills: dict[str, Bill] = field(factory=dict)
    _named: dict[str, list[Bill]] = field(factory=dict)

    def create(self, wanted: Mapping[str, Any], minimum: int = MINIMUM) -> Bill:
        """Make an invoice; as many as one likes may have one external id. Raises `Refusal`."""
        _judge(wanted, minimum)
        now = self.clock.now()
        bill = Bill(
            id=secrets.token_hex(12),
            external_id=wanted["external_id"],
            amount=wanted["amount"],
            currency=wanted.get("currency", "IDR"),
            created=now,
            updated=now,
            expires=now + timedelta(seconds=float(wanted.get("invoice_duration", DAY))),
            metadata=wanted.get("metadata"),
            **{name: wanted[name] for name in WANTED if wanted.get(name)},
        )
        self.keep(bill)
        return bill

    def keep(self, bill: Bill) -> None:
        """Put an invoice among the others."""
        self.bills[bill.id] = bill
        self._named.setdefault(bill.external_id, []).append(bill)

    def get(self, invoice_id: str) -> Bill:
        """Return an invoice as it stands now. Raises `Refusal`."""
        bill = self.bills.get(invoice_id)
        if bill is None:
            raise Refusal(404, "INVOICE_NOT_FOUND_ERROR", "Could not find invoice")
        return self._aged(bill)

    def named(self, external_id: str, lag: float = 0.0) -> list[Bill]:
        """Return those of an external id, the newest first, but none younger than ``lag`` seconds."""
        latest = self.clock.now() - timedelta(seconds=lag)
        found = (self._aged(bill) for bill in self._named.get(external_id, ()))
        return [bill for bill in found if bill.created <= latest][::-1]

    def pay(
        self,
        invoice_id: str,
        *,
        amount: Any = None,  # noqa: ANN401  JSON
        currency: str | None = None,
        late: bool = False,
    ) -> Bill:
        """Let money in, another sum or currency if said, after the end if ``late``. Raises `Refusal`."""
        bill = self.get(invoice_id)
        if bill.is_paid:
            raise Refusal(400, "INVOICE_ALREADY_PAID", "Invoice is paid already")
        if bill.status == EXPIRED and not late:
            raise Refusal(400, "INVOICE_EXPIRED", "Invoice is expired")
        bill.status, bill.paid_at = PAID, self.clock.now()
        bill.paid_amount = bill.amount if amount is None else amount
        bill.currency = currency or bill.currency
        bill.updated = bill.paid_at
        return bill

    def settle(self, invoice_id: str) -> Bill:
        """Let the money of a paid one reach the merchant. Raises `Refusal`."""
        bill = self.get(invoice_id)
        if not bill.is_paid:
            raise Refusal(400, "INVALID_STATUS", "Invoice is not paid")
        bill.status, bill.updated = SETTLED, self.clock.now()
        return bill

    def expire(self, invoice_id: str) -> Bill:
        """Close an invoice; one that is closed stays so. Raises `Refusal`."""
        bill = self.get(invoice_id)
        if bill.is_paid:
            raise Refusal(400, "INVALID_STATUS", "Invoice cannot be expired, it is paid")
        if bill.status == PENDING:
            bill.status, bill.updated = EXPIRED, self.clock.now()
        return bill

    def overdue(self) -> list[Bill]:
        """Close what is past its time, and return it."""
        now = self.clock.now()
        found = [bill for bill in self.bills.values() if bill.status == PENDING and bill.expires <= now]
        return [self._aged(bill) for bill in found]

    def newest(self, count: int) -> Iterable[Bill]:
        """Return some invoices, the newest first."""
        return (self._aged(bill) for bill in list(self.bills.values())[: -count - 1 : -1])

    def _aged(self, bill: Bill) -> Bill:
        if bill.status == PENDING and bill.expires <= self.clock.now():
            bill.status, bill.updated = EXPIRED, bill.expires
        return bill


def as_answer(bill: Bill, url: str) -> dict[str, Any]:
    """Return an invoice as the API writes it; ``url``: its page."""
    said = {
        **_common(bill),
        "merchant_profile_picture_url": "https://xnd-merchant-logos.invalid/none.png",
        "expiry_date": bill.expires,
        "invoice_url": url,
        "available_banks": [],
        "should_exclude_credit_card": False,
        "should_send_email": False,
        "success_redirect_url": bill.success_redirect_url,
        "failure_redirect_url": bill.failure_redirect_url,
        "metadata": bill.metadata,
    }
    return {name: value for name, value in said.items() if value is not None}


def as_webhook(bill: Bill) -> dict[str, Any]:
    """Return what a webhook says of an invoice."""
    said = {**_common(bill), "is_high": False, "adjusted_received_amount": bill.paid_amount}
    return {name: value for name, value in said.items() if value is not None}


def _common(bill: Bill) -> dict[str, Any]:
    return {
        "id": bill.id,
        "external_id": bill.external_id,
        "user_id": "5f0000000000000000000000",
        "status": bill.status,
        "merchant_name": "Halo Bestie",
        "amount": bill.amount,
        "paid_amount": bill.paid_amount,
        "paid_at": bill.paid_at,
        "payment_method": "QR_CODE" if bill.is_paid else None,
        "payment_channel": "QRIS" if bill.is_paid else None,
        "description": bill.description,
        "currency": bill.currency,
        "created": bill.created,
        "updated": bill.updated,
    }


def as_kept(bill: Bill) -> dict[str, Any]:
    """Return an invoice as a file keeps it, for `from_kept`."""
    return asdict(bill)


def from_kept(kept: Mapping[str, Any]) -> Bill:
    """Read an invoice that was kept. Raises ValueError, TypeError or LookupError if it is none."""
    moments = {
        name: datetime.fromisoformat(kept[name])
        for name in ("created", "expires", "updated", "paid_at")
        if kept[name] is not None
    }
    return Bill(**{**kept, **moments})


def _judge(wanted: Mapping[str, Any], minimum: int) -> None:
    name, amount = wanted.get("external_id"), wanted.get("amount")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
        raise _invalid("external_id")
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        raise _invalid("amount")
    if wanted.get("currency", "IDR") != "IDR":
        raise Refusal(400, "UNSUPPORTED_CURRENCY", "Currency is not supported")
    if amount < minimum:
        raise Refusal(400, "AMOUNT_BELOW_MINIMUM_LIMIT", f"Amount is below the minimum of {minimum}")
    seconds = wanted.get("invoice_duration", DAY)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= 366 * DAY:
        raise _invalid("invoice_duration")
    for member in WANTED:
        text = wanted.get(member, "")
        if not isinstance(text, str) or text.lower().startswith(SCHEMES_REFUSED):
            raise _invalid(member)


def _invalid(member: str) -> Refusal:
    return Refusal(400, "API_VALIDATION_ERROR", f"There was an error with the format submitted: {member}")
