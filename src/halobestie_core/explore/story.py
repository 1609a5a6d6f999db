"""The shortest way to a broken law, told as a story in plain words. Finds nothing by itself."""

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from halobestie_core.explore.ask import Ask
from halobestie_core.explore.house import Step
from halobestie_core.explore.nights import BrokenError
from halobestie_core.explore.walk import FoundError, Walk

CUSTOMERS: Final = ("Ayu", "Budi", "Citra", "Dian")
MITRAS: Final = ("Melati", "Bima", "Sekar", "Rangga")

_OF: Final[Mapping[str, str]] = {"purse": "", "extra": " for an extension"}
_SAID: Final[Mapping[str, str]] = {
    "create": "{c} begins a payment at the {a.detail} price.",
    "create_extra": "{c} begins a payment for an extension.",
    "confirm": "{c} confirms the payment{of}.",
    "abandon": "{c} leaves the payment{of}.",
    "payment_clock": "The clock looks at {c}'s payment{of}.",
    "payment_time": "The time of {c}'s payment{of} is over.",
    "pay": "{c} pays{of} at the gateway; nobody else knows yet.",
    "shut": "The gateway takes no more money for {c}'s payment{of}.",
    "news": "News come from the gateway that {c} has paid{of}.",
    "news_again": "The same news of {c}'s money{of} come again.",
    "second_money": "{c} pays{of} a second time, with another invoice.",
    "odd_money": "Money of a wrong amount comes for {c}'s payment{of}.",
    "foreign_money": "Money comes for {c}'s payment{of} with an invoice that is not its own.",
    "act": "An operator acts on {c}'s failed money{of}: {a.detail}.",
    "cancel": "{c} gives up the payment{of}.",
    "search": "{c} searches{of}; asked: {shown}.",
    "fall_back": "{c} falls back to a search for anybody{of}; asked: {shown}.",
    "ask_again": "{c} asks for {m}, who is {a.standing} with {a.load} other chats (the cap is {a.cap}).",
    "accept": "{m} ({a.standing}, {a.load} other chats, the cap is {a.cap}) accepts {c}'s search.",
    "decline": "{m} declines {c}'s search.",
    "offer": "{c}'s search is offered to {shown}.",
    "leave": "What {m} left behind is taken back from {c}'s search; {m} is {a.standing}.",
    "request_time": "The window of {c}'s search is over.",
    "wave_time": "The time of a wave of {c}'s search is over.",
    "search_clock": "The clock looks at {c}'s search; next are {shown}.",
    "end": "The {a.detail} ends {c}'s chat.",
    "chat_clock": "The clock looks at {c}'s chat.",
    "chat_time": "The time of {c}'s chat is over.",
    "prolong": "{c} asks to go on, with a payment{of}.",
    "extension_time": "The window of {c}'s extension is over.",
    "yes": "The mitra says yes to {c}'s extension{reach}.",
    "no": "The mitra says no to {c}'s extension{reach}.",
    "extension_clock": "The clock looks at {c}'s extension{reach}.",
    "falls_silent": "{m} is not heard of for too long.",
    "go_online": "{m} goes online.",
    "go_offline": "{m} goes offline.",
    "heartbeat": "{m} is heard of.",
    "sweep": "The sweep looks at {m}.",
    "block": "An operator shuts {m} out.",
    "unblock": "An operator lets {m} in again.",
}
VERBS: Final = frozenset(_SAID)
"""Every verb that can be told."""


@frozen
class Story:
    """How a law was broken: what happened, in order, and what is wrong then."""

    steps: tuple[str, ...]
    breaches: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        told = [f"{n}. {step}" for n, step in enumerate(self.steps, 1)]
        told += [f"Then {law} is broken: {said}" for law, said in self.breaches]
        return "\n".join(told)


def of_breach(walk: Walk, found: FoundError) -> Story:
    """Tell the way to a broken law and the step that breaks it."""
    teller = _Teller(walk, *_replayed(walk, _way(walk, found.state)))
    return Story((*teller.told, teller.breaking()), found.breaches)


def of_state(walk: Walk, state: int, breaches: tuple[tuple[str, str], ...]) -> Story:
    """Tell the way to a state from which something is wrong."""
    told, _presences, _nights = _replayed(walk, _way(walk, state))
    return Story(told, breaches)


def first_with(walk: Walk, night: int) -> int:
    """Return the nearest state in which a customer has this night."""
    return next(state for layer in walk.layers for state in layer if night in walk.parts(state)[1])


def said(ask: Ask | Step, who: int) -> str:
    """Return one step in words; ``who`` is the customer of an ask, the mitra of a step."""
    if isinstance(ask, Step):
        return _SAID[ask.verb].format(m=MITRAS[who])
    shown = ", ".join(MITRAS[n] for n in sorted(ask.shown)) or "nobody"
    reach = ""
    if ask.mitra is not None:
        reach = f" ({ask.policy}, {ask.standing}, {'a' if ask.connected else 'no'} socket)"
    mitra = MITRAS[ask.mitra or 0]
    return _SAID[ask.verb].format(
        c=CUSTOMERS[who], m=mitra, a=ask, of=_OF.get(ask.slot, ""), shown=shown, reach=reach
    )


def _way(walk: Walk, state: int) -> list[int]:
    """Return one of the shortest ways to a state, found backward through the layers."""
    depth = next(n for n, layer in enumerate(walk.layers) if state in layer)
    way = [state]
    for layer in reversed(walk.layers[:depth]):
        way.append(next(one for one in layer if way[-1] in walk.following(one)))
    return way[::-1]


def _replayed(walk: Walk, way: list[int]) -> tuple[tuple[str, ...], int, tuple[int, ...]]:
    """Walk the way with names that stay the same, and tell it."""
    told: list[str] = []
    presences, nights = walk.parts(way[0])
    for target in way[1:]:
        sentence, presences, nights = next(
            move for move in moves(walk, presences, nights) if walk.canonical(move[1], move[2]) == target
        )
        told.append(sentence)
    return tuple(told), presences, nights


def moves(walk: Walk, presences: int, nights: tuple[int, ...]) -> Iterator[tuple[str, int, tuple[int, ...]]]:
    """Yield everything that may happen next, in words, with the presences and nights after it."""
    for who, night in enumerate(nights):
        for ask in _asks(walk, presences, nights, who):
            after = walk.nights.after(night, ask)
            if after != night:
                yield said(ask, who), presences, (*nights[:who], after, *nights[who + 1 :])
    for n, step in walk.steps(presences):
        yield said(step, n), walk.stepped(presences, n, step), nights


def _asks(walk: Walk, presences: int, nights: tuple[int, ...], who: int) -> Iterator[Ask]:
    others = sum(walk.places(night) for n, night in enumerate(nights) if n != who)
    return walk.asks(nights[who], presences, others)


@frozen
class _Teller:
    """A state that was walked to, about to break a law."""

    walk: Walk
    told: tuple[str, ...]
    presences: int
    nights: tuple[int, ...]

    def breaking(self) -> str:
        """Return the step that breaks it, in words."""
        for who, night in enumerate(self.nights):
            for ask in _asks(self.walk, self.presences, self.nights, who):
                try:
                    self.walk.nights.after(night, ask)
                except BrokenError:
                    return said(ask, who)
        return next(said(step, n) for n, step in self.walk.steps(self.presences) if step.breaches)
