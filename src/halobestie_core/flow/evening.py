"""An evening: all that one customer has in flight, as one immutable value. Decides nothing."""

from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from attrs import evolve, frozen

from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.machine import Aggregate
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.presence import MitraPresence
from halobestie_core.words import OperatorAction

_TWINS: Final = {"payment": "extension_payment", "extension_payment": "payment"}


class FailureStatus(StrEnum):
    """Where a failure row stands."""

    OPEN = "open"
    ACTIONED = "actioned"
    SUPERSEDED = "superseded"


@frozen
class FailedMoney:
    """A failure row, as far as a decision needs it: a payment's own, or that of a surplus capture.

    ``invoice_id``: the surplus capture's; ``None`` for the payment's own. Without ``payment_session_id`` the
    money matches nobody.
    """

    id: UUID
    payment_session_id: UUID | None
    amount: int
    operator_action: OperatorAction | None = None
    invoice_id: str | None = None
    superseded: bool = False

    @property
    def status(self) -> FailureStatus:
        """Whether somebody has to do something about it."""
        if self.superseded:
            return FailureStatus.SUPERSEDED
        return FailureStatus.OPEN if self.operator_action is None else FailureStatus.ACTIONED


@frozen
class Evening:
    """One customer's slots; each holds what the command at hand is about, else what is open.

    ``payment``: the payment addressed, else the open one that is not an extension's. ``request``, ``chat``,
    ``extension``: the one addressed, else the open, live or pending one. ``extension_payment``: the one of
    ``extension``. ``failure``: the failure row addressed, else the open one of ``payment``. ``mitra``: for
    presence commands only.
    """

    payment: PaymentSession | None = None
    request: PairingRequest | None = None
    chat: ChatSession | None = None
    extension: Extension | None = None
    extension_payment: PaymentSession | None = None
    failure: FailedMoney | None = None
    mitra: MitraPresence | None = None

    def holding(self, slot: str, snapshot: Aggregate) -> "Evening":
        """Return the evening with this snapshot in its slot, and in the twin slot if it lies there too.

        One payment is in both when somebody asks for an extension with an ordinary payment.
        """
        twin = _TWINS.get(slot)
        other = None if twin is None else getattr(self, twin)
        slots = (slot,) if twin is None or other is None or other.id != snapshot.id else (slot, twin)
        changes: dict[str, Any] = dict.fromkeys(slots, snapshot)
        return evolve(self, **changes)

    @property
    def live_chat(self) -> ChatSession | None:
        """The chat, if it is live."""
        return self.chat if self.chat is not None and self.chat.is_live else None

    @property
    def open_request(self) -> PairingRequest | None:
        """The request, if it is still open."""
        return self.request if self.request is not None and self.request.is_open else None

    @property
    def pending_extension(self) -> Extension | None:
        """The extension, if it still waits."""
        return self.extension if self.extension is not None and self.extension.is_pending else None
