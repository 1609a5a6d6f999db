"""Looking: asks the gateway about an invoice, and lets its answer have its effect. Knows no webhook, no HTTP.

A delivery that is lost comes again after a quarter of an hour, and a payment lives for twenty minutes: so
whoever looks at a pending payment, or confirms it, has the gateway asked.
"""

import asyncio
from typing import Final
from uuid import UUID

from halobestie_app import log
from halobestie_app.usecases.collecting import Collected, collect
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.till import Till
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.gateway import GatewayError, Invoice, InvoiceStatus
from halobestie_core.words import Provider

PATIENCE_SECONDS: Final = 3.0
"""Somebody is waiting for a page."""
UNSETTLED: Final = frozenset({Collected.NOT_PAID, Collected.UNREADABLE})
"""After these there is still something to look for."""

_log = log.get(__name__)


async def look(desk: Desk, payment: PaymentSession) -> Collected | None:
    """Ask about a pending payment that has an invoice, unless somebody just did.

    Returns what became of the money; ``None`` if nobody was asked, or no answer came in time: the payment
    is then as it is. Raises the store's errors only.
    """
    till = desk.till
    if till is None or payment.provider is not Provider.XENDIT or payment.status is not PaymentStatus.PENDING:
        return None
    found: Collected | None = None
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    for invoice_id in await till.book.may_ask(payment.id, till.rhythm.asking):
        try:
            async with asyncio.timeout_at(until):
                invoice = await till.invoices.get(invoice_id)
        except (GatewayError, TimeoutError) as away:
            _log.info("nobody could be asked", payment_session_id=payment.id, error=type(away).__name__)
            till.count("look", "away")
            return found
        if invoice is not None:
            outcome = await settle(desk, till, invoice, payment.id)
            till.count("look", outcome.value)
            found = outcome if found in (None, Collected.NOT_PAID) else found
    return found


async def settle(
    desk: Desk, till: Till, invoice: Invoice, payment_id: UUID | None, *, delivered: bool = False
) -> Collected:
    """Write down what the gateway has just said of an invoice: its money first, then that we know it.

    ``payment_id``: whose it is. In that order a crash in between is a second look, never a lost one. A sum
    that cannot be written down is set aside for operators, unless a ``delivered`` webhook is about to be.
    Raises the store's errors.
    """
    if invoice.status is InvoiceStatus.UNKNOWN:
        till.count("settle", "unknown_status")
        _log.error("the gateway says what nobody knows", payment_session_id=payment_id, detail=invoice.said)
    outcome = await collect(desk, invoice, payment_id=payment_id)
    if outcome is Collected.UNREADABLE and not delivered:
        await till.aside.put(invoice)
    if payment_id is not None:
        settled = outcome not in UNSETTLED
        await till.book.seen(invoice, payment_id, settled=settled, first_look=till.rhythm.first)
    if outcome not in (Collected.NOT_PAID, Collected.ALREADY):
        _log.info("money came", payment_session_id=payment_id, result=outcome.value)
    return outcome


__all__ = ["look", "settle"]
