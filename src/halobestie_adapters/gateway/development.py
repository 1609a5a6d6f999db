"""The gateway for development: whoever confirms has paid. Refused in production; knows no clock.

It takes the money at the confirm, but not after the payment's deadline: that is judged under the locks.
"""

from __future__ import annotations

from typing import final

from halobestie_core.payment import PaymentSession
from halobestie_core.ports.gateway import Taken
from halobestie_core.words import Provider


@final
class DevelopmentGateway:
    """Has the money as soon as it is asked."""

    @property
    def provider(self) -> Provider:
        """The provider of its payments."""
        return Provider.DEVELOPMENT

    async def paid(self, payment: PaymentSession) -> Taken | None:
        """Take the whole amount, in one piece, once: the invoice is the payment itself.

        Not of a payment that another gateway was to be paid for, before this one was chosen.
        """
        if payment.amount == 0 or payment.provider is not self.provider:
            return None
        return Taken(str(payment.id), payment.amount, "IDR", until=payment.expires_at)
