"""The walk: breadth first through all customers and mitras together, one state for all that are alike.

A state is a number: the mitras' presences, then the customers' nights in order. Customers have no names,
so their nights are sorted; mitras have none, so one naming stands for all. Between
customers nothing is shared but the mitras: their presence and their places. Everything else that may follow
is remembered for each night by itself.
"""

from collections.abc import Callable, Iterator
from typing import Final

from attrs import define, field

from halobestie_core.explore.ask import Ask
from halobestie_core.explore.bounds import Bounds
from halobestie_core.explore.house import House, Step
from halobestie_core.explore.night import MITRAS
from halobestie_core.explore.nights import BrokenError, Nights
from halobestie_core.explore.options import FREE, OF_EVERYBODY, OF_MITRA, Facts

BITS: Final = 20
"""Of a night's number."""
_NIGHT: Final = (1 << BITS) - 1
REPORT_EVERY: Final = 1 << 13

Progress = Callable[[int, int, int], None]
"""Called now and then with states found, states expanded, and the depth."""


class FoundError(Exception):
    """A law is broken on the way out of this state, by this customer's ask or this mitra's step."""

    def __init__(self, state: int, breaches: tuple[tuple[str, str], ...], who: int, what: Ask | Step) -> None:
        self.state, self.breaches, self.who, self.what = state, breaches, who, what
        super().__init__(state, breaches)


