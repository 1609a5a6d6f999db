"""What all choices by chance have in common: the tables to look at, and how to pick. Knows no command."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from attrs import define

from halobestie_adapters.memory import Tables
from halobestie_app.usecases import payments
from halobestie_app.usecases.billing import bill
from halobestie_app.usecases.payments import NewPayment
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.payment import PaymentSession
from support.lives import CUSTOMERS, Act, Life

T = TypeVar("T")
Kind = tuple[float, bool, Callable[[], Act]]
"""How often, whether it makes sense now, and what is done."""

NOBODY = UUID(int=3)


async def pay(life: Life, customer_id: UUID, wanted: NewPayment, *, billed: bool) -> object:
    """Begin a payment, and mostly have its page made at once, as whoever answers the customer does."""
    seen = await payments.create(life.desk, customer_id, wanted)
    return await bill(life.desk, seen) if billed else seen


@define
class Choice:
    """Some kinds of things to do. ``tables``: what there is."""

    tables: Tables
    random: Random

    def kinds(self) -> Sequence[Kind]:
        """Return each kind with its weight now."""
        raise NotImplementedError

    def often(self, share: float) -> bool:
        """Whether something happens that does in so many of the cases."""
        return self.random.random() < share

    def one(self, found: Iterable[T]) -> T | None:
        """Return one of them, if there are any."""
        some = list(found)
        return self.random.choice(some) if some else None

    def payment(self, payments: Iterable[PaymentSession]) -> tuple[UUID, UUID]:
        """Return one of these with its customer, or at times somebody else."""
        paid = self.one(payments)
        if paid is None:
            return CUSTOMERS[0], UUID(int=1)
        return self.random.choice(CUSTOMERS) if self.often(0.05) else paid.customer_id, paid.id

    def until(self, wakes: Iterable[datetime], *, late: Sequence[float]) -> Act:
        """Let time pass until one of these, or so many seconds later."""
        due, seconds = self.one(wakes), self.random.choice(late)

        async def wait(life: Life) -> None:
            if due is not None:
                await life.place.set(max(life.place.now, due + timedelta(seconds=seconds)))

        return wait

    def talk(self) -> ChatSession | None:
        """Return a live chat mostly, at times an old one."""
        return self.one(one for one in self.tables.chats if one.is_live or self.often(0.03))

    def asked(self) -> Extension | None:
        """Return an extension that waits mostly, at times an old one."""
        return self.one(one for one in self.tables.extensions if one.is_pending or self.often(0.1))
