"""Where the gateway's webhooks come in: kept, whatever they are, and answered. Judges the token alone."""

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers

from halobestie_app.http import problems
from halobestie_app.http.budgets import WRONG_TOKENS
from halobestie_app.http.route import ANYONE, Plain, Route
from halobestie_app.problems import Code, Problem

if TYPE_CHECKING:
    from halobestie_app.services import Services

BOUND: Final = 4.5
"""Seconds: the gateway is told to come again before it gives up."""
TOKEN: Final = "x-callback-token"  # noqa: S105  the header's name


def admit(services: "Services", headers: Headers) -> None:
    """Let in whoever has the token, before a byte of the body is read."""
    door = services.door
    if door is None:
        raise problems.not_found()
    said = headers.getlist(TOKEN)
    if not door.admits(said[0].encode("latin-1") if len(said) == 1 else None):  # of two, neither
        raise Problem(Code.UNAUTHENTICATED, f"Send the callback token as {TOKEN}.")


async def xendit(call: Plain) -> dict[str, object]:
    """Keep it first; it is believed later, or never."""
    if call.services.door is None:
        raise problems.not_found()
    await call.services.door.keep(call.raw_body)
    return {}


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/api/webhooks/xendit",
        xendit,
        f"What the gateway tells, with its token in {TOKEN}",
        ANYONE,
        dict[str, object],
        raw=True,
        admit=admit,
        problems=(Code.UNAUTHENTICATED, Code.NOT_FOUND),
        bound=BOUND,
        budget=None,
        refused_budget=WRONG_TOKENS,
    ),
)
