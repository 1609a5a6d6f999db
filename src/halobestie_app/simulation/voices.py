"""Voices: customers and mitras who talk, whatever else they do. They say, repeat, read, and say so.

A message is sent until somebody answers, at times twice at once; some are sent again long after, and some of
those with other words. Knows no command of the house.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import define, field

from halobestie_app.simulation.habits import Act, idle, live, pick
from halobestie_app.simulation.instance import Instance
from halobestie_app.simulation.town import Town
from halobestie_app.simulation.weather import likely
from halobestie_app.usecases import talking
from halobestie_core.chat import ChatSession
from halobestie_core.ports.messages import Mark, Message, Page
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType

PAUSE: Final = 1.2
NOBODY: Final = UUID(int=3)
MOST_READ: Final = 7
REMEMBERED: Final = 6


@define
class Voice:
    """One person's. ``sent``: the last they said; ``got``: how far they have read each chat."""

    town: Town
    who: User
    sent: list[tuple[UUID, UUID, str]] = field(factory=list)
    got: dict[UUID, int] = field(factory=dict)

    async def live(self) -> None:
        """Until the town closes."""
        await live(self.town, PAUSE, self.choose, self._wakes)

    def choose(self) -> Act | None:
        """Choose by whether they are in a chat."""
        talk = bool(self._talks())
        return pick(
            self.town.chance,
            (
                (6 if talk else 0.1, self._say),
                (1 if talk else 0.2, self._say_again),
                (2 if talk else 0.1, self._read),
                (0 if talk else 4, idle),
            ),
        )

    def _wakes(self) -> Sequence[datetime]:
        return [one.wake_at for one in self._talks() if one.wake_at is not None]

    def _talks(self) -> list[ChatSession]:
        return [one for one in self.town.tables.chats if one.is_live and self._is_in(one)]

    def _is_in(self, one: ChatSession) -> bool:
        mine = one.customer_id if self.who.type is UserType.CUSTOMER else one.mitra_id
        return mine == self.who.id

    def _session(self) -> UUID:
        """Mostly a live one of theirs; at times one that is over, or somebody else's."""
        chance, mine = self.town.chance, self._talks()
        some = mine if mine and likely(chance, 0.95) else list(self.town.tables.chats)[-8:]
        return chance.choice(some).id if some else NOBODY

    # -- saying ----------------------------------------------------------------------------------------------

    async def _say(self) -> None:
        session, text = self._session(), f"word {self.town.chance.randrange(1000)}"

        async def send(here: Instance, message_id: UUID) -> Message:
            self.sent = [*self.sent, (session, message_id, text)][-REMEMBERED:]
            return await say(self.town, here, self.who, session, message_id, text)

        await self.town.ask(lambda here, key: send(here, key.id), keyed=True)

    async def _say_again(self) -> None:
        """Send something again that was sent before, as apps do that have forgotten the answer."""
        if not self.sent:
            return
        session, message_id, text = self.town.chance.choice(self.sent)
        words = f"not {text}" if likely(self.town.chance, 0.2) else text
        await self.town.ask(
            lambda here, _key: say(self.town, here, self.who, session, message_id, words), keyed=True
        )

    # -- reading ---------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Read on in a chat, and say how far; at times farther than that."""
        session, chance = self._session(), self.town.chance
        got = self.got.get(session, 0)
        page = await self.town.ask(lambda here, _key: read(self.town, here, self.who, session, got))
        if isinstance(page, Page) and page.rows:
            self.got[session] = page.rows[-1].seq
        seq = self.got.get(session, 0) + chance.choice((0, 0, 0, -1, 5))
        if likely(chance, 0.7):
            await self.town.ask(lambda here, _key: mark(self.town, here, self.who, session, max(0, seq)))


# -- by anybody ----------------------------------------------------------------------------------------------


async def say(
    town: Town, here: Instance, who: User, session_id: UUID, message_id: UUID, text: str
) -> Message:
    """Say something, and remember that it was acknowledged, whether or not the answer arrives."""
    message = await talking.say(here.talking, who, session_id, message_id, text)
    town.watch.words.answered(session_id, message)
    return message


async def read(town: Town, here: Instance, who: User, session_id: UUID, after_seq: int) -> Page:
    """Read on."""
    page = await talking.read(here.talking, who, session_id, after_seq, MOST_READ)
    town.watch.words.read(who, session_id, after_seq, page)
    return page


async def mark(town: Town, here: Instance, who: User, session_id: UUID, seq: int) -> Mark:
    """Say how far one has read."""
    moved = await talking.mark(here.talking, who, session_id, seq)
    town.watch.words.marked(moved)
    return moved


__all__ = ["Voice", "mark", "read", "say"]
