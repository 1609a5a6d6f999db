"""Payments that are paid elsewhere, and what their gateway says of them. Knows no test and no socket."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_app.usecases import payments
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.gateway import Invoice, InvoiceStatus, Taken
from halobestie_core.words import Mode, Provider
from support.desk import Office

PAID_AT: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRICE: Final = 10_000
OVER: Final = timedelta(hours=1)


class Elsewhere:
    """A gateway that hosts invoices: nothing is paid by confirming."""

    provider = Provider.XENDIT

    async def paid(self, payment: PaymentSession) -> Taken | None:
        """Never know of money without being asked of an invoice."""
        return None


@frozen
class Billed:
    """A pending payment of a new customer, and the answers of its gateway."""

    customer: UUID
    payment: PaymentSession

    def invoice(
        self,
        number: int = 1,
        *,
        status: InvoiceStatus = InvoiceStatus.PAID,
        amount: int = PRICE,
        paid_amount: int | None = None,
        currency: str = "IDR",
        external_id: str | None = None,
        exact: bool = True,
    ) -> Invoice:
        """Say what the gateway says of one of its invoices."""
        return Invoice(
            f"invoice {number} of {self.payment.id}",
            str(self.payment.id) if external_id is None else external_id,
            status,
            status.value.upper(),
            amount,
            currency,
            paid_amount=paid_amount,
            paid_at=PAID_AT if status is InvoiceStatus.PAID else None,
            exact=exact,
        )


async def billed(office: Office) -> Billed:
    """Let a new customer begin a payment of five minutes."""
    customer_id = await office.customer()
    begun = await payments.create(office.desk, customer_id, payments.NewPayment(5, Mode.CHAT))
    return Billed(customer_id, begun.payment)
