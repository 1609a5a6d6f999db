"""The `Stories` port on PostgreSQL: all statements of a story in one round trip. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Final, TypeVar, final
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import AsyncRowFactory, TupleRow, class_row, dict_row, kwargs_row
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres import rows
from halobestie_adapters.postgres.failures import failure_row, named
from halobestie_adapters.postgres.pool import connection
from halobestie_adapters.postgres.queries import load
from halobestie_adapters.postgres.reads import payment_seen
from halobestie_core.causes import Cause
from halobestie_core.chat import EndReason, SessionStatus
from halobestie_core.extension import ExtensionStatus
from halobestie_core.flow.effects import EntryKind
from halobestie_core.pairing import AnswerKind, RequestStatus
from halobestie_core.ports.store import Named
from halobestie_core.ports.stories import (
    ActorSeen,
    AnswerKept,
    CaptureKept,
    ChatKept,
    EntryKept,
    ExtensionKept,
    InvoiceKept,
    MoveKept,
    Payer,
    PriceSource,
    Search,
    Story,
    WebhookKept,
)
from halobestie_core.words import ActorType, Provider, RequestKind

Q: Final = load("stories")

T = TypeVar("T")


def _cause(tag: str | None) -> Cause | None:
    return None if tag is None else Cause(tag)


def _invoice(*, provider: str, **columns: rows.Column) -> InvoiceKept:
    return InvoiceKept(Provider(provider), **columns)


def _capture(*, provider: str, **columns: rows.Column) -> CaptureKept:
    return CaptureKept(provider=Provider(provider), **columns)


def _entry(*, kind: str, **columns: rows.Column) -> EntryKept:
    return EntryKept(kind=EntryKind(kind), **columns)


def _webhook(*, provider: str, **columns: rows.Column) -> WebhookKept:
    return WebhookKept(provider=Provider(provider), **columns)


def _chat(
    *, mitra_id: UUID, mitra_name: str, status: str, end_reason: str | None, **columns: rows.Column
) -> ChatKept:
    return ChatKept(
        mitra=Named(mitra_id, mitra_name),
        status=SessionStatus(status),
        end_reason=None if end_reason is None else EndReason(end_reason),
        **columns,
    )


def _extension(*, status: str, cause_tag: str | None, **columns: rows.Column) -> ExtensionKept:
    return ExtensionKept(status=ExtensionStatus(status), cause_tag=_cause(cause_tag), **columns)


def _search(
    answers: tuple[AnswerKept, ...],
    *,
    kind: str,
    status: str,
    cause_tag: str | None,
    targeted_mitra_id: UUID | None,
    mitra_name: str | None,
    **columns: rows.Column,
) -> Search:
    return Search(
        kind=RequestKind(kind),
        status=RequestStatus(status),
        cause_tag=_cause(cause_tag),
        targeted_mitra=named(targeted_mitra_id, mitra_name),
        answers=answers,
        **columns,
    )


def _answer(
    *, request_id: UUID, mitra_id: UUID, mitra_name: str, answer: str, **columns: rows.Column
) -> tuple[UUID, AnswerKept]:
    return request_id, AnswerKept(Named(mitra_id, mitra_name), AnswerKind(answer), **columns)


def _move(
    *,
    cause_tag: str | None,
    actor_type: str,
    actor_id: UUID | None,
    actor_name: str | None,
    moves: int,
    **columns: rows.Column,
) -> tuple[MoveKept, int]:
    actor = ActorSeen(ActorType(actor_type), actor_id, actor_name)
    return MoveKept(cause_tag=_cause(cause_tag), actor=actor, **columns), moves


@final
class PostgresStories:
    """Told from the tables as they are."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def of_payment(self, payment_id: UUID) -> Story | None:
        """Everything about one payment, in one round trip."""
        async with connection(self._pool) as conn, conn.pipeline():
            await conn.execute(Q.begin)
            asking = _Asking(conn, payment_id)
            payment = await asking("payment", kwargs_row(payment_seen))
            customer = await asking("customer", class_row(Payer))
            price = await asking("price_source", class_row(PriceSource))
            invoices = await asking("invoices", kwargs_row(_invoice))
            captures = await asking("captures", kwargs_row(_capture))
            ledger = await asking("ledger", kwargs_row(_entry))
            failures = await asking("failures", kwargs_row(failure_row))
            requests = await asking("requests", dict_row)
            answers = await asking("answers", kwargs_row(_answer))
            session = await asking("session", kwargs_row(_chat))
            extensions = await asking("extensions", kwargs_row(_extension))
            webhooks = await asking("webhooks", kwargs_row(_webhook))
            timeline = await asking("timeline", kwargs_row(_move))
            await conn.execute(Q.end)
        paid, payer = await payment.fetchone(), await customer.fetchone()
        if paid is None or payer is None:
            return None
        said: defaultdict[UUID, list[AnswerKept]] = defaultdict(list)
        for request_id, answer in await answers.fetchall():
            said[request_id].append(answer)
        moves = await timeline.fetchall()
        return Story(
            payment=paid,
            customer=payer,
            price_source=await price.fetchone(),
            invoices=tuple(await invoices.fetchall()),
            captures=tuple(await captures.fetchall()),
            ledger=tuple(await ledger.fetchall()),
            failures=tuple(await failures.fetchall()),
            requests=tuple(_search(tuple(said[row["id"]]), **row) for row in await requests.fetchall()),
            session=await session.fetchone(),
            extensions=tuple(await extensions.fetchall()),
            webhooks=tuple(await webhooks.fetchall()),
            timeline=tuple(move for move, _ in moves),
            moves=moves[0][1] if moves else 0,
        )


@final
class _Asking:
    """Statements about one payment that travel together."""

    def __init__(self, conn: AsyncConnection[TupleRow], payment_id: UUID) -> None:
        self._conn = conn
        self._given = {"payment_id": payment_id}

    async def __call__(self, name: str, make: AsyncRowFactory[T]) -> AsyncCursor[T]:
        cursor = self._conn.cursor(row_factory=make)
        await cursor.execute(Q[name], self._given)
        return cursor
