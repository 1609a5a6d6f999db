"""Reading without deciding: what screens show, as a port. Takes no locks and changes nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import frozen

from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.availability import Listener
from halobestie_core.flow.pricing import Buyer, Promotion, Tier
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.store import Named
from halobestie_core.words import OperatorAction


@frozen
class PaymentSeen:
    """A payment, and what became of its money: the open failure row's action, if it failed."""

    payment: PaymentSession
    operator_action: OperatorAction | None = None


@frozen
class RequestSeen:
    """A request with the name of its target and of its customer. Waves and answers are not loaded."""

    request: PairingRequest
    customer: Named
    target: Named | None = None


@frozen
class Talk:
    """How much was said in a chat, and how far each side has read, as numbers of messages."""

    last_seq: int
    customer_read_seq: int
    mitra_read_seq: int


@frozen
class SessionSeen:
    """A chat with both names; ``talk`` where it was read with them."""

    session: ChatSession
    customer: Named
    mitra: Named
    talk: Talk | None = None


@frozen
class ExtensionSeen:
    """An extension with its chat's names."""

    extension: Extension
    customer: Named
    mitra: Named


@frozen
class ChatInfo:
    """One chat, and the extension that it waits for."""

    now: datetime
    seen: SessionSeen
    extension: ExtensionSeen | None


@frozen
class CustomerActive:
    """All that a customer's cold start needs.

    ``request``: the open one, or the last failed one of a payment whose fallback is open. ``payment``: the
    open one that is not an extension's, else, while a session lives, the open one for more time (asked with,
    else paid, else the latest), else that of the live session.
    """

    now: datetime
    session: SessionSeen | None
    request: RequestSeen | None
    payment: PaymentSeen | None
    extension: ExtensionSeen | None


@frozen
class MitraActive:
    """All that a mitra's cold start needs.

    ``offers`` are open requests whose latest entry for them is an offer.
    """

    now: datetime
    listener: Listener
    offers: Sequence[RequestSeen]
    sessions: Sequence[SessionSeen]
    extensions: Sequence[ExtensionSeen]


@frozen
class Prices:
    """What a customer's price list is computed from."""

    tiers: tuple[Tier, ...]
    promotion: Promotion | None
    buyer: Buyer


class Reads(Protocol):
    """Every read the API makes. ``None`` or nothing where there is nothing; times are the store's clock."""

    async def payment(self, payment_id: UUID) -> PaymentSeen | None:
        """Return one payment."""
        ...

    async def payments(self, customer_id: UUID, limit: int, offset: int) -> tuple[Sequence[PaymentSeen], int]:
        """Return a customer's payments, the newest first, and how many there are in all."""
        ...

    async def request(self, request_id: UUID) -> RequestSeen | None:
        """Return one pairing request."""
        ...

    async def session(self, session_id: UUID) -> tuple[SessionSeen, datetime] | None:
        """Return one chat, and what time it is."""
        ...

    async def chat_info(self, session_id: UUID) -> ChatInfo | None:
        """Return one chat with its pending extension."""
        ...

    async def extension(self, extension_id: UUID) -> ExtensionSeen | None:
        """Return one extension."""
        ...

    async def customer_active(self, customer_id: UUID) -> CustomerActive:
        """Return all that a customer has open."""
        ...

    async def mitra_active(self, mitra_id: UUID) -> MitraActive | None:
        """Return all that a mitra has open."""
        ...

    async def mitra(self, mitra_id: UUID) -> tuple[Listener, datetime] | None:
        """Return one mitra's presence and load, and what time it is."""
        ...

    async def offered(self, request_id: UUID, wave: int | None) -> Sequence[UUID]:
        """Return to whom a request was shown, in one wave or in all."""
        ...

    async def prices(self, customer_id: UUID) -> Prices:
        """Return what this customer's price list is computed from."""
        ...
