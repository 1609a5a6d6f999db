"""Billing: makes the invoice of a payment, and closes those on which nobody should pay. Knows no loop.

Xendit knows no idempotency: after an unknown outcome one looks before one makes another. The first try
belongs to whoever began the payment and needs no look; every later one does. Nothing here is lost with a
process: the errand is a row of the payment's own transaction, and ends in the one that writes the invoice
down.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import define

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.looking import settle
from halobestie_app.usecases.perform import perform
from halobestie_app.usecases.till import Till
from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.payment import Abandon, PaymentSession, PaymentStatus
from halobestie_core.ports.gateway import (
    GatewayAway,
    GatewayRefused,
    Invoice,
    InvoiceStatus,
    InvoiceWish,
)
from halobestie_core.ports.invoices import Errand
from halobestie_core.ports.reads import PaymentSeen
from halobestie_core.ports.store import GATEWAY, Scope
from halobestie_core.words import CURRENCY, Provider

PATIENCE_SECONDS: Final = 4.0
"""So long whoever begins a payment waits for its page."""
MENDING_SECONDS: Final = 30.0
"""So long an errand waits that was refused for who we are, twice as long each time: people mend set-ups."""
MOST_DOUBLINGS: Final = 5
_OPEN: Final = frozenset({InvoiceStatus.PENDING, InvoiceStatus.PAID})

_log = log.get(__name__)
_making: Final[set[asyncio.Task[None]]] = set()
"""Held here until they are done; nobody else may be waiting for them any more."""


@define
class _Patience:
    """Between who makes an invoice and who waits for it."""

    over: bool = False
    writing: bool = False


async def bill(desk: Desk, seen: PaymentSeen, *, since: float | None = None) -> PaymentSeen:
    """Make the invoice of a payment that was just begun, and return the payment with its page.

    Without one if that takes too long, or cannot be done now: then it is made later, and the customer hears
    of it. What the gateway refuses for good is abandoned, and returned like that. ``since``: when they
    began to wait, by the loop's clock, if that was earlier.
    """
    till, payment = desk.till, seen.payment
    if till is None or not _needs_page(payment):
        return seen
    with suppress(StoreError):
        errand = await till.book.begin(payment.id)
        if errand is not None:
            await _wait_for(_begin(desk, till, payment, errand), since)
        return await desk.reads.payment(payment.id) or seen
    return seen  # the payment is begun, whatever the store says now


def _begin(
    desk: Desk, till: Till, payment: PaymentSession, errand: Errand
) -> tuple[asyncio.Task[None], _Patience]:
    patience = _Patience()
    task = asyncio.create_task(_first(desk, till, payment, errand, patience))
    _making.add(task)
    task.add_done_callback(_making.discard)
    return task, patience


async def _wait_for(making: tuple[asyncio.Task[None], _Patience], since: float | None) -> None:
    """Wait while that is worth it; what is being written down comes at once."""
    task, patience = making
    now = asyncio.get_running_loop().time()
    left = PATIENCE_SECONDS - (0.0 if since is None else now - since)
    try:
        await asyncio.wait({task}, timeout=max(0.0, left))
        if patience.writing:
            await asyncio.wait({task})
    finally:
        patience.over = True


async def _first(
    desk: Desk, till: Till, payment: PaymentSession, errand: Errand, patience: _Patience
) -> None:
    """Make an invoice without looking: nobody did so before."""
    try:
        invoice = await _made(till, payment, errand.now)
        patience.writing = True
        if invoice is not None:
            await till.book.hand_out(payment.id, invoice, first_look=till.rhythm.first, late=patience.over)
    except GatewayRefused as refused:
        patience.writing = True
        await _refused(desk, till, errand, refused)
    except (GatewayAway, StoreError) as away:
        _log.warning(
            "an invoice must wait", payment_session_id=payment.id, error=type(away).__name__, detail=str(away)
        )
    except Exception:  # noqa: BLE001 - logged: the errand stays, and the payment is begun
        _log.exception("an invoice could not be made", payment_session_id=payment.id)


# ------------------------------------------------------------------------------------------------- errands


async def run(desk: Desk, till: Till, errand: Errand) -> None:
    """Run an errand that somebody left. Raises `GatewayAway` and the store's errors: it is taken again."""
    seen = await desk.reads.payment(errand.payment_id)
    try:
        if seen is not None:
            await _run(desk, till, seen.payment, errand)
    except GatewayRefused as refused:
        await _refused(desk, till, errand, refused)
    else:
        if (
            seen is None
            or errand.step is InvoiceStep.EXPIRE
            or seen.payment.status is not PaymentStatus.PENDING
        ):
            await till.book.done(errand.id)


