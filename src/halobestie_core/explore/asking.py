"""Asking: everything that may be put to a night, with the evening that a store would load for it.

Each verb says which slots it loads and what it wishes; it sees nothing else of the night. An ask that has
no subject here makes nothing. Judges nothing: refused wishes are part of life.
"""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from attrs import evolve

from halobestie_core import chat, extension, pairing, payment
from halobestie_core.explore.ask import Ask, Made, Verb, Wish
from halobestie_core.explore.night import CHAT as CHAT_ID
from halobestie_core.explore.night import (
    CUSTOMER,
    EXTENSION,
    EXTRA,
    GRACE,
    INVOICE,
    MINUTES,
    MITRAS,
    NEWS,
    NOW,
    PAYMENT,
    REQUEST,
    SURPLUS,
    WINDOW,
    Night,
    Purse,
)
from halobestie_core.flow import pricing, wishes
from halobestie_core.flow.deadlines import chat_clock, pairing_clock, payment_clock
from halobestie_core.flow.effects import Capture
from halobestie_core.flow.evening import Evening
from halobestie_core.words import CURRENCY, Mode, OperatorAction, Party, Provider, RequestKind

_TIER: Final = pricing.Tier(UUID(int=0xA0), Mode.CHAT, 12, 20_000, 1, UUID(int=0xB0))
_PROMOTIONS: Final[Mapping[str, pricing.Promotion | None]] = {
    "full": None,
    "cheap": pricing.Promotion(Mode.CHAT, 12, 4_000, "Hemat", False, True, UUID(int=0xB1)),  # noqa: FBT003 - fields
    "free": pricing.Promotion(Mode.CHAT, 12, 0, "Gratis", False, True, UUID(int=0xB2)),  # noqa: FBT003 - fields
}
EXTRA_TIER: Final = pricing.Tier(UUID(int=0xA1), Mode.CHAT, 5, 10_000, 2, UUID(int=0xB3))
ODD: Final = 1


def priced(night: Night, price: str) -> pricing.Quote:
    """Return what a payment would cost now under this promotion, as the server asks for it."""
    spent = night.purse is not None and night.purse.payment.status is payment.PaymentStatus.CONSUMED
    buyer = pricing.Buyer(had_session=night.had_session or spent, phone_verified=True)
    return pricing.quote((_TIER,), _PROMOTIONS[price], buyer, mode=Mode.CHAT, minutes=12)


def _purse(night: Night, ask: Ask) -> Purse | None:
    return night.purse if ask.slot == "purse" else night.extra


def _addressed(night: Night, ask: Ask) -> Evening | None:
    purse = _purse(night, ask)
    return None if purse is None else Evening(payment=purse.payment, failure=purse.row)


def _create(night: Night, ask: Ask) -> Wish:
    """Load the open payment and the open search."""
    quote = priced(night, ask.detail)
    opened = night.purse is not None and night.purse.payment.is_open
    search = night.request if night.request is not None and night.request.is_open else None
    command = payment.Create(
        id=NEWS[PAYMENT],
        customer_id=CUSTOMER,
        amount=quote.price,
        mode=Mode.CHAT,
        duration_minutes=12,
        is_extension=False,
        is_first_session_discount=quote.is_first_session_discount,
        timeout_minutes=MINUTES,
        provider=Provider.XENDIT if quote.price else Provider.NONE,
    )
    open_payment = night.purse.payment if opened and night.purse else None
    return Wish(Evening(payment=open_payment, request=search), command)


def _create_extra(night: Night, _ask: Ask) -> Wish:
    command = payment.Create(
        id=NEWS[EXTRA],
        customer_id=CUSTOMER,
        amount=EXTRA_TIER.price,
        mode=Mode.CHAT,
        duration_minutes=EXTRA_TIER.minutes,
        is_extension=True,
        is_first_session_discount=False,
        timeout_minutes=MINUTES,
        provider=Provider.XENDIT,
    )
    live = night.chat if night.live_mitra is not None else None
    return Wish(Evening(chat=live), command)


