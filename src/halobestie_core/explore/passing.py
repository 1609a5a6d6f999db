"""What happens to a night without any decision: time passes, the gateway takes money or shuts its page."""

from typing import Final

from attrs import evolve

from halobestie_core.chat import SessionStatus
from halobestie_core.explore.ask import Ask, Made, Verb
from halobestie_core.explore.asking import VERBS
from halobestie_core.explore.night import AHEAD, NOW, OVER, THIRD, Gateway, Night, Purse
from halobestie_core.payment import PaymentStatus


def _purse(night: Night, ask: Ask) -> Purse | None:
    return night.purse if ask.slot == "purse" else night.extra


def _with(night: Night, ask: Ask, purse: Purse) -> Night:
    return evolve(night, purse=purse) if ask.slot == "purse" else evolve(night, extra=purse)


def _payment_time(night: Night, ask: Ask) -> Made:
    """The deadline of a payment is reached, also of one that is held; a fallback ends no earlier than it."""
    purse = _purse(night, ask)
    if purse is None:
        return None
    paid = purse.payment
    if paid.is_open and paid.expires_at > NOW:
        return _with(night, ask, evolve(purse, payment=evolve(paid, expires_at=OVER)))
    if paid.fallback_until is not None and paid.fallback_until > NOW and paid.is_open:
        return _with(night, ask, evolve(purse, payment=evolve(paid, fallback_until=OVER)))
    return None


def _request_time(night: Night, _ask: Ask) -> Made:
    """The window of a search is over."""
    asked = night.request
    if asked is None or not asked.is_open or asked.deadline_at <= NOW:
        return None
    return evolve(night, request=evolve(asked, deadline_at=OVER))


def _wave_time(night: Night, _ask: Ask) -> Made:
    """A third of the window is over, and with it the time of a wave."""
    asked = night.request
    if asked is None or asked.next_wave_at is None or asked.next_wave_at <= NOW or asked.deadline_at <= NOW:
        return None
    return evolve(night, request=evolve(asked, next_wave_at=OVER, deadline_at=asked.deadline_at - THIRD))


def _chat_time(night: Night, _ask: Ask) -> Made:
    """The paid time or the grace of a chat is over."""
    session = night.chat
    if session is None:
        return None
    if session.status is SessionStatus.ACTIVE and session.expires_at == AHEAD:
        return evolve(night, chat=evolve(session, expires_at=OVER))
    if session.status is SessionStatus.CLOSING and session.closing_until == AHEAD:
        return evolve(night, chat=evolve(session, closing_until=OVER))
    return None


def _extension_time(night: Night, _ask: Ask) -> Made:
    """The window of an extension is over."""
    asked = night.extension
    if asked is None or not asked.is_pending or asked.deadline_at <= NOW:
        return None
    return evolve(night, extension=evolve(asked, deadline_at=OVER))


def _pay(night: Night, ask: Ask) -> Made:
    """The gateway takes the money; we have not heard of it yet."""
    purse = _purse(night, ask)
    if purse is None or purse.gateway is not Gateway.OPEN:
        return None
    return _with(night, ask, evolve(purse, gateway=Gateway.PAID))


def _shut(night: Night, ask: Ask) -> Made:
    """The gateway takes no more money for it."""
    purse = _purse(night, ask)
    if purse is None or purse.gateway is not Gateway.OPEN or purse.payment.status is PaymentStatus.PENDING:
        return None
    return _with(night, ask, evolve(purse, gateway=Gateway.SHUT))


PASSING: Final[dict[str, Verb]] = {
    "payment_time": Verb(_payment_time),
    "request_time": Verb(_request_time, ("request",)),
    "wave_time": Verb(_wave_time, ("request",)),
    "chat_time": Verb(_chat_time, ("chat",)),
    "extension_time": Verb(_extension_time, ("extension",)),
    "pay": Verb(_pay),
    "shut": Verb(_shut),
}
EVERY: Final[dict[str, Verb]] = VERBS | PASSING


def loads(ask: Ask) -> tuple[str, ...]:
    """Return the slots that an ask sees."""
    of_verb = EVERY[ask.verb].loads
    return (ask.slot, *of_verb) if ask.slot and ask.slot not in of_verb else of_verb