@define
class Walk:
    """States found so far, in layers of equal distance from the beginning."""

    bounds: Bounds
    nights: Nights = field(init=False)
    house: House = field(init=False)
    layers: list[list[int]] = field(init=False, factory=lambda: [[0]])
    found: set[int] = field(init=False, factory=lambda: {0})
    edges: int = field(init=False, default=0)
    met: dict[int, tuple[int, ...]] = field(init=False, factory=dict)
    _orders: dict[int, tuple[int, tuple[int, ...]]] = field(init=False, factory=dict)
    _nights: dict[int, tuple[int, tuple[int, ...]]] = field(init=False, factory=dict)
    _presents: dict[int, int] = field(init=False, factory=dict)
    _renamed: list[dict[int, int]] = field(init=False)
    _places: list[int] = field(init=False, factory=list)
    _facts: dict[tuple[int, int], tuple[tuple[Facts, ...], tuple[Facts, ...]]] = field(
        init=False, factory=dict
    )

    def __attrs_post_init__(self) -> None:
        self.nights, self.house = Nights(self.bounds), House(self.bounds.mitras)
        self._renamed = [{} for _ in self.house.orders]

    def run(self, progress: Progress | None = None) -> None:
        """Visit every state that can be reached; raises :class:`FoundError` at the first broken law."""
        done = 0
        while self.layers[-1]:
            layer: list[int] = []
            for state in self.layers[-1]:
                following = self.following(state)
                self.edges += len(following)
                fresh = following - self.found
                self.found |= fresh
                layer += fresh
                done += 1
                if progress is not None and done % REPORT_EVERY == 0:
                    progress(len(self.found), done, len(self.layers))
            self.layers.append(layer)
        self.layers.pop()

    # -- one state -------------------------------------------------------------------------------------------

    def parts(self, state: int) -> tuple[int, tuple[int, ...]]:
        """Return the presences and the nights of a state."""
        shifts = range((self.bounds.customers - 1) * BITS, -1, -BITS)
        return state >> self.bounds.customers * BITS, tuple(state >> shift & _NIGHT for shift in shifts)

    def following(self, state: int) -> set[int]:
        """Return the states that may follow, each in its least naming."""
        presences, nights = self.parts(state)
        after: set[int] = set()
        for who, fresh in self._evenings(state, presences, nights):
            others = nights[:who] + nights[who + 1 :]
            after.update(self._named(presences, fresh, others))
        for n, step in self.steps(presences):
            if step.breaches:
                raise FoundError(state, step.breaches, n, step)
            after.add(self.canonical(self.stepped(presences, n, step), nights))
        after.discard(state)
        return after

    def steps(self, presences: int) -> Iterator[tuple[int, Step]]:
        """Yield every step of every mitra."""
        for n, standing in enumerate(self.house.standings(presences)):
            yield from ((n, step) for step in self.house.steps[standing])

    def stepped(self, presences: int, mitra: int, step: Step) -> int:
        """Return the presences after one step."""
        standings = tuple(self.house.steps)
        return presences & ~(3 << 2 * mitra) | standings.index(step.after) << 2 * mitra

    def _evenings(
        self, state: int, presences: int, nights: tuple[int, ...]
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield, for each customer, the nights that may follow theirs."""
        places = [self.places(night) for night in nights]
        taken = sum(places)
        for who, night in enumerate(nights):
            if who and night == nights[who - 1]:
                continue  # the same night beside the same others
            others = taken - places[who]
            memo = (night << 8 | presences) << 8 | others
            fresh = self.met.get(memo)
            if fresh is None:
                try:
                    fresh = self.met[memo] = self._next(night, presences, others)
                except BrokenError as broken:
                    raise FoundError(state, broken.breaches, who, broken.ask) from broken
            yield who, fresh

    def _next(self, night: int, presences: int, others: int) -> tuple[int, ...]:
        of_mitras, of_everybody = self.facts(presences, others)
        after = set(self.nights.free(night))
        for facts in of_mitras:
            after.update(self.nights.with_mitra(night, facts))
        for facts in of_everybody:
            after.update(self.nights.with_everybody(night, facts))
        return tuple(after)

    def facts(self, presences: int, others: int) -> tuple[tuple[Facts, ...], tuple[Facts, ...]]:
        """Return what one customer's asks find: each mitra, and who is eligible under each cap."""
        known = self._facts.get((presences, others))
        if known is None:
            standings = self.house.standings(presences)
            loads = [others >> 2 * n & 3 for n in range(self.bounds.mitras)]
            each = tuple(Facts(n, standings[n], loads[n]) for n in range(self.bounds.mitras))
            able = {
                frozenset(one.mitra for one in each if one.standing == "here" and one.load < cap)
                for cap in self.bounds.caps
            }
            known = self._facts[presences, others] = each, tuple(Facts(able=one) for one in able)
        return known

    def asks(self, night: int, presences: int, others: int) -> Iterator[Ask]:
        """Yield all that may be put to one night among these mitras."""
        of_mitras, of_everybody = self.facts(presences, others)
        yield from self.nights.asks(night, FREE, Facts())
        for facts in of_mitras:
            yield from self.nights.asks(night, OF_MITRA, facts)
        for facts in of_everybody:
            yield from self.nights.asks(night, OF_EVERYBODY, facts)

    def places(self, night: int) -> int:
        """Return which mitra's place a night takes: two bits for each mitra."""
        while len(self._places) <= night:
            who = self.nights.night(len(self._places)).live_mitra
            self._places.append(0 if who is None else 1 << 2 * MITRAS.index(who))
        return self._places[night]

    # -- symmetry --------------------------------------------------------------------------------------------

    def canonical(self, presences: int, nights: tuple[int, ...]) -> int:
        """Return the state that stands for all namings of its mitras.

        Of several customers' states it is the least number. One customer alone is renamed first, so that few
        nights need deciding, and the presences after.
        """
        if len(nights) == 1:
            night, orders = self._least_night(nights[0])
            return min(self._present(presences, order) for order in orders) << BITS | night
        least, orders = self._namings(presences)
        return min(self._packed(least, [self._rename(order, night) for night in nights]) for order in orders)

    def _least_night(self, night: int) -> tuple[int, tuple[int, ...]]:
        """Return the least naming of one night, and which orders lead to it."""
        known = self._nights.get(night)
        if known is None:
            named = [self._rename(order, night) for order in range(len(self.house.orders))]
            least = min(named)
            known = self._nights[night] = least, tuple(n for n, one in enumerate(named) if one == least)
        return known

    def _present(self, presences: int, order: int) -> int:
        memo = presences << 8 | order
        known = self._presents.get(memo)
        if known is None:
            known = self._presents[memo] = self.house.renamed(presences, self.house.orders[order])
        return known

    def _namings(self, presences: int) -> tuple[int, tuple[int, ...]]:
        """Return the least naming of the presences, and which orders lead to it."""
        known = self._orders.get(presences)
        if known is None:
            named = [self.house.renamed(presences, order) for order in self.house.orders]
            least = min(named)
            known = self._orders[presences] = (
                least,
                tuple(n for n, one in enumerate(named) if one == least),
            )
        return known

    def _rename(self, order: int, night: int) -> int:
        if order == 0:
            return night
        known = self._renamed[order].get(night)
        if known is None:
            known = self._renamed[order][night] = self.nights.renamed(night, self.house.orders[order])
        return known

    def _packed(self, presences: int, nights: list[int]) -> int:
        for night in sorted(nights):
            presences = presences << BITS | night
        return presences

    def _named(self, presences: int, fresh: tuple[int, ...], others: tuple[int, ...]) -> Iterator[int]:
        """Yield the states with each of the fresh nights; the presences are in their least naming."""
        _, orders = self._namings(presences)
        if len(others) == 1 and len(orders) == 1:  # by far the most, and so without any call
            beside, above = others[0], presences << 2 * BITS
            low = above | beside
            high = above | beside << BITS
            for night in fresh:
                yield (low | night << BITS) if night < beside else (high | night)
            return
        for night in fresh:
            yield self.canonical(presences, (night, *others))
