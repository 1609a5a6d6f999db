"""Reads the body of a webhook. Believes nothing, sends nothing, and never raises, whatever the bytes are."""

from halobestie_adapters.xendit import reading
from halobestie_adapters.xendit.reading import STATUSES
from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.ports.webhooks import Notice, Unreadable, Why


def read(body: bytes) -> Notice | Unreadable:
    """Return what a delivery says; what it says beyond that is ignored."""
    try:
        said = reading.members(reading.parsed(body))
        word, sums = reading.text(said, "status"), reading.sums(said)
        return Notice(
            invoice_id=reading.identity(said, "id"),
            external_id=reading.text(said, "external_id"),
            status=STATUSES.get(word, InvoiceStatus.UNKNOWN),
            said=word,
            amount=sums.amount,
            currency=reading.text(said, "currency"),
            paid_amount=sums.paid,
            exact=sums.exact,
        )
    except reading.NotJson as wrong:
        return Unreadable(Why.NOT_JSON, str(wrong))
    except reading.NotAnInvoice as wrong:
        return Unreadable(Why.NOT_AN_INVOICE, str(wrong))
