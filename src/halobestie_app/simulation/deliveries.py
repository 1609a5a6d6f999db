"""What webhooks may do, judged by the books on both sides: M9. Knows no body and asks nobody."""

from collections import Counter
from collections.abc import Iterator

from halobestie_adapters.memory import MemoryInvoices, Tables
from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.words import CURRENCY


def webhooks_count_once(tables: Tables) -> Iterator[str]:
    """M9: an invoice and status is kept once, ends in one way, and its money is written down once."""
    keys = Counter(
        (row.notice.invoice_id, row.notice.said)
        for row in tables.deliveries.values()
        if row.notice is not None
    )
    yield from (f"the webhook {key} is there {times} times" for key, times in keys.items() if times > 1)
    for row in tables.deliveries.values():
        if row.applied_at is not None and row.quarantined_at is not None:
            yield f"delivery {row.id} was applied, and put aside"
    booked = Counter((row.provider, row.provider_invoice_id) for row in tables.captures)
    yield from (f"{invoice} was booked {times} times" for invoice, times in booked.items() if times > 1)


def wrong_money_moves_nothing(tables: Tables, gateway: MemoryInvoices | None) -> Iterator[str]:
    """M9: money that counts for a payment was taken for its name, its amount and in its currency.

    Whether there is such money at all is another law (M10).
    """
    surplus = {kept.row.capture_id for kept in tables.failures}
    invoices = {} if gateway is None else {one.id: one for one in gateway.invoices}
    for row in tables.captures:
        paid = tables.payments.get(row.payment_session_id)
        if row.id in surplus:
            continue
        if paid is None or (row.amount, row.currency) != (paid.amount, CURRENCY):
            yield f"M9: {row.amount} {row.currency} count for {row.payment_session_id}, which is {paid}"
            continue
        there = invoices.get(row.provider_invoice_id)
        if there is None or there.status is not InvoiceStatus.PAID:
            continue
        asked = (str(paid.id), paid.amount, paid.amount, CURRENCY)
        if (there.external_id, there.amount, there.taken, there.currency) != asked:
            yield f"M9: {there.id} took {there.taken} for {there.external_id}, and paid {asked}"


__all__ = ["webhooks_count_once", "wrong_money_moves_nothing"]
