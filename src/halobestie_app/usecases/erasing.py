"""Erasing a person: at once if nothing of theirs is open, else as soon as nothing is. Knows no table.

Money that is owed back keeps nobody here: its rows stay, under an id that leads to nobody.
"""

from collections.abc import Callable
from typing import Final, final

from attrs import frozen

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.usecases import refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import perform
from halobestie_core import presence
from halobestie_core.ports.erasure import Erased, People
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import SYSTEM, Actor, Loaded, Scope
from halobestie_core.words import UserType

_log = log.get(__name__)

_NOUNS: Final = {UserType.CUSTOMER: "customer", UserType.MITRA: "mitra"}


def _unheard() -> None:
    """Nobody keeps a list of log-ins here."""


@final
@frozen
class Erasing:
    """The use cases. ``ended`` hears that log-ins have ended; it must not wait or fail.

    Without a desk, on the command line, mitras are left to the servers.
    """

    people: People
    desk: Desk | None = None
    ended: Callable[[], None] = _unheard

    async def ask(self, whom: User, by: Actor, reason: str | None = None) -> Erased:
        """Ask for an erasure, and try it at once. Who was erased stays so. Raises Problem NOT_FOUND."""
        asked = await self.people.ask(whom, by, reason)
        if asked is None:
            raise refusals.not_found(_NOUNS[whom.type])
        self.ended()
        if asked is Erased.DONE:
            return asked
        if whom.type is UserType.MITRA and self.desk is not None:
            await _wished(self.desk, whom, presence.GoOffline(), by)
        try:
            return await self.look(whom)
        except StoreError as failure:  # it is written down, and will be done
            _log.warning("an erasure waits", error=type(failure).__name__)
            return Erased.WAITING

    async def look(self, whom: User) -> Erased:
        """Erase somebody who is to be, unless something of theirs is open. Raises the store's errors."""
        if whom.type is UserType.MITRA:
            if self.desk is None or await self.people.is_busy(whom):
                return Erased.WAITING
            await _wished(self.desk, whom, presence.Block(), SYSTEM)  # nothing is offered from here on
        done = await self.people.erase(whom)
        if done is Erased.DONE:
            _log.info("erased", user_type=whom.type.value, user_id=str(whom.id))
            self.ended()
        return done

    async def sweep(self, limit: int) -> int:
        """Look at those whose turn it is; how many they were. Raises a failure when all had theirs."""
        found = await self.people.due(limit)
        failed: StoreError | None = None
        for whom in found:
            try:
                await self.look(whom)
            except StoreError as failure:
                failed = failure
        if failed is not None:
            raise failed
        return len(found)


async def _wished(desk: Desk, whom: User, wish: object, by: Actor) -> None:
    """Move a mitra, if they can be moved so."""

    def of(loaded: Loaded) -> object:
        if loaded.mitra is None:
            raise refusals.not_found("mitra")
        return wish

    await perform(desk, Scope(mitra_id=whom.id), of, by)
