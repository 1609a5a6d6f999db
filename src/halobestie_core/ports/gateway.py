"""The payment gateway, as ports. Knows no payment's state: the table decides what money means.

Two kinds. A `Gateway` that pays by itself is asked when the customer confirms (development). One that hosts
`Invoices` has a page on which people pay, tells of it later or never, and is therefore asked about each
invoice before anything is believed.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.payment import PaymentSession
from halobestie_core.words import Provider


@frozen
class Taken:
    """Money that the gateway has for a payment; ``amount`` is whole units of ``currency``.

    ``paid_at``: ``None`` means at this very moment. ``until``: the gateway takes the money only before this
    instant; a command that finds it past, under its locks, has no money.
    """

    invoice_id: str
    amount: int
    currency: str
    paid_at: datetime | None = None
    until: datetime | None = None


class Gateway(Protocol):
    """Who takes the money."""

    @property
    def provider(self) -> Provider:
        """The provider that new payments above 0 are given."""
        ...

    async def paid(self, payment: PaymentSession) -> Taken | None:
        """Return the money taken for this payment at its confirmation, or ``None``.

        Never called inside a transaction. A gateway with `Invoices` answers ``None``: its money is collected
        by asking about them.
        """
        ...


class InvoiceStatus(StrEnum):
    """Where an invoice stands at the gateway, in our words; it only ever moves towards PAID."""

    PENDING = "pending"
    EXPIRED = "expired"
    PAID = "paid"
    UNKNOWN = "unknown"


@frozen
class Invoice:
    """What the gateway says of one invoice, at the moment it was asked.

    ``external_id`` is the name we gave it: the payment's id, as text; somebody else's is any text.
    ``amount`` is what is asked for and ``paid_amount`` what was paid (None while nothing was), both in whole
    units of ``currency``; ``exact`` is False when the gateway named a sum that is no whole number, and then
    the two mean nothing. ``said`` is the gateway's own word for the status.
    """

    id: str
    external_id: str
    status: InvoiceStatus
    said: str
    amount: int
    currency: str
    url: str | None = None
    paid_amount: int | None = None
    paid_at: datetime | None = None
    exact: bool = True

    @property
    def taken(self) -> int:
        """How much money there is; 0 while nothing was paid."""
        if self.status is not InvoiceStatus.PAID:
            return 0
        return self.amount if self.paid_amount is None else self.paid_amount


@frozen
class InvoiceWish:
    """An invoice to be made. ``seconds``: how long it can be paid; the texts are what people see there."""

    payment_id: UUID
    amount: int
    seconds: int
    description: str


class GatewayError(Exception):
    """The gateway did not do what it was asked."""


class GatewayAway(GatewayError):
    """No answer, too late, broken, or too many questions: whether it was done is unknown. Ask again later."""


class GatewayRefused(GatewayError):
    """It answered, and said no: asking the same again is of no use. ``code`` is its own word."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def is_of_us(self) -> bool:
        """Whether whoever asks is refused, not what they ask: their key, right, address. People mend that."""
        return self.status in {401, 403, 404}

    def __str__(self) -> str:
        return f"the gateway refused with {self.status} {self.code}: {self.message}"


class Invoices(Protocol):
    """A gateway's invoices. Every call raises `GatewayAway` or `GatewayRefused`, within a few seconds."""

    async def create(self, wish: InvoiceWish) -> Invoice:
        """Make an invoice. Twice makes two: after `GatewayAway`, look with `of_payment` first."""
        ...

    async def get(self, invoice_id: str) -> Invoice | None:
        """Return an invoice as it stands, or None if the gateway knows none of this id."""
        ...

    async def of_payment(self, payment_id: UUID) -> Sequence[Invoice]:
        """Return all invoices of a payment's id, whatever became of it, in the gateway's own order."""
        ...

    async def expire(self, invoice_id: str) -> Invoice:
        """Close an invoice to payers and return how it stands then: PAID, if the money was first."""
        ...
