"""The truth, as a port: one command is one transaction that locks, loads, and saves everything or nothing.

Who implements it keeps three promises. Locks are taken in one order everywhere: the customer, then the
mitra, then rows. ``now`` is the store's clock, read after the locks. And ``save`` writes moves, log,
records, outbox and deadlines together, refusing (``StaleWrite``) if a row is not at the version that was
decided on.
"""

from collections.abc import Set as AbstractSet
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from attrs import field, frozen

from halobestie_core.flow.availability import House, Listener
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.pricing import Buyer, Promotion, Tier
from halobestie_core.words import ActorType, Provider


@frozen
class Named:
    """A person wherever one is named."""

    id: UUID
    display_name: str


@frozen
class Actor:
    """Who caused a move; ``id`` is ``None`` for the clock, the gateway and the system itself."""

    type: ActorType
    id: UUID | None = None


CLOCK = Actor(ActorType.CLOCK)
SYSTEM = Actor(ActorType.SYSTEM)
GATEWAY = Actor(ActorType.GATEWAY)


@frozen
class Look:
    """Ask for the eligible mitras: under which rules, at most how many (0 = all), least busy first.

    ``unoffered_of``: only those who were not yet offered this request, or whose offer was withdrawn.
    """

    house: House
    limit: int = 0
    unoffered_of: UUID | None = None


@frozen(kw_only=True)
class Scope:
    """What one command concerns: whom to lock and what to load.

    The customer is named, or found through exactly one of payment, request, session, extension or failure
    (a failure row of nobody's money locks nobody). With ``customer_id`` *and* one of those, the customer
    named is locked and the row is loaded whoever owns it: the caller compares. The mitra to lock too:
    ``mitra_id``, or ``mitra_of_session`` for that of the chat addressed.

    The payment slot holds the payment addressed (with it come ``captured`` and its open failure), or that of
    the request or of the failure row addressed, or, with ``prices``, the customer's open one. ``searching``:
    fill also the request slot with the customer's open request (else the last one of the payment) and the
    chat slot with their live chat. ``live_chat``: the latter alone. ``prices``: also tiers, promotion and
    buyer. ``look``: also the eligible mitras. A session comes with its pending extension, an extension with
    its session, both with the extension's payment. ``invoice``, a provider and an id, asks for ``recorded``.
    """

    customer_id: UUID | None = None
    payment_id: UUID | None = None
    request_id: UUID | None = None
    session_id: UUID | None = None
    extension_id: UUID | None = None
    extension_payment_id: UUID | None = None
    failure_id: UUID | None = None
    invoice: tuple[Provider, str] | None = None
    mitra_id: UUID | None = None
    mitra_of_session: bool = False
    searching: bool = False
    live_chat: bool = False
    prices: bool = False
    look: Look | None = None


@frozen
class Loaded:
    """What the locks showed. ``mitra`` carries presence and load of the locked mitra.

    ``captured``: fitting money of the addressed payment was recorded before. ``recorded``: that of the very
    invoice addressed was. ``eligible``: the answer to ``Scope.look``.
    """

    now: datetime
    evening: Evening
    customer: Named | None = None
    mitra: Listener | None = None
    mitra_name: str | None = None
    captured: bool = False
    recorded: bool = False
    eligible: AbstractSet[UUID] = frozenset()
    tiers: tuple[Tier, ...] = ()
    promotion: Promotion | None = None
    buyer: Buyer = field(factory=Buyer)


class Unit(Protocol):
    """One open transaction. Leaving it without ``save`` changes nothing."""

    @property
    def loaded(self) -> Loaded:
        """What was loaded under the locks."""
        ...

    async def save(
        self, moved: Moved, actor: Actor, *, done: int | None = None, closing_message: bytes | None = None
    ) -> None:
        """Write everything of ``moved`` and commit. ``done``: the outbox row that this command came from.

        ``closing_message``: sealed last words, kept with the chat that ``moved`` has ended.
        Raises ``StaleWrite``, ``Conflict``, ``Busy`` (nothing was written) or ``StoreUnavailable`` (unknown).
        """
        ...

    async def dismiss(self, done: int) -> None:
        """Nothing to save: mark the outbox row that this command came from as dealt with, and commit."""
        ...


class Store(Protocol):
    """Where evenings are kept."""

    def unit(self, scope: Scope) -> AbstractAsyncContextManager[Unit]:
        """Open a transaction, take the locks and load; raise ``Busy`` if a lock is not had in time."""
        ...
