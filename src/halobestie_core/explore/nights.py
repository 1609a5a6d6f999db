"""Every night that occurs, by number, and what follows each: decided once and remembered.

What an ask does depends on the slots that it loads and on nothing else, so one decision serves all nights
that agree in those. Every decision is judged by the laws of moves, every night by the laws of states.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from attrs import define, evolve, field, frozen

from halobestie_core.errors import HaloBestieError
from halobestie_core.explore import laws, moving, options, refusing
from halobestie_core.explore.ask import Ask
from halobestie_core.explore.bounds import Bounds
from halobestie_core.explore.coverage import seen
from halobestie_core.explore.night import EXTRA, MITRAS, PAYMENT, REQUEST, SLOTS, Night, Purse
from halobestie_core.explore.options import Facts, Group
from halobestie_core.explore.passing import loads
from halobestie_core.explore.settled import renamed
from halobestie_core.explore.turning import Turn, Unmoved, take
from halobestie_core.payment import PaymentStatus

Key = tuple[int, int, int, int, int, int]
_AT: Final = {slot: n for n, slot in enumerate(SLOTS)}
_SURPLUS: Final = frozenset({"odd_money", "foreign_money", "second_money"})


class BrokenError(Exception):
    """An ask that breaks a law, found while a night was expanded."""

    def __init__(self, ask: Ask, breaches: Iterable[tuple[str, str]]) -> None:
        self.ask = ask
        self.breaches = tuple(breaches)
        super().__init__(ask, self.breaches)


@frozen
class Change:
    """What one decision writes into a night: slots by their place, and which of them are newborn.

    ``surplus``: only remembered while nothing else happens.
    """

    slots: tuple[tuple[int, int], ...]
    born: frozenset[UUID]
    surplus: bool = False


@define
class Shelf:
    """Values by number; 0 is an empty slot."""

    values: list[Any] = field(factory=lambda: [None])
    numbers: dict[Any, int] = field(factory=lambda: {None: 0})

    def number(self, value: object) -> int:
        """Return the number of a value, a new one if it is new."""
        if value not in self.numbers:
            self.numbers[value] = len(self.values)
            self.values.append(value)
        return self.numbers[value]


@define
class Nights:
    """All nights found so far."""

    bounds: Bounds
    keys: list[Key] = field(factory=list)
    seen: Counter[tuple[str, str]] = field(factory=Counter)
    decisions: int = 0
    _shelves: tuple[Shelf, ...] = field(factory=lambda: tuple(Shelf() for _ in SLOTS))
    _numbers: dict[Key, int] = field(factory=dict)
    _nights: list[Night] = field(factory=list)
    _changes: dict[tuple[Ask, tuple[int, ...], int], Change | None] = field(factory=dict)
    _groups: dict[tuple[object, ...], tuple[tuple[Ask, Change], ...]] = field(factory=dict)
    _after: dict[tuple[object, ...], tuple[int, ...]] = field(factory=dict)
    _renamed: dict[tuple[int, int, tuple[int, ...]], int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.number((0, 0, 0, 0, 0, 0), None)

    def __len__(self) -> int:
        return len(self.keys)

    def night(self, number: int) -> Night:
        """Return a night by its number."""
        return self._nights[number]

    def number(self, key: Key, ask: Ask | None) -> int:
        """Return the number of a night; a new one is judged, and ``ask`` blamed for it."""
        known = self._numbers.get(key)
        if known is not None:
            return known
        night = self._made(key)
        if ask is not None and (broken := tuple(laws.breaches(night))):
            raise BrokenError(ask, broken)
        self._numbers[key] = len(self.keys)
        self.keys.append(key)
        self._nights.append(night)
        return self._numbers[key]

    def _made(self, key: Key) -> Night:
        values = {slot: self._shelves[n].values[key[n]] for slot, n in _AT.items()}
        return Night(**values, had_session=bool(key[5]))

    # -- what follows ----------------------------------------------------------------------------------------

    def free(self, number: int) -> tuple[int, ...]:
        """Return the nights that may follow whatever the mitras do."""
        return self._followers(number, options.FREE, Facts())

    def with_mitra(self, number: int, facts: Facts) -> tuple[int, ...]:
        """Return those that may follow while one mitra stands so."""
        return self._followers(number, options.OF_MITRA, facts)

    def with_everybody(self, number: int, facts: Facts) -> tuple[int, ...]:
        """Return those that may follow while these mitras are eligible."""
        return self._followers(number, options.OF_EVERYBODY, facts)

    def asks(self, number: int, groups: tuple[Group, ...], facts: Facts) -> Iterator[Ask]:
        """Yield all that may be put to a night."""
        for group in groups:
            yield from group.asks(self._nights[number], self.bounds, facts)

    def _followers(self, number: int, groups: tuple[Group, ...], facts: Facts) -> tuple[int, ...]:
        memo = (number, groups, facts)
        found = self._after.get(memo)
        if found is None:
            changes = self._changing(number, groups, facts)
            after = {self._next(number, change, ask) for ask, change in changes}
            found = self._after[memo] = tuple(sorted(after - {number}))
        return found

    def by(self, number: int, verbs: frozenset[str]) -> set[int]:
        """Return the nights that follow by these verbs, whatever the mitras do."""
        changes = self._changing(number, options.FREE, Facts())
        return {self._next(number, change, ask) for ask, change in changes if ask.verb in verbs}

    def _changing(self, number: int, groups: tuple[Group, ...], facts: Facts) -> Iterator[tuple[Ask, Change]]:
        """Yield the asks that change something, one for each verb and change."""
        key = self.keys[number]
        for group in groups:
            places = tuple([key[_AT[slot]] for slot in group.slots])
            shared = (group, places, group.had_session and key[5], facts)
            if shared not in self._groups:
                found: dict[tuple[str, Change], Ask] = {}
                for ask in group.asks(self._nights[number], self.bounds, facts):
                    change = self._change_of(key, ask)
                    if change is not None:
                        found.setdefault((ask.verb, change), ask)
                self._groups[shared] = tuple((ask, change) for (_verb, change), ask in found.items())
            yield from self._groups[shared]

    def after(self, number: int, ask: Ask) -> int:
        """Return the night that follows one ask: the same one if nothing moved."""
        change = self._change_of(self.keys[number], ask)
        return number if change is None else self._next(number, change, ask)

    def _change_of(self, key: Key, ask: Ask) -> Change | None:
        loaded = loads(ask)
        places = tuple([key[_AT[slot]] for slot in loaded])
        memo = (ask, places, key[5] if ask.verb == "create" else 0)
        if memo not in self._changes:
            self._changes[memo] = self._decided(ask, loaded, places, had_session=bool(key[5]))
        return self._changes[memo]

    def _next(self, number: int, change: Change, ask: Ask) -> int:
        if change.surplus and not self._nights[number].is_idle:
            return number
        return self.number(self._put(number, self.keys[number], change, ask), ask)

    def _put(self, number: int, key: Key, change: Change, ask: Ask) -> Key:
        if change.born:
            key = self._making_room(number, key, change.born)
        slots = list(key)
        for place, value in change.slots:
            slots[place] = value
        whole = (slots[0], slots[1], slots[2], slots[3], slots[4], slots[5])
        return self._without_the_past(self.number(whole, ask)) if self.bounds.brief else whole

    def _without_the_past(self, number: int) -> Key:
        """Leave behind what is over and settled; it was judged where it still stood."""
        purse, request, chat, extension, extra, had = self.keys[number]
        night = self._nights[number]
        searching = night.request is not None and night.request.is_open
        if night.purse is not None and night.purse.is_settled and night.live_mitra is None and not searching:
            purse = request = chat = 0
        asked = night.extension
        if (
            night.extra is not None
            and night.extra.is_settled
            and not (asked is not None and asked.is_pending)
        ):
            extension = extra = 0
        return (purse, request, chat, extension, extra, had)

    def _making_room(self, number: int, key: Key, born: frozenset[UUID]) -> Key:
        """Leave behind what is over when something new begins."""
        purse, request, chat, extension, extra, had = key
        night = self._nights[number]
        live = night.live_mitra is not None
        if PAYMENT in born:
            request = 0
            discounts = self.bounds.prices != ("full",)
            spent = night.purse is not None and night.purse.payment.status is PaymentStatus.CONSUMED
            had = int(had or (discounts and spent))
        if EXTRA in born:
            extension = 0
        if not live and (PAYMENT in born or REQUEST in born):
            chat = extension = extra = 0
        return (purse, request, chat, extension, extra, had)

    # -- deciding --------------------------------------------------------------------------------------------

    def turn(self, number: int, ask: Ask) -> Turn | Unmoved | None:
        """Return what one ask does to a night, decided anew."""
        return take(self._loaded(self.keys[number], loads(ask)), ask)

    def _loaded(self, key: Key, slots: tuple[str, ...]) -> Night:
        values = {slot: self._shelves[_AT[slot]].values[key[_AT[slot]]] for slot in slots}
        return Night(**values, had_session=bool(key[5]))

    def _decided(
        self, ask: Ask, slots: tuple[str, ...], places: tuple[int, ...], *, had_session: bool
    ) -> Change | None:
        values = {
            slot: self._shelves[_AT[slot]].values[place] for slot, place in zip(slots, places, strict=True)
        }
        try:
            turn = take(Night(**values, had_session=had_session), ask)
            if turn is None:
                return None
            self.decisions += 1
            self.seen.update(seen(turn))
            if isinstance(turn, Unmoved):
                broken = tuple(refusing.breaches(turn))
            else:
                broken = (*moving.breaches(turn), *_left_behind(turn))
        except (LookupError, AssertionError, HaloBestieError) as defect:
            raise BrokenError(ask, [("decided_without_a_defect", str(defect))]) from defect
        if broken:
            raise BrokenError(ask, broken)
        if isinstance(turn, Unmoved) or (ask.verb in _SURPLUS and not ask.flag):
            return None
        return self._change(turn)

    def _change(self, turn: Turn) -> Change:
        slots = loads(turn.ask)
        changed = [
            (_AT[slot], self._shelves[_AT[slot]].number(getattr(turn.after, slot)))
            for slot in SLOTS
            if slot in slots or getattr(turn.after, slot) is not None
        ]
        return Change(tuple(changed), turn.born, turn.ask.verb in _SURPLUS)

    # -- symmetry --------------------------------------------------------------------------------------------

    def renamed(self, number: int, order: tuple[int, ...]) -> int:
        """Return the night in which mitra ``n`` is called ``order[n]``."""
        key = self.keys[number]
        request, chat = (self._slot_renamed(place, key[place], order) for place in (1, 2))
        return self.number((key[0], request, chat, *key[3:]), None)

    def _slot_renamed(self, place: int, value: int, order: tuple[int, ...]) -> int:
        memo = (place, value, order)
        if memo not in self._renamed:
            shelf = self._shelves[place]
            who = {MITRAS[n]: MITRAS[to] for n, to in enumerate(order)}
            old = shelf.values[value]
            if old is None:
                new = None
            elif place == _AT["request"]:
                new = renamed(old, lambda one: who.get(one, one))
            else:
                new = evolve(old, mitra_id=who.get(old.mitra_id, old.mitra_id))
            self._renamed[memo] = shelf.number(new)
        return self._renamed[memo]


def _left_behind(turn: Turn) -> Iterator[tuple[str, str]]:
    purse: Purse
    for purse in turn.left:
        yield from laws.breaches_left_behind(purse)
