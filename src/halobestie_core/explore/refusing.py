"""Laws of refusals: what was said no to must deserve it. Decides nothing."""

from collections.abc import Callable, Iterator
from typing import Final

from halobestie_core.explore.night import NOW
from halobestie_core.explore.turning import Unmoved
from halobestie_core.machine import Refused
from halobestie_core.payment import Create, PaymentSession, PaymentStatus
from halobestie_core.reasons import Reason


def what_is_over_bars_nothing(met: Unmoved) -> Iterator[str]:
    """P1: nobody hears that something is open already when it is over, whether or not the clock came by.

    A chat is open until its clock has ended it: the mitra's place is freed then, under the mitra's own lock.
    """
    verdict, evening = met.verdict, met.wish.evening
    if not isinstance(verdict, Refused) or verdict.reason is not Reason.ALREADY_ACTIVE:
        return
    request = evening.open_request
    searching = request is not None and request.deadline_at > NOW
    unused = isinstance(met.wish.command, Create) and _waits(evening.payment)
    if not (searching or unused or evening.live_chat is not None):
        yield f"{type(met.wish.command).__name__} is refused for what is over, or was not looked at"


def _waits(paid: PaymentSession | None) -> bool:
    """Whether a payment waits, in time, to be searched with."""
    if paid is None or paid.status is not PaymentStatus.CONFIRMED or paid.held_by is not None:
        return False
    return paid.expires_at > NOW


Law = Callable[[Unmoved], Iterator[str]]
REFUSAL_LAWS: Final[tuple[Law, ...]] = (what_is_over_bars_nothing,)


def breaches(met: Unmoved) -> Iterator[tuple[str, str]]:
    """Yield the name of each broken law with what is wrong."""
    for law in REFUSAL_LAWS:
        for said in law(met):
            yield law.__name__, said
