"""The chats that go on, as operators see them: who can be reached, and never a word of what is said."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from attrs import frozen

from halobestie_app.usecases.desk import Desk
from halobestie_core.ports.back_office import BackOffice, LiveChat
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType


@frozen
class Reached:
    """A chat, and whether its people can be reached; None: nobody knows just now.

    A mitra is reachable as an extension has it: online, heard of lately, and connected.
    """

    chat: LiveChat
    mitra: bool | None
    customer: bool | None


@frozen
class Page:
    """Some of the chats that go on, how many there are of their kind, and the moment of reading."""

    now: datetime
    rows: Sequence[Reached]
    total: int


async def page(
    desk: Desk, office: BackOffice, limit: int, offset: int, *, mitra_reachable: bool | None = None
) -> Page:
    """Give a page of them; with ``mitra_reachable`` only those of whom that is known to be so.

    Who can be reached is found out once for every mitra who is in a chat, by a few numbers of each: no chat
    beyond the page is read.
    """
    if mitra_reachable is None:
        found = await office.live_chats(limit, offset)
        return Page(found.now, await _reached(desk, found.rows, found.now), found.total)
    of_whom = await _mitras(desk, office, reachable=mitra_reachable)
    found = await office.live_chats(limit, offset, of_whom)
    customers = await desk.connections.which_connected({_customer(chat) for chat in found.rows})
    rows = [Reached(chat, mitra_reachable, _among(customers, _customer(chat))) for chat in found.rows]
    return Page(found.now, rows, found.total)


async def _mitras(desk: Desk, office: BackOffice, *, reachable: bool) -> frozenset[UUID]:
    """Return the mitras in chats of whom it is known that they can, or cannot, be reached."""
    listeners, now = await office.in_chats()
    here = frozenset(one.id for one in listeners if desk.house.is_here(one.presence, now))
    gone = frozenset(one.id for one in listeners) - here
    connected = await desk.connections.which_connected({User(UserType.MITRA, one) for one in here})
    if connected is None:  # of those who are here nobody knows
        return frozenset() if reachable else gone
    there = frozenset(user.id for user in connected)
    return there if reachable else gone | (here - there)


async def _reached(desk: Desk, chats: Sequence[LiveChat], now: datetime) -> list[Reached]:
    pairs = [(_mitra(chat), _customer(chat)) for chat in chats]
    connected = await desk.connections.which_connected({user for pair in pairs for user in pair})
    return [
        Reached(
            chat,
            # Somebody offline is not reachable, whatever the sockets.
            _among(connected, mitra) if desk.house.is_here(chat.listener.presence, now) else False,
            _among(connected, customer),
        )
        for chat, (mitra, customer) in zip(chats, pairs, strict=True)
    ]


def _among(connected: frozenset[User] | None, user: User) -> bool | None:
    return None if connected is None else user in connected


def _mitra(chat: LiveChat) -> User:
    return User(UserType.MITRA, chat.seen.mitra.id)


def _customer(chat: LiveChat) -> User:
    return User(UserType.CUSTOMER, chat.seen.customer.id)
