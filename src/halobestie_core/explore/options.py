"""Which asks there are for a night, in groups that need only some of its slots. Decides nothing.

Wishes that can only be refused are put too, once, so that what they meet is known.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Final

from attrs import frozen

from halobestie_core.explore.ask import Ask, Standing
from halobestie_core.explore.asking import priced
from halobestie_core.explore.bounds import Bounds
from halobestie_core.explore.night import MITRAS, NOW, Gateway, Night, Purse
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentStatus
from halobestie_core.words import OperatorAction, Party, RequestKind, TimeoutPolicy

_ALWAYS: Final = ("confirm", "abandon", "payment_clock", "payment_time", "pay", "shut")
_ACTIONS: Final = (OperatorAction.REFUNDED.value, OperatorAction.NO_ACTION.value)


@frozen(cache_hash=True)
class Facts:
    """What one question finds: how one mitra stands, with how many other chats; or who is eligible."""

    mitra: int = 0
    standing: Standing | None = None
    load: int = 0
    able: frozenset[int] = frozenset()


@frozen(eq=False)
class Group:
    """Asks that see these slots of a night and nothing else of it."""

    slots: tuple[str, ...]
    asks: Callable[[Night, Bounds, Facts], Iterator[Ask]]
    had_session: bool = False


# -- that need no fact about any mitra -----------------------------------------------------------------------


def _first_payment(night: Night, bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    if bounds.overlap or night.live_mitra is None:
        for price in bounds.prices:
            if price == "full" or priced(night, price).is_first_session_discount:
                yield Ask("create", detail=price)


def _extra_payment(night: Night, _bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    if night.extra is None or not night.extra.payment.is_open:
        yield Ask("create_extra")


def _of_purse(slot: str) -> Callable[[Night, Bounds, Facts], Iterator[Ask]]:
    def asks(night: Night, bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
        purse = night.purse if slot == "purse" else night.extra
        if purse is None:
            return
        yield from (Ask(verb, slot) for verb in _ALWAYS)
        if purse.gateway is Gateway.PAID:
            yield Ask("news", slot)
        if purse.heard:
            yield Ask("news_again", slot)
        if purse.payment.amount > 0 and purse.surplus is None:
            kept = slot == "purse" and not purse.payment.is_open and not bounds.brief
            yield from (Ask(verb, slot, flag=kept) for verb in ("odd_money", "foreign_money"))
            if purse.heard:
                yield Ask("second_money", slot, flag=kept)
        for row, surplus in ((purse.row, False), (purse.surplus, True)):
            if row is not None:
                yield from (Ask("act", slot, detail=action, flag=surplus) for action in _ACTIONS)

    return asks


def _of_search(night: Night, _bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    if night.purse is not None:
        yield Ask("cancel", "purse")
        if not _may_search(night, night.purse):
            yield Ask("search", "purse", shown=frozenset({0}))
            yield Ask("ask_again", "purse", 0, Standing.HERE)
        if not night.purse.payment.fallback_open:
            yield Ask("fall_back", "purse")


def _of_search_with_extra(night: Night, _bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    if night.extra is not None:
        yield from (Ask(verb, "extra") for verb in ("cancel", "search", "fall_back"))


def _may_search(night: Night, purse: Purse) -> bool:
    paid = purse.payment
    return paid.status is PaymentStatus.CONFIRMED and paid.held_by is None and night.live_mitra is None


def _of_request(night: Night, bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    asked = night.request
    if asked is None:
        return
    yield Ask("request_time")
    yield Ask("wave_time")
    if not _wave_due(asked):
        yield Ask("search_clock")
    if not asked.is_open:
        yield Ask("offer", shown=frozenset({0}))
        yield Ask("leave", mitra=0, standing=Standing.AWAY, flag=asked.targeted_mitra_id == MITRAS[0])
        for mitra in range(bounds.mitras):
            yield Ask("accept", mitra=mitra, standing=Standing.HERE)
            yield Ask("decline", mitra=mitra)


def _wave_due(asked: PairingRequest) -> bool:
    return asked.next_wave_at is not None and asked.next_wave_at <= NOW < asked.deadline_at


def _of_chat(night: Night, _bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    if night.chat is not None:
        yield from (Ask("end", detail=party.value) for party in Party)
        yield from (Ask("chat_clock"), Ask("chat_time"), Ask("prolong", "extra"))
    asked = night.extension
    if asked is not None:
        yield Ask("extension_time")
        if not asked.is_pending or asked.deadline_at > NOW:
            yield from (Ask(verb, standing=Standing.HERE) for verb in ("yes", "no", "extension_clock"))


def _prolong_wrongly(night: Night, _bounds: Bounds, _facts: Facts) -> Iterator[Ask]:
    if night.chat is not None:
        yield Ask("prolong", "purse")


# -- that depend on one mitra --------------------------------------------------------------------------------


def _search_of_mitra(night: Night, bounds: Bounds, facts: Facts) -> Iterator[Ask]:
    asked, mitra, standing, load = night.request, facts.mitra, facts.standing, facts.load
    if asked is not None and asked.is_open:
        targeted = asked.targeted_mitra_id == MITRAS[mitra]
        yield from (Ask("accept", "", mitra, standing, load, cap) for cap in bounds.caps)
        yield Ask("leave", "", mitra, standing, flag=targeted)
        if standing is Standing.HERE and load < max(bounds.caps):
            yield Ask("offer", "", mitra, standing, shown=frozenset({mitra}))
    if night.purse is not None and _may_search(night, night.purse):
        yield from (Ask("ask_again", "purse", mitra, standing, load, cap) for cap in bounds.caps)
        yield Ask("ask_again", "purse", mitra, standing, flag=True)


def _extension_of_mitra(night: Night, _bounds: Bounds, facts: Facts) -> Iterator[Ask]:
    asked = night.extension
    due = asked is not None and asked.is_pending and asked.deadline_at <= NOW
    if due and night.live_mitra == MITRAS[facts.mitra]:
        for verb, policy, there in product(("yes", "no", "extension_clock"), TimeoutPolicy, (True, False)):
            yield Ask(verb, "", facts.mitra, facts.standing, policy=policy, connected=there)


# -- that depend on who is free ------------------------------------------------------------------------------


def _search_of_everybody(night: Night, bounds: Bounds, facts: Facts) -> Iterator[Ask]:
    asked, able = night.request, facts.able
    if night.purse is not None:
        if _may_search(night, night.purse):
            yield from _blast("search", able, bounds)
        if night.purse.payment.fallback_open:
            yield from _blast("fall_back", able, bounds)
    if asked is None or not asked.is_open:
        return
    unoffered = frozenset(n for n in able if asked.offerable(frozenset({MITRAS[n]})))
    for mitra in range(bounds.mitras):
        yield Ask("decline", mitra=mitra, flag=bool(unoffered - {mitra}))
    if _wave_due(asked):
        yield from (Ask("search_clock", shown=wave) for wave in _waves(unoffered))
    elif asked.kind is RequestKind.GENERAL and asked.wave_size == 0:
        yield Ask("offer", shown=unoffered)


def _blast(verb: str, able: frozenset[int], bounds: Bounds) -> Iterator[Ask]:
    if not bounds.waves:
        yield Ask(verb, "purse", shown=able)
    else:
        yield from (Ask(verb, "purse", shown=wave, flag=True) for wave in _waves(able))


def _waves(able: frozenset[int]) -> Iterator[frozenset[int]]:
    """Yield every wave of one: of equals the server takes the first, here it may be anyone."""
    yield from (frozenset({one}) for one in able)
    if not able:
        yield able


_SEARCH: Final = ("purse", "request", "chat")
FREE: Final = (
    Group(_SEARCH, _first_payment, had_session=True),
    Group(("chat", "extra"), _extra_payment),
    Group(("purse",), _of_purse("purse")),
    Group(("extra",), _of_purse("extra")),
    Group(_SEARCH, _of_search),
    Group(("extra", "request", "chat"), _of_search_with_extra),
    Group(("purse", "request"), _of_request),
    Group(("chat", "extension", "extra"), _of_chat),
    Group(("purse", "chat", "extension"), _prolong_wrongly),
)
OF_MITRA: Final = (
    Group(_SEARCH, _search_of_mitra),
    Group(("chat", "extension", "extra"), _extension_of_mitra),
)
OF_EVERYBODY: Final = (Group(_SEARCH, _search_of_everybody),)
