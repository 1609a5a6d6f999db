"""The web apps on their listeners. Says so when the set-up has not brought what they stand on."""

from starlette.routing import BaseRoute

from halobestie_app import log
from halobestie_app.environment import Environment
from halobestie_app.http import pages

_log = log.get(__name__)


def web(env: Environment, site: pages.Site) -> tuple[BaseRoute, ...]:
    """Give the routes of a listener's apps; outside production, a changed file is seen at a reload."""
    shelf = pages.Shelf(site, fresh=not env.production)
    if missing := shelf.missing():
        _log.error("the web apps lack what they stand on, run: make setup", missing=missing)
    return pages.routes(site, shelf)
