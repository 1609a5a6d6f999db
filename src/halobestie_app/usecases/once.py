"""Commands tried again under one key: what an earlier try has created is the answer. Knows no key."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from halobestie_adapters.errors import Conflict, RuleBroken, StaleWrite
from halobestie_app.problems import Problem
from halobestie_app.usecases.desk import Desk
from halobestie_core.ports.idempotency import Attempt

T = TypeVar("T")


def id_for(desk: Desk, attempt: Attempt | None) -> UUID:
    """Give the id of what a command is about to create: the same at every try, or a new one."""
    return desk.new_id() if attempt is None else attempt.id


async def once(
    attempt: Attempt | None, look: Callable[[UUID], Awaitable[T | None]], do: Callable[[], Awaitable[T]]
) -> T:
    """Do it, unless an earlier try has; ``look`` gives what has that try's id, as an answer, or raises it.

    Only a repeated try looks. It looks again where ``do`` was refused: an earlier try whose client is gone
    may have committed while this one waited for its locks.
    """
    if attempt is None or not attempt.again:
        return await do()
    if (there := await look(attempt.id)) is not None:
        return there
    try:
        return await do()
    except (Problem, RuleBroken, StaleWrite, Conflict):
        if (there := await look(attempt.id)) is not None:
            return there
        raise
