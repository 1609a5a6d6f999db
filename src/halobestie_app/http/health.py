"""Is the process up, and should a balancer send it work. Knows what stores are called, not what they are.

A store that was never reached keeps an instance out. PostgreSQL lost later keeps it out too, for nothing can
be done without it; Redis lost later does not, or a balancer would drain every instance at once for something
that each of them survives.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeAlias

from attrs import frozen

from halobestie_app.http.patience import within
from halobestie_app.http.route import ANYONE, Plain, Route
from halobestie_app.problems import Code, Problem

Probe: TypeAlias = Callable[[], Coroutine[Any, Any, str | None]]
"""Looks at one thing: None when it is well, else a sentence that says what is wrong."""

PATIENCE: Final = 2.0
"""Seconds that a probe may take."""


@frozen
class Condition:
    """How an instance stands: sentences why it should get no work, and the stores it does without.

    ``unconfigured``: what nobody has set up here, so that it is only pretended.
    """

    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    unconfigured: tuple[str, ...] = ()


class Readiness(Protocol):
    """Whoever knows how this instance stands."""

    async def condition(self) -> Condition:
        """Look now."""
        ...


@frozen
class Up:
    """The process answers."""

    status: str = "ok"


@frozen
class Ready:
    """The instance takes work, at times without one of its stores (``degraded``).

    ``unconfigured`` names what is not set up (``push``: pushes are logged and reach no device). It is no
    reason to send the work elsewhere.
    """

    status: str = "ready"
    degraded: tuple[str, ...] = ()
    unconfigured: tuple[str, ...] = ()


class Gate:
    """`Readiness` from probes: all of PostgreSQL's must be well; Redis must have been reached once."""

    def __init__(
        self,
        postgres: Probe,
        migrations: Probe,
        redis: Probe,
        unconfigured: tuple[str, ...] = (),
        revocations: Probe | None = None,
    ) -> None:
        """``revocations``: whether it is known whose log-ins have ended."""
        self._unconfigured = unconfigured
        needed = (("PostgreSQL", postgres), ("migrations", migrations), ("revocations", revocations))
        self._needed = tuple((name, probe) for name, probe in needed if probe is not None)
        self._redis = redis
        self._redis_reached = False
        self._stopping = False

    def stop(self) -> None:
        """From now on, no work: the process is about to end."""
        self._stopping = True

    async def condition(self) -> Condition:
        """Run every probe at once and weigh what they say."""
        if self._stopping:
            return Condition(reasons=("This instance is stopping.",))
        redis, *needed = await asyncio.gather(
            _looked("Redis", self._redis), *(_looked(name, probe) for name, probe in self._needed)
        )
        reasons = [wrong for wrong in needed if wrong]
        if redis is None:
            self._redis_reached = True
        elif not self._redis_reached:
            reasons.append(redis)
        degraded = ("redis",) if redis and not reasons else ()
        return Condition(tuple(reasons), degraded, self._unconfigured)


async def _looked(name: str, probe: Probe) -> str | None:
    try:
        return await within(PATIENCE, probe())
    except TimeoutError:
        return f"{name} does not answer within {PATIENCE:g} seconds."
    except Exception:  # noqa: BLE001  whatever a driver raises, the store is not well; its text may hold an address
        return f"{name} cannot be looked at."


def routes(readiness: Readiness) -> tuple[Route, ...]:
    """Make the two routes that every listener has."""

    async def healthz(_: Plain) -> Up:
        return Up()

    async def readyz(_: Plain) -> Ready:
        condition = await readiness.condition()
        if condition.reasons:
            raise Problem(
                Code.UNAVAILABLE, " ".join(condition.reasons), retry_after=1, reasons=list(condition.reasons)
            )
        return Ready(degraded=condition.degraded, unconfigured=condition.unconfigured)

    return (
        Route("GET", "/healthz", healthz, "Is the process up", ANYONE, Up, bound=None, budget=None),
        Route(
            "GET",
            "/readyz",
            readyz,
            "May work be sent here",
            ANYONE,
            Ready,
            problems=(Code.UNAVAILABLE,),
            budget=None,
        ),
    )
