"""A place where evenings are kept, with a clock that the test sets; here the one in memory. Knows no test.

Both kinds of place can live through the same evening, to the microsecond, and be compared row by row.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Protocol
from uuid import UUID

import attrs
from attrs import define, field

from halobestie_adapters.memory import (
    MemoryAgenda,
    MemoryConfigStore,
    MemoryDevices,
    MemoryFrameOutbox,
    MemoryHeartbeats,
    MemoryIdempotencyKeys,
    MemoryIdentityStore,
    MemoryInbox,
    MemoryInvoiceBook,
    MemoryMessages,
    MemoryPictures,
    MemoryPushOutbox,
    MemoryReads,
    MemoryRevocations,
    MemoryStore,
    Tables,
)
from halobestie_adapters.memory.tables import PROMOTION
from halobestie_core.ports.agenda import Agenda
from halobestie_core.ports.config import ConfigStore
from halobestie_core.ports.idempotency import IdempotencyKeys
from halobestie_core.ports.identity_store import IdentityStore
from halobestie_core.ports.inbox import Inbox
from halobestie_core.ports.invoices import InvoiceBook
from halobestie_core.ports.messages import Messages
from halobestie_core.ports.notify import FrameOutbox
from halobestie_core.ports.presence import HeartbeatStore, PictureSource
from halobestie_core.ports.push import Devices, PushOutbox
from halobestie_core.ports.reads import Reads
from halobestie_core.ports.revocations import RevocationList
from halobestie_core.ports.store import Store

Row = Mapping[str, object]
Dump = Mapping[str, Sequence[Row]]


def ids(first: int) -> Callable[[], UUID]:
    """Return a maker of ids that makes the same ones every time: version 7, and growing."""
    numbers = count(first)
    return lambda: UUID(int=(0x7 << 76) | (0b10 << 62) | next(numbers))


class Place(Protocol):
    """What the tests of a contract need of either kind."""

    store: Store
    reads: Reads
    agenda: Agenda
    config: ConfigStore
    outbox: FrameOutbox
    heartbeats: HeartbeatStore
    pictures: PictureSource
    identity: IdentityStore
    revocations: RevocationList
    pushes: PushOutbox
    devices: Devices
    keys: IdempotencyKeys
    book: InvoiceBook
    inbox: Inbox
    messages: Messages

    @property
    def now(self) -> datetime:
        """What time it is there."""
        ...

    async def set(self, now: datetime) -> None:
        """Set the clock."""
        ...

    async def customer(self, customer_id: UUID, name: str) -> None:
        """Let a customer exist."""
        ...

    async def mitra(self, mitra_id: UUID, name: str, *, online: bool) -> None:
        """Let a mitra exist; ``online``: heard of just now."""
        ...

    async def promote(self, version_id: UUID, price: int) -> None:
        """Switch the promotion on, for everybody."""
        ...

    async def bump(self, payment_id: UUID) -> None:
        """Move a payment's version on, behind everybody's back."""
        ...

    async def rows(self) -> Dump:
        """Everything that was written, table by table, in PostgreSQL's words."""
        ...


async def later(place: Place, *, seconds: float = 0, minutes: float = 0) -> None:
    """Let time pass."""
    await place.set(place.now + timedelta(seconds=seconds, minutes=minutes))


# -- in memory -----------------------------------------------------------------------------------------------


