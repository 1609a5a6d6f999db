"""Setting aside: what a look at the gateway found, and only a person can judge, goes where operators see it.

Nobody sent it, so it is a row of our own among the deliveries in quarantine. Knows no webhook and no route.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

import orjson
from attrs import frozen

from halobestie_app import log
from halobestie_core.ports.gateway import Invoice
from halobestie_core.ports.inbox import Inbox
from halobestie_core.ports.webhooks import Notice

SUM_NOT_WHOLE: Final = "sum_not_whole"
ASKED: Final = "ASKED"
"""Stands where a delivery has the gateway's word for a status: nobody delivered this. One row per invoice."""

_log = log.get(__name__)


def _nobody_counts(_reason: str) -> None:
    """Where nothing is measured."""


@frozen
class Aside:
    """Where it is put. ``count`` hears of each new row, by its reason."""

    inbox: Inbox
    new_id: Callable[[], UUID]
    count: Callable[[str], None] = _nobody_counts

    async def put(self, invoice: Invoice) -> None:
        """Put an invoice there whose sum nobody can write down, once. Raises the store's errors."""
        delivery_id = self.new_id()
        if await self.inbox.set_aside(delivery_id, _body(invoice), _notice(invoice), SUM_NOT_WHOLE):
            self.count(SUM_NOT_WHOLE)
            _log.error("an invoice is put aside", webhook_id=delivery_id, reason=SUM_NOT_WHOLE)


def _notice(invoice: Invoice) -> Notice:
    known = invoice.exact
    return Notice(
        invoice_id=invoice.id,
        external_id=invoice.external_id,
        status=invoice.status,
        said=ASKED,
        amount=invoice.amount if known else None,
        currency=invoice.currency,
        paid_amount=invoice.paid_amount if known else None,
        exact=known,
    )


def _body(invoice: Invoice) -> bytes:
    """What the gateway answered, as far as we read it; sums that are not whole mean nothing here."""
    known = invoice.exact
    return orjson.dumps(
        {
            "found_by": "look",
            "id": invoice.id,
            "external_id": invoice.external_id,
            "status": invoice.said,
            "currency": invoice.currency,
            "amount": invoice.amount if known else None,
            "paid_amount": invoice.paid_amount if known else None,
            "paid_at": invoice.paid_at,
        }
    )


__all__ = ["ASKED", "SUM_NOT_WHOLE", "Aside"]
