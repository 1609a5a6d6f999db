"""A night: all that one customer has in flight, money included, in canonical form. Decides nothing.

Instants are before, over or ahead of one fixed moment; ids are one per slot. Two nights that differ only
in names and clock times are one.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.flow.evening import FailedMoney
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession, PaymentStatus

NOW: Final = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
BEFORE: Final = NOW - timedelta(hours=1)
OVER: Final = NOW - timedelta(seconds=1)
AHEAD: Final = NOW + timedelta(hours=1)
LEFT: Final = timedelta(minutes=5)

WINDOW: Final = 60
"""Seconds of every window; a third of it is a wave's."""
THIRD: Final = timedelta(seconds=WINDOW) / 3
MINUTES: Final = 20
GRACE: Final = 60

CUSTOMER: Final = UUID(int=0xC0)
NOBODY: Final = UUID(int=0xEF)
MITRAS: Final = tuple(UUID(int=0xE0 + n) for n in range(8))
PAYMENT: Final = UUID(int=0x10)
REQUEST: Final = UUID(int=0x20)
CHAT: Final = UUID(int=0x30)
EXTENSION: Final = UUID(int=0x40)
EXTRA: Final = UUID(int=0x50)
NEWS: Final = {old: UUID(int=old.int + 1) for old in (PAYMENT, REQUEST, CHAT, EXTENSION, EXTRA)}
"""What is born in a slot has this id until it has taken the slot's place."""
BYGONE: Final = {old: UUID(int=old.int + 2) for old in (PAYMENT, REQUEST, CHAT, EXTENSION, EXTRA)}
"""What others may still name after its slot was taken."""
ROW: Final = UUID(int=0x60)
SURPLUS_ROW: Final = UUID(int=0x61)
INVOICE: Final = "the invoice"
SURPLUS: Final = "another invoice"


class Gateway(StrEnum):
    """The gateway's side of one payment: may be paid, paid without our knowing, told and booked, or shut."""

    NONE = "none"
    OPEN = "open"
    PAID = "paid"
    BOOKED = "booked"
    SHUT = "shut"


@frozen
class Purse:
    """A payment with its money: what the gateway did, and what was written down of it.

    ``captured``, ``due`` and ``surplus_due`` in whole rupiah. ``rows`` counts the payment's own failure rows
    that stand, ``row`` is the newest; ``served`` the chats or accepted extensions that it paid.
    """

    payment: PaymentSession
    gateway: Gateway = Gateway.NONE
    heard: bool = False
    captured: int = 0
    charges: tuple[int, ...] = ()
    due: int = 0
    settled: int = 0
    rows: int = 0
    row: FailedMoney | None = None
    served: int = 0
    discount: int = 0
    surplus: FailedMoney | None = None
    surplus_due: int = 0

    @property
    def confirmed(self) -> int:
        """Rupiah that is paid and neither spent nor owed back."""
        return self.payment.amount if self.payment.status is PaymentStatus.CONFIRMED else 0

    @property
    def is_settled(self) -> bool:
        """Whether nothing more has to happen to this money."""
        if self.payment.is_open:
            return False
        dealt_with = all(
            row is None or row.operator_action is not None or row.amount == 0
            for row in (self.row, self.surplus)
        )
        return self.gateway is not Gateway.PAID and dealt_with


@frozen
class Night:
    """One customer's slots. ``had_session``: a payment that was left behind had been consumed."""

    purse: Purse | None = None
    request: PairingRequest | None = None
    chat: ChatSession | None = None
    extension: Extension | None = None
    extra: Purse | None = None
    had_session: bool = False

    @property
    def live_mitra(self) -> UUID | None:
        """The mitra of the live chat."""
        return self.chat.mitra_id if self.chat is not None and self.chat.is_live else None

    @property
    def purses(self) -> tuple[Purse, ...]:
        """The payments that there are."""
        return tuple(purse for purse in (self.purse, self.extra) if purse is not None)

    @property
    def is_idle(self) -> bool:
        """Whether there is at most a payment that is over, and nothing else."""
        return self.extra is None and self.live_mitra is None and not self.is_searching

    @property
    def is_searching(self) -> bool:
        """Whether a search is open."""
        return self.request is not None and self.request.is_open

    @property
    def is_good_end(self) -> bool:
        """Whether all money is settled and nothing is open."""
        pending = self.extension is not None and self.extension.is_pending
        settled = all(purse.is_settled for purse in self.purses)
        return settled and not self.is_searching and not pending and self.live_mitra is None


SLOTS: Final = ("purse", "request", "chat", "extension", "extra")
