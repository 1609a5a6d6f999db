"""The people of the demo, and how they come to exist. Knows no listener and no file."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from halobestie_app.usecases.identity import Identity
from halobestie_app.usecases.operator_accounts import OperatorAccounts
from halobestie_core.ports.presence import Connections, User
from halobestie_core.ports.push import Device, Devices, Platform
from halobestie_core.words import UserType

OPERATOR_EMAIL: Final = "operator@halobestie.example"


@frozen
class Mitra:
    """A mitra of the demo. ``parts_early``: a robot who ends the grace with a goodbye."""

    name: str
    phone: str
    parts_early: bool = False


ROBOTS: Final = (Mitra("Sari", "+628110000001", parts_early=True), Mitra("Bima", "+628110000002"))
SPARE: Final = Mitra("Ayu", "+628110000003")
"""For whoever wants to be a mitra themselves."""
PHONE: Final = "demo-phone"
"""The installation to which the pushes of the spare mitra go."""


async def settle(identity: Identity, operators: OperatorAccounts, password: str) -> None:
    """Make whoever is missing; who is there stays, and the operator's password becomes the one given."""
    await _mitras(identity, (*ROBOTS, SPARE))
    await _operator(operators, password)


async def give_phone(identity: Identity, devices: Devices) -> None:
    """Register a device for the spare mitra, so that pushes can be seen where they arrive."""
    async with identity.store.unit() as unit:
        mitra = await unit.person_by_phone(UserType.MITRA, SPARE.phone)
        if mitra is None or mitra.blocked:
            return
        logged_in = await identity.log_ins.open(unit, mitra, await unit.now())
    login = identity.log_ins.refresh.read(logged_in.refresh_token).session_id
    owner = User(UserType.MITRA, mitra.id)
    await devices.put(Device(PHONE, owner, Platform.ANDROID, f"{SPARE.name}s-{PHONE}"), login)


async def is_at_work(identity: Identity, connections: Connections) -> bool:
    """Whether somebody has opened the spare mitra's app; False where nobody knows."""
    async with identity.store.unit() as unit:
        mitra = await unit.person_by_phone(UserType.MITRA, SPARE.phone)
    return mitra is not None and await connections.is_connected(User(UserType.MITRA, mitra.id)) is True


async def _mitras(identity: Identity, wanted: Sequence[Mitra]) -> None:
    for mitra in wanted:
        async with identity.store.unit() as unit:
            known = await unit.person_by_phone(UserType.MITRA, mitra.phone)
        if known is None:
            await identity.add_mitra(mitra.phone, mitra.name)


async def _operator(accounts: OperatorAccounts, password: str) -> None:
    async with accounts.store.unit() as unit:
        known = await unit.operator_by_email(OPERATOR_EMAIL)
    if known is None:
        await accounts.create_operator(OPERATOR_EMAIL, password)
    elif not await accounts.passwords.verify(password, known.password_hash):
        hashed = await accounts.passwords.hash(password)
        async with accounts.store.unit() as unit:
            await unit.replace_password_hash(known.id, known.password_hash, hashed)
