"""A desk whose payments are paid on invoices, at a stand-in over a real network. Knows no test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import orjson
from attrs import define, evolve, field
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.inbox import PostgresInbox
from halobestie_adapters.postgres.invoices import PostgresInvoiceBook
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.xendit import notices
from halobestie_adapters.xendit.gateway import XenditGateway
from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_books import Bill, as_webhook
from halobestie_app.usecases import billing, clock, payments
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.setting_aside import Aside
from halobestie_app.usecases.till import RHYTHM, Rhythm, Till
from halobestie_app.usecases.webhooks import Door, digests
from halobestie_app.workers.inbox import InboxWorker
from halobestie_app.workers.invoices import InvoiceErrands
from halobestie_app.workers.reconciler import Reconciler
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.gateway import Invoices
from halobestie_core.ports.reads import PaymentSeen
from support import paying
from support.desk import Office

TOKENS = ("the token of today", "the token of yesterday")


@define
class Bank(Office):
    """An office with a till; ``fake`` is the stand-in behind it, ``counted`` what was put aside."""

    invoices: Invoices = field(kw_only=True)
    fake: FakeXendit = field(kw_only=True)
    rhythm: Rhythm = RHYTHM
    counted: list[str] = field(factory=list)
    answered: list[str] = field(factory=list)

    @property
    def till(self) -> Till:
        """The till."""
        aside = Aside(self.inbox, uuid7, self.counted.append)
        return Till(self.invoices, PostgresInvoiceBook(self.pool), self.rhythm, aside=aside)

    @property
    def desk(self) -> Desk:
        """The desk, with its till."""
        plain = Office.desk.fget(self)  # type: ignore[attr-defined] # the property of the class above
        desk: Desk = evolve(plain, gateway=XenditGateway(), till=self.till)
        return desk

    @property
    def inbox(self) -> PostgresInbox:
        """Where deliveries are kept."""
        return PostgresInbox(self.pool)

    @property
    def door(self) -> Door:
        """Where they come in."""
        tokens = digests(TOKENS)
        return Door(self.inbox, notices.read, tokens, uuid7, lambda: None, self.answered.append)

    # ------------------------------------------------------------------------------------------ people

    async def begins(self, *, minutes: int = 5, billed: bool = True) -> PaymentSeen:
        """A new customer's pending payment, with its page unless said otherwise."""
        customer_id = await self.customer()
        begun = await payments.create(self.desk, customer_id, payments.NewPayment(minutes))
        return await billing.bill(self.desk, begun) if billed else begun

    def bill_of(self, seen: PaymentSeen) -> Bill:
        """The stand-in's only invoice of a payment."""
        [bill] = self.bills_of(seen)
        return bill

    def bills_of(self, seen: PaymentSeen) -> list[Bill]:
        """Every invoice that the stand-in has of a payment, the oldest first."""
        return self.fake.books.named(str(seen.payment.id))[::-1]

    async def again(self, seen: PaymentSeen) -> PaymentSeen:
        """The payment as it stands now."""
        found = await self.desk.reads.payment(seen.payment.id)
        assert found is not None
        return found

    async def status(self, seen: PaymentSeen) -> str:
        """How the payment stands."""
        return (await self.again(seen)).payment.status.value

    # ------------------------------------------------------------------------------------------- work

    async def delivered(self, bill: Bill, **altered: object) -> None:
        """Have the webhook of an invoice, as it stands, kept."""
        await self.door.keep(orjson.dumps({**as_webhook(bill), **altered}))

    async def applied(self) -> None:
        """Apply what is kept, whether or not its time has come."""
        await self.sql(SQL("UPDATE webhook_inbox SET next_attempt_at = now() - interval '1 second'"))
        worker = InboxWorker(self.desk, self.till, self.inbox, notices.read, self.counted.append)
        while await worker.take():
            await worker.finished()

    async def errands_run(self) -> None:
        """Run the errands that are left, whether or not their time has come."""
        await self.sql(
            SQL("UPDATE outbox SET next_attempt_at = now() - interval '1 second' WHERE kind = 'invoice'")
        )
        worker = InvoiceErrands(self.desk, self.till)
        while await worker.take():
            await worker.finished()

    async def reconciled(self) -> list[str]:
        """Look at every watched invoice; gives the findings."""
        found: list[str] = []
        await self.sql(
            SQL(
                "UPDATE payment_invoices SET next_look_at = now() - interval '1 second'"
                " WHERE next_look_at IS NOT NULL"
            )
        )
        worker = Reconciler(self.desk, self.till, found.append)
        while await worker.take():
            await worker.finished()
        return found

    async def overdue(self, seen: PaymentSeen, by: timedelta = timedelta(hours=1)) -> None:
        """Let a payment's time be over, and the clock come by."""
        await self.age("payment", seen.payment.id, by)
        await clock.fire(self.desk, Due("payment", seen.payment.id))

    # ------------------------------------------------------------------------------------------- looks

    async def kept(self) -> list[tuple[str | None, str]]:
        """The deliveries, the oldest first: the reason of each in quarantine, and its state."""
        rows, _ = await self.inbox.page((), 200, 0)
        return [(row.reason, row.state.value) for row in reversed(rows)]

    async def failures(self, seen: PaymentSeen) -> list[str]:
        """The causes of a payment's failure rows, the oldest first."""
        query = SQL(
            "SELECT cause_tag FROM pairing_failures WHERE payment_session_id = %s ORDER BY created_at, id"
        )
        return [cause for (cause,) in await self.sql(query, seen.payment.id)]

    async def captures(self, payment_id: UUID | None = None) -> list[tuple[str, int]]:
        """Recorded money: invoice and sum."""
        query = SQL(
            "SELECT provider_invoice_id, amount FROM payment_captures"
            " WHERE %s::uuid IS NULL OR payment_session_id = %s ORDER BY recorded_at"
        )
        return [(invoice, amount) for invoice, amount in await self.sql(query, payment_id, payment_id)]


@asynccontextmanager
async def bank(database_url: str, *, connections: int = 10, seconds: float = 4.0) -> AsyncIterator[Bank]:
    """Open one; ``seconds``: how long a call of the gateway may take."""
    async with make_pool(database_url, connections) as pool, paying.till(seconds) as till:
        till.fake.minimum = 1
        yield Bank(pool, invoices=till.invoices, fake=till.fake)


__all__ = ["TOKENS", "Bank", "bank"]
