"""Steers the stand-in for Xendit over HTTP: POST /control/<what> with JSON; GET /control is how it stands.

For the demo and for tests in another process; whoever has the object itself needs none of it.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

import orjson
from attrs import asdict, evolve, field, frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_books import Refusal, as_webhook
from halobestie_app.fakes.xendit_hooks import Plan
from halobestie_app.fakes.xendit_troubles import Mode, Step, error
from halobestie_core.wire import WireError, from_wire

SHOWN: Final = 100


@frozen
class Pay:
    """Let money in; ``late``: also after the end. Another sum or currency if said."""

    id: str
    amount: int | float | None = None
    currency: str | None = None
    late: bool = False


@frozen
class Named:
    """An invoice."""

    id: str


@frozen
class Begin:
    """Trouble: `xendit_troubles.Mode`, with some steps (all), so many times (always)."""

    mode: Mode
    on: tuple[Step, ...] = ()
    times: int | None = None
    seconds: float = 1.0
    status: int = 400
    code: str = "API_VALIDATION_ERROR"


@frozen
class Webhooks:
    """How webhooks are sent from now on: `xendit_hooks.Plan`; what is left out is as usual."""

    copies: int = 1
    delay: float = 0.0
    drop: bool = False
    hold: bool = False
    token: str | None = None
    alter: dict[str, Any] = field(factory=dict)


@frozen
class Release:
    """Send what is held, shuffled by a seed if there is one."""

    shuffle: int | None = None


@frozen
class Ahead:
    """Let seconds go by."""

    seconds: float


@frozen
class Nothing:
    """No members."""


def routes(fake: FakeXendit) -> tuple[Route, ...]:
    """Give the routes that steer this one."""

    async def told(request: Request) -> Response:
        known = _TABLE.get(request.path_params["what"])
        if known is None:
            return error(404, "UNKNOWN", f"one of {', '.join(_TABLE)}")
        kind, do = known
        try:
            do(fake, from_wire(orjson.loads(await request.body() or b"{}"), kind))
        except WireError as wrong:
            return error(400, "INVALID", str(wrong))
        except ValueError:
            return error(400, "INVALID", "no JSON")
        except Refusal as no:
            return error(no.status, no.code, no.message)
        return Response(status_code=204)

    async def shown(_: Request) -> Response:
        return Response(orjson.dumps(_state(fake), default=str), media_type="application/json")

    return (
        Route("/control", shown, methods=["GET"]),
        Route("/control/{what}", told, methods=["POST"]),
    )


def _state(fake: FakeXendit) -> Mapping[str, Any]:
    attempts = list(fake.hooks.attempts)[-SHOWN:]
    return {
        "now": fake.clock.now(),
        "invoices": [as_webhook(bill) for bill in fake.books.newest(SHOWN)],
        "troubles": [{**asdict(one), "on": sorted(one.on)} for one in fake.troubles.listed],
        "asked": {step.value: count for step, count in fake.asked.items()},
        "webhooks": {
            "url": fake.hooks.url,
            "held": len(fake.hooks.held),
            "dropped": fake.hooks.dropped,
            "on_their_way": fake.hooks.on_their_way,
            "attempts": [{"at": one.at, "answer": one.answer, "size": len(one.body)} for one in attempts],
        },
    }


def _pay(fake: FakeXendit, said: Pay) -> None:
    fake.pay(said.id, amount=said.amount, currency=said.currency, late=said.late)


def _plan(fake: FakeXendit, said: Webhooks) -> None:
    fake.hooks.plan = evolve(Plan(), **asdict(said))


def _begin(fake: FakeXendit, said: Begin) -> None:
    how = {"times": said.times, "seconds": said.seconds, "status": said.status, "code": said.code}
    fake.trouble(said.mode, *said.on, **how)


def _release(fake: FakeXendit, said: Release) -> None:
    fake.hooks.release(None if said.shuffle is None else Random(said.shuffle))  # noqa: S311  a repeatable disorder


def _ahead(fake: FakeXendit, said: Ahead) -> None:
    fake.clock.move(said.seconds)
    fake.look()


_TABLE: Final[Mapping[str, tuple[type[Any], Callable[[FakeXendit, Any], object]]]] = {
    "pay": (Pay, _pay),
    "settle": (Named, lambda fake, said: fake.settle(said.id)),
    "expire": (Named, lambda fake, said: fake.expire(said.id)),
    "tell": (Named, lambda fake, said: fake.tell(said.id)),
    "trouble": (Begin, _begin),
    "well": (Nothing, lambda fake, _: fake.well()),
    "webhooks": (Webhooks, _plan),
    "release": (Release, _release),
    "clock": (Ahead, _ahead),
}
