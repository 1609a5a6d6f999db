"""People and log-ins: a block is one transaction, phones are somebody's alone, ends stay ends."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve

from halobestie_adapters.errors import Conflict
from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.id_tokens import IdentityProvider, OutsideIdentity
from halobestie_core.ports.identity import AuthSession, Challenge, Operator, Person, Revoked, Spent
from halobestie_core.words import UserType
from support.places import Place, later

pytestmark = pytest.mark.anyio

AYU, BIMA, SARI, WATI = (UUID(int=n) for n in range(1, 5))
PHONE = "+6281234567890"
GOOGLE = OutsideIdentity(IdentityProvider.GOOGLE, "subject", "Ayu")
BUDGET, HERE, THERE = Budget("codes_per_address", 3, 60), bytes(32), b"1" * 32
OPERATOR = Operator(UUID(int=9), "a@halobestie.example", "hash", disabled=False)


async def test_people(place: Place) -> None:
    """Customers with and without a phone, and mitras, are found by id and phone."""
    async with place.identity.unit() as unit:
        await unit.add_customer(AYU, "Ayu")
        await unit.add_customer(BIMA, "Bima", PHONE)
        await unit.add_mitra(SARI, PHONE, "Sari")
    ayu = Person(AYU, UserType.CUSTOMER, "Ayu", phone_verified=False)
    bima = Person(BIMA, UserType.CUSTOMER, "Bima", phone_verified=True)
    sari = Person(SARI, UserType.MITRA, "Sari", phone_verified=True)
    async with place.identity.unit() as unit:
        assert await unit.person(UserType.CUSTOMER, AYU) == ayu
        assert await unit.lock_customer(BIMA) == bima
        assert await unit.person(UserType.MITRA, SARI) == sari
        assert await unit.person_by_phone(UserType.CUSTOMER, PHONE) == bima
        assert await unit.person_by_phone(UserType.MITRA, PHONE) == sari
        assert await unit.person(UserType.MITRA, AYU) is None
        assert await unit.lock_customer(WATI) is None
        assert await unit.person_by_phone(UserType.MITRA, "+62") is None
        assert await unit.now() == place.now


async def test_a_block_that_raises_leaves_nothing(place: Place) -> None:
    """All of it or nothing."""

    async def fail() -> None:
        async with place.identity.unit() as unit:
            await unit.add_customer(AYU, "Ayu", PHONE)
            await unit.rename(UserType.CUSTOMER, AYU, "Ayu S.")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with place.identity.unit() as unit:
        assert await unit.person(UserType.CUSTOMER, AYU) is None
        assert await unit.person_by_phone(UserType.CUSTOMER, PHONE) is None


@pytest.mark.parametrize("second", ["customer", "verify", "mitra"])
async def test_a_phone_is_somebodys_alone(place: Place, second: str) -> None:
    """Per app, the second who comes with a phone is refused, at the latest at the block's end."""
    async with place.identity.unit() as unit:
        await unit.add_customer(AYU, "Ayu", PHONE)
        await unit.add_customer(BIMA, "Bima")
        await unit.add_mitra(SARI, PHONE, "Sari")

    async def again() -> None:
        async with place.identity.unit() as unit:
            if second == "customer":
                await unit.add_customer(WATI, "Wati", PHONE)
            elif second == "verify":
                await unit.verify_phone(BIMA, PHONE)
            else:
                await unit.add_mitra(WATI, PHONE, "Wati")

    with pytest.raises(Conflict):
        await again()


async def test_a_phone_is_verified_once(place: Place) -> None:
    """Who has a phone keeps it."""
    async with place.identity.unit() as unit:
        await unit.add_customer(AYU, "Ayu")
        await unit.verify_phone(AYU, PHONE)
        await unit.verify_phone(AYU, "+62000")
    async with place.identity.unit() as unit:
        found = await unit.person_by_phone(UserType.CUSTOMER, PHONE)
        assert found is not None
        assert found.phone_verified


