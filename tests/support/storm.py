"""A storm of payments: who pays what, when, and how wrongly the gateway's news of it arrives. Knows no test.

Everything that is left to chance is drawn before anything happens, from a seed. Instants are seconds from
the moment when all payments are begun and the clock of the storm starts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from random import Random
from typing import Any

from attrs import define, field, frozen

from halobestie_app.fakes.xendit_books import Bill
from support.people import Customer, Json

PER_PAYMENT = 5
"""Deliveries to one payment, on average."""
LIES = 0.1
"""The share of deliveries that are wrong."""
MOST = 5
"""Copies of one piece of news."""
HEARD = 0.85
"""Of so many payments there is news at all; what happened to the others has to be found out."""
STRAYS = 0.01
"""Paid invoices of nobody's, to one payment."""


class Kind(StrEnum):
    """What becomes of a payment."""

    IN_TIME = "paid in time"
    AROUND = "paid around its end"
    LATE = "paid when it was over"
    NEVER = "never paid"
    PAID_THEN_LEFT = "paid, and then abandoned"
    LEFT_THEN_PAID = "abandoned, and then paid"
    TWICE = "paid by two invoices"
    OTHER_SUM = "paid with another sum"
    OTHER_CURRENCY = "paid in another currency"


SHARES: Mapping[Kind, int] = {
    Kind.IN_TIME: 34,
    Kind.AROUND: 16,
    Kind.LATE: 10,
    Kind.NEVER: 10,
    Kind.PAID_THEN_LEFT: 6,
    Kind.LEFT_THEN_PAID: 6,
    Kind.TWICE: 8,
    Kind.OTHER_SUM: 6,
    Kind.OTHER_CURRENCY: 4,
}
ENDING = frozenset({Kind.AROUND, Kind.LATE, Kind.NEVER, Kind.OTHER_SUM, Kind.OTHER_CURRENCY})
"""These are made to run out in the storm."""


class Lie(StrEnum):
    """How a delivery is wrong."""

    TOKEN = "token"
    AMOUNT = "amount"
    CURRENCY = "currency"
    NAME = "name"
    INVOICE = "invoice"
    STATUS = "status"
    HALF = "half"
    NOISE = "noise"
    TOO_EARLY = "too early"


REASONS: Mapping[Lie, frozenset[str]] = {
    Lie.AMOUNT: frozenset({"amount_mismatch"}),
    Lie.CURRENCY: frozenset({"currency_mismatch"}),
    Lie.NAME: frozenset({"external_id_mismatch"}),
    Lie.INVOICE: frozenset(
        {"unknown_invoice", "currency_mismatch"}
    ),  # the latter of a payment paid in dollars
    Lie.STATUS: frozenset({"unknown_status"}),
    Lie.HALF: frozenset({"sum_not_whole"}),
    Lie.NOISE: frozenset({"not_json"}),
    Lie.TOO_EARLY: frozenset({"gateway_disagrees"}),
}
"""For what a lie is put aside, if it is: true news of the same invoice and status may have been first."""


class Step(StrEnum):
    """What happens to a payment or its invoice, and may be told."""

    OPENED = "opened"
    PAID = "paid"
    PAID_AGAIN = "paid again"
    SETTLED = "settled"
    LEFT = "left"
    OVER = "over"


@frozen
class Letter:
    """One delivery: so long after what it tells of, to which instance."""

    after: float
    to: int


@define
class Happening:
    """A step at its time, and the deliveries that tell of it."""

    at: float
    step: Step
    letters: list[Letter] = field(factory=list)


@frozen
class Wrong:
    """A lie about somebody's invoice, and when it comes."""

    at: float
    lie: Lie
    about: int
    to: int


@define
class Life:
    """One payment of the storm; ``ends``: when its time is made to run out."""

    kind: Kind
    minutes: int
    ends: float | None
    happens: list[Happening]
    customer: Customer | None = None
    payment: Json = None
    bills: list[Bill] = field(factory=list)

    @property
    def who(self) -> Customer:
        """Whose it is, once it is begun."""
        assert self.customer is not None
        return self.customer


@frozen
class Plan:
    """A whole storm: so many lives, strays, lies, and exactly as many deliveries as were asked for."""

    lives: Sequence[Life]
    strays: Sequence[Happening]
    lies: Sequence[Wrong]

    @property
    def deliveries(self) -> int:
        """How many requests it sends."""
        told = [one for life in self.lives for one in life.happens] + list(self.strays)
        return sum(len(one.letters) for one in told) + len(self.lies)


