"""``GET /metrics`` of the internal listener, for Prometheus: plain text, no token. Knows no number.

Not in the table of routes: it speaks no JSON, and no client of ours calls it.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from halobestie_app.metrics import CONTENT_TYPE, Metrics

PATH = "/metrics"


def routes(metrics: Metrics) -> tuple[BaseRoute, ...]:
    """Give the routes for `Extras.mounted`."""

    async def scraped(_: Request) -> Response:
        headers = {"content-type": CONTENT_TYPE, "cache-control": "no-store"}
        return Response(metrics.text(), headers=headers)

    return (Route(PATH, scraped, methods=["GET"]),)
