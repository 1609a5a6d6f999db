"""Identity over HTTP on a real PostgreSQL: forms, answers, cookies, and who may use them from where."""

from collections.abc import AsyncIterator, Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from typing import Any

import httpx2
import pytest
from attrs import evolve, field, frozen
from psycopg.sql import SQL, Identifier

from halobestie_app.environment import read
from halobestie_app.http import auth, operator_auth
from halobestie_app.http.app import App
from halobestie_app.http.internal import INTERNAL
from halobestie_app.http.listener import Kind, complete
from halobestie_app.http.principal import Bearers
from halobestie_app.http.public import PUBLIC
from halobestie_app.http.route import Route
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_core.ports.identity import Tokens
from support.identity import Kit, kit
from support.listening import Standing, client, codes

pytestmark = pytest.mark.anyio

PHONE, OTHER_PHONE = "+6281234567890", "+6281234567891"
EMAIL, PASSWORD = "ani@example.com", "correct horse battery"
LOCAL, OUTSIDE = "http://127.0.0.1:3001", "https://cc.example"
KEPT = 30 * 24 * 3600
TOKENS = {"access_token", "refresh_token", "token_type", "expires_in", "user"}
ME = {"id", "user_type", "display_name", "is_anonymous", "phone_verified"}


@frozen
class Services:
    """As much of the services as these routes know."""

    identity: Identity
    operators: OperatorAccounts
    environment: Any = field(factory=lambda: read({}))


@frozen
class Listeners:
    """A client of each listener, and what is behind both."""

    kit: Kit
    public: httpx2.AsyncClient
    internal: httpx2.AsyncClient

    async def post(self, path: str, body: object = None, **headers: str) -> httpx2.Response:
        """To the public listener; `x_client` becomes `X-Client`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.public.post(path, json=body, headers=named)

    async def code(self, app: str = "client", phone: str = PHONE) -> str:
        """Ask for a code and read it."""
        answer = await self.post(f"/api/{app}/auth/otp/request", {"phone": phone})
        assert answer.status_code == 202, answer.text
        return self.kit.codes(phone)[-1]


def browserless(kind: Kind, routes: Iterable[Route], services: Any, tokens: Tokens) -> httpx2.AsyncClient:  # noqa: ANN401 - less than all services
    """A client of one listener that keeps no cookies: each test sends those it means to."""
    app = App(complete(kind, routes, Standing()), services, Bearers(tokens))
    return client(app, cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])))


def listeners_of(made: Kit, identity: Identity | None = None) -> Listeners:
    """Both applications on one set of use cases."""
    services = Services(identity or made.identity, made.operators)
    return Listeners(
        made,
        browserless(PUBLIC, auth.ROUTES, services, made.identity.log_ins.tokens),
        browserless(INTERNAL, operator_auth.ROUTES, services, made.operators.log_ins.tokens),
    )


@pytest.fixture
async def at(database_url: str) -> AsyncIterator[Listeners]:
    """Both listeners on a fresh database."""
    async with kit(database_url) as made:
        listeners = listeners_of(made)
        async with listeners.public, listeners.internal:
            yield listeners


def bearer(answer: httpx2.Response) -> str:
    """The header of who was just given tokens."""
    return f"Bearer {answer.json()['access_token']}"


def cookie(answer: httpx2.Response) -> tuple[str, str, str]:
    """The one cookie set: its name, its value, and its attributes as they were written."""
    [line] = answer.headers.get_list("set-cookie")
    [(name, morsel)] = SimpleCookie(line).items()
    return name, morsel.value, line.partition("; ")[2]


# -------------------------------------------------------------------------------------------- customers


async def test_an_anonymous_customer(at: Listeners) -> None:
    """Signs up, is seen, is renamed, refreshes, logs out: closed shapes all the way."""
    answer = await at.post("/api/shared/auth/anonymous")
    tokens = answer.json()
    assert (answer.status_code, tokens.keys(), tokens["user"].keys()) == (201, TOKENS, ME)
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
    assert tokens["user"] | {"id": 0} == {
        "id": 0,
        "user_type": "customer",
        "display_name": "Teman",
        "is_anonymous": True,
        "phone_verified": False,
    }
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    mine = {"Authorization": bearer(answer)}
    renamed = await at.public.patch("/api/shared/me", json={"display_name": " Ani "}, headers=mine)
    assert renamed.json() == tokens["user"] | {"display_name": "Ani"}
    assert (await at.public.get("/api/shared/me", headers=mine)).json() == renamed.json()
    again = await at.post("/api/shared/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    assert (again.status_code, again.json().keys()) == (200, TOKENS)
    assert again.json()["user"] == renamed.json()
    gone = await at.post("/api/shared/auth/logout", authorization=bearer(again))
    assert (gone.status_code, gone.content) == (204, b"")
    refused = await at.post("/api/shared/auth/refresh", {"refresh_token": again.json()["refresh_token"]})
    assert codes([refused]) == [(401, "UNAUTHENTICATED")]


async def test_a_customer_proves_a_phone(at: Listeners) -> None:
    """With their token they stay who they are; the answer to the request tells nothing."""
    first = await at.post("/api/shared/auth/anonymous", {"display_name": "Ani"})
    asked = await at.post("/api/client/auth/otp/request", {"phone": PHONE})
    assert (asked.status_code, asked.json()) == (202, {"expires_in": 300, "resend_after": 30})
    proof = {"phone": PHONE, "code": at.kit.codes(PHONE)[-1]}
    answer = await at.post("/api/client/auth/otp/verify", proof, authorization=bearer(first))
    user = first.json()["user"] | {"is_anonymous": False, "phone_verified": True}
    assert (answer.status_code, answer.json()["user"]) == (200, user)
    elsewhere = await at.post("/api/client/auth/otp/verify", {"phone": PHONE, "code": await at.code()})
    assert elsewhere.json()["user"] == user


async def test_a_token_sent_with_a_code_must_be_good(at: Listeners) -> None:
    """Else a customer whose hour is over would lose their history; the code is not used up."""
    proof = {"phone": PHONE, "code": await at.code()}
    answer = await at.post("/api/client/auth/otp/verify", proof, authorization="Bearer x.y.z")
    assert codes([answer]) == [(401, "UNAUTHENTICATED")]
    assert (await at.post("/api/client/auth/otp/verify", proof)).status_code == 200


async def test_a_mitra_with_a_token_may_become_a_customer(at: Listeners) -> None:
    """Their mitra's token is no customer to upgrade."""
    await at.kit.identity.add_mitra(PHONE, "Sari")
    mitra = await at.post("/api/mitra/auth/otp/verify", {"phone": PHONE, "code": await at.code("mitra")})
    assert mitra.json()["user"]["user_type"] == "mitra"
    proof = {"phone": PHONE, "code": await at.code()}
    answer = await at.post("/api/client/auth/otp/verify", proof, authorization=bearer(mitra))
    assert answer.json()["user"]["user_type"] == "customer"


