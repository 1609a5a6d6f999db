"""A listener without a socket: an application from a table of routes, and a client for it.

Knows no route of ours; its tokens are plain text, so that a test reads who is calling.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
from attrs import define, field
from starlette.types import ASGIApp

from halobestie_app.http.app import App
from halobestie_app.http.health import Condition
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import Route
from halobestie_core.ports.identity import Claims, InvalidToken
from halobestie_core.words import UserType

SOMEBODY = UUID("0190163d-8694-739b-aea5-966c26f8ad91")


class PlainTokens:
    """The port of tokens with nothing hidden: ``customer.<user id>.<seconds to live>``."""

    lifetime = timedelta(hours=1)

    def __init__(self) -> None:
        self.read_times = 0

    def issue(self, user_id: UUID, user_type: UserType, session_id: UUID, now: datetime) -> str:
        """A token that says whose it is."""
        return f"{user_type}.{user_id}.3600"

    def read(self, token: str) -> Claims:
        """What it says."""
        self.read_times += 1
        try:
            kind, user_id, seconds = token.split(".", 2)
            now = datetime.now(UTC)
            return Claims(
                UUID(user_id), UserType(kind), UUID(user_id), now, now + timedelta(seconds=float(seconds))
            )
        except ValueError:
            raise InvalidToken("not one of these") from None


def token(kind: UserType, user_id: UUID = SOMEBODY, seconds: float = 3600) -> dict[str, str]:
    """Headers of somebody who is logged in."""
    return {"Authorization": f"Bearer {kind}.{user_id}.{seconds}"}


def serving(*routes: Route, **options: Any) -> App:  # noqa: ANN401  what App takes
    """An application of these routes alone."""
    bearers = options.pop("bearers", None) or Bearers(PlainTokens())
    return App(routes, options.pop("services", None), bearers, **options)


def client(app: ASGIApp, **options: Any) -> httpx2.AsyncClient:  # noqa: ANN401  what AsyncClient takes
    """A client of an application, without a socket in between."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, raise_app_exceptions=True), base_url="http://here", **options
    )


@define
class Standing:
    """Readiness that is what a test says it is."""

    now: Condition = field(factory=Condition)

    async def condition(self) -> Condition:
        """How this instance stands."""
        return self.now


async def chunks(*parts: bytes) -> Any:  # noqa: ANN401  an async iterator
    """A body that comes in parts, without a length."""
    for part in parts:
        yield part


def codes(answers: Iterable[httpx2.Response]) -> list[tuple[int, str]]:
    """Status and code of several problems."""
    return [(answer.status_code, answer.json()["code"]) for answer in answers]
