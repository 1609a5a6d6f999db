"""Good ends: that every night can still come to one, and that no night waits for ever. Visits nothing new.

Customers share nothing but mitras, and what is asked for here needs none of them: if every night by itself
comes to a good end whatever the mitras do, so does every state, one customer after the other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from attrs import frozen

from halobestie_core.explore.ask import Ask, Standing
from halobestie_core.explore.night import MITRAS, Night
from halobestie_core.explore.nights import Nights
from halobestie_core.words import TimeoutPolicy

TIME: Final = frozenset({"payment_time", "request_time", "wave_time", "chat_time", "extension_time"})
CLOCK: Final = frozenset({"payment_clock", "search_clock", "chat_clock", "extension_clock"})
OTHERS: Final = frozenset({"news", "shut", "act"})
"""What the gateway's news and an operator do; nobody else is needed for a good end."""
_SILENCES: Final = (
    (TimeoutPolicy.AUTO_APPROVE, True),
    (TimeoutPolicy.AUTO_APPROVE, False),
    (TimeoutPolicy.AUTO_REJECT, False),
)

Steps = Mapping[int, frozenset[int]]


@frozen
class Stuck:
    """A night that cannot come to where it should."""

    law: str
    night: int
    said: str


def good_end_stays_reachable(nights: Nights, numbers: Iterable[int]) -> Iterator[Stuck]:
    """From every night, time, the gateway's news and an operator lead to one where all is settled and over.

    Found backward from the good ends, for each way in which silence on an extension may be taken.
    """
    starts = frozenset(numbers)
    for silence in _SILENCES:
        steps = _steps(nights, starts, TIME | CLOCK | OTHERS, silence)
        good = {number for number in steps if nights.night(number).is_good_end}
        reached, before = set(good), _backward(steps)
        todo = list(good)
        while todo:
            for number in before.get(todo.pop(), ()):
                if number not in reached:
                    reached.add(number)
                    todo.append(number)
        for number in sorted(starts - reached):
            said = "from here no good end can be reached any more"
            yield Stuck(good_end_stays_reachable.__name__, number, said)


def time_alone_leads_on(nights: Nights, numbers: Iterable[int]) -> Iterator[Stuck]:
    """Time and the clock alone bring every night to rest: nothing waits without a deadline, or for ever."""
    starts = frozenset(numbers)
    for silence in _SILENCES:
        steps = _steps(nights, starts, TIME | CLOCK, silence)
        for number in _going_round(steps):
            yield Stuck(time_alone_leads_on.__name__, number, "time and the clock go round in a circle")
        for number, after in steps.items():
            if not after and _waits(nights.night(number)):
                yield Stuck(time_alone_leads_on.__name__, number, "something waits, and no deadline leads on")


LAWS: Final[tuple[Callable[[Nights, Iterable[int]], Iterator[Stuck]], ...]] = (
    good_end_stays_reachable,
    time_alone_leads_on,
)


def _waits(night: Night) -> bool:
    pending = night.extension is not None and night.extension.is_pending
    return (
        any(p.payment.is_open for p in night.purses)
        or night.is_searching
        or pending
        or bool(night.live_mitra)
    )


def _steps(
    nights: Nights, starts: Iterable[int], verbs: frozenset[str], silence: tuple[TimeoutPolicy, bool]
) -> Steps:
    """Return what follows each night by these verbs, and each that follows."""
    steps: dict[int, frozenset[int]] = {}
    todo = list(starts)
    while todo:
        number = todo.pop()
        if number not in steps:
            after = nights.by(number, verbs)
            after |= {nights.after(number, ask) for ask in _asks(nights.night(number), silence)}
            steps[number] = frozenset(after - {number})
            todo.extend(steps[number])
    return steps


def _asks(night: Night, silence: tuple[TimeoutPolicy, bool]) -> Iterator[Ask]:
    """Yield what the clock asks with facts of mitras: a wave to nobody, an extension met with silence."""
    if night.is_searching:
        yield Ask("search_clock")
    if night.live_mitra is not None and night.extension is not None:
        policy, reachable = silence
        standing, mitra = Standing.HERE if reachable else Standing.AWAY, MITRAS.index(night.live_mitra)
        yield Ask("extension_clock", "", mitra, standing, policy=policy, connected=reachable)


def _backward(steps: Steps) -> dict[int, list[int]]:
    before: dict[int, list[int]] = {}
    for number, after in steps.items():
        for one in after:
            before.setdefault(one, []).append(number)
    return before


def _going_round(steps: Steps) -> list[int]:
    """Return the nights that lie on a circle, or before one: those left when all that ends is taken away."""
    left = {number: len(after) for number, after in steps.items()}
    before = _backward(steps)
    todo = [number for number, count in left.items() if count == 0]
    while todo:
        number = todo.pop()
        del left[number]
        for one in before.get(number, ()):
            left[one] -= 1
            if left[one] == 0:
                todo.append(one)
    return sorted(left)[:1]
