"""Where pushes wait and where they go: leases, rounds, acknowledgements, and whose device it is."""

from datetime import timedelta
from uuid import UUID

import pytest

from halobestie_core import chat
from halobestie_core.flow.effects import PushType, ToCustomer, ToOffered
from halobestie_core.ports.identity import AuthSession, Revoked
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import Device, Fate, Outcome, Platform, Result, Settled, Waiting
from halobestie_core.ports.store import Scope
from halobestie_core.words import Party, UserType
from support.places import Place, later
from support.steps import AYU, CHAT, REQUEST, SARI, TINI, do, search, talk

pytestmark = pytest.mark.anyio

MITRA, CUSTOMER = UserType.MITRA, UserType.CUSTOMER
LOGIN = UUID(int=0xE1)


async def logs_in(place: Place, user: User, login: UUID = LOGIN) -> None:
    """Let somebody have a log-in that lives for a day."""
    until = place.now + timedelta(days=1)
    session = AuthSession(login, user.type, user.id, login.bytes * 2, 0, place.now, until, until, None)
    async with place.identity.unit() as unit:
        await unit.open_session(session)


async def phone(
    place: Place, who: UUID, name: str, kind: UserType = MITRA, token: str | None = None
) -> Device:
    """Let somebody have a phone, by the one log-in of these tests."""
    device = Device(name, User(MITRA, who), Platform.IOS, token or f"token of {name}")
    await place.devices.put(device, LOGIN)
    return device


async def taken(place: Place) -> list[int]:
    """Take what is due; gives the ids."""
    return [row.id for row in await place.pushes.take(10)]


async def one(place: Place) -> Waiting:
    """Take the one row that is due."""
    [row] = await place.pushes.take(10)
    return row


async def test_a_search_and_its_winner(house: Place) -> None:
    """Rows are read as they were decided: whom, about what, until when."""
    await search(house)
    row = await one(house)
    assert (row.push.type, row.push.audience) == (PushType.CHAT_REQUEST, ToOffered(REQUEST, 1))
    assert row.push.ids == {"pairing_request_id": str(REQUEST)}
    assert (row.at, row.now, row.attempt) == (house.now, house.now, 1)
    found = await house.reads.request(REQUEST)
    assert found is not None
    assert row.push.until == found.request.deadline_at
    await house.pushes.finish(row.id, Outcome.NOBODY)


async def test_a_lease(house: Place) -> None:
    """Taken rows come back after six and a half seconds, as another try."""
    await search(house)
    first = await one(house)
    assert await taken(house) == []
    await later(house, seconds=6.4)
    assert await taken(house) == []
    await later(house, seconds=0.2)
    again = await one(house)
    assert (again.id, again.attempt) == (first.id, 2)


async def test_put_off(house: Place) -> None:
    """As if it had not been taken, until its time."""
    await search(house)
    row = await one(house)
    await house.pushes.put_off(row.id, 2)
    await later(house, seconds=1.9)
    assert await taken(house) == []
    await later(house, seconds=0.1)
    assert (await one(house)).attempt == 1


async def test_rounds(house: Place) -> None:
    """A device that waits is tried again at its time, and the others are left alone."""
    await logs_in(house, User(MITRA, SARI))
    users = [User(MITRA, SARI), User(MITRA, TINI)]
    await phone(house, SARI, "one")
    await phone(house, SARI, "two")
    await phone(house, TINI, "three")
    await search(house)
    row = await one(house)
    assert {device.installation_id for device in await house.devices.of(users, row)} == {
        "one",
        "two",
        "three",
    }
    results = [Result("one", Fate.SENT), Result("two", Fate.WAITING, 3), Result("three", Fate.WAITING, 9)]
    await house.pushes.note(row.id, results)
    assert await house.pushes.settle(row, Outcome.REFUSED) == Settled(None, 3)
    await later(house, seconds=3)
    row = await one(house)
    assert [device.installation_id for device in await house.devices.of(users, row)] == ["two"]
    await house.pushes.note(row.id, [Result("two", Fate.DROPPED)])
    assert await house.pushes.settle(row, Outcome.REFUSED) == Settled(None, 6)
    await later(house, seconds=6)
    row = await one(house)
    assert [device.installation_id for device in await house.devices.of(users, row)] == ["three"]
    await house.pushes.finish(row.id, Outcome.MISSED)
    assert await house.pushes.settle(row, Outcome.NOBODY) == Settled(Outcome.NOBODY)
    await later(house, minutes=5)
    assert await taken(house) == []