async def _run(desk: Desk, till: Till, payment: PaymentSession, errand: Errand) -> None:
    found = await till.invoices.of_payment(payment.id)
    if errand.step is InvoiceStep.EXPIRE or payment.status is not PaymentStatus.PENDING:
        await _close(desk, till, payment, found)
        return
    fitting = [one for one in found if _fits(one, payment)]
    chosen = fitting[0] if fitting else await _made(till, payment, errand.now)
    if chosen is None:
        return
    await till.book.hand_out(payment.id, chosen, first_look=till.rhythm.first, late=True)
    if chosen.status is InvoiceStatus.PAID:
        await settle(desk, till, chosen, payment.id)
    await _close(desk, till, payment, [one for one in found if one.id != chosen.id], known=False)


async def _close(
    desk: Desk, till: Till, payment: PaymentSession, found: Sequence[Invoice], *, known: bool = True
) -> None:
    """Close invoices to payers, with ``known`` also those that only our book has. Money may be first."""
    waiting = {one.id: one for one in found}
    if known:
        for entry in await till.book.of_payment(payment.id):
            if entry.invoice_id not in waiting and entry.status is InvoiceStatus.PENDING:
                invoice = await till.invoices.get(entry.invoice_id)
                waiting |= {} if invoice is None else {invoice.id: invoice}
    for one in waiting.values():
        await settle(desk, till, await _closed(till, one), payment.id)


async def _closed(till: Till, invoice: Invoice) -> Invoice:
    """Close one; return how it stands then."""
    if invoice.status is not InvoiceStatus.PENDING:
        return invoice
    try:
        stands = await till.invoices.expire(invoice.id)
    except GatewayRefused as refused:  # it is looked at further, and ends by its own time
        till.count("expire", "refused")
        _log.error("an invoice cannot be closed", status=refused.status, code=refused.code)
        return invoice
    till.count("expire", stands.status.value)
    return stands


async def _made(till: Till, payment: PaymentSession, now: datetime) -> Invoice | None:
    """Make an invoice for what is left of the payment's time; ``None``: nothing is left."""
    seconds = int((payment.expires_at - now).total_seconds())
    if seconds < 1:
        return None
    wish = InvoiceWish(payment.id, payment.amount, seconds, _description(payment))
    try:
        invoice = await till.invoices.create(wish)
    except GatewayAway:
        till.count("create", "away")
        raise
    till.count("create", "made")
    return invoice


async def _refused(desk: Desk, till: Till, errand: Errand, refused: GatewayRefused) -> None:
    """Give up an errand that is refused for what it asks; a payment that can have no page is over with it.

    One that is refused for who we are waits until that is mended: a page made late is better than none, and
    an invoice that could not be closed still takes money.
    """
    till.count(errand.step.value, "refused")
    _log.error(
        "the gateway refuses: look at the set-up",
        payment_session_id=errand.payment_id,
        kind=errand.step.value,
        status=refused.status,
        code=refused.code,
    )
    with suppress(StoreError):  # then it is asked, and refused, once more
        if refused.is_of_us:
            pause = MENDING_SECONDS * 2.0 ** min(errand.attempt - 1, MOST_DOUBLINGS)
            await till.book.again(errand.id, pause)
            return
        if errand.step is InvoiceStep.CREATE:
            await _without_page(desk, errand.payment_id)
        await till.book.done(errand.id)


async def _without_page(desk: Desk, payment_id: UUID) -> None:
    """Let a payment go for which there will never be a page: its customer begins another, and waits for none.

    If it moved meanwhile, the table says so, and it stays as it is.
    """
    await perform(desk, Scope(payment_id=payment_id), lambda _loaded: Abandon(), GATEWAY)


def _needs_page(payment: PaymentSession) -> bool:
    waits = payment.status is PaymentStatus.PENDING and payment.provider is Provider.XENDIT
    return waits and payment.amount > 0 and payment.provider_invoice_id is None


def _fits(invoice: Invoice, payment: PaymentSession) -> bool:
    """Whether the payment can be paid (or was) on this one."""
    asked_for = (payment.amount, CURRENCY)
    return invoice.status in _OPEN and invoice.exact and (invoice.amount, invoice.currency) == asked_for


def _description(payment: PaymentSession) -> str:
    """What the hosted page says is being paid for."""
    what = "Perpanjangan sesi" if payment.is_extension else "Sesi"
    return f"{what} Halo Bestie, {payment.duration_minutes} menit"


__all__ = ["bill", "run"]
