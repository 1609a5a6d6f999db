"""Chats that are to be prolonged, on a real database without a server. Knows no test."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import frozen
from psycopg.sql import SQL

from halobestie_app.usecases import extensions, pairings, payments
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.presence import User
from halobestie_core.words import TopicSensitivity, UserType
from support.desk import Office

# The beginning moves with the end: paid minutes are not what a test may change.
_RUN_OUT = SQL(
    "UPDATE chat_sessions SET started_at = started_at - (expires_at - d), expires_at = d, wake_at = d"
    " FROM (SELECT clock_timestamp() + %s AS d) AS soon WHERE id = %s AND status = 'active'"
)
_OVER = SQL(
    "UPDATE session_extensions SET deadline_at = d, wake_at = d"
    " FROM (SELECT clock_timestamp() + %s AS d) AS soon WHERE id = %s AND status = 'pending'"
)
_LEDGER = SQL("SELECT kind, amount FROM customer_transactions WHERE payment_session_id = %s ORDER BY id")
_FAILURES = SQL(
    "SELECT cause_tag, extension_id, amount FROM pairing_failures WHERE payment_session_id = %s ORDER BY id"
)
NOW = timedelta(0)


@frozen
class Talk:
    """A chat and its two people, with what a test does to it."""

    office: Office
    customer: UUID
    mitra: UUID
    session_id: UUID

    async def more(self, minutes: int = 12) -> PaymentSession:
        """A confirmed payment for more minutes."""
        wanted = payments.NewPayment(minutes, is_extension=True)
        begun = await payments.create(self.office.desk, self.customer, wanted)
        return (await payments.confirm(self.office.desk, self.customer, begun.payment.id)).payment

    async def ask(self, payment_id: UUID | None, **said: Any) -> Extension:  # noqa: ANN401  duration and price
        """Ask with a payment."""
        wanted = extensions.Wanted(payment_id, **said)
        return await extensions.ask(self.office.desk, self.customer, self.session_id, wanted)

    async def asks(self, minutes: int = 12) -> Extension:
        """Have a pending extension."""
        return await self.ask((await self.more(minutes)).id)

    async def answer(self, asked: Extension, *, accepted: bool) -> Extension:
        """Say yes or no."""
        return await extensions.answer(self.office.desk, self.mitra, asked.id, accepted=accepted)

    async def chat(self) -> ChatSession:
        """How the chat stands."""
        found = await self.office.desk.reads.session(self.session_id)
        assert found is not None
        return found[0].session

    async def now(self, asked: Extension) -> Extension:
        """How an extension stands."""
        found = await self.office.desk.reads.extension(asked.id)
        assert found is not None
        return found.extension

    async def payment(self, payment_id: UUID) -> PaymentSession:
        """How a payment stands."""
        found = await self.office.desk.reads.payment(payment_id)
        assert found is not None
        return found.payment

    async def runs_out(self, within: timedelta = NOW) -> None:
        """Let the paid time end so soon."""
        await self.office.sql(_RUN_OUT, within, self.session_id)

    async def over(self, asked: Extension, within: timedelta = NOW) -> None:
        """Let the window end so soon."""
        await self.office.sql(_OVER, within, asked.id)

    async def ledger(self, payment_id: UUID) -> list[tuple[str, int]]:
        """What the ledger says of a payment: kinds and amounts."""
        return [(kind, int(amount)) for kind, amount in await self.office.sql(_LEDGER, payment_id)]

    async def failures(self, payment_id: UUID) -> list[tuple[str, UUID, int]]:
        """What operators see of a payment: cause, extension, amount."""
        return [
            (cause, of, int(amount)) for cause, of, amount in await self.office.sql(_FAILURES, payment_id)
        ]

    async def told(self) -> list[str]:
        """The frames of the outbox for these two, in order, as ``mitra: extension_request``."""
        query = (
            "SELECT CASE WHEN audience ? 'mitra' THEN 'mitra' ELSE 'customer' END"
            " || ': ' || (payload ->> 'frame') FROM outbox"
            " WHERE kind = 'frame' AND payload ->> 'session_id' = %s"
            " AND payload ->> 'frame' <> 'paired' ORDER BY id"
        )
        return [text for (text,) in await self.office.sql(SQL(query), str(self.session_id))]

    async def facts(self, asked: Extension) -> dict[str, object]:
        """The facts recorded with the last move of an extension."""
        query = (
            "SELECT facts FROM transitions WHERE machine = 'extension' AND aggregate_id = %s"
            " ORDER BY version DESC LIMIT 1"
        )
        ((found,),) = await self.office.sql(SQL(query), asked.id)
        return dict(found)

    def connects(self) -> None:
        """The mitra has a socket."""
        assert self.office.sockets.here is not None
        self.office.sockets.here.add(User(UserType.MITRA, self.mitra))


async def talking(office: Office, mitra: UUID | None = None, minutes: int = 5) -> Talk:
    """Begin a chat; with a new mitra unless one is given."""
    listener = await office.mitra() if mitra is None else mitra
    customer = await office.customer()
    begun = await payments.create(office.desk, customer, payments.NewPayment(minutes))
    paid = await payments.confirm(office.desk, customer, begun.payment.id)
    desk, topic = office.desk, TopicSensitivity.NORMAL
    request = await pairings.open_general(desk, customer, paid.payment.id, topic)
    won, _ = await pairings.accept(desk, listener, request.request.id)
    return Talk(office, customer, listener, won.session.id)


def seconds(later: datetime, earlier: datetime) -> float:
    """How many seconds lie between."""
    return (later - earlier).total_seconds()
