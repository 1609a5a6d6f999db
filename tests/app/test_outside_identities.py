"""Google and Apple as a way in: real tokens, judged by published keys, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from attrs import evolve, frozen
from psycopg.sql import SQL
from starlette.responses import PlainTextResponse

from halobestie_adapters.identity import oidc
from halobestie_app.environment import read
from halobestie_app.http import auth
from halobestie_app.http.app import App
from halobestie_app.http.listener import complete
from halobestie_app.http.principal import Bearers
from halobestie_app.http.public import PUBLIC
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.identity_rules import DEFAULT_NAME
from halobestie_app.usecases.log_ins import LoggedIn
from halobestie_app.wiring.people import id_tokens
from halobestie_core.ports.id_tokens import IdentityProvider
from halobestie_core.ports.identity import Person
from halobestie_core.words import UserType
from support.identity import Kit, kit, person, refused, together
from support.issuer import APP, FakeIssuer, issuing
from support.listening import Standing, client, codes

pytestmark = pytest.mark.anyio

GOOGLE, APPLE = IdentityProvider.GOOGLE, IdentityProvider.APPLE
CUSTOMER = UserType.CUSTOMER
PHONE, OTHER_PHONE = "+6281234567890", "+6281234567891"


@frozen
class Houses:
    """The use cases, and both houses that they believe."""

    kit: Kit
    identity: Identity
    google: FakeIssuer
    apple: FakeIssuer

    async def enters(self, subject: str = "ayu", caller: Any = None, **claims: Any) -> Person:  # noqa: ANN401
        """Come in by Google's word."""
        token = self.google.token(subject, **claims)
        return person(await self.identity.verify_identity(GOOGLE, token, caller))

    async def proves(self, phone: str, caller: Any = None) -> Person:  # noqa: ANN401
        """Come in with a code."""
        await self.identity.request_code(CUSTOMER, phone)
        code = self.kit.codes(phone)[-1]
        return person(await self.identity.verify_customer(phone, code, caller))

    async def customers(self) -> int:
        """How many there are."""
        [(count,)] = await self.kit.sql(SQL("SELECT count(*)::int FROM customers"))
        assert isinstance(count, int)
        return count


@pytest.fixture
async def houses(database_url: str) -> AsyncIterator[Houses]:
    """Everything on a fresh database, with a connection for each of a dozen racers."""
    google, apple = FakeIssuer("https://accounts.google.com"), FakeIssuer("https://appleid.apple.com")
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(kit(database_url, connections=12))
        env = read(
            {
                "GOOGLE_CLIENT_IDS": f"another,{APP}",
                "APPLE_CLIENT_IDS": APP,
                "GOOGLE_JWKS_URL": await stack.enter_async_context(issuing(google)),
                "APPLE_JWKS_URL": await stack.enter_async_context(issuing(apple)),
            }
        )
        judges = await id_tokens(env, stack)
        yield Houses(made, evolve(made.identity, id_tokens=judges), google, apple)


# -------------------------------------------------------------------------------------------- coming in


async def test_an_identity_is_a_customer(houses: Houses) -> None:
    """Not anonymous, without a phone, by the name that the house tells; the same one the next time."""
    first = await houses.enters(name="Ayu")
    assert (first.display_name, first.is_anonymous, first.phone_verified) == ("Ayu", False, False)
    assert await houses.enters(name="Ayu Senja") == first
    assert await houses.identity.me(CUSTOMER, first.id) == first
    assert await houses.customers() == 1


@pytest.mark.parametrize("name", [None, "", "\u202eAyu", "x" * 41, "a\nb"])
async def test_a_name_that_is_unfit_is_not_taken(houses: Houses, name: str | None) -> None:
    """Then they are called what everybody is called who gave none."""
    assert (await houses.enters(name=name)).display_name == DEFAULT_NAME