# -------------------------------------------------------------------------------------------- codes


async def test_codes_that_are_wrong(at: Listeners) -> None:
    """401 five times, then 429 with the time to wait."""
    right = await at.code()
    wrong = {"phone": PHONE, "code": f"{(int(right) + 1) % 1_000_000:06d}"}
    answers = [await at.post("/api/client/auth/otp/verify", wrong) for _ in range(6)]
    assert codes(answers) == [(401, "OTP_INVALID")] * 5 + [(429, "OTP_LOCKED")]
    assert int(answers[-1].headers["retry-after"]) > 590


async def test_codes_that_are_too_many(at: Listeners) -> None:
    """429 with the time to wait, also for a phone that nobody knows."""
    for _ in range(3):
        await at.code()
    answer = await at.post("/api/mitra/auth/otp/request", {"phone": PHONE})
    assert codes([answer]) == [(429, "RATE_LIMITED")]
    assert int(answer.headers["retry-after"]) > 590


@pytest.mark.unsound("blocks by hand", "m1_rows_agree_with_their_moves")
async def test_mitras(at: Listeners) -> None:
    """403 for who is none, after a right code; 403 for who is blocked."""
    answer = await at.post("/api/mitra/auth/otp/verify", {"phone": PHONE, "code": await at.code("mitra")})
    assert codes([answer]) == [(403, "MITRA_NOT_REGISTERED")]
    await at.kit.identity.add_mitra(PHONE, "Sari")
    await at.kit.sql(SQL("UPDATE mitras SET blocked_at = now(), version = version + 1"))
    answer = await at.post("/api/mitra/auth/otp/verify", {"phone": PHONE, "code": await at.code("mitra")})
    assert codes([answer]) == [(403, "FORBIDDEN")]


async def test_without_a_provider(at: Listeners) -> None:
    """503, and the rest of the server runs."""
    without = listeners_of(at.kit, evolve(at.kit.identity, sender=None))
    for app in ("client", "mitra"):
        answer = await without.post(f"/api/{app}/auth/otp/request", {"phone": PHONE})
        assert codes([answer]) == [(503, "PROVIDER_NOT_CONFIGURED")]
    assert (await without.post("/api/shared/auth/anonymous", {})).status_code == 201


