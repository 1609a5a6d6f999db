"""The routes of devices: an installation belongs to whoever put it last, and its token moves with it."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from halobestie_adapters.ids import uuid7
from halobestie_core.words import UserType
from support.reception import Reception, reception

pytestmark = pytest.mark.anyio

ANI, SARI = uuid7(), uuid7()
CUSTOMER, MITRA = UserType.CUSTOMER, UserType.MITRA


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Reception]:
    """Both listeners."""
    async with reception(database_url) as opened:
        yield opened


async def put(
    house: Reception, kind: UserType, who: UUID, phone: str, token: str, platform: str = "android"
) -> None:
    """Put a device, which is answered without its token."""
    body = {"fcm_token": token, "platform": platform}
    answer = await house.ask(kind, who, "PUT", f"/api/shared/devices/{phone}", body)
    assert answer.status_code == 200
    assert answer.json() == {"installation_id": phone, "platform": platform}


async def kept(house: Reception) -> list[tuple[str, UUID, str]]:
    """Every device: installation, whose, and its token."""
    query = b"SELECT installation_id, user_id, fcm_token FROM devices ORDER BY installation_id"
    return [(row[0], row[1], row[2]) for row in await (await house.conn.execute(query)).fetchall()]


async def test_put_again_and_forget(house: Reception) -> None:
    """A second put replaces the first; forgetting is done once and harmless twice."""
    await put(house, CUSTOMER, ANI, "phone-1", "one")
    await put(house, CUSTOMER, ANI, "phone-1", "two", "ios")
    await put(house, CUSTOMER, ANI, "tablet", "three", "web")
    assert await kept(house) == [("phone-1", ANI, "two"), ("tablet", ANI, "three")]
    for _ in range(2):
        answer = await house.ask(CUSTOMER, ANI, "DELETE", "/api/shared/devices/phone-1")
        assert (answer.status_code, answer.content) == (204, b"")
    assert await kept(house) == [("tablet", ANI, "three")]


async def test_an_installation_belongs_to_whoever_put_it_last(house: Reception) -> None:
    """Who logged in there before gets nothing any more, and cannot take it away."""
    await put(house, CUSTOMER, ANI, "phone", "one")
    await put(house, MITRA, SARI, "phone", "one")
    assert (await house.ask(CUSTOMER, ANI, "DELETE", "/api/shared/devices/phone")).status_code == 204
    assert await kept(house) == [("phone", SARI, "one")]


async def test_a_token_moves_with_its_installation(house: Reception) -> None:
    """An app installed anew may keep its token; one token is never two devices."""
    await put(house, CUSTOMER, ANI, "before", "one")
    await put(house, MITRA, SARI, "after", "one")
    assert await kept(house) == [("after", SARI, "one")]


async def test_nobody_has_devices_without_end(house: Reception) -> None:
    """The ten that were heard of last are kept."""
    for number in range(12):
        await put(house, CUSTOMER, ANI, f"phone-{number:02}", f"token-{number}")
    assert [phone for phone, _, _ in await kept(house)] == [f"phone-{number:02}" for number in range(2, 12)]


@pytest.mark.parametrize("phone", ["a b", "x" * 129, "é", "a%2Fb", "%00"])
async def test_what_is_no_installation(house: Reception, phone: str) -> None:
    """422, or no route at all, and nothing is kept."""
    body = {"fcm_token": "x", "platform": "web"}
    answer = await house.ask(CUSTOMER, ANI, "PUT", f"/api/shared/devices/{phone}", body)
    assert answer.status_code in {404, 422}
    assert await kept(house) == []
