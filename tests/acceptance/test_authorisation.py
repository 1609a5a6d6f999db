"""Who may do what with whose: every route, every kind of caller, by a table written by hand."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.routing import BaseRoute, Route, WebSocketRoute

from halobestie_adapters.ids import uuid7
from halobestie_app import wiring
from halobestie_app.development_secrets import completed
from halobestie_app.environment import Role, changed, read
from halobestie_app.fakes.xendit_hooks import Plan
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_app.http.app import App
from halobestie_core.words import UserType
from support.evening import House
from support.issuer import APP, FakeIssuer, issuing
from support.matrix import Caller, Target, status
from support.matrix_rows import ROWS
from support.people import PASSWORD
from support.shapes import Book, differences
from support.town import APPLE, GOOGLE, Town
from support.waiting import eventually
from support.walk import Walk

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

# Nothing moves by itself while the table is walked.
SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
    "returning_chat_confirmation_timeout_seconds": 300,
    "extension_timeout_seconds": 120,
}
GOLDEN = Path(__file__).with_name("answers.json")
OPAQUE: Mapping[str, tuple[str, ...]] = {
    "GET /openapi.json": ("paths", "components"),
    "GET /internal/audit/{aggregate}/{id}": ("rows[].facts",),
    "GET /internal/audit/machines": ("machines[]", "elsewhere[]"),
}
"""Members that hold whatever there is, by name."""


@pytest.fixture(scope="module")
async def xendit() -> AsyncIterator[XenditPlace]:
    """The stand-in of the gateway; it tells nobody by itself."""
    async with xendit_served() as place:
        place.fake.hooks.plan = Plan(drop=True)
        yield place


@pytest.fixture(scope="module")
async def issuers() -> AsyncIterator[dict[str, tuple[FakeIssuer, str]]]:
    """Two providers of identities, and where their keys are."""
    google, apple = FakeIssuer(GOOGLE), FakeIssuer(APPLE)
    async with issuing(google) as googles, issuing(apple) as apples:
        yield {"google": (google, googles), "apple": (apple, apples)}


@pytest.fixture(scope="module")
def variables(xendit: XenditPlace, issuers: dict[str, tuple[FakeIssuer, str]]) -> Mapping[str, str]:
    """What the server is told: a gateway and both providers."""
    return {
        **xendit.variables,
        "GOOGLE_CLIENT_IDS": APP,
        "APPLE_CLIENT_IDS": APP,
        "GOOGLE_JWKS_URL": issuers["google"][1],
        "APPLE_JWKS_URL": issuers["apple"][1],
    }


@pytest.fixture(scope="module")
async def town(house: House, xendit: XenditPlace, issuers: dict[str, tuple[FakeIssuer, str]]) -> Town:
    """Everybody who is needed beside the two sides."""
    house.expected_trouble = "a webhook is put aside"
    boss = await house.operator()
    email = await house.value("SELECT email FROM cc_users WHERE id = %s", boss.id)
    url = f"{house.first.internal}/internal/auth/login"
    answer = await house.http.post(url, json={"email": email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    house.http.cookies.clear()
    gone = uuid7()
    await house.sql.execute(
        """
        INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at,
            absolute_expires_at, revoked_at, revoked_reason)
        VALUES (%s, 'customer', %s, sha256(%s), now(), now(), now() + interval '1 day', now() + interval '1 day',
            now(), 'logout')""",
        (gone, uuid7(), uuid4().bytes),
    )
    town = Town(house, xendit, {name: one for name, (one, _) in issuers.items()}, boss, cookie, gone)
    someone = (await house.customers(1))[0]
    token = town.token(house.as_id(someone), UserType.CUSTOMER, login=gone)

    async def refused() -> bool:
        me = f"{house.first.public}/api/shared/me"
        return (await house.ask("GET", me, headers={"Authorization": f"Bearer {token}"})).status == 401

    await eventually(refused, what="a log-in that ended is let in")
    return town


@pytest.fixture(scope="module")
async def walk(town: Town) -> Walk:
    """Every cell, asked."""
    walk = Walk(town)
    for row in ROWS:
        await walk.row(row)
    return walk


async def test_every_route_has_a_row(house: House) -> None:
    """A route without a row fails, and so does a row without a route; sockets and pages count too."""
    env = completed(read(house.first.environment))
    env = changed(env, cors_origins_public=(), cors_origins_internal=())
    served = Counter[str]()
    async with wiring.assembled(env, house.database_url, house.valkey_url) as parts:
        for role in (Role.PUBLIC, Role.INTERNAL):
            served.update(served_by(parts.apps[role]))
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
