"""The routes of both sides of a chat. Holds no rule of its own."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from halobestie_app.http.route import ANYONE, Plain, Route


@frozen
class Support:
    """Where help is found: whatsapp, instagram, email, as far as there are any."""

    handles: Mapping[str, str]


async def support(call: Plain) -> Support:
    """From the settings in force."""
    return Support(dict(call.services.desk.settings().support_handles_json))


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/api/shared/support", support, "Where help is found", ANYONE, Support, bound=None),
)
