"""The operators' dashboard: once, or as it changes. Holds no figure."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import Response

from halobestie_adapters.errors import StoreError
from halobestie_app.http.events import MEDIA, event
from halobestie_app.http.route import OPERATORS, Plain, Reply, Route
from halobestie_app.problems import Code
from halobestie_app.workers.dashboard import SharedDashboard, Shown
from halobestie_core.ports.reports import Dashboard


async def read(call: Plain) -> Reply:
    """Everything at a glance, a second old at most."""
    return Reply(raw=(await call.services.dashboard.now()).text)


async def follow(call: Plain) -> Response:
    """The same at once, and again whenever a figure has changed, a second apart at least."""
    board = call.services.dashboard
    return call.services.streams.make(call, _changes(board, await board.now()))


async def _changes(board: SharedDashboard, shown: Shown) -> AsyncIterator[bytes]:
    """Give each change as an event, and that the store is away, once."""
    number: int | None = None
    while True:
        if shown.number != number:
            number = shown.number
            yield event("dashboard", shown.text, number)
        await asyncio.sleep(board.every)
        try:
            shown = await board.now()
        except StoreError:
            if number is not None:
                number = None
                yield event("unavailable", b"{}")


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/internal/dashboard", read, "Live figures and the last week", OPERATORS, Dashboard),
    Route(
        "GET",
        "/internal/dashboard/stream",
        follow,
        "The dashboard at each change, as server-sent events",
        OPERATORS,
        Dashboard,
        media=MEDIA,
        problems=(Code.RATE_LIMITED, Code.UNAVAILABLE),
    ),
)
