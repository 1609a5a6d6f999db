"""Hears every verdict of the core, also those after which nothing is saved, and counts the tables' refusals.

The use cases keep a refusal to themselves and tell its sentence; so it is heard where they ask.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from halobestie_app.simulation.watch import TABLES
from halobestie_app.usecases import perform
from halobestie_core.flow.decide import Verdict
from halobestie_core.flow.evening import Evening
from halobestie_core.machine import Refuse, Refused, snake

_ASKING: Final[Any] = perform
"""Where the use cases ask the core."""


def refusals() -> Iterator[str]:
    """Yield every pair of state and command that a table refuses, in words."""
    for table in TABLES.values():
        pairs = dict.fromkeys((state, one.command) for one in table.refused for state in one.states)
        yield from (_words(table.name, state, command) for state, command in pairs)


@contextmanager
def heard(met: Counter[str]) -> Iterator[None]:
    """Count refusals in ``met`` meanwhile."""
    decide = _ASKING.decide

    def listening(evening: Evening, command: object, now: datetime) -> Verdict:
        verdict: Verdict = decide(evening, command, now)
        if isinstance(verdict, Refused) and (told := _pair(verdict)) is not None:
            met[told] += 1
        return verdict

    _ASKING.decide = listening
    try:
        yield
    finally:
        _ASKING.decide = decide


def _pair(refused: Refused[Any]) -> str | None:
    table = TABLES.get(type(refused.snapshot))
    if table is None:
        return None
    entries = table.entries(refused.snapshot.status, type(refused.command))
    if not any(isinstance(entry, Refuse) for entry in entries):
        return None
    return _words(table.name, refused.snapshot.status, type(refused.command))


def _words(table: str, state: str, command: type) -> str:
    return f"{table}: {state} --{snake(command)}--> refused"


__all__ = ["heard", "refusals"]
