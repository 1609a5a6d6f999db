"""Who may do what with whose: every route, every kind of caller, by a table written by hand."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute

from halobestie_app import wiring
from halobestie_app.development_secrets import completed
from halobestie_app.environment import Role, changed, read
from halobestie_app.http.app import App
from support.evening import House
from support.matrix import Caller, Target, status
from support.matrix_rows import FILES, ROWS
from support.shapes import Book, differences
from support.town import Town
from support.townhall import SETTINGS, issuers, town, variables, xendit
from support.walk import Walk

__all__ = ["SETTINGS", "issuers", "town", "variables", "xendit"]  # the conftest and pytest look here

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

GOLDEN = Path(__file__).with_name("answers.json")
OPAQUE: Mapping[str, tuple[str, ...]] = {
    "GET /openapi.json": ("paths", "components"),
    "GET /internal/audit/{aggregate}/{id}": ("rows[].facts",),
    "GET /internal/audit/machines": ("machines[]", "elsewhere[]"),
}
"""Members that hold whatever there is, by name."""


@pytest.fixture(scope="module")
async def walk(town: Town) -> Walk:
    """Every cell, asked."""
    walk = Walk(town)
    for row in ROWS:
        await walk.row(row)
    return walk


async def test_every_route_has_a_row(house: House) -> None:
    """A route without a row fails, and so does a row without a route; sockets, pages and files count too."""
    env = completed(read(house.first.environment))
    env = changed(env, cors_origins_public=(), cors_origins_internal=())
    served = Counter[str]()
    async with wiring.assembled(env, house.database_url, house.valkey_url) as parts:
        for role in (Role.PUBLIC, Role.INTERNAL):
            there = served_by(parts.apps[role])
            assert FILES[role] <= set(there)
            served.update(route for route in there if route not in FILES[role])
    declared = Counter(row.route for row in ROWS)
    assert [route for route in served if route not in declared] == []
    assert [route for route in declared if route not in served] == []
    assert declared.most_common(1)[0][1] == 1


def served_by(app: object) -> list[str]:
    """Every route of a listener, as the rows spell them; sockets and pages too."""
    assert isinstance(app, App)
    table = [f"{route.method} {route.template}" for route in app.routes]
    return table + [f"{method(route)} {getattr(route, 'path', route)}" for route in app.mounted]


def method(route: BaseRoute) -> str:
    """How a mounted route is asked."""
    return "GET" if isinstance(route, Route) else "WS" if isinstance(route, WebSocketRoute) else "?"


async def test_every_cell_is_declared() -> None:
    """Nine callers at every route, on each thing that can be named there; none is left out."""
    for row in ROWS:
        cells = list(row.cells())
        assert len(set(cells)) == len(cells) == len(Caller) * (len(Target) if row.about else 1)
        for caller, target in cells:
            assert 200 <= status(row.expects(caller, target)) < 500


async def test_every_cell(walk: Walk) -> None:
    """Whoever asks, whatever they ask about: the answer is the declared one, status and code."""
    wrong = [str(cell) for cell in walk.cells if not cell.is_as_declared]
    assert not wrong, f"{len(wrong)} of {len(walk.cells)}\n" + "\n".join(wrong)


async def test_nothing_is_moved_in_vain(walk: Walk) -> None:
    """Who is refused changes no row of any table."""
    assert not walk.changed, "\n".join(walk.changed)


NAMES = ("customer", "payment", "session", "request", "extension")


async def test_nobody_reads_of_others(walk: Walk) -> None:
    """What people are answered about their own names nothing of anybody else's, and no phone."""
    answered = [
        cell for cell in walk.cells if cell.caller.role in ("customer", "mitra") and cell.status < 300
    ]
    for cell in [one for one in answered if "/internal" not in one.row.path]:
        assert "+62" not in cell.text, cell
        theirs = [cell.other.ids[name] for name in NAMES if name in cell.other.ids]
        if cell.target is Target.OWN:
            assert not [id_ for id_ in theirs if id_ in cell.text], cell


async def test_answers_are_closed(walk: Walk) -> None:
    """Every answer has the members that were agreed on for its role, and no other, down to the last leaf."""
    book = Book()
    for cell in walk.cells:
        if cell.status < 300 and cell.body is not None and cell.row.method != "WS":
            role = "anyone" if len(cell.row.let_in) > 5 else cell.caller.role
            book.note(f"{cell.row.route} for {role}", cell.body, OPAQUE.get(cell.row.route, ()))
    told = differences(book, GOLDEN)
    assert not told, "\n".join(told)
