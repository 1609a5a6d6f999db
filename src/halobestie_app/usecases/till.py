"""The till: a gateway with invoices, our book of them, and how often it is asked. Knows no adapter."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from halobestie_app.usecases.setting_aside import Aside
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.gateway import Invoices
from halobestie_core.ports.invoices import InvoiceBook, Watched


def _nobody_counts(_call: str, _result: str) -> None:
    """Where nothing is measured."""


@frozen
class Rhythm:
    """When an invoice is asked for without anybody having said a word.

    ``first`` after it was made, then ``every`` so often while its payment is pending, and once more
    ``before_end``. When the payment is over money may still come, ever less likely: after as long again as it
    has been over, at least ``sparsely``, at most ``rarely``, for ``lasting``. Customers who look have it
    asked too, once within ``asking``, whoever they are and wherever they ask.

    ``over_per_second``: so many invoices of payments that are over are asked for by one instance, however
    many are due. Each is asked for three hundred times and hardly one brings money, while the gateway and
    the store have people to serve. 20 within nine minutes are 10,800 invoices: as many payments that nobody
    made in two days; with more of them each only waits longer, or one starts another instance.
    """

    first: timedelta = timedelta(seconds=10)
    every: timedelta = timedelta(seconds=30)
    before_end: timedelta = timedelta(seconds=3)
    sparsely: timedelta = timedelta(minutes=1)
    rarely: timedelta = timedelta(minutes=9)
    lasting: timedelta = timedelta(hours=48)
    asking: timedelta = timedelta(seconds=5)
    over_per_second: int = 20

    def next_look(self, seen: Watched) -> datetime | None:
        """Return when to ask again after a look that found no money; ``None``: not any more."""
        now, end = seen.now, seen.expires_at - self.before_end
        if seen.payment_status is PaymentStatus.PENDING:
            return min(now + self.every, end) if now < end else now + self.every
        over = now - seen.expires_at
        if over > self.lasting:
            return None
        return now + min(max(over, self.sparsely), self.rarely)

    def once_more(self, seen: Watched) -> datetime:
        """Return when to ask again after a look that nobody answered: soon, and still before the end."""
        soon, at = seen.now + self.every, self.next_look(seen)
        return soon if at is None else min(at, soon)


RHYTHM: Final = Rhythm()


@frozen
class Till:
    """Where there are invoices. ``count`` hears of each call of the gateway: which, and how it ended.

    ``aside``: where money goes that only a person can judge.
    """

    invoices: Invoices
    book: InvoiceBook
    rhythm: Rhythm = RHYTHM
    count: Callable[[str, str], None] = _nobody_counts
    aside: Aside = field(kw_only=True)


__all__ = ["RHYTHM", "Rhythm", "Till"]
