"""Perform one command: lock, load, decide, save, tell. Once, for all use cases; knows no particular wish.

What the core refuses is raised as a problem after the transaction is left; a move that was made instead of
the one asked for (a late confirmation expires the payment) is saved first, and then its caller is told.
"""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from halobestie_adapters.errors import Conflict, StaleWrite
from halobestie_app.usecases.desk import Desk
from halobestie_core import machine
from halobestie_core.flow import decide
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.evening import Evening
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.reasons import Reason

# A compare-and-set or a unique rule may only be lost to a writer who took no lock; then what it wrote
# decides anew.
TRIES = 3


@frozen
class Done:
    """What became of a command.

    ``evening`` is how things stand now. ``moved`` is ``None`` for a declared repeat. ``told``: the moves
    were saved, but the caller hears this reason.
    """

    loaded: Loaded
    evening: Evening
    moved: Moved | None = None
    refused: machine.Refused[Any] | None = None

    @property
    def told(self) -> Reason | None:
        """Why the caller must hear a refusal although something was saved."""
        return None if self.moved is None else self.moved.told


async def perform(
    desk: Desk,
    scope: Scope,
    wish: Callable[[Loaded], object],
    actor: Actor,
    *,
    done: int | None = None,
    closing_message: bytes | None = None,
) -> Done:
    """Run one command to its end.

    ``wish`` makes the command from what the locks showed; it may raise a problem, and then nothing is
    changed. ``done`` is the outbox row this command came from, dealt with in the same transaction;
    ``closing_message`` are sealed last words that go with the end of a chat. Raises the store's errors.
    """
    tries = 1
    while True:
        try:
            outcome = await _once(desk, scope, wish, actor, done, closing_message)
        except (StaleWrite, Conflict):
            if tries == TRIES:
                raise
            tries += 1
        else:
            if outcome.moved is not None:
                desk.saved(outcome.moved)
            return outcome


async def _once(
    desk: Desk,
    scope: Scope,
    wish: Callable[[Loaded], object],
    actor: Actor,
    done: int | None,
    closing_message: bytes | None,
) -> Done:
    async with desk.store.unit(scope) as unit:
        loaded = unit.loaded
        verdict = decide(loaded.evening, wish(loaded), loaded.now)
        if isinstance(verdict, Moved):
            await unit.save(verdict, actor, done=done, closing_message=closing_message)
            return Done(loaded, verdict.after, moved=verdict)
        if done is not None:
            await unit.dismiss(done)
        if isinstance(verdict, machine.Refused):
            return Done(loaded, loaded.evening, refused=verdict)
        return Done(loaded, loaded.evening)
