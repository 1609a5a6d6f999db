"""Opens a town: a gateway, issuers and a server that knows them. Fixtures for the modules that need one."""

from collections.abc import AsyncIterator, Mapping
from uuid import uuid4

import pytest

from halobestie_adapters.ids import uuid7
from halobestie_app.fakes.xendit_hooks import Plan
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_core.words import UserType
from support.evening import House
from support.issuer import APP, FakeIssuer, issuing
from support.people import PASSWORD
from support.town import APPLE, GOOGLE, Town
from support.waiting import eventually

# Nothing moves by itself while a town is asked.
SETTINGS = {
    "mitra_stale_after_seconds": 3600,
    "pairing_blast_timeout_seconds": 600,
    "returning_chat_confirmation_timeout_seconds": 300,
    "extension_timeout_seconds": 120,
}
_ENDED = """
INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at,
    absolute_expires_at, revoked_at, revoked_reason)
VALUES (%s, 'customer', %s, sha256(%s), now(), now(), now() + interval '1 day',
    now() + interval '1 day', now(), 'logout')"""


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
    """Everybody who is needed beside the two sides; a log-in that ended is known to have."""
    house.expected_trouble = "a webhook is put aside"
    boss = await house.operator()
    email = await house.value("SELECT email FROM cc_users WHERE id = %s", boss.id)
    url = f"{house.first.internal}/internal/auth/login"
    answer = await house.http.post(url, json={"email": email, "password": PASSWORD})
    cookie = answer.headers["set-cookie"].partition(";")[0]
    house.http.cookies.clear()
    gone = uuid7()
    await house.sql.execute(_ENDED, (gone, uuid7(), uuid4().bytes))
    town = Town(house, xendit, {name: one for name, (one, _) in issuers.items()}, boss, cookie, gone)
    someone = (await house.customers(1))[0]
    token = town.token(house.as_id(someone), UserType.CUSTOMER, login=gone)

    async def refused() -> bool:
        me = f"{house.first.public}/api/shared/me"
        return (await house.ask("GET", me, headers={"Authorization": f"Bearer {token}"})).status == 401

    await eventually(refused, what="a log-in that ended is let in")
    return town
