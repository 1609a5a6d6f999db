"""Everything there is, in memory; the store and the other ports work on it. Decides nothing."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Final, final
from uuid import UUID

from attrs import define, field

from halobestie_adapters.memory import rules
from halobestie_adapters.memory.clock import Clock
from halobestie_adapters.memory.rows import (
    Customer,
    DeliveryRow,
    InvoiceRow,
    KeptFailure,
    Mitra,
    Move,
    OutboxRow,
)
from halobestie_adapters.memory.shelf import Shelf
from halobestie_adapters.outgoing import Outgoing
from halobestie_adapters.records import CaptureRow, LedgerRow
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.availability import Listener
from halobestie_core.flow.effects import InvoiceStep
from halobestie_core.flow.pricing import Promotion, Tier
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.config import Stored
from halobestie_core.ports.id_tokens import IdentityProvider
from halobestie_core.ports.identity import (
    AuthSession,
    Challenge,
    Change,
    LoginAttempts,
    Operator,
    Revoked,
    Spent,
)
from halobestie_core.ports.messages import Message
from halobestie_core.ports.store import Named
from halobestie_core.presence import MitraPresence, PresenceStatus
from halobestie_core.words import Mode, Side, UserType

# What a new database starts with: the same tiers, with the same ids.
SEED: Final = tuple(
    Tier(
        UUID(f"01937000-0000-7000-8000-{minutes:012}"),
        Mode.CHAT,
        minutes,
        price,
        order,
        UUID(f"01937000-0000-7000-8001-{minutes:012}"),
    )
    for order, (minutes, price) in enumerate(((5, 10_000), (12, 25_000), (60, 99_000)), 1)
)
PROMOTION: Final = Promotion(
    mode=Mode.CHAT,
    minutes=5,
    price=0,
    label="Sesi pertama gratis",
    requires_phone=True,
    is_active=False,
    source_id=UUID("01937000-0000-7000-8002-000000000001"),
)


@final
@define
class Tables:
    """What all ports in memory share: one of these is one database.

    ``moves`` is the log, ``heads`` the last hash of each aggregate in it. ``ends``: why log-ins ended.
    """

    clock: Clock = field(factory=Clock)
    customers: dict[UUID, Customer] = field(factory=dict)
    mitras: dict[UUID, Mitra] = field(factory=dict)
    payments: Shelf[PaymentSession] = field(factory=lambda: Shelf("payment_sessions", rules.PAYMENTS))
    requests: Shelf[PairingRequest] = field(factory=lambda: Shelf("pairing_requests", rules.REQUESTS))
    chats: Shelf[ChatSession] = field(factory=lambda: Shelf("chat_sessions", rules.CHATS))
    closing_messages: dict[UUID, bytes] = field(factory=dict)
    messages: defaultdict[UUID, list[Message]] = field(factory=lambda: defaultdict(list))
    read_marks: dict[tuple[UUID, Side], int] = field(factory=dict)
    extensions: Shelf[Extension] = field(factory=lambda: Shelf("session_extensions", rules.EXTENSIONS))
    captures: Shelf[CaptureRow] = field(factory=lambda: Shelf("payment_captures", rules.CAPTURES))
    failures: Shelf[KeptFailure] = field(factory=lambda: Shelf("pairing_failures", rules.FAILURES))
    ledger: Shelf[LedgerRow] = field(factory=lambda: Shelf("customer_transactions", rules.LEDGER))
    moves: list[Move] = field(factory=list)
    heads: dict[tuple[str, UUID], bytes] = field(factory=dict)
    outbox: dict[int, OutboxRow] = field(factory=dict)
    invoices: dict[str, InvoiceRow] = field(factory=dict)
    deliveries: dict[UUID, DeliveryRow] = field(factory=dict)
    tiers: tuple[Tier, ...] = SEED
    promotion: Promotion | None = PROMOTION
    config: dict[str, Stored] = field(factory=dict)
    logins: dict[UUID, AuthSession] = field(factory=dict)
    ends: dict[UUID, Revoked] = field(factory=dict)
    challenges: dict[tuple[UserType, str], Challenge] = field(factory=dict)
    operators: dict[UUID, Operator] = field(factory=dict)
    attempts: dict[bytes, LoginAttempts] = field(factory=dict)
    changes: list[Change] = field(factory=list)
    identities: dict[tuple[IdentityProvider, str], UUID] = field(factory=dict)
    budgets: dict[tuple[str, bytes], Spent] = field(factory=dict)
    locks: defaultdict[UUID, asyncio.Lock] = field(factory=lambda: defaultdict(asyncio.Lock))
    config_lock: asyncio.Lock = field(factory=asyncio.Lock)
    identity_lock: asyncio.Lock = field(factory=asyncio.Lock)
    _unsent: defaultdict[str, list[OutboxRow]] = field(factory=lambda: defaultdict(list))
    _outbox_ids: itertools.count[int] = field(factory=lambda: itertools.count(1))

    def add_customer(self, customer_id: UUID, name: str, *, phone_verified: bool = False) -> UUID:
        """Let a customer exist."""
        self.customers[customer_id] = Customer(Named(customer_id, name), phone_verified)
        return customer_id

    def add_mitra(self, mitra_id: UUID, name: str, *, online: bool = False) -> UUID:
        """Let a mitra exist; ``online``: heard of just now."""
        status = PresenceStatus.ONLINE if online else PresenceStatus.OFFLINE
        presence = MitraPresence(mitra_id, status, self.clock.now if online else None)
        self.mitras[mitra_id] = Mitra(Named(mitra_id, name), Listener(presence, 0))
        return mitra_id

    def queue(self, rows: Iterable[Outgoing]) -> list[OutboxRow]:
        """Put rows into the outbox, in their order; return them."""
        now = self.clock.now
        added = [OutboxRow(next(self._outbox_ids), row, now, now + _pause(row)) for row in rows]
        self.outbox.update((row.id, row) for row in added)
        for row in added:
            self._unsent[row.out.kind].append(row)
        return added

    def unsent(self, kind: str) -> list[OutboxRow]:
        """Return what of this kind still waits in the outbox, the oldest first."""
        waiting = [row for row in self._unsent[kind] if row.sent_at is None]
        self._unsent[kind] = waiting
        return list(waiting)


def _pause(row: Outgoing) -> timedelta:
    """Whoever begins a payment makes its invoice; nobody else before they had the time."""
    made_first = row.kind == "invoice" and row.payload["step"] == InvoiceStep.CREATE
    return timedelta(seconds=5 if made_first else 0)


__all__ = ["PROMOTION", "SEED", "Tables"]
