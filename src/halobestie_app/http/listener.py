"""Assembles one listener: its routes, and those that every listener has. Knows no route's business.

A path of the other listener does not exist here, which is why there are two applications and not one with a
check.
"""

from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from attrs import frozen
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from halobestie_app.http import health, openapi
from halobestie_app.http.app import App, Watch
from halobestie_app.http.budgets import Rates
from halobestie_app.http.cors import with_cors
from halobestie_app.http.dressing import HSTS, SAFE
from halobestie_app.http.principal import Bearers
from halobestie_app.http.route import Route

if TYPE_CHECKING:
    from halobestie_app.services import Services


@frozen
class Kind:
    """One of the two: what it is called in its document, and where its own routes may begin."""

    title: str
    prefixes: tuple[str, ...]


@frozen
class Extras:
    """What a listener may have beside its table.

    ``mounted`` are Starlette's own routes (the socket, pages); ``origins`` may call from a browser; ``watch``
    is told of every answer; ``strict_transport`` tells browsers to come by TLS only; ``rates`` counts calls.
    """

    mounted: Sequence[BaseRoute] = ()
    origins: Sequence[str] = ()
    watch: Watch | None = None
    strict_transport: bool = False
    rates: Rates | None = None


def complete(kind: Kind, routes: Iterable[Route], readiness: health.Readiness) -> tuple[Route, ...]:
    """Give the whole table: ``routes``, health, the document. Raises ValueError for a foreign route."""
    own = tuple(routes)
    for route in own:
        if not route.path.startswith(kind.prefixes):
            raise ValueError(f"{route.path} does not belong on the listener {kind.title!r}")
    table = (*own, *health.routes(readiness))
    return (*table, openapi.serving(table, kind.title, _version()))


def make_app(
    kind: Kind,
    routes: Iterable[Route],
    services: "Services",
    bearers: Bearers,
    readiness: health.Readiness,
    extras: Extras | None = None,
) -> ASGIApp:
    """Make the listener's application. Raises ValueError for a table that cannot be served."""
    also = extras or Extras()
    headers = (*SAFE, HSTS) if also.strict_transport else SAFE
    app = App(
        complete(kind, routes, readiness),
        services,
        bearers,
        extra=also.mounted,
        watch=also.watch,
        headers=headers,
        rates=also.rates,
    )
    return with_cors(app, also.origins, headers)


def _version() -> str:
    try:
        return version("halobestie")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0"