async def test_identities_of_other_houses(place: Place) -> None:
    """Somebody's alone, per house; who has one is anonymous no more, and has proved no phone."""
    async with place.identity.unit() as unit:
        await unit.add_customer(AYU, "Ayu")
        await unit.add_customer(BIMA, "Bima")
        assert await unit.lock_identity(GOOGLE) is None
        await unit.add_identity(GOOGLE, AYU)
    apple = evolve(GOOGLE, provider=IdentityProvider.APPLE)
    ayu = Person(AYU, UserType.CUSTOMER, "Ayu", phone_verified=False, has_identity=True)
    async with place.identity.unit() as unit:
        assert await unit.lock_identity(GOOGLE) == AYU
        assert await unit.lock_customer(AYU) == await unit.person(UserType.CUSTOMER, AYU) == ayu
        assert await unit.rename(UserType.CUSTOMER, AYU, "Ayu S.") == evolve(ayu, display_name="Ayu S.")
        await unit.verify_phone(AYU, PHONE)
        found = await unit.person_by_phone(UserType.CUSTOMER, PHONE)
        assert found == evolve(ayu, display_name="Ayu S.", phone_verified=True)
        bima = await unit.lock_customer(BIMA)
        assert bima is not None
        assert (ayu.is_anonymous, bima.is_anonymous) == (False, True)
        assert await unit.lock_identity(apple) is None

    async def again() -> None:
        async with place.identity.unit() as unit:
            await unit.add_identity(GOOGLE, BIMA)

    with pytest.raises(Conflict):
        await again()


async def test_budgets(place: Place) -> None:
    """Counted apart by name and by whom; the time runs from the first, and then begins anew."""
    began = place.now
    async with place.identity.unit() as unit:
        assert await unit.spend(BUDGET, HERE) == Spent(1, began, began)
    await later(place, seconds=59)
    async with place.identity.unit() as unit:
        assert await unit.spend(BUDGET, HERE) == Spent(2, began, place.now)
        assert await unit.spend(BUDGET, THERE) == Spent(1, place.now, place.now)
        assert await unit.spend(evolve(BUDGET, name="other"), HERE) == Spent(1, place.now, place.now)
    await later(place, seconds=1)
    async with place.identity.unit() as unit:
        assert await unit.spend(BUDGET, HERE) == Spent(1, place.now, place.now)
        assert await unit.spend(BUDGET, THERE) == Spent(2, began + timedelta(seconds=59), place.now)