def _to_payment(command: Callable[[], object]) -> Callable[[Night, Ask], Made]:
    def make(night: Night, ask: Ask) -> Made:
        evening = _addressed(night, ask)
        return None if evening is None else Wish(evening, command())

    return make


def _money(
    invoice: str, amount: int | None = None, *, matches: bool = True, known: bool = False
) -> Callable[[Night, Ask], Made]:
    def make(night: Night, ask: Ask) -> Made:
        purse = _purse(night, ask)
        if purse is None:
            return None
        paid = purse.payment
        taken = Capture(
            Provider.XENDIT, invoice, paid.id, paid.amount if amount is None else amount, CURRENCY, NOW
        )
        command = wishes.RecordCapture(taken, not purse.heard, matches, MINUTES, known=known)
        return Wish(Evening(payment=paid), command)

    return make


def _act(night: Night, ask: Ask) -> Made:
    purse = _purse(night, ask)
    if purse is None:
        return None
    failed = purse.surplus if ask.flag else purse.row
    if failed is None:
        return None
    evening = Evening(payment=purse.payment, failure=failed)
    return Wish(evening, wishes.ActOnFailure(OperatorAction(ask.detail), "a note"))


def _searching(night: Night, ask: Ask) -> Evening | None:
    """Load the payment addressed, the customer's search and their live chat."""
    evening = _addressed(night, ask)
    if evening is None:
        return None
    request = night.request
    if request is not None and not request.is_open and ask.slot != "purse":
        request = None
    return evolve(evening, request=request, chat=night.chat if night.live_mitra is not None else None)


def _cancel(night: Night, ask: Ask) -> Made:
    evening = _searching(night, ask)
    return None if evening is None else Wish(evening, wishes.CancelSearch())


def _shown(ask: Ask) -> frozenset[UUID]:
    return frozenset(MITRAS[n] for n in ask.shown)


def _search(night: Night, ask: Ask) -> Made:
    evening = _searching(night, ask)
    wave_size = 1 if ask.flag else 0
    wish = wishes.OpenPairing(NEWS[REQUEST], WINDOW, mitra_ids=_shown(ask), wave_size=wave_size)
    return None if evening is None else Wish(evening, wish)


def _fall_back(night: Night, ask: Ask) -> Made:
    evening = _searching(night, ask)
    wish = wishes.FallBackToBlast(NEWS[REQUEST], WINDOW, _shown(ask), 1 if ask.flag else 0)
    return None if evening is None else Wish(evening, wish)


def _ask_again(night: Night, ask: Ask) -> Made:
    evening = _searching(night, ask)
    if evening is None or evening.payment is None:
        return None
    wish = wishes.OpenPairing(
        NEWS[REQUEST],
        WINDOW,
        kind=RequestKind.RETURNING,
        mitra_ids=frozenset({ask.target}),
        targeted_mitra_id=ask.target,
        target_gone=not ask.here,
        target_full=ask.load >= ask.cap,
    )
    named = None if ask.flag else ask.target  # with the flag the payment was made for somebody else
    return Wish(evolve(evening, payment=evolve(evening.payment, targeted_mitra_id=named)), wish)


def _to_request(command: Callable[[Ask], object]) -> Callable[[Night, Ask], Made]:
    def make(night: Night, ask: Ask) -> Made:
        if night.request is None:
            return None
        paid = None if night.purse is None else night.purse.payment
        return Wish(Evening(payment=paid, request=night.request), command(ask))

    return make


def _search_clock(night: Night, ask: Ask) -> Made:
    if night.request is None:
        return None
    command = pairing_clock(night.request, NOW) or pairing.TimeUp()
    if isinstance(command, pairing.NextWave):
        command = pairing.NextWave(_shown(ask))
    return _to_request(lambda _ask: command)(night, ask)