async def test_nothing_else_of_a_token_is_kept(houses: Houses) -> None:
    """Neither the e-mail nor the picture; only who they are at that house."""
    await houses.enters(email="ayu@example.com", picture="https://example.com/ayu.png", name="Ayu")
    rows = await houses.kit.sql(
        SQL("SELECT to_jsonb(c)::text, to_jsonb(i)::text FROM customers c, external_identities i")
    )
    assert "example.com" not in str(rows)


async def test_an_anonymous_customer_keeps_id_name_and_history(houses: Houses) -> None:
    """Being known makes of them somebody who can come back."""
    before = person(await houses.identity.sign_up("Ani"))
    assert before.is_anonymous
    after = await houses.enters(caller=before.id, name="Somebody Else")
    assert after == evolve(before, has_identity=True) == await houses.enters()
    assert await houses.customers() == 1


async def test_an_identity_with_an_account_logs_into_that(houses: Houses) -> None:
    """Whoever asks; the anonymous caller stays as they were."""
    owner = await houses.enters()
    stranger = person(await houses.identity.sign_up())
    assert await houses.enters(caller=stranger.id) == owner
    assert (await houses.identity.me(CUSTOMER, stranger.id)).is_anonymous


async def test_who_is_known_gets_no_second_identity(houses: Houses) -> None:
    """A friend on the same phone is a customer of their own, not a second key to somebody's chats."""
    known = [await houses.enters("ayu"), await houses.proves(PHONE)]
    for number, caller in enumerate(known):
        friend = await houses.enters(f"friend {number}", caller=caller.id)
        assert friend.id not in [each.id for each in known]
        assert await houses.identity.me(CUSTOMER, caller.id) == caller


async def test_a_phone_is_added_to_an_identity(houses: Houses) -> None:
    """Whoever came by Google may prove a phone, which some offers ask for, and stay who they are."""
    ayu = await houses.enters()
    both = await houses.proves(PHONE, ayu.id)
    assert both == evolve(ayu, phone_verified=True)
    assert await houses.enters() == await houses.proves(PHONE) == both
    assert (await houses.proves(OTHER_PHONE, ayu.id)).id != ayu.id


async def test_the_houses_are_apart(houses: Houses) -> None:
    """The same subject at Apple is somebody else; Google's token is worth nothing there."""
    google = await houses.enters("same")
    token = houses.apple.token("same")
    apple = person(await houses.identity.verify_identity(APPLE, token))
    assert apple.id != google.id
    for provider, wrong in ((GOOGLE, token), (APPLE, houses.google.token("same"))):
        problem = await refused(houses.identity.verify_identity(provider, wrong))
        assert problem.code is Code.UNAUTHENTICATED


async def test_a_caller_who_is_gone(houses: Houses) -> None:
    """A token may outlive its customer: then somebody new comes in."""
    stranger = person(await houses.identity.sign_up())
    await houses.kit.sql(SQL("DELETE FROM customers WHERE id = %s"), stranger.id)
    assert (await houses.enters(caller=stranger.id)).id != stranger.id


async def test_a_caller_who_was_erased(houses: Houses) -> None:
    """What is left of them is not taken up again, neither by an identity nor by a phone."""
    ayu = await houses.enters(name="Ayu")
    erased = [ayu.id, (await houses.identity.sign_up()).who.id]
    await houses.kit.sql(
        SQL(
            "INSERT INTO erasures (subject_type, subject_id, step, actor_type)"
            " SELECT 'customer', unnest(%s::uuid[]), 'done', 'system'"
        ),
        erased,
    )
    await houses.kit.sql(SQL("DELETE FROM external_identities"))
    new = [
        await houses.enters(caller=erased[0]),
        await houses.enters("another", caller=erased[1]),
        await houses.proves(PHONE, erased[1]),
    ]
    assert len({*erased, *(each.id for each in new)}) == 5


# -------------------------------------------------------------------------------------------- races


async def test_one_identity_many_times_at_once(houses: Houses) -> None:
    """Eight clients, twenty identities: one account each, and everybody gets in."""
    for number in range(20):
        token = houses.google.token(f"subject {number}")
        outcomes = await together([partial(houses.identity.verify_identity, GOOGLE, token)] * 8)
        ids = {each.who.id for each in outcomes if isinstance(each, LoggedIn)}
        assert (len(outcomes), len(ids), await houses.customers()) == (8, 1, number + 1)
    assert await houses.kit.sql(SQL("SELECT count(*)::int FROM auth_sessions")) == [(160,)]