async def test_a_block_that_raises_spends_nothing(place: Place) -> None:
    """What was taken in it is there again."""

    async def fail() -> None:
        async with place.identity.unit() as unit:
            await unit.spend(BUDGET, HERE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with place.identity.unit() as unit:
        assert (await unit.spend(BUDGET, HERE)).count == 1


async def test_a_budget_spent_at_once(place: Place) -> None:
    """Each sees what all before took."""

    async def spend() -> int:
        async with place.identity.unit() as unit:
            return (await unit.spend(BUDGET, HERE)).count

    assert sorted(await asyncio.gather(*(spend() for _ in range(6)))) == [1, 2, 3, 4, 5, 6]


async def test_renaming(place: Place) -> None:
    """The person after it; nobody for a stranger."""
    async with place.identity.unit() as unit:
        await unit.add_mitra(SARI, PHONE, "Sari")
        renamed = await unit.rename(UserType.MITRA, SARI, "Sari W.")
        assert renamed is not None
        assert renamed.display_name == "Sari W."
        assert await unit.rename(UserType.CUSTOMER, AYU, "Nobody") is None


async def test_log_ins(place: Place) -> None:
    """A log-in is rotated while it lives; its end is written once and no rotation undoes it."""
    hour = timedelta(hours=1)
    opened = AuthSession(
        UUID(int=7),
        UserType.CUSTOMER,
        AYU,
        bytes(32),
        0,
        place.now,
        place.now + hour,
        place.now + 9 * hour,
        None,
    )
    async with place.identity.unit() as unit:
        await unit.open_session(opened)
    rotated = evolve(opened, token_hash=b"1" * 32, generation=1, expires_at=place.now + 2 * hour)
    async with place.identity.unit() as unit:
        assert await unit.lock_session(opened.id) == opened
        await unit.rotate_session(rotated)
    await later(place, seconds=1)
    ended = place.now
    async with place.identity.unit() as unit:
        assert await unit.lock_session(opened.id) == rotated
        await unit.revoke_session(opened.id, Revoked.LOGOUT)
    await later(place, seconds=1)
    async with place.identity.unit() as unit:
        await unit.revoke_session(opened.id, Revoked.REUSE)
        await unit.rotate_session(evolve(rotated, generation=2))
        await unit.revoke_session(UUID(int=8), Revoked.LOGOUT)
    async with place.identity.unit() as unit:
        assert await unit.lock_session(opened.id) == evolve(rotated, generation=2, revoked_at=ended)
        assert await unit.lock_session(UUID(int=8)) is None


async def test_codes(place: Place) -> None:
    """One challenge per phone and app, made when first locked."""
    async with place.identity.unit() as unit:
        assert await unit.lock_challenge(UserType.MITRA, PHONE) is None
        both = await unit.lock_challenges(PHONE)
        assert list(both) == [Challenge(PHONE, UserType.CUSTOMER), Challenge(PHONE, UserType.MITRA)]
        sent = evolve(
            both[1],
            code_hash=bytes(32),
            code_expires_at=place.now + timedelta(minutes=5),
            failures=1,
            failed_at=place.now,
            sends=(place.now,),
        )
        await unit.save_challenge(sent)
    async with place.identity.unit() as unit:
        assert await unit.lock_challenge(UserType.MITRA, PHONE) == sent
        assert list(await unit.lock_challenges(PHONE)) == [both[0], sent]


async def test_operators(place: Place) -> None:
    """Found by id and address; a newer hash is stored only over the one it was made from."""
    async with place.identity.unit() as unit:
        await unit.add_operator(OPERATOR)
    async with place.identity.unit() as unit:
        assert await unit.operator(OPERATOR.id) == OPERATOR
        assert await unit.operator_by_email(OPERATOR.email) == OPERATOR
        assert await unit.operator_by_email("nobody@halobestie.example") is None
        await unit.replace_password_hash(OPERATOR.id, "other", "stolen")
        await unit.replace_password_hash(OPERATOR.id, "hash", "newer")
        assert await unit.operator(OPERATOR.id) == evolve(OPERATOR, password_hash="newer")

    async def again() -> None:
        async with place.identity.unit() as unit:
            await unit.add_operator(evolve(OPERATOR, id=UUID(int=10)))

    with pytest.raises(Conflict):
        await again()


async def test_attempts(place: Place) -> None:
    """A count is made when first locked, written, and forgotten after a success."""
    address = bytes(32)
    async with place.identity.unit() as unit:
        fresh = await unit.lock_attempts(address)
        assert (fresh.failures, fresh.tried_at, fresh.locked_until) == (0, place.now, None)
        await unit.save_attempts(evolve(fresh, failures=3, locked_until=place.now + timedelta(minutes=1)))
    async with place.identity.unit() as unit:
        assert (await unit.lock_attempts(address)).failures == 3
        await unit.forget_attempts(address)
        assert await unit.lock_attempts(address) == fresh


async def test_one_at_a_time(place: Place) -> None:
    """Who waits for a lock sees what the holder before wrote."""
    address = bytes(32)

    async def fail_once() -> None:
        async with place.identity.unit() as unit:
            count = await unit.lock_attempts(address)
            await unit.save_attempts(evolve(count, failures=count.failures + 1))

    await asyncio.gather(*(fail_once() for _ in range(4)))
    async with place.identity.unit() as unit:
        assert (await unit.lock_attempts(address)).failures == 4
