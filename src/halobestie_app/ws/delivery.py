"""Brings frames to this instance's own sockets. Knows neither what a frame says nor how rows travel.

Frames come over the bus, each perhaps more than once, and are told apart by their row's id. While the bus is
down, and once when it is back, PostgreSQL is asked for what came meanwhile: frames are late then, not lost.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.workers.loop import Loop
from halobestie_app.ws.hub import Hub
from halobestie_core.flow.effects import ToCustomer, ToMitra, ToOffered
from halobestie_core.ports.notify import FrameBus, FrameOutbox, OutboxFrame
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType

REMEMBERED: Final = 50_000
"""Ids of rows that were taken; more than PostgreSQL is ever asked for at once."""
ASK_SECONDS: Final = 1.0
MARGIN_SECONDS: Final = 10.0
"""No transaction takes so long between writing a row and committing it."""
AT_ONCE: Final = 8
"""Frames written at the same time, each of which reads its objects."""
RETRY_SECONDS: Final = 0.2

Carry: TypeAlias = Callable[[User, OutboxFrame, str], None]
Render: TypeAlias = Callable[[OutboxFrame], Awaitable[str | None]]
Offered: TypeAlias = Callable[[UUID, int | None], Awaitable[Sequence[UUID]]]

_log = log.get(__name__)


class Delivery:
    """One per instance. ``offered`` gives the mitras to whom a request was offered, in one wave or in all.

    ``carry`` brings a frame to a user's sockets, by default at once; ``after`` writes another frame that
    follows one, if any does.
    """

    def __init__(
        self,
        hub: Hub,
        bus: FrameBus,
        outbox: FrameOutbox,
        render: Render,
        offered: Offered,
        *,
        carry: Carry | None = None,
        after: Render | None = None,
    ) -> None:
        self._carry = carry or hub.bring
        self._after = after
        self._hub = hub
        self._bus = bus
        self._outbox = outbox
        self._render = render
        self._offered = offered
        self._taken: OrderedDict[int, None] = OrderedDict()
        self._waiting: list[OutboxFrame] = []
        self._asked_at: float | None = None
        self._came_back = False
        self._changes = 0
        self._behind: list[OutboxFrame] = []
        self._delivering = Loop("delivery", self.deliver, 3600)
        self._asking = Loop("delivery without the bus", self.ask, ASK_SECONDS)
        bus.on_frames(self._arrived)
        bus.on_change(self._changed)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._delivering.run(stop))
            group.create_task(self._asking.run(stop))

    # ------------------------------------------------------------------------------------------- taking

    def take(self, frames: Sequence[OutboxFrame]) -> None:
        """Take frames that are new here; they are delivered soon, in this order."""
        new = False
        for frame in frames:
            if frame.id in self._taken:
                continue
            new = True
            self._taken[frame.id] = None
            self._waiting.append(frame)
        while len(self._taken) > REMEMBERED:
            self._taken.popitem(last=False)
        if new:
            self._delivering.nudge()

    def _arrived(self, frames: Sequence[OutboxFrame]) -> None:
        """Take what the bus brings; while a gap is being filled, after what belongs into it."""
        if self._came_back:
            self._behind.extend(frames)
        else:
            self.take(frames)

    async def ask(self) -> None:
        """Ask PostgreSQL for what the bus did not bring. Raises StoreUnavailable; then it is asked again."""
        if self._bus.is_up and not self._came_back:
            self._asked_at = asyncio.get_running_loop().time()
            return
        now = asyncio.get_running_loop().time()
        since = MARGIN_SECONDS + (0.0 if self._asked_at is None else now - self._asked_at)
        customers, mitras = self._hub.ids(UserType.CUSTOMER), self._hub.ids(UserType.MITRA)
        changes = self._changes
        if customers or mitras:
            self.take(await self._outbox.recent(since, customers, mitras))
        self._asked_at = now
        if self._bus.is_up and changes == self._changes:  # nothing can have been missed after we asked
            self._came_back = False
            behind, self._behind = self._behind, []
            self.take(behind)

    def _changed(self, up: bool) -> None:  # noqa: FBT001  the bus calls it so
        """Notice a gap at both of its ends."""
        self._changes += 1
        self._came_back = self._came_back or up
        self._asking.nudge()

    # --------------------------------------------------------------------------------------- delivering

    async def deliver(self) -> None:
        """Deliver what was taken. Frames are written side by side and go out in order."""
        while self._waiting:
            some, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            written = await asyncio.gather(*map(self._written, some))
            for frame, (users, texts) in zip(some, written, strict=True):
                for user in users:
                    for text in texts:
                        self._carry(user, frame, text)

    async def _written(self, frame: OutboxFrame) -> tuple[Sequence[User], Sequence[str]]:
        """Who of ours gets a frame, and its text; waits for PostgreSQL as long as it is away."""
        while True:
            try:
                users = await self._whom(frame)
                return users, await self._texts(frame) if users else ()
            except StoreError as failure:
                _log.warning("a frame waits", outbox_id=frame.id, error=type(failure).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # noqa: BLE001  one frame that cannot be written must not keep back the others
                _log.exception("a frame cannot be written", outbox_id=frame.id, kind=frame.frame)
                return (), ()

    async def _texts(self, frame: OutboxFrame) -> Sequence[str]:
        """The frame, and the one that follows it."""
        text = await self._render(frame)
        if text is None:
            return ()
        next_ = None if self._after is None else await self._after(frame)
        return (text,) if next_ is None else (text, next_)

    async def _whom(self, frame: OutboxFrame) -> Sequence[User]:
        """Resolve an audience once, whatever its size, and keep those who have a socket here."""
        some: Sequence[User] = ()
        match frame.audience:
            case ToCustomer(customer_id=person):
                some = (User(UserType.CUSTOMER, person),)
            case ToMitra(mitra_id=person):
                some = (User(UserType.MITRA, person),)
            case ToOffered(request_id=request, wave=wave, but=but) if self._hub.ids(UserType.MITRA):
                ids = await self._offered(request, wave)
                some = [User(UserType.MITRA, mitra) for mitra in ids if mitra != but]
        return [user for user in some if self._hub.has(user)]
