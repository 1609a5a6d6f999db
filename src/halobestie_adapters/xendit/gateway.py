"""The gateway whose money comes by invoices: it has none to give when a customer says that they paid."""

from __future__ import annotations

from typing import final

from halobestie_core.payment import PaymentSession
from halobestie_core.ports.gateway import Taken
from halobestie_core.words import Provider


@final
class XenditGateway:
    """`Gateway`. Whoever wants to know of money asks for the invoice."""

    @property
    def provider(self) -> Provider:
        """The provider of its payments."""
        return Provider.XENDIT

    async def paid(self, payment: PaymentSession) -> Taken | None:
        """Have nothing: see `halobestie_adapters.xendit.invoices`."""
        return None