def _leave(ask: Ask) -> pairing.Withdraw | pairing.TargetUnavailable:
    if ask.flag:
        return pairing.TargetUnavailable(not ask.here, at_capacity=False, at_start=False)
    return pairing.Withdraw(ask.target, gone=not ask.here)


def _of_session(night: Night) -> Evening:
    """Load a chat with its pending extension and that extension's payment."""
    pending = night.extension if night.extension is not None and night.extension.is_pending else None
    extra = night.extra.payment if pending is not None and night.extra is not None else None
    return Evening(chat=night.chat, extension=pending, extension_payment=extra)


def _to_chat(command: Callable[[Ask], object]) -> Callable[[Night, Ask], Made]:
    def make(night: Night, ask: Ask) -> Made:
        return None if night.chat is None else Wish(_of_session(night), command(ask))

    return make


def _prolong(night: Night, ask: Ask) -> Made:
    purse = _purse(night, ask)
    if night.chat is None or purse is None:
        return None
    evening = evolve(_of_session(night), extension_payment=purse.payment)
    return Wish(evening, wishes.AskExtension(NEWS[EXTENSION], WINDOW))


def _to_extension(command: type[extension.Silence]) -> Callable[[Night, Ask], Made]:
    def make(night: Night, ask: Ask) -> Made:
        if night.extension is None or night.extra is None:
            return None
        evening = Evening(chat=night.chat, extension=night.extension, extension_payment=night.extra.payment)
        facts = command(policy=ask.policy, ws_connected=ask.connected, online=ask.here, grace_seconds=GRACE)
        return Wish(evening, facts)

    return make


def _accept(ask: Ask) -> pairing.Accept:
    online = ask.standing is not None and ask.standing.is_online
    return pairing.Accept(ask.target, NEWS[CHAT_ID], online, ask.load, ask.cap)


_SEARCH: Final = ("request", "chat")
_REQUEST: Final = ("purse", "request")
_SESSION: Final = ("chat", "extension", "extra")

VERBS: Final[dict[str, Verb]] = {
    "create": Verb(_create, _REQUEST),
    "create_extra": Verb(_create_extra, ("chat",)),
    "confirm": Verb(_to_payment(lambda: payment.Confirm(captured=False, timeout_minutes=MINUTES))),
    "abandon": Verb(_to_payment(payment.Abandon)),
    "payment_clock": Verb(_to_payment(payment_clock)),
    "news": Verb(_money(INVOICE)),
    "news_again": Verb(_money(INVOICE, known=True)),
    "second_money": Verb(_money(SURPLUS)),
    "odd_money": Verb(_money(SURPLUS, ODD)),
    "foreign_money": Verb(_money(SURPLUS, matches=False)),
    "act": Verb(_act),
    "cancel": Verb(_cancel, _SEARCH),
    "search": Verb(_search, _SEARCH),
    "fall_back": Verb(_fall_back, _SEARCH),
    "ask_again": Verb(_ask_again, _SEARCH),
    "accept": Verb(_to_request(_accept), _REQUEST),
    "decline": Verb(_to_request(lambda ask: pairing.Decline(ask.target, ask.flag)), _REQUEST),
    "offer": Verb(_to_request(lambda ask: pairing.Offer(_shown(ask))), _REQUEST),
    "leave": Verb(_to_request(_leave), _REQUEST),
    "search_clock": Verb(_search_clock, _REQUEST),
    "end": Verb(_to_chat(lambda ask: chat.End(Party(ask.detail), "a reason")), _SESSION),
    "chat_clock": Verb(_to_chat(lambda _ask: chat_clock(GRACE)), _SESSION),
    "prolong": Verb(_prolong, ("chat", "extension")),
    "yes": Verb(_to_extension(extension.Accept), _SESSION),
    "no": Verb(_to_extension(extension.Reject), _SESSION),
    "extension_clock": Verb(_to_extension(extension.TimeUp), _SESSION),
}
