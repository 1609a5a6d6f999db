"""The payment gateway, as a port. Knows no payment's state: the table decides what money means."""

from datetime import datetime
from typing import Protocol

from halobestie_core.flow.effects import Capture
from halobestie_core.payment import PaymentSession
from halobestie_core.words import Provider


class Gateway(Protocol):
    """Who takes the money."""

    @property
    def provider(self) -> Provider:
        """The provider that new payments above 0 are given."""
        ...

    async def paid(self, payment: PaymentSession, now: datetime) -> Capture | None:
        """Return the money taken for this payment, or ``None``. ``now`` is the store's clock."""
        ...