async def test_one_identity_from_many_callers(houses: Houses) -> None:
    """Of four anonymous customers one gets it, and all are logged into that one's account."""
    for number in range(20):
        callers = [(await houses.identity.sign_up()).who.id for _ in range(4)]
        token = houses.google.token(f"subject {number}")
        outcomes = await together(
            [partial(houses.identity.verify_identity, GOOGLE, token, caller) for caller in callers]
        )
        [winner] = {each.who.id for each in outcomes if isinstance(each, LoggedIn)}
        assert winner in callers
        known = [not (await houses.identity.me(CUSTOMER, caller)).is_anonymous for caller in callers]
        assert known.count(True) == 1


async def test_two_identities_for_one_caller(houses: Houses) -> None:
    """The caller gets one of them, the other is a customer of its own."""
    for number in range(20):
        caller = (await houses.identity.sign_up()).who.id
        google, apple = houses.google.token(f"g{number}"), houses.apple.token(f"a{number}")
        outcomes = await together(
            [
                partial(houses.identity.verify_identity, GOOGLE, google, caller),
                partial(houses.identity.verify_identity, APPLE, apple, caller),
            ]
        )
        ids = [each.who.id for each in outcomes if isinstance(each, LoggedIn)]
        assert (len(set(ids)), ids.count(caller)) == (2, 1)
        kept = await houses.kit.sql(
            SQL("SELECT count(*)::int FROM external_identities WHERE customer_id = %s"), caller
        )
        assert kept == [(1,)]


async def test_an_identity_against_a_phone_for_one_caller(houses: Houses) -> None:
    """The caller gets the phone in any case, and the identity only if that came first."""
    seen = set()
    for number in range(20):
        caller, phone = (await houses.identity.sign_up()).who.id, f"+62812345{number:05}"
        await houses.identity.request_code(CUSTOMER, phone)
        code, token = houses.kit.codes(phone)[-1], houses.google.token(f"g{number}")
        by_google, by_phone = await together(
            [
                partial(houses.identity.verify_identity, GOOGLE, token, caller),
                partial(houses.identity.verify_customer, phone, code, caller),
            ]
        )
        assert isinstance(by_google, LoggedIn)
        assert isinstance(by_phone, LoggedIn)
        assert by_phone.who.id == caller
        after = await houses.identity.me(CUSTOMER, caller)
        assert after.phone_verified
        assert after.has_identity is (by_google.who.id == caller)
        seen.add(after.has_identity)
    assert seen <= {True, False}


# -------------------------------------------------------------------------------------------- over HTTP


def served(houses: Houses, identity: Identity | None = None) -> httpx2.AsyncClient:
    """A client of the public listener's routes of identity."""
    services: Any = SimpleNamespace(identity=identity or houses.identity, environment=read({}))
    app = App(complete(PUBLIC, auth.ROUTES, Standing()), services, Bearers(houses.identity.log_ins.tokens))
    return client(app, cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])))


@pytest.mark.parametrize("house", ["google", "apple"])
async def test_the_route(houses: Houses, house: str) -> None:
    """Tokens as of any log-in; with an anonymous customer's token they stay who they are."""
    issuer = houses.google if house == "google" else houses.apple
    async with served(houses) as http:
        anonymous = (await http.post("/api/shared/auth/anonymous")).json()
        mine = {"Authorization": f"Bearer {anonymous['access_token']}"}
        path = f"/api/client/auth/{house}"
        answer = await http.post(path, json={"id_token": issuer.token()}, headers=mine)
        assert answer.status_code == 200
        assert answer.json().keys() == anonymous.keys()
        assert answer.json()["user"] == anonymous["user"] | {"is_anonymous": False}
        assert (await http.get("/api/shared/me", headers=mine)).json() == answer.json()["user"]
        again = await http.post(path, json={"id_token": issuer.token()})
        assert again.json()["user"] == answer.json()["user"]
        used = {"refresh_token": again.json()["refresh_token"]}
        renewed = await http.post("/api/shared/auth/refresh", json=used)
        assert renewed.json()["user"] == answer.json()["user"]
        web = await http.post(path, json={"id_token": issuer.token()}, headers={"X-Client": "customer-web"})
        assert web.json()["refresh_token"] is None
        assert "hb_customer" in web.headers["set-cookie"]


