"""Money on pages by chance: invoices are made, paid, told of (twice, bent, or never), asked about, closed."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import orjson
from attrs import define

from halobestie_adapters.xendit import notices
from halobestie_app.usecases import billing, payments, reconciling
from halobestie_app.usecases.till import Till
from halobestie_app.workers.inbox import InboxWorker
from halobestie_app.workers.invoices import InvoiceErrands
from halobestie_core.payment import PaymentStatus
from halobestie_core.words import Provider
from support.chance import Choice, Kind
from support.lives import Act, Life

LEASE = timedelta(seconds=20)
BENT = ("external_id", "amount", "currency", "status", "paid_amount", "id")


@define
class OnPages(Choice):
    """What happens at the gateway, and what is learned of it."""

    def kinds(self) -> Sequence[Kind]:
        """By which payments wait."""
        pending = any(
            one.status is PaymentStatus.PENDING and one.provider is Provider.XENDIT
            for one in self.tables.payments
        )
        return (
            (6, pending, self._bill),
            (20, pending, self._pay),
            (0.6, True, self._pay_late),
            (5, True, self._deliver),
            (5, True, self._apply),
            (2.5, True, self._errands),
            (2.5, True, self._reconcile),
            (2, pending, self._look),
        )

    def _bill(self) -> Act:
        waiting = (one for one in self.tables.payments if one.status is PaymentStatus.PENDING)
        _, paid = self.payment(waiting)

        async def make(life: Life) -> object:
            seen = await life.place.reads.payment(paid)
            return None if seen is None else await billing.bill(life.desk, seen)

        return make

    def _pay(self) -> Act:
        waiting = (one for one in self.tables.payments if one.status is PaymentStatus.PENDING)
        _, paid = self.payment(waiting)
        return self._paid(paid, late=False)

    def _pay_late(self) -> Act:
        _, paid = self.payment(self.tables.payments)
        return self._paid(paid, late=True)

    def _paid(self, payment_id: UUID, *, late: bool) -> Act:
        """On the pages of a payment, the right sum mostly."""
        more = 1 if self.often(0.05) else 0
        currency = "USD" if self.often(0.03) else None

        async def pay(life: Life) -> object:
            pages = [one for one in life.invoices.invoices if one.external_id == str(payment_id)]
            return [
                life.invoices.pay(one.id, amount=one.amount + more, currency=currency, after_all=late)
                for one in pages
            ]

        return pay

    def _deliver(self) -> Act:
        """Bring what arose since, at times twice, bent, or not at all."""
        times, bent = self.random.choice((0, 1, 1, 1, 2)), self.random.choice((None,) * 9 + BENT[:3])
        value = self.random.choice(("other", 1, 2.5, "PAID"))

        async def bring(life: Life) -> object:
            new, life.brought = life.invoices.deliveries[life.brought :], len(life.invoices.deliveries)
            for body in new * times:
                said = body if bent is None else orjson.dumps(orjson.loads(body) | {bent: value})
                await life.door.keep(said)
            return new

        return bring

    def _apply(self) -> Act:
        async def judge(life: Life) -> object:
            till, inbox = _till(life), life.place.inbox
            worker = InboxWorker(life.desk, till, inbox, notices.read, lambda _reason: None)
            rows = await inbox.due(4)
            for row in rows:
                await worker.apply(row)
            return rows

        return judge

    def _errands(self) -> Act:
        async def work(life: Life) -> object:
            worker = InvoiceErrands(life.desk, _till(life))
            rows = await life.place.book.errands(4)
            for row in rows:
                await worker.work(row)
            return rows

        return work

    def _reconcile(self) -> Act:
        """All that is due, by id: which of two comes first that are due at once, nobody says."""
        over = self.often(0.5)

        async def look(life: Life) -> object:
            due = sorted(await life.place.book.due(999, LEASE, over=over), key=lambda one: one.invoice_id)
            return [(one, await reconciling.look_at(life.desk, _till(life), one)) for one in due]

        return look

    def _look(self) -> Act:
        customer, paid = self.payment(self.tables.payments)
        return lambda life: payments.read(life.desk, customer, paid)


def _till(life: Life) -> Till:
    if life.desk.till is None:
        raise LookupError("in this life nobody pays on pages")
    return life.desk.till
