"""Reconciling: looks at invoices that may still bring money, one or all. Knows no loop and no screen."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.usecases.collecting import Collected
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.looking import settle
from halobestie_app.usecases.till import Till
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.gateway import GatewayAway, GatewayRefused, Invoice
from halobestie_core.ports.invoices import Watched

PAGE: Final = 100
HANDS: Final = 8
"""Invoices that one pass asks about at the same time."""

T = TypeVar("T")
F = TypeVar("F", bound="Finding | None")

_log = log.get(__name__)


class Finding(StrEnum):
    """What a look came to."""

    NOT_PAID = "not_paid"
    CONFIRMED = "confirmed"
    LATE = "late"
    ALREADY = "already"
    DUPLICATE = "duplicate"
    MISMATCH = "mismatch"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    """The gateway knows no such invoice."""
    NO_INVOICE = "no_invoice"
    """The gateway has none for this payment."""
    AWAY = "away"
    REFUSED = "refused"
    FAILED = "failed"
    """Our own store would not have it."""


TROUBLE: Final = frozenset(
    {
        Finding.MISMATCH,
        Finding.FOREIGN,
        Finding.UNREADABLE,
        Finding.UNKNOWN,
        Finding.AWAY,
        Finding.REFUSED,
        Finding.FAILED,
    }
)
"""After these somebody has to look, or to try again."""


async def look_at(desk: Desk, till: Till, seen: Watched) -> Finding:
    """Ask about one invoice, and say when to ask again. Raises the store's errors."""
    finding = await _asked(lambda: _found(desk, till, seen), seen.payment_id)
    if finding in (Finding.AWAY, Finding.REFUSED):
        await till.book.put_off(seen.invoice_id, till.rhythm.once_more(seen))
    else:
        await till.book.put_off(seen.invoice_id, till.rhythm.next_look(seen))
    return finding


async def _found(desk: Desk, till: Till, seen: Watched) -> Finding:
    """Ask for the invoice; when its payment is over, for others of it too: one may have been made unheard."""
    invoice: Invoice | None = None
    if seen.payment_status is not PaymentStatus.PENDING:
        with suppress(GatewayAway):  # one of several that cannot be read must not hide the others
            for one in await till.invoices.of_payment(seen.payment_id):
                if one.id == seen.invoice_id:
                    invoice = one
                else:
                    await settle(desk, till, one, seen.payment_id)
    invoice = invoice or await till.invoices.get(seen.invoice_id)
    if invoice is None:
        return Finding.UNKNOWN
    return _finding(await settle(desk, till, invoice, seen.payment_id))


async def everything(desk: Desk, till: Till, said: Callable[[Finding | None], None]) -> Counter[Finding]:
    """Look at all that could still bring money, due or not; ``said`` hears of each look.

    First at the invoices in the book, then at every payment of the last days, for those of which nobody
    learned that they were made. Raises the store's errors if the book cannot be read.
    """
    findings: Counter[Finding] = Counter()

    async def note(look: Callable[[], Awaitable[Finding | None]]) -> None:
        try:
            finding = await look()
        except StoreError as failed:
            _log.warning("a look could not be written down", error=type(failed).__name__)
            finding = Finding.FAILED
        if finding is not None:
            findings[finding] += 1
        said(finding)

    async def an_invoice(seen: Watched) -> None:
        await note(lambda: look_at(desk, till, seen))

    async def a_payment(payment_id: UUID) -> None:
        await note(lambda: _asked(lambda: _of_payment(desk, till, payment_id), payment_id))

    await _each(_watched(till), an_invoice)
    await _each(_begun(till), a_payment)
    return findings


async def _of_payment(desk: Desk, till: Till, payment_id: UUID) -> Finding | None:
    """Look for invoices that are not in the book; ``None``: all that there are were in it."""
    known = {one.invoice_id for one in await till.book.of_payment(payment_id)}
    finding = None if known else Finding.NO_INVOICE
    for invoice in await till.invoices.of_payment(payment_id):
        if invoice.id not in known:
            finding = _finding(await settle(desk, till, invoice, payment_id))
    return finding


async def _asked(ask: Callable[[], Awaitable[F]], payment_id: UUID) -> F | Finding:
    try:
        finding = await ask()
    except GatewayAway as away:
        _log.warning("the gateway is away", payment_session_id=payment_id, detail=str(away))
        return Finding.AWAY
    except GatewayRefused as refused:
        _log.error(
            "the gateway refuses: look at the set-up",
            payment_session_id=payment_id,
            status=refused.status,
            code=refused.code,
        )
        return Finding.REFUSED
    if finding in TROUBLE:
        _log.error("an invoice is not what it should be", payment_session_id=payment_id, result=finding)
    return finding


def _finding(collected: Collected) -> Finding:
    return Finding(collected.value)


async def _watched(till: Till) -> AsyncIterator[Sequence[Watched]]:
    after = ""
    while page := await till.book.watched(after, PAGE):
        yield page
        after = page[-1].invoice_id


async def _begun(till: Till) -> AsyncIterator[Sequence[UUID]]:
    after = UUID(int=0)
    while page := await till.book.begun(after, PAGE, till.rhythm.lasting):
        yield page
        after = page[-1]


async def _each(pages: AsyncIterator[Sequence[T]], work: Callable[[T], Awaitable[None]]) -> None:
    """Do all items of all pages, a few at a time."""
    free = asyncio.Semaphore(HANDS)

    async def hand(item: T) -> None:
        async with free:
            await work(item)

    async for page in pages:
        await asyncio.gather(*map(hand, page))


__all__ = ["TROUBLE", "Finding", "everything", "look_at"]