async def test_what_is_refused(houses: Houses) -> None:
    """401 for what is no token of the house; 422 for what is none at all; nothing is written."""
    bad = [
        "x",
        houses.google.token(aud="another.app"),
        houses.google.token(exp=1),
        houses.google.token(iss="https://evil.example"),
        houses.apple.token(),
        houses.google.token()[:-2],
        f"{houses.google.token().rpartition('.')[0]}.",
    ]
    async with served(houses) as http:
        for token in bad:
            answer = await http.post("/api/client/auth/google", json={"id_token": token})
            assert codes([answer]) == [(401, "UNAUTHENTICATED")]
        for body in ({}, {"id_token": ""}, {"id_token": 1}, {"id_token": "a" * 8193}, {"token": "x"}):
            answer = await http.post("/api/client/auth/google", json=body)
            assert codes([answer]) == [(422, "VALIDATION_ERROR")]
        stale = {"Authorization": "Bearer x.y.z"}
        token = houses.google.token()
        answer = await http.post("/api/client/auth/google", json={"id_token": token}, headers=stale)
        assert codes([answer]) == [(401, "UNAUTHENTICATED")]
        assert (await http.get("/api/client/auth/google")).status_code == 405
    assert await houses.customers() == 0


async def test_a_house_that_is_away(houses: Houses) -> None:
    """503 with a time to wait; a house whose keys are at hand goes on."""
    await houses.enters()
    houses.apple.answer = PlainTextResponse("later", 503)
    async with served(houses) as http:
        answer = await http.post("/api/client/auth/apple", json={"id_token": houses.apple.token()})
        assert codes([answer]) == [(503, "UNAVAILABLE")]
        assert answer.headers["retry-after"] == "5"
        answer = await http.post("/api/client/auth/google", json={"id_token": houses.google.token()})
        assert answer.status_code == 200


async def test_a_house_that_is_not_set_up(houses: Houses) -> None:
    """503 that says so, whatever was sent; the one that is set up works."""
    google = {GOOGLE: houses.identity.id_tokens[GOOGLE]}
    async with served(houses, evolve(houses.identity, id_tokens=google)) as http:
        answer = await http.post("/api/client/auth/apple", json={"id_token": "x"})
        assert codes([answer]) == [(503, "PROVIDER_NOT_CONFIGURED")]
        answer = await http.post("/api/client/auth/google", json={"id_token": houses.google.token()})
        assert answer.status_code == 200


async def test_only_houses_with_client_ids_are_believed() -> None:
    """Without any, nothing is fetched from anybody."""
    async with AsyncExitStack() as stack:
        assert await id_tokens(read({}), stack) == {}
        only = await id_tokens(read({"APPLE_CLIENT_IDS": "x"}), stack)
        assert list(only) == [APPLE]
        assert isinstance(only[APPLE], oidc.OidcIdTokens)


async def test_a_store_that_fails_gives_nobody_an_account(houses: Houses) -> None:
    """Customer, identity and log-in are there together or not at all."""

    def broken() -> Any:  # noqa: ANN401
        raise Problem(Code.UNAVAILABLE, "no id today")

    identity = evolve(houses.identity, log_ins=evolve(houses.identity.log_ins, new_id=broken))
    problem = await refused(identity.verify_identity(GOOGLE, houses.google.token()))
    assert problem.code is Code.UNAVAILABLE
    assert await houses.customers() == 0
    assert await houses.kit.sql(SQL("SELECT 1 FROM external_identities")) == []
