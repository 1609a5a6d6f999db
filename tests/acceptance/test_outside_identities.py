"""Stories of coming in by Google on real servers; Apple is not set up, and its keys are nobody's to ask."""

from collections.abc import AsyncIterator, Mapping

import pytest

from support.evening import House, together
from support.issuer import APP, FakeIssuer, issuing
from support.people import Answer, Customer, Json

pytestmark = pytest.mark.anyio

INSTANCES = 2
SUBJECT = "a subject that no log may hold"


@pytest.fixture(scope="module")
def google() -> FakeIssuer:
    """Who signs."""
    return FakeIssuer("https://accounts.google.com")


@pytest.fixture(scope="module")
async def variables(google: FakeIssuer) -> AsyncIterator[Mapping[str, str]]:
    """Where its keys are."""
    async with issuing(google) as url:
        yield {"GOOGLE_CLIENT_IDS": APP, "GOOGLE_JWKS_URL": url}


async def enter(house: House, id_token: str, token: str | None = None, at: int = 0) -> Answer:
    """Come in by Google's word."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    url = f"{house.instances[at].public}/api/client/auth/google"
    return await house.ask("POST", url, {"id_token": id_token}, headers=headers)


async def test_an_evening_goes_on(house: House, google: FakeIssuer) -> None:
    """An anonymous customer in the middle of a chat says who they are: it is still theirs."""
    ayu, budi = await house.customer("Ayu"), await house.mitra("Budi")
    await budi.comes()
    session = await budi.accepts(await ayu.searches())
    user = (await enter(house, google.token(SUBJECT, name="Somebody"), ayu.token)).ok()["user"]
    assert user == {
        "id": ayu.id,
        "user_type": "customer",
        "display_name": "Ayu",
        "is_anonymous": False,
        "phone_verified": False,
    }
    assert await ayu.get("/api/shared/me") == user
    tokens: Json = (await enter(house, google.token(SUBJECT), at=1)).ok()
    elsewhere = Customer(house, house.instances[1], user["id"], tokens["access_token"])
    assert (await elsewhere.active())["session"]["id"] == session["id"]
    socket = await elsewhere.connects()
    (await ayu.end(session["id"])).ok()
    await socket.until("session_ended")
    said = [line for one in house.instances for line in (*one.logged, *one.printed)]
    assert not [line for line in said if SUBJECT in line or "eyJ" in line]


async def test_one_identity_on_two_instances_at_once(house: House, google: FakeIssuer) -> None:
    """Eight at once are one customer."""
    before = await house.value("SELECT count(*) FROM customers")
    for number in range(20):
        token = google.token(f"subject {number}")
        answers = await together(*[enter(house, token, at=at % 2) for at in range(8)])
        assert len({answer.ok()["user"]["id"] for answer in answers}) == 1
    assert await house.value("SELECT count(*) FROM customers") == before + 20


async def test_what_is_refused(house: House, google: FakeIssuer) -> None:
    """A token that is not for us is 401; a house that is not set up is 503 and says so."""
    (await enter(house, google.token(aud="another.app"))).refused("UNAUTHENTICATED", 401)
    (await enter(house, google.token(exp=1))).refused("UNAUTHENTICATED", 401)
    looks = google.looks
    url = f"{house.first.public}/api/client/auth/apple"
    house.expected_trouble = "/api/client/auth/apple"
    (await house.ask("POST", url, {"id_token": google.token()})).refused("PROVIDER_NOT_CONFIGURED", 503)
    assert google.looks == looks


async def test_no_keys_are_fetched_for_made_up_ids(house: House, google: FakeIssuer) -> None:
    """A hundred tokens with keys that nobody has heard of make each instance look once at most."""
    google.keys["unpublished"] = google.keys["first"]
    google.hidden.add("unpublished")
    before = google.looks
    answers = await together(
        *[enter(house, google.token(kid="unpublished"), at=number % 2) for number in range(100)]
    )
    assert {answer.code for answer in answers} == {"UNAUTHENTICATED"}
    assert google.looks - before <= len(house.instances)