BAD_BODIES: tuple[tuple[str, object, str], ...] = (
    ("/api/shared/auth/anonymous", {"display_name": ""}, "$.display_name"),
    ("/api/shared/auth/anonymous", {"display_name": "a" * 41}, "$.display_name"),
    ("/api/shared/auth/anonymous", {"display_name": "a\nb"}, "$.display_name"),
    ("/api/shared/auth/anonymous", {"display_name": 1}, "$.display_name"),
    ("/api/shared/auth/anonymous", {"name": "Ani"}, "$.name"),
    ("/api/shared/auth/anonymous", [], "$"),
    ("/api/client/auth/otp/request", {}, "$.phone"),
    ("/api/client/auth/otp/request", None, "$.phone"),
    ("/api/client/auth/otp/request", {"phone": "081234567890"}, "$.phone"),
    ("/api/client/auth/otp/request", {"phone": 6281234567890}, "$.phone"),
    ("/api/client/auth/otp/request", {"phone": "+14155552671"}, "$.phone"),
    ("/api/mitra/auth/otp/request", {"phone": PHONE, "code": "123456"}, "$.code"),
    ("/api/client/auth/otp/verify", {"phone": PHONE}, "$.code"),
    ("/api/client/auth/otp/verify", {"phone": PHONE, "code": "12345"}, "$.code"),
    ("/api/client/auth/otp/verify", {"phone": PHONE, "code": "123456\n"}, "$.code"),
    ("/api/client/auth/otp/verify", {"phone": PHONE, "code": 123456}, "$.code"),
    ("/api/mitra/auth/otp/verify", {"phone": "x", "code": "123456"}, "$.phone"),
    ("/api/shared/auth/refresh", {}, "$.refresh_token"),
    ("/api/shared/auth/refresh", {"refresh_token": 1}, "$.refresh_token"),
    ("/api/shared/auth/refresh", {"refresh_token": "a" * 513}, "$.refresh_token"),
)


@pytest.mark.parametrize("path, body, wrong", BAD_BODIES)
async def test_bad_bodies_change_nothing(at: Listeners, path: str, body: object, wrong: str) -> None:
    """422 with the path of what is wrong."""
    answer = await at.post(path, body)
    assert codes([answer]) == [(422, "VALIDATION_ERROR")]
    assert wrong in [error["path"] for error in answer.json()["errors"]]
    for table in ("customers", "auth_sessions", "otp_challenges"):
        assert await at.kit.sql(SQL("SELECT 1 FROM {}").format(Identifier(table))) == []


async def test_tokens_that_are_none(at: Listeners) -> None:
    """401 with the way to authenticate; an operator's token is worth nothing here, and the reverse."""
    await at.kit.operators.create_operator(EMAIL, PASSWORD)
    operator = bearer(
        await at.internal.post("/internal/auth/login", json={"email": EMAIL, "password": PASSWORD})
    )
    for header in ("", "Bearer", "Bearer x", "Basic eDp5", operator):
        for method, path in (("GET", "/api/shared/me"), ("POST", "/api/shared/auth/logout")):
            answer = await at.public.request(method, path, headers={"Authorization": header})
            assert codes([answer]) == [(401, "UNAUTHENTICATED")]
            assert answer.headers["www-authenticate"] == "Bearer"
    answer = await at.post("/api/shared/auth/refresh", {"refresh_token": "x"})
    assert codes([answer]) == [(401, "UNAUTHENTICATED")]


async def test_each_listener_has_its_own_paths(at: Listeners) -> None:
    """What the other one serves is not there."""
    assert (await at.post("/internal/auth/login", {})).status_code == 404
    assert (await at.internal.post("/api/shared/auth/anonymous")).status_code == 404


# -------------------------------------------------------------------------------------------- cookies


@pytest.mark.parametrize(
    "base, name, secure",
    [
        ("https://halobestie.example", "__Host-hb_customer", True),
        ("http://halobestie.example", "__Host-hb_customer", True),
        ("http://127.0.0.1:3000", "hb_customer", False),
        ("http://[::1]:3000", "hb_customer", False),
        ("http://localhost:3000", "hb_customer", False),
        ("https://localhost:3000", "__Host-hb_customer", True),
        ("http://127.0.0.1.example", "__Host-hb_customer", True),
    ],
)
async def test_a_web_app_keeps_its_token_in_a_cookie(
    at: Listeners, base: str, name: str, secure: bool
) -> None:
    """Not in script: httpOnly, SameSite=Strict, and Secure but on this machine."""
    answer = await at.post(f"{base}/api/shared/auth/anonymous", {}, x_client="customer-web")
    assert (answer.json().keys(), answer.json()["refresh_token"]) == (TOKENS, None)
    given, value, attributes = cookie(answer)
    assert given == name
    assert attributes == (f"Path=/; Max-Age={KEPT}{'; Secure' if secure else ''}; HttpOnly; SameSite=Strict")
    again = await at.post(
        f"{base}/api/shared/auth/refresh", x_client="customer-web", cookie=f"{name}={value}"
    )
    assert (again.status_code, cookie(again)[0]) == (200, name)
    assert cookie(again)[1] not in ("", value)
    gone = await at.post(
        f"{base}/api/shared/auth/logout", x_client="customer-web", authorization=bearer(again)
    )
    assert cookie(gone)[:2] == (name, "")
    assert "Max-Age=0" in cookie(gone)[2]