def planned(count: int, seed: str, span: float, instances: int) -> Plan:
    """Plan a storm of ``count`` payments over ``span`` seconds."""
    chance = Random(seed)
    kinds = chance.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    kinds[: len(SHARES)] = SHARES  # each at least once
    lives = [_life(kind, span, chance) for kind in kinds]
    strays = [Happening(chance.uniform(0, span), Step.PAID) for _ in range(max(1, round(count * STRAYS)))]
    wrong = round(count * PER_PAYMENT * LIES)
    lies = [
        Wrong(
            chance.uniform(0, span),
            chance.choice(list(Lie)),
            chance.randrange(count),
            chance.randrange(instances),
        )
        for _ in range(wrong)
    ]
    told = [*_told(lives, chance), *strays]
    for one, copies in zip(told, _copies(len(told), count * PER_PAYMENT - wrong, chance), strict=True):
        one.letters = [
            Letter(chance.uniform(0, span / 2) * chance.random() ** 2, chance.randrange(instances))
            for _ in range(copies)
        ]
    return Plan(lives, strays, lies)


def _told(lives: Sequence[Life], chance: Random) -> list[Happening]:
    """What there is news of: always, where an invoice is in no book of ours, for who should ask about it."""
    told: list[Happening] = []
    for life in lives:
        heard = chance.random() < HEARD
        for one in life.happens:
            luck = chance.random() < HEARD
            if one.step is Step.PAID_AGAIN or (heard and luck and one.step is not Step.LEFT):
                told.append(one)
    return told


def _life(kind: Kind, span: float, chance: Random) -> Life:
    ends = chance.uniform(0.3, 0.7) * span if kind in ENDING else None
    happens = [Happening(0.0, Step.OPENED)]

    def at(step: Step, when: float) -> float:
        happens.append(Happening(max(0.0, when), step))
        return when

    paid: float | None = None
    match kind:
        case Kind.NEVER:
            pass
        case Kind.AROUND:
            paid = at(Step.PAID, _known(ends) + chance.uniform(-6, 1))
        case Kind.LATE:
            paid = at(Step.PAID, _known(ends) + chance.uniform(0.5, 0.3 * span))
        case Kind.PAID_THEN_LEFT:
            paid = at(Step.PAID, chance.uniform(0, 0.6) * span)
            at(Step.LEFT, paid + chance.uniform(0, 1))
        case Kind.LEFT_THEN_PAID:
            paid = at(Step.PAID, at(Step.LEFT, chance.uniform(0, 0.5) * span) + chance.uniform(0.1, 2))
        case Kind.TWICE:
            paid = at(Step.PAID, chance.uniform(0, 0.6) * span)
            at(Step.PAID_AGAIN, chance.uniform(0, 0.7) * span)
        case Kind.OTHER_SUM | Kind.OTHER_CURRENCY:
            paid = at(Step.PAID, chance.uniform(0, 0.9) * _known(ends))
        case Kind.IN_TIME:
            paid = at(Step.PAID, chance.uniform(0, 0.7) * span)
    if ends is not None:
        at(Step.OVER, ends + 0.2)
    if paid is not None and chance.random() < 0.4:
        at(Step.SETTLED, paid + chance.uniform(0.2, 0.3 * span))
    return Life(kind, chance.choice((5, 12, 60)), ends, happens)


def _known(instant: float | None) -> float:
    assert instant is not None
    return instant


def _copies(pieces: int, total: int, chance: Random) -> list[int]:
    """One to five copies of each, so many in all."""
    assert pieces <= total <= pieces * MOST, (pieces, total)
    copies = [chance.randint(1, MOST) for _ in range(pieces)]
    off = total - sum(copies)
    while off:
        number, step = chance.randrange(pieces), 1 if off > 0 else -1
        if 1 <= copies[number] + step <= MOST:
            copies[number] += step
            off -= step
    return copies


def altered(said: Mapping[str, Any], lie: Lie, other: str, chance: Random) -> dict[str, Any]:
    """What a body says when it lies; ``other``: the name of another's payment."""
    paid = {**said, "status": "PAID", "paid_amount": said["amount"]}
    match lie:
        case Lie.AMOUNT:
            return {**paid, "amount": said["amount"] + 1, "paid_amount": said["amount"] + 1}
        case Lie.CURRENCY:
            return {**paid, "currency": "SGD"}
        case Lie.NAME:
            return {**paid, "external_id": other}
        case Lie.INVOICE:
            return {**paid, "id": f"{chance.getrandbits(96):024x}"}
        case Lie.STATUS:
            return {**said, "status": "FLYING"}
        case Lie.HALF:
            return {**paid, "paid_amount": said["amount"] + 0.5}
    return paid


def kinds_of(plan: Plan) -> Counter[str]:
    """How many payments there are of each kind."""
    return Counter(life.kind.value for life in plan.lives)
