"""Identity tokens of other houses: whom they name, and every way not to be believed."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import jwt
import pytest
from attrs import define, field
from starlette.responses import PlainTextResponse, Response

from halobestie_adapters.identity import oidc
from halobestie_adapters.identity.oidc import OidcIdTokens
from halobestie_core.ports.id_tokens import IdentityProvider, ProviderAway
from halobestie_core.ports.identity import InvalidToken
from support.issuer import APP, FakeIssuer, issuing, new_key

pytestmark = pytest.mark.anyio

GOOGLE = "https://accounts.google.com"


@define
class Clock:
    """A clock that stands until it is set."""

    now: float = 1000.0

    def __call__(self) -> float:
        """What it says."""
        return self.now


@define
class Scene:
    """A provider, and who judges its tokens."""

    issuer: FakeIssuer
    client: httpx2.AsyncClient
    url: str
    clock: Clock = field(factory=Clock)

    @property
    def judge(self) -> OidcIdTokens:
        """A judge who has not looked yet."""
        return OidcIdTokens(self.client, oidc.google(self.url), frozenset({APP, "other"}), clock=self.clock)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A provider that is there."""
    issuer = FakeIssuer(GOOGLE)
    async with issuing(issuer) as url, oidc.new_client() as client:
        yield Scene(issuer, client, url)


async def test_a_genuine_token_names_somebody(scene: Scene) -> None:
    """Provider, subject and name; and the keys are fetched once for all."""
    judge = scene.judge
    for subject in ("subject-1", "subject-2"):
        who = await judge.verified(scene.issuer.token(subject, name="Ayu", email="ayu@example.com"))
        assert (who.provider, who.subject, who.name) == (IdentityProvider.GOOGLE, subject, "Ayu")
        assert "Ayu" not in repr(who)
    assert scene.issuer.looks == 1


async def test_both_of_googles_names_are_google(scene: Scene) -> None:
    """With and without the scheme."""
    who = await scene.judge.verified(scene.issuer.token(iss="accounts.google.com"))
    assert who.name is None


async def test_apple_goes_by_its_own_name(scene: Scene) -> None:
    """A token of one provider is none of the other."""
    judge = OidcIdTokens(scene.client, oidc.apple(scene.url), frozenset({APP}))
    assert (await judge.verified(scene.issuer.token(iss="https://appleid.apple.com"))).subject == "subject-1"
    with pytest.raises(InvalidToken):
        await judge.verified(scene.issuer.token())


NOW = int(time.time())


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://accounts.google.com.evil.example"},
        {"iss": None},
        {"aud": "somebody else's app"},
        {"aud": [APP, "somebody else's app"]},
        {"aud": [APP]},
        {"aud": None},
        {"exp": NOW - 60},
        {"exp": None},
        {"iat": NOW + 86_400},
        {"iat": None},
        {"nbf": NOW + 86_400},
        {"sub": ""},
        {"sub": None},
        {"sub": "x" * 256},
    ],
)
async def test_a_token_that_says_something_else(scene: Scene, claims: dict[str, Any]) -> None:
    """Another issuer, another app, another time, or nobody."""
    with pytest.raises(InvalidToken):
        await scene.judge.verified(scene.issuer.token(**claims))


async def test_a_token_that_is_signed_otherwise(scene: Scene) -> None:
    """Unsigned, signed with the public key as a secret, by a stranger, changed, cut, or no token at all."""
    issuer = scene.issuer
    good = issuer.token()
    head, body, signature = good.split(".")
    public = issuer.keys["first"].public_key().public_numbers().n.to_bytes(256, "big")
    claims = jwt.decode(good, options={"verify_signature": False})
    stranger = FakeIssuer(GOOGLE)
    for bad in (
        jwt.encode(claims, "", algorithm="none", headers={"kid": "first"}),
        jwt.encode(claims, public, algorithm="HS256", headers={"kid": "first"}),
        stranger.token(),
        f"{head}.{body[:-4]}AAAA.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-8]}",
        jwt.encode(claims, issuer.keys["first"], algorithm="RS256"),  # no key id
        jwt.encode(claims, issuer.keys["first"], algorithm="RS512", headers={"kid": "first"}),
        "",
        "a.b.c",
        "x" * 9000,
        "é.é.é",
    ):
        with pytest.raises(InvalidToken):
            await scene.judge.verified(bad)


async def test_a_new_key_is_looked_for_but_seldom(scene: Scene) -> None:
    """A rotated key is found; made-up key ids do not make us look each time."""
    judge, issuer = scene.judge, scene.issuer
    await judge.verified(issuer.token())
    issuer.keys["second"] = new_key()
    with pytest.raises(InvalidToken):
        await judge.verified(issuer.token(kid="second"))
    assert issuer.looks == 1
    scene.clock.now += oidc.LOOK_AGAIN_SECONDS
    assert (await judge.verified(issuer.token(kid="second"))).subject == "subject-1"
    assert issuer.looks == 2


async def test_a_withdrawn_key_is_forgotten(scene: Scene) -> None:
    """Within the hour for which keys are kept."""
    judge, issuer = scene.judge, scene.issuer
    token = issuer.token()
    await judge.verified(token)
    issuer.keys["second"] = new_key()
    issuer.hidden.add("first")
    scene.clock.now += oidc.KEYS_KEPT_SECONDS
    with pytest.raises(InvalidToken):
        await judge.verified(token)


async def test_many_at_once_look_once(scene: Scene) -> None:
    """The first to come fetches the keys for all."""
    judge, token = scene.judge, scene.issuer.token()
    await asyncio.gather(*(judge.verified(token) for _ in range(50)))
    assert scene.issuer.looks == 1


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=500),
        PlainTextResponse("<html>"),
        PlainTextResponse('{"keys": []}'),
        PlainTextResponse('{"keys": 7}'),
        PlainTextResponse("[]"),
        PlainTextResponse(" " * 100_000),
    ],
)
async def test_a_provider_that_makes_no_sense_is_away(scene: Scene, answer: Response) -> None:
    """Nobody is refused because of it, nor admitted; whoever waited hears the same at once."""
    scene.issuer.answer = answer
    judge, token = scene.judge, scene.issuer.token()
    for _ in range(3):
        with pytest.raises(ProviderAway):
            await judge.verified(token)
    assert scene.issuer.looks == 1
    scene.issuer.answer = None
    scene.clock.now += oidc.REST_SECONDS
    assert (await judge.verified(token)).subject == "subject-1"


async def test_known_keys_serve_while_the_provider_is_away(scene: Scene) -> None:
    """Old keys are better than nobody being let in."""
    judge, token = scene.judge, scene.issuer.token()
    await judge.verified(token)
    scene.issuer.answer = Response(status_code=503)
    scene.clock.now += oidc.KEYS_KEPT_SECONDS
    assert (await judge.verified(token)).subject == "subject-1"


async def test_nobody_is_followed_elsewhere(scene: Scene) -> None:
    """A redirect is no answer; a dead address is none either."""
    moved = scene.url.replace("/keys", "/moved")
    for url in (moved, "http://127.0.0.1:9/keys"):
        judge = OidcIdTokens(scene.client, oidc.google(url), frozenset({APP}))
        with pytest.raises(ProviderAway):
            await judge.verified(scene.issuer.token())


async def test_a_short_key_is_no_key(scene: Scene) -> None:
    """Whoever publishes one has not published any."""
    scene.issuer.keys["first"] = new_key(1024)
    with pytest.raises(ProviderAway):
        await scene.judge.verified(FakeIssuer(GOOGLE).token())