async def test_behind_a_proxy_a_cookie_is_always_secure(at: Listeners) -> None:
    """A proxy may speak plain HTTP to a loopback address; the browser does not."""
    answer = await at.post(
        "http://127.0.0.1:3000/api/shared/auth/anonymous", {}, x_client="mitra-web", x_forwarded_proto="https"
    )
    assert cookie(answer)[0] == "__Host-hb_mitra"


async def test_a_web_apps_token_is_read_from_its_own_cookie_only(at: Listeners) -> None:
    """Not from the body, not from another app's cookie; and an app without a browser has no cookie."""
    answer = await at.post(f"{LOCAL}/api/shared/auth/anonymous", {}, x_client="customer-web")
    _, token, _ = cookie(answer)
    path = f"{LOCAL}/api/shared/auth/refresh"
    for body, headers in (
        ({"refresh_token": token}, {"x_client": "customer-web"}),
        ({}, {"x_client": "customer-web", "cookie": f"hb_mitra={token}"}),
        ({}, {"x_client": "customer-web", "cookie": f"__Host-hb_customer={token}"}),
        ({}, {"x_client": "customer-web", "cookie": "hb_customer="}),
    ):
        assert codes([await at.post(path, body, **headers)]) == [(401, "UNAUTHENTICATED")]
    other = await at.post(path, {}, x_client="customer-android", cookie=f"hb_customer={token}")
    assert codes([other]) == [(422, "VALIDATION_ERROR")]


FOREIGN = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": LOCAL},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:3001.evil.example"},
    {"origin": "http://127.0.0.1:3002"},
    {"origin": "http://evil@127.0.0.1:3001"},
    {"origin": "http://127.0.0.1:x"},
    {"origin": "file://127.0.0.1:3001"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"origin": LOCAL},
)


@pytest.mark.parametrize("headers", FOREIGN)
async def test_other_peoples_pages_are_refused(at: Listeners, headers: dict[str, str]) -> None:
    """403 wherever a cookie is believed, and nothing happens to the log-in."""
    await at.kit.operators.create_operator(EMAIL, PASSWORD)
    proof = {"email": EMAIL, "password": PASSWORD}
    name, token, _ = cookie(await at.internal.post(f"{LOCAL}/internal/auth/login", json=proof))
    with_cookie = {"cookie": f"{name}={token}", **headers}
    answers = [
        await at.internal.post(f"{LOCAL}/internal/auth/login", json=proof, headers=headers),
        await at.internal.post(f"{LOCAL}/internal/auth/refresh", headers=with_cookie),
        await at.internal.post(f"{LOCAL}/internal/auth/logout", headers=with_cookie),
    ]
    assert codes(answers) == [(403, "FORBIDDEN")] * 3
    customer = await at.post(f"{LOCAL}/api/shared/auth/anonymous", {}, x_client="customer-web")
    mine = {"cookie": f"hb_customer={cookie(customer)[1]}", "x-client": "customer-web"}
    answer = await at.public.post(f"{LOCAL}/api/shared/auth/refresh", headers=mine | headers)
    assert codes([answer]) == [(403, "FORBIDDEN")]
    assert await at.kit.sql(SQL("SELECT DISTINCT generation, revoked_at FROM auth_sessions")) == [(0, None)]


@pytest.mark.parametrize("headers", OWN)
async def test_our_own_pages_are_served(at: Listeners, headers: dict[str, str]) -> None:
    """And so is who is no browser at all."""
    await at.kit.operators.create_operator(EMAIL, PASSWORD)
    proof = {"email": EMAIL, "password": PASSWORD}
    answer = await at.internal.post(f"{LOCAL}/internal/auth/login", json=proof, headers=headers)
    mine = {"cookie": f"hb_cc={cookie(answer)[1]}", **headers}
    assert (await at.internal.post(f"{LOCAL}/internal/auth/refresh", headers=mine)).status_code == 200


