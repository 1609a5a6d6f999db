"""Log-ins that end: each ends in the transaction of its cause, once, and is on the list from then on."""

from datetime import timedelta
from uuid import UUID

import pytest

from halobestie_core import presence
from halobestie_core.ports.identity import AuthSession, Change, ChangeKind, Operator, Revoked
from halobestie_core.ports.revocations import Ended
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.words import ActorType, UserType
from support.places import Place, later
from support.steps import AYU, SARI, TINI, do

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
BOSS = Operator(UUID(int=9), "a@halobestie.example", "hash", disabled=False)
FIRST, SECOND, OTHER = UUID(int=0xE1), UUID(int=0xE2), UUID(int=0xE3)


@pytest.fixture(autouse=True)
async def boss(house: Place) -> Place:
    """Beside the others, an operator."""
    async with house.identity.unit() as unit:
        await unit.add_operator(BOSS)
    return house


async def log_in(place: Place, login: UUID, user_id: UUID, user_type: UserType = UserType.MITRA) -> None:
    """Somebody logs in."""
    until = place.now + 24 * HOUR
    opened = AuthSession(login, user_type, user_id, login.bytes * 2, 0, place.now, until, until, None)
    async with place.identity.unit() as unit:
        await unit.open_session(opened)


async def ends(place: Place) -> dict[UUID, Revoked]:
    """Everything on the list of the last hour."""
    return {one.login: one.reason for one in (await place.revocations.ended(None, HOUR)).rows}


async def switch(place: Place, wish: object, mitra_id: UUID = SARI) -> None:
    """Block or unblock a mitra."""

    def asked(_loaded: Loaded) -> object:
        return wish

    await do(place, Scope(mitra_id=mitra_id), asked, Actor(ActorType.OPERATOR, BOSS.id))


async def test_who_logs_out_is_on_the_list(house: Place) -> None:
    """With the moment and the reason, once, the earliest first; whoever did not is not."""
    for login in (FIRST, SECOND, OTHER):
        await log_in(house, login, SARI)
    began = house.now
    await later(house, seconds=1)
    async with house.identity.unit() as unit:
        await unit.revoke_session(SECOND, Revoked.LOGOUT)
    await later(house, seconds=1)
    async with house.identity.unit() as unit:
        await unit.revoke_session(SECOND, Revoked.REUSE)
        await unit.revoke_session(FIRST, Revoked.REUSE)
    second = timedelta(seconds=1)
    read = await house.revocations.ended(None, HOUR)
    assert list(read.rows) == [
        Ended(SECOND, Revoked.LOGOUT, began + second),
        Ended(FIRST, Revoked.REUSE, began + 2 * second),
    ]
    assert read.as_of == house.now


async def test_the_list_begins_where_one_asks(house: Place) -> None:
    """After a moment that was seen, or so long ago at the most."""
    for number, login in enumerate((FIRST, SECOND, OTHER)):
        await log_in(house, login, SARI)
        await later(house, minutes=number and 40)
        async with house.identity.unit() as unit:
            await unit.revoke_session(login, Revoked.LOGOUT)
    since = house.now - timedelta(minutes=40)
    assert [one.login for one in (await house.revocations.ended(since, HOUR)).rows] == [OTHER]
    assert [one.login for one in (await house.revocations.ended(None, HOUR)).rows] == [SECOND, OTHER]


async def test_a_block_ends_every_log_in_of_the_mitra(house: Place) -> None:
    """In its own transaction, and nobody else's; an unblock brings none back."""
    await log_in(house, FIRST, SARI)
    await log_in(house, SECOND, SARI)
    await log_in(house, OTHER, TINI)
    await switch(house, presence.Block())
    blocked = {FIRST: Revoked.BLOCKED, SECOND: Revoked.BLOCKED}
    assert await ends(house) == blocked
    await switch(house, presence.Unblock())
    assert await ends(house) == blocked
    async with house.identity.unit() as unit:
        found = await unit.lock_session(FIRST)
        assert found is not None
        assert found.revoked_at == house.now
        kept = await unit.lock_session(OTHER)
        assert kept is not None
        assert kept.revoked_at is None


async def test_a_block_that_is_not_saved_ends_nothing(house: Place) -> None:
    """All of it or nothing."""
    await log_in(house, FIRST, SARI)
    async with house.store.unit(Scope(mitra_id=SARI)) as unit:
        assert unit.loaded.mitra is not None
    assert await ends(house) == {}


async def test_ending_all_of_somebody(house: Place) -> None:
    """Gives those that had not ended; a namesake's of another kind stay."""
    await log_in(house, FIRST, BOSS.id, UserType.OPERATOR)
    await log_in(house, SECOND, BOSS.id, UserType.OPERATOR)
    await log_in(house, OTHER, BOSS.id, UserType.CUSTOMER)
    async with house.identity.unit() as unit:
        await unit.revoke_session(FIRST, Revoked.LOGOUT)
        ended = await unit.revoke_sessions(UserType.OPERATOR, BOSS.id, Revoked.PASSWORD_CHANGED)
        assert list(ended) == [SECOND]
        assert list(await unit.revoke_sessions(UserType.OPERATOR, BOSS.id, Revoked.BLOCKED)) == []
    assert await ends(house) == {FIRST: Revoked.LOGOUT, SECOND: Revoked.PASSWORD_CHANGED}


async def test_an_operator_is_changed_under_a_lock(house: Place) -> None:
    """Password and whether they may come; nobody's for a stranger."""
    async with house.identity.unit() as unit:
        assert await unit.lock_operator(BOSS.id) == BOSS
        assert await unit.lock_operator(AYU) is None
        await unit.set_operator(BOSS.id, "another", disabled=True)
        await unit.keep_change(Change(UserType.OPERATOR, BOSS.id, ChangeKind.DISABLED, BOSS.id))
    async with house.identity.unit() as unit:
        assert await unit.operator(BOSS.id) == Operator(BOSS.id, BOSS.email, "another", disabled=True)


async def test_a_mitra_is_locked(house: Place) -> None:
    """As they stand under the lock; nobody for a stranger."""
    await switch(house, presence.Block())
    async with house.identity.unit() as unit:
        found = await unit.lock_mitra(SARI)
        assert found is not None
        assert found.blocked
        assert await unit.lock_mitra(AYU) is None
