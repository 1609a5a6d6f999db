"""How long one decision takes, beside an idiomatic `transitions` machine that does the same for one payment.

The idiom: a class with a machine of its own per object, guards and effects as methods named in the table.
It is measured twice, because a server meets it twice: the bare event on an object that is there already,
and what one command costs when its object was just loaded and must get its machine first. Ours needs no
machine per object, so both are one figure. Prints JSON: medians in microseconds, and ratios (how many
times ours is faster).
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import evolve, frozen
from transitions import EventData, Machine

from halobestie_core import Evening, Mode, Moved, PaymentSession, PaymentStatus, Provider, decide
from halobestie_core.payment import PAYMENT, Confirm, Create
from halobestie_core.testing import World, a_mitra, searching

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
STATES = [status.value for status in PaymentStatus]
ROWS: list[Any] = [
    {"trigger": trigger, "source": source, "dest": dest, "conditions": conditions, "before": before}
    for trigger, source, dest, conditions, before in (
        ("confirm", "pending", "confirmed", ["in_time"], ["paid"]),
        ("confirm", "pending", "failed_pairing", ["overdue", "captured"], ["noted"]),
        ("confirm", "pending", "expired", ["overdue"], ["noted"]),
        ("abandon", "pending", "abandoned", [], ["noted"]),
        ("tick", "pending", "expired", ["overdue"], ["noted"]),
        ("hold", "confirmed", "confirmed", ["in_time"], ["noted"]),
        ("consume", "confirmed", "consumed", ["held"], ["noted"]),
        ("fail", "confirmed", "failed_pairing", [], ["noted"]),
    )
]


@frozen
class Confirmed:
    """What the idiom notes for its caller, as ours does."""

    payment_id: UUID
    at: datetime


class Idiomatic:
    """One payment with a machine of its own, which gives it these two."""

    state: str
    confirm: Callable[..., bool]

    def __init__(self, payment: PaymentSession) -> None:
        self.payment = payment
        self.happened: list[Confirmed] = []
        self.machine = Machine(
            model=self,
            states=STATES,
            transitions=ROWS,
            initial=payment.status.value,
            send_event=True,
            auto_transitions=False,
        )

    def in_time(self, event: EventData) -> bool:
        """Judge the deadline."""
        return not self.overdue(event)

    def overdue(self, event: EventData) -> bool:
        """Judge the deadline the other way."""
        return event.kwargs["now"] >= self.payment.expires_at and not self.held(event)

    def held(self, _event: EventData) -> bool:
        """Say whether something uses the payment."""
        return self.payment.held_by is not None

    def captured(self, event: EventData) -> bool:
        """Say whether money was taken."""
        return bool(event.kwargs["captured"])

    def noted(self, event: EventData) -> None:
        """Note what happened."""
        self.happened.append(Confirmed(self.payment.id, event.kwargs["now"]))

    def paid(self, event: EventData) -> None:
        """Write the fields and the event, so that the caller can save both."""
        now = event.kwargs["now"]
        self.payment = evolve(
            self.payment,
            status=PaymentStatus.CONFIRMED,
            version=self.payment.version + 1,
            confirmed_at=now,
            expires_at=now + timedelta(minutes=event.kwargs["timeout_minutes"]),
        )
        self.noted(event)


def median(job: Callable[[], object], rounds: int = 4_000) -> float:
    """Return the median of single runs, in microseconds, after a warm-up."""
    for _ in range(rounds // 10):
        job()
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter_ns()
        job()
        taken.append(time.perf_counter_ns() - begun)
    return statistics.median(taken) / 1_000


def main() -> None:
    """Measure and print."""
    payment = PAYMENT.open(
        Create(
            id=UUID(int=1),
            customer_id=UUID(int=2),
            amount=20_000,
            mode=Mode.CHAT,
            duration_minutes=12,
            is_extension=False,
            is_first_session_discount=False,
            timeout_minutes=20,
            provider=Provider.DEVELOPMENT,
        ),
        NOW,
    ).after
    command, evening = Confirm(captured=True, timeout_minutes=20), Evening(payment=payment)
    other = Idiomatic(payment)

    def event_of_the_idiom() -> None:
        other.state, other.payment = "pending", payment
        other.happened.clear()
        other.confirm(now=NOW, captured=True, timeout_minutes=20)

    def command_of_the_idiom() -> None:
        Idiomatic(payment).confirm(now=NOW, captured=True, timeout_minutes=20)

    world = searching(World.of(100))
    accepting, accepted = world.evening(), world.accept(a_mitra(world))
    assert isinstance(accepted, Moved)
    accept = accepted.moves[0].command
    ours = median(lambda: PAYMENT.decide(payment, command, NOW))
    figures = {
        "machine_decide_us": ours,
        "evening_decide_us": median(lambda: decide(evening, command, NOW)),
        "evening_accept_us": median(lambda: decide(accepting, accept, NOW), 1_000),
        "transitions_event_us": median(event_of_the_idiom),
        "transitions_load_and_event_us": median(command_of_the_idiom, 500),
    }
    ratios = {
        "event": figures["transitions_event_us"] / ours,
        "load_and_event": figures["transitions_load_and_event_us"] / ours,
    }
    print(json.dumps({"medians": _rounded(figures), "times_faster": _rounded(ratios)}, indent=2))


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}


if __name__ == "__main__":
    main()