async def test_the_outcome_of_rounds(house: Place) -> None:
    """Sent, if any device got it in any round; else what the last one says."""
    await search(house)
    row = await one(house)
    await house.pushes.note(row.id, [Result("one", Fate.SENT)])
    await house.pushes.note(row.id, [Result("two", Fate.REFUSED)])
    assert await house.pushes.settle(row, Outcome.REFUSED) == Settled(Outcome.SENT)


async def test_a_device_that_waits_and_is_gone(house: Place) -> None:
    """It does not keep the row for ever."""
    await search(house)
    row = await one(house)
    await house.pushes.note(row.id, [Result("one", Fate.WAITING, 1)])
    assert await house.pushes.settle(row, Outcome.REFUSED) == Settled(None, 1)
    await later(house, seconds=1)
    assert await house.pushes.settle(await one(house), Outcome.NOBODY) == Settled(Outcome.NOBODY)


async def test_acknowledged(house: Place) -> None:
    """By its own person, for its own frame and object, once; then nobody takes it any more."""
    await talk(house)
    ayu, pushes = User(CUSTOMER, AYU), house.pushes
    assert not await pushes.acknowledge(User(MITRA, AYU), "paired", REQUEST)
    assert not await pushes.acknowledge(ayu, "extension_response", REQUEST)
    assert not await pushes.acknowledge(ayu, "paired", CHAT)
    assert await pushes.acknowledge(ayu, "paired", REQUEST)
    assert not await pushes.acknowledge(ayu, "paired", REQUEST)
    assert [row.push.type for row in await pushes.take(10)] == [PushType.CHAT_REQUEST]


async def test_skipped(house: Place) -> None:
    """Many at once are done with."""
    await talk(house)
    rows = await house.pushes.take(10)
    assert [row.push.audience for row in rows][1:] == [ToCustomer(AYU)]
    await house.pushes.skip([row.id for row in rows])
    await later(house, seconds=7)
    assert await taken(house) == []


async def test_a_few_at_a_time(house: Place) -> None:
    """The oldest first."""
    await talk(house)
    assert [row.push.type for row in await house.pushes.take(1)] == [PushType.CHAT_REQUEST]
    assert [row.push.type for row in await house.pushes.take(1)] == [PushType.PAIRED]
    assert await taken(house) == []


async def test_whose_device(house: Place) -> None:
    """An installation is whoever's put it last; a token moves with it; only the owner takes it away."""
    await logs_in(house, User(MITRA, SARI))
    await search(house)
    row, users = await one(house), [User(MITRA, SARI), User(MITRA, TINI)]

    async def kept() -> list[tuple[str, UUID]]:
        return sorted((each.installation_id, each.user.id) for each in await house.devices.of(users, row))

    await phone(house, SARI, "one", token="x")
    await phone(house, TINI, "one", token="x")
    assert await kept() == [("one", TINI)]
    await phone(house, SARI, "two", token="x")
    assert await kept() == [("two", SARI)]
    await house.devices.forget(User(MITRA, TINI), "two")
    assert await kept() == [("two", SARI)]
    new = await phone(house, SARI, "two", token="y")
    await house.devices.drop(Device("two", new.user, new.platform, "x"))
    assert await kept() == [("two", SARI)]
    await house.devices.drop(new)
    assert await kept() == []


async def test_ten_devices(house: Place) -> None:
    """The ones not heard of for longest go."""
    await logs_in(house, User(MITRA, SARI))
    await search(house)
    row = await one(house)
    for number in range(12):
        await later(house, seconds=0.001)
        await phone(house, SARI, f"phone {number:02}")
    newest = [f"phone {number:02}" for number in range(11, 1, -1)]
    assert [each.installation_id for each in await house.devices.of([User(MITRA, SARI)], row)] == newest


async def test_log_ins(house: Place) -> None:
    """A device is worth something while the log-in that brought it lives."""
    sari = User(MITRA, SARI)
    await search(house)
    row = await one(house)
    await phone(house, SARI, "one")
    assert await house.devices.of([sari], row) == []
    await logs_in(house, sari)
    assert len(await house.devices.of([sari], row)) == 1
    assert await house.devices.of([User(CUSTOMER, SARI)], row) == []
    async with house.identity.unit() as unit:
        await unit.revoke_session(LOGIN, Revoked.LOGOUT)
    assert await house.devices.of([sari], row) == []


async def test_the_end_of_a_chat_has_no_push(house: Place) -> None:
    """Only what somebody waits for is pushed."""
    await talk(house)
    await do(house, Scope(session_id=CHAT, mitra_of_session=True), lambda _: chat.End(Party.CUSTOMER))
    kinds = [row.push.type for row in await house.pushes.take(10)]
    assert kinds == [PushType.CHAT_REQUEST, PushType.PAIRED]