async def test_listed_pages_are_our_own(database_url: str) -> None:
    """A page of an origin that the deployment lists may use its cookie; the other listener knows it not."""
    page = "https://app.example"
    listed = read({"CORS_ORIGINS_PUBLIC": page})
    async with kit(database_url) as made:
        services = Services(made.identity, made.operators, listed)
        async with (
            browserless(PUBLIC, auth.ROUTES, services, made.identity.log_ins.tokens) as public,
            browserless(INTERNAL, operator_auth.ROUTES, services, made.operators.log_ins.tokens) as internal,
        ):
            there = {"origin": page, "sec-fetch-site": "same-site", "x-client": "customer-web"}
            come = await public.post(f"{LOCAL}/api/shared/auth/anonymous", headers=there)
            mine = {"cookie": f"hb_customer={cookie(come)[1]}", **there}
            assert (await public.post(f"{LOCAL}/api/shared/auth/refresh", headers=mine)).status_code == 200
            for other in (f"{page}.evil", "http://app.example", "null"):
                answer = await public.post(
                    f"{LOCAL}/api/shared/auth/refresh", headers=mine | {"origin": other}
                )
                assert codes([answer]) == [(403, "FORBIDDEN")]
            refused = await internal.post(f"{LOCAL}/internal/auth/logout", headers=there)
            assert codes([refused]) == [(403, "FORBIDDEN")]


# -------------------------------------------------------------------------------------------- operators


@pytest.mark.parametrize("base, name", [(LOCAL, "hb_cc"), (OUTSIDE, "__Host-hb_cc")])
async def test_an_operators_evening(at: Listeners, base: str, name: str) -> None:
    """Logs in, refreshes by cookie, logs out: the cookie is taken away, and worth nothing."""
    operator = await at.kit.operators.create_operator(EMAIL, PASSWORD)
    proof = {"email": EMAIL.upper(), "password": PASSWORD}
    answer = await at.internal.post(f"{base}/internal/auth/login", json=proof)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "user"}
    assert answer.json()["user"] == {"id": str(operator.id), "user_type": "cc_user", "email": EMAIL}
    given, token, attributes = cookie(answer)
    assert (given, f"Max-Age={KEPT}" in attributes) == (name, True)
    refresh, log_out = f"{base}/internal/auth/refresh", f"{base}/internal/auth/logout"
    again = await at.internal.post(refresh, headers={"cookie": f"{name}={token}"})
    assert (again.status_code, again.json()["user"]) == (200, answer.json()["user"])
    token = cookie(again)[1]
    gone = await at.internal.post(log_out, headers={"cookie": f"{name}={token}"})
    assert (gone.status_code, cookie(gone)[:2]) == (204, (name, ""))
    answers = [
        await at.internal.post(refresh, headers={"cookie": f"{name}={token}"}),
        await at.internal.post(refresh),
    ]
    assert codes(answers) == [(401, "UNAUTHENTICATED")] * 2
    assert (await at.internal.post(log_out)).status_code == 204


async def test_passwords_that_are_wrong(at: Listeners) -> None:
    """401 five times, then 429 with the time to wait, for an address that exists and one that does not."""
    await at.kit.operators.create_operator(EMAIL, PASSWORD)
    for email in (EMAIL, "nobody@example.com"):
        proof = {"email": email, "password": "wrong horse battery"}
        answers = [await at.internal.post("/internal/auth/login", json=proof) for _ in range(6)]
        assert codes(answers) == [(401, "UNAUTHENTICATED")] * 5 + [(429, "RATE_LIMITED")]
        assert answers[-1].headers["retry-after"] == "30"
        assert all("set-cookie" not in answer.headers for answer in answers)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": EMAIL},
        {"email": EMAIL, "password": ""},
        {"email": EMAIL, "password": "x" * 1001},
        {"email": 1},
    ],
)
async def test_log_ins_that_are_none(at: Listeners, body: object) -> None:
    """422, and nothing is counted."""
    answer = await at.internal.post("/internal/auth/login", json=body)
    assert codes([answer]) == [(422, "VALIDATION_ERROR")]
    assert await at.kit.sql(SQL("SELECT count(*) FROM login_attempts")) == [(0,)]


async def test_the_published_document_knows_these_routes(at: Listeners) -> None:
    """Every route of the table, on its own listener."""
    for listener, routes in ((at.public, auth.ROUTES), (at.internal, operator_auth.ROUTES)):
        paths = (await listener.get("/openapi.json")).json()["paths"]
        assert {(route.method.lower(), route.template) for route in routes} <= {
            (method, path) for path, methods in paths.items() for method in methods
        }