@define
class MemoryPlace:
    """Everything on one :class:`Tables`."""

    tables: Tables = field(factory=Tables)
    store: Store = field(init=False)
    reads: Reads = field(init=False)
    agenda: Agenda = field(init=False)
    config: ConfigStore = field(init=False)
    outbox: FrameOutbox = field(init=False)
    heartbeats: HeartbeatStore = field(init=False)
    pictures: PictureSource = field(init=False)
    identity: IdentityStore = field(init=False)
    revocations: RevocationList = field(init=False)
    pushes: PushOutbox = field(init=False)
    devices: Devices = field(init=False)
    keys: IdempotencyKeys = field(init=False)
    book: InvoiceBook = field(init=False)
    inbox: Inbox = field(init=False)
    messages: Messages = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Build the ports."""
        self.store = MemoryStore(self.tables, ids(1 << 40), patience=0.2)
        self.reads = MemoryReads(self.tables)
        self.agenda = MemoryAgenda(self.tables)
        self.config = MemoryConfigStore(self.tables)
        self.outbox = MemoryFrameOutbox(self.tables)
        self.heartbeats = MemoryHeartbeats(self.tables)
        self.pictures = MemoryPictures(self.tables)
        self.identity = MemoryIdentityStore(self.tables)
        self.revocations = MemoryRevocations(self.tables)
        pushes = MemoryPushOutbox(self.tables)
        self.pushes, self.devices = pushes, MemoryDevices(self.tables, pushes)
        self.keys = MemoryIdempotencyKeys(self.tables)
        self.book = MemoryInvoiceBook(self.tables)
        self.inbox = MemoryInbox(self.tables)
        self.messages = MemoryMessages(self.tables)

    @property
    def now(self) -> datetime:
        """The tables' clock."""
        return self.tables.clock.now

    async def set(self, now: datetime) -> None:
        """Set it."""
        self.tables.clock.now = now

    async def customer(self, customer_id: UUID, name: str) -> None:
        """Let a customer exist."""
        self.tables.add_customer(customer_id, name)

    async def mitra(self, mitra_id: UUID, name: str, *, online: bool) -> None:
        """Let a mitra exist."""
        self.tables.add_mitra(mitra_id, name, online=online)

    async def promote(self, version_id: UUID, price: int) -> None:
        """Switch the promotion on."""
        self.tables.promotion = attrs.evolve(
            PROMOTION, is_active=True, price=price, requires_phone=False, source_id=version_id
        )

    async def bump(self, payment_id: UUID) -> None:
        """Move a version on."""
        paid = self.tables.payments.rows[payment_id]
        self.tables.payments.put(payment_id, attrs.evolve(paid, version=paid.version + 1), [])

    async def rows(self) -> Dump:
        """Say it in PostgreSQL's words."""
        tables = self.tables
        answers = [
            {"pairing_request_id": request.id, **_flat(answer)}
            for request in tables.requests
            for answer in request.answers
        ]
        waves = [
            {"pairing_request_id": r.id, "number": w.number, "mitra_ids": set(w.mitra_ids), "at": w.at}
            for r in tables.requests
            for w in r.waves
        ]
        kept: dict[str, list[dict[str, object]]] = {
            "payment_sessions": [_flat(row) for row in tables.payments],
            "pairing_requests": [_flat(row) for row in tables.requests],
            "pairing_waves": waves,
            "pairing_answers": answers,
            "chat_sessions": [_flat(row) for row in tables.chats],
            "session_extensions": [_flat(row) for row in tables.extensions],
            "payment_captures": [_flat(row) for row in tables.captures],
            "pairing_failures": [_failure(row) for row in tables.failures],
            "customer_transactions": [_flat(row) for row in tables.ledger],
            "mitras": [_mitra(mitra) for mitra in tables.mitras.values()],
            "transitions": [{"body": move.body, "hash": move.hash} for move in tables.moves],
            "outbox": [
                {"id": row.id, **_flat(row.out), "sent_at": row.sent_at} for row in tables.outbox.values()
            ],
        }
        return {name: in_order(name, found) for name, found in kept.items()}


def _flat(row: attrs.AttrsInstance) -> dict[str, object]:
    flat = attrs.asdict(row, recurse=False)
    for name in ("waves", "answers"):
        flat.pop(name, None)
    if "remaining" in flat:
        remaining = flat.pop("remaining")
        flat |= {"remaining_seconds": _seconds(remaining), "paused_seconds": _seconds(flat.pop("paused"))}
    if hasattr(row, "wake_at"):
        flat["wake_at"] = row.wake_at
    return flat


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _failure(kept: Any) -> dict[str, object]:  # noqa: ANN401 - a row of memory's own
    action = kept.action
    return {
        **_flat(kept.row),
        "superseded_at": kept.superseded_at,
        "operator_action": None if action is None else action.action,
        "note": None if action is None else action.note,
    }


def _mitra(mitra: Any) -> dict[str, object]:  # noqa: ANN401 - a row of memory's own
    here = mitra.listener.presence
    return {
        "id": here.id,
        "is_online": here.is_online,
        "last_heartbeat_at": here.last_heartbeat_at,
        "blocked_at": here.blocked_at,
        "live_chats": mitra.listener.live_chats,
        "version": here.version,
    }


def in_order(table: str, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Sort the rows of a table, so that they can be compared; entries that have an order keep it."""
    if table == "transitions":
        return rows
    key = "pairing_request_id" if table in {"pairing_waves", "pairing_answers"} else "id"
    return sorted(rows, key=lambda row: str(row[key]))
