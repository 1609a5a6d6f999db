"""Memory: one customer's life in dictionaries; loads an evening, has it decided, keeps what came of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from attrs import define, field

from halobestie_core import machine
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.decide import Moved, Verdict, decide
from halobestie_core.flow.effects import Effect, Later
from halobestie_core.flow.evening import Evening
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.presence import MitraPresence
from halobestie_core.settings import Settings
from halobestie_core.testing.books import Books

T = TypeVar("T")

SEVEN_IN_THE_EVENING = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


def newest(items: Iterable[T]) -> T | None:
    """Return the last one, or ``None``."""
    found = None
    for found in items:  # noqa: B007 - the last one is the point
        pass
    return found


@define
class Memory:
    """Snapshots by id, the clock, everything that was decided, and the story of it."""

    now: datetime = SEVEN_IN_THE_EVENING
    settings: Settings = field(factory=Settings)
    payments: dict[UUID, PaymentSession] = field(factory=dict)
    requests: dict[UUID, PairingRequest] = field(factory=dict)
    chats: dict[UUID, ChatSession] = field(factory=dict)
    extensions: dict[UUID, Extension] = field(factory=dict)
    mitras: dict[UUID, MitraPresence] = field(factory=dict)
    books: Books = field(factory=Books)
    moves: list[machine.Moved[Any]] = field(factory=list)
    effects: list[Effect] = field(factory=list)
    later: list[Later] = field(factory=list)
    verdict: Verdict | None = None
    story: list[str] = field(factory=list)
    _ids: int = 0

    def new_id(self) -> UUID:
        """Return an id that was not used before; the same life has the same ids."""
        self._ids += 1
        return UUID(int=self._ids)

    # -- what is open ----------------------------------------------------------------------------------------

    @property
    def payment(self) -> PaymentSession | None:
        """The open payment that is not an extension's, else the newest such."""
        ordinary = [paid for paid in self.payments.values() if not paid.is_extension]
        return newest(paid for paid in ordinary if paid.is_open) or newest(ordinary)

    @property
    def extension_payment(self) -> PaymentSession | None:
        """The newest payment for an extension."""
        return newest(paid for paid in self.payments.values() if paid.is_extension)

    @property
    def request(self) -> PairingRequest | None:
        """The open request, else the newest."""
        every = self.requests.values()
        return newest(item for item in every if item.is_open) or newest(every)

    @property
    def chat(self) -> ChatSession | None:
        """The live chat, else the newest."""
        every = self.chats.values()
        return newest(item for item in every if item.is_live) or newest(every)

    @property
    def extension(self) -> Extension | None:
        """The pending extension, else the newest."""
        every = self.extensions.values()
        return newest(item for item in every if item.is_pending) or newest(every)

    # -- deciding --------------------------------------------------------------------------------------------

    def evening(
        self,
        *,
        payment_id: UUID | None = None,
        request_id: UUID | None = None,
        chat_id: UUID | None = None,
        extension_id: UUID | None = None,
        extension_payment_id: UUID | None = None,
        failure_id: UUID | None = None,
        mitra_id: UUID | None = None,
    ) -> Evening:
        """Load what is addressed, and what belongs to it or is open, as a store would under its locks."""
        if failure_id is not None:
            return self._failed(failure_id)
        request = self.requests.get(request_id) if request_id else self.request
        if request_id and request and payment_id is None:
            payment_id = request.payment_session_id
        payment = self.payments.get(payment_id) if payment_id else self.payment
        extension = self.extensions.get(extension_id) if extension_id else self.extension
        if extension_id and extension and chat_id is None:
            chat_id = extension.session_id
        if extension_payment_id is None and extension is not None:
            extension_payment_id = extension.payment_session_id
        own = None if payment is None else self.books.own_failure(payment.id)
        return Evening(
            payment=payment,
            request=request,
            chat=self.chats.get(chat_id) if chat_id else self.chat,
            extension=extension,
            extension_payment=self.payments.get(extension_payment_id) if extension_payment_id else None,
            failure=None if own is None else own.seen(),
            mitra=self.mitras.get(mitra_id) if mitra_id else None,
        )

    def _failed(self, failure_id: UUID) -> Evening:
        """Load a failure row, and its payment if it has one."""
        (row,) = (row for row in self.books.failures if row.id == failure_id)
        paid = None if row.payment_session_id is None else self.payments[row.payment_session_id]
        return Evening(payment=paid, failure=row.seen())

    def wish(self, wish: object, evening: Evening | None = None) -> Verdict:
        """Decide one wish on ``evening`` (by default: what is open) and keep all that comes of it."""
        self.verdict = decide(self.evening() if evening is None else evening, wish, self.now)
        if isinstance(self.verdict, Moved):
            self._keep(self.verdict)
        return self.verdict

    def _keep(self, moved: Moved) -> None:
        shelves: dict[type, dict[UUID, Any]] = {
            PaymentSession: self.payments,
            PairingRequest: self.requests,
            ChatSession: self.chats,
            Extension: self.extensions,
            MitraPresence: self.mitras,
        }
        for move in moved.moves:
            shelves[type(move.after)][move.after.id] = move.after
        for record in moved.records:
            self.books.write(record)
        self.moves.extend(moved.moves)
        self.effects.extend(moved.effects)
        self.later.extend(moved.later)

    # -- sums, in whole rupiah -------------------------------------------------------------------------------

    @property
    def captured(self) -> int:
        """What the gateway took."""
        return self.books.balance.captured

    @property
    def charged(self) -> int:
        """What became minutes."""
        return self.books.balance.charged

    @property
    def refund_due(self) -> int:
        """What is owed back, settled or not, less what a fallback took into use again."""
        return self.books.balance.refund_due

    @property
    def confirmed(self) -> int:
        """What is paid and neither spent nor owed back."""
        return sum(paid.amount for paid in self.payments.values() if paid.status is PaymentStatus.CONFIRMED)
