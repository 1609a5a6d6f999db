"""Gateways with invoices, and what happens at one outside of us: the twin, and the real one over HTTP."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from attrs import field, frozen

from halobestie_adapters.memory import MemoryInvoices
from halobestie_adapters.memory.clock import Clock
from halobestie_adapters.xendit import notices
from halobestie_adapters.xendit.gateway import XenditGateway
from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_books import Refusal
from halobestie_app.fakes.xendit_troubles import Mode, Step
from halobestie_core.ports.gateway import Gateway, Invoices
from halobestie_core.ports.webhooks import Notice, Unreadable
from support.paying import PATIENCE, till


class Outside(Protocol):
    """A gateway as a test steers it. Who pays there is told whether that brought money."""

    @property
    def invoices(self) -> Invoices:
        """What we ask there."""
        ...

    @property
    def gateway(self) -> Gateway:
        """Whom we ask at a confirmation."""
        ...

    @property
    def now(self) -> datetime:
        """What time it is there."""
        ...

    def later(self, seconds: float) -> None:
        """Let time pass there."""
        ...

    def pay(
        self, invoice_id: str, *, amount: int | None = None, currency: str | None = None, late: bool = False
    ) -> bool:
        """Let somebody pay; ``late``: by a way that is still open when the page is closed."""
        ...

    def settle(self, invoice_id: str) -> bool:
        """Let the money reach us."""
        ...

    def away(self, *, yes: bool) -> None:
        """Answer nobody, from now on or no longer."""
        ...

    def deafen(self, *, yes: bool) -> None:
        """Make what one wishes, and let nobody hear of it, from now on or no longer."""
        ...

    def told(self) -> Sequence[Notice | Unreadable]:
        """What webhooks said so far, in order, read as the server reads them."""
        ...


@frozen
class TwinOutside:
    """The one in memory."""

    clock: Clock = field(factory=Clock)
    twin: MemoryInvoices = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Stand on its clock."""
        object.__setattr__(self, "twin", MemoryInvoices(self.clock))

    @property
    def invoices(self) -> Invoices:
        """It is its own gateway."""
        return self.twin

    @property
    def gateway(self) -> Gateway:
        """The same."""
        return self.twin

    @property
    def now(self) -> datetime:
        """The clock's."""
        return self.clock.now

    def later(self, seconds: float) -> None:
        """Move it."""
        self.clock.advance(seconds=seconds)

    def pay(
        self, invoice_id: str, *, amount: int | None = None, currency: str | None = None, late: bool = False
    ) -> bool:
        """Pay."""
        return self.twin.pay(invoice_id, amount=amount, currency=currency, after_all=late)

    def settle(self, invoice_id: str) -> bool:
        """Settle."""
        return self.twin.settle(invoice_id)

    def away(self, *, yes: bool) -> None:
        """Be away."""
        self.twin.is_away = yes

    def deafen(self, *, yes: bool) -> None:
        """Lose answers."""
        self.twin.is_unheard = yes

    def told(self) -> Sequence[Notice | Unreadable]:
        """What it delivered; looking closes what is past its time."""
        self.twin.look()
        return [notices.read(body) for body in self.twin.deliveries]


@frozen
class RealOutside:
    """The real adapter, speaking HTTP to the stand-in; webhooks wait there, for nobody has an address."""

    invoices: Invoices
    fake: FakeXendit
    gateway: Gateway = field(factory=XenditGateway)

    @property
    def now(self) -> datetime:
        """The stand-in's clock."""
        return self.fake.clock.now()

    def later(self, seconds: float) -> None:
        """Move it."""
        self.fake.clock.move(seconds)

    def pay(
        self, invoice_id: str, *, amount: int | None = None, currency: str | None = None, late: bool = False
    ) -> bool:
        """Pay, unless it is refused."""
        try:
            self.fake.pay(invoice_id, amount=amount, currency=currency, late=late)
        except Refusal:
            return False
        return True

    def settle(self, invoice_id: str) -> bool:
        """Settle, unless there is nothing to settle."""
        try:
            self.fake.settle(invoice_id)
        except Refusal:
            return False
        return True

    def away(self, *, yes: bool) -> None:
        """Be down."""
        self.fake.well()
        if yes:
            self.fake.trouble(Mode.DOWN)

    def deafen(self, *, yes: bool) -> None:
        """Cut off whoever waits for an answer about something made."""
        self.fake.well()
        if yes:
            self.fake.trouble(Mode.LOST, Step.CREATE, Step.EXPIRE)

    def told(self) -> Sequence[Notice | Unreadable]:
        """What is held back for somebody with an address."""
        self.fake.look()
        return [notices.read(letter.body) for letter in self.fake.hooks.held]


@asynccontextmanager
async def real_outside() -> AsyncIterator[RealOutside]:
    """Open the real one."""
    async with till(PATIENCE * 4) as opened:
        yield RealOutside(opened.invoices, opened.fake)


__all__ = ["Outside", "RealOutside", "TwinOutside", "real_outside"]
