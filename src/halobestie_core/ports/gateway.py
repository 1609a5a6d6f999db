"""The payment gateway, as a port. Knows no payment's state: the table decides what money means."""

from datetime import datetime
from typing import Protocol

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
        """Return the money taken for this payment, or ``None``. Never called inside a transaction."""
        ...
