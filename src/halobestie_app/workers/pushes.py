"""Sends pushes to whoever does not see the frame. Knows neither the words nor the carrier's errors.

A frame for one person gets two seconds in which its client may acknowledge it, if any is connected; a written
socket is not a seen frame. A blast goes at once to those of its wave without a socket. Any instance sends for
all: a row is leased to one, and what became of it at each device is written down, so that only those are
tried again that asked for it. Nothing is sent after its window.
"""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from attrs import define, field, frozen

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.workers.loop import Loop
from halobestie_app.workers.notices import Notices
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import Push, PushType, ToCustomer, ToMitra, ToOffered
from halobestie_core.ports.presence import Connections, User
from halobestie_core.ports.push import (
    Device,
    Devices,
    Fate,
    Gone,
    Notice,
    Outcome,
    PushOutbox,
    PushSender,
    Refused,
    Result,
    Sent,
    TryLater,
    Verdict,
    Waiting,
)
from halobestie_core.words import UserType

ACK_SECONDS: Final = 2.0
MESSAGE_SECONDS: Final = 3600.0
"""A message has no window of its own; this is how long it is worth a push."""
LEAST_SECONDS: Final = 1.0
"""What has less to live is not sent."""
POLL_SECONDS: Final = 0.5
BATCH: Final = 50
MOST_ROWS: Final = 100
"""Rows in hand at the same time."""
FEW_AT_ONCE: Final = 8
MANY_AT_ONCE: Final = 40
"""Sends at the same time: of rows for one person, and of blasts, so that a blast keeps nobody waiting."""
NOTE_SECONDS: Final = 1.0
"""So often results are written down while a row is worked on, which keeps its lease."""
AT_THE_STORE: Final = 4
"""Connections that pushes may keep busy."""
LONGEST_BACKOFF: Final = 60.0

T = TypeVar("T")

_log = log.get(__name__)


@frozen
class Letter:
    """A row on its way: the words, and the window, on the store's clock and on the loop's."""

    row: Waiting
    notice: Notice
    until: datetime
    ends: float


@define
class Pushes:
    """The loop of one instance. A mistake of one row never stops the others.

    ``count`` is told of each device's fate, and of the outcome of a row that had no device to try.
    """

    outbox: PushOutbox
    devices: Devices
    sender: PushSender
    connections: Connections
    notices: Notices
    chance: random.Random = field(factory=random.Random)
    count: Callable[[str], None] = field(default=lambda _: None)
    _tasks: set[asyncio.Task[None]] = field(factory=set, init=False)
    _few: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(FEW_AT_ONCE), init=False)
    _many: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MANY_AT_ONCE), init=False)
    _store: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_THE_STORE), init=False)
    _loop: Loop = field(init=False)

    @_loop.default
    def _(self) -> Loop:
        return Loop("pushes", self.take, POLL_SECONDS)

    def nudge(self) -> None:
        """Look now."""
        self._loop.nudge()

    def saved(self, moved: Moved) -> None:
        """Look now, if something was left to push."""
        if any(isinstance(effect, Push) for effect in moved.effects):
            self._loop.nudge()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is in hand is finished."""
        await self._loop.run(stop)
        await self.finished()

    async def take(self) -> int:
        """Begin with what is due; return how many rows. Raises StoreUnavailable."""
        free = min(BATCH, MOST_ROWS - len(self._tasks))
        if free <= 0:
            return 0
        rows = await self._at_store(self.outbox.take(free))
        for row in await self._but_seen_messages(rows):
            task = asyncio.create_task(self._try(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(rows) == free:
            self._loop.nudge()
        return len(rows)

    async def _but_seen_messages(self, rows: Sequence[Waiting]) -> Sequence[Waiting]:
        """Leave out messages to people who are connected, which are most of all rows: together, unlogged."""
        receivers = {
            row.id: _person(row.push.audience)
            for row in rows
            if row.push.type is PushType.MESSAGE and not isinstance(row.push.audience, ToOffered)
        }
        connected = await self.connections.which_connected({*receivers.values()}) if receivers else None
        seen = {row_id for row_id, person in receivers.items() if person in (connected or ())}
        if seen:
            await self._at_store(self.outbox.skip(seen))
            for _ in seen:
                self.count(Outcome.UNNEEDED)
        return [row for row in rows if row.id not in seen]

    async def finished(self) -> None:
        """Wait until everything in hand is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # --------------------------------------------------------------------------------------- one row

    async def _try(self, row: Waiting) -> None:
        try:
            await self._work(row)
        except StoreError as failed:
            _log.warning("a push waits", outbox_id=row.id, kind=row.push.type, error=type(failed).__name__)
        except Exception:  # noqa: BLE001 - logged, and the row stays: one bad row must not stop the rest
            _log.exception("a push failed", outbox_id=row.id, kind=row.push.type)

    async def _work(self, row: Waiting) -> None:
        until = row.push.until or row.at + timedelta(seconds=MESSAGE_SECONDS)
        ends = asyncio.get_running_loop().time() + (until - row.now).total_seconds()
        if _left(ends) < LEAST_SECONDS:
            return await self._finish(row, Outcome.MISSED)
        if (users := await self._whom(row)) is None:
            return None
        notice = await self._at_store(self.notices.of(row.push)) if users else None
        if notice is None:
            return await self._finish(row, Outcome.UNNEEDED)
        devices = await self._at_store(self.devices.of(users, row))
        return await self._send_all(Letter(row, notice, until, ends), devices)

    async def _whom(self, row: Waiting) -> Sequence[User] | None:
        """Who does not see the frame; ``None``: that is not known yet, and the row waits."""
        audience = row.push.audience
        if isinstance(audience, ToOffered):
            ids = await self._at_store(self.notices.reads.offered(audience.request_id, audience.wave))
            users = [User(UserType.MITRA, mitra) for mitra in ids if mitra != audience.but]
            connected = await self.connections.which_connected(users) or frozenset()
            return [user for user in users if user not in connected]
        return await self._one(row, _person(audience))

    async def _one(self, row: Waiting, user: User) -> Sequence[User] | None:
        """Give one person's client time to say that it saw the frame."""
        left = ACK_SECONDS - (row.now - row.at).total_seconds()
        if row.push.type is PushType.MESSAGE or left <= 0:
            return [user]
        if await self.connections.is_connected(user) is not True:
            return [user]
        await self._at_store(self.outbox.put_off(row.id, left))
        self._later(left)
        return None

    async def _finish(self, row: Waiting, outcome: Outcome) -> None:
        await self._at_store(self.outbox.finish(row.id, outcome))
        self.count(outcome)
        _log.info("push", kind=row.push.type, outbox_id=row.id, result=outcome, attempt=row.attempt)

    # ------------------------------------------------------------------------------------ its devices

    async def _send_all(self, letter: Letter, devices: Sequence[Device]) -> None:
        row = letter.row
        lane = self._many if isinstance(row.push.audience, ToOffered) else self._few
        results: list[Result] = []
        sending = {asyncio.create_task(self._send(letter, device, lane)) for device in devices}
        while sending:
            done, sending = await asyncio.wait(sending, timeout=NOTE_SECONDS)
            some = [one.result() for one in done]
            await self._at_store(self.outbox.note(row.id, some))
            results += some
        settled = await self._at_store(self.outbox.settle(row, _outcome(results)))
        if settled.outcome is None:
            self._later(settled.next_in)
        for fate, count in Counter(result.fate for result in results).items():
            _log.info(
                "push", kind=row.push.type, outbox_id=row.id, result=fate, count=count, attempt=row.attempt
            )
        for result in results:
            self.count(result.fate)
        if not results and settled.outcome is not None:
            self.count(settled.outcome)
            _log.info("push", kind=row.push.type, outbox_id=row.id, result=settled.outcome)

    async def _send(self, letter: Letter, device: Device, lane: asyncio.Semaphore) -> Result:
        async with lane:
            seconds = int(_left(letter.ends))
            if seconds < LEAST_SECONDS:
                return Result(device.installation_id, Fate.MISSED)
            verdict = await self.sender.send(letter.notice, device, letter.until, seconds)
        return await self._judged(letter, device, verdict)

    async def _judged(self, letter: Letter, device: Device, verdict: Verdict) -> Result:
        kind, row_id = letter.row.push.type, letter.row.id
        match verdict:
            case Sent():
                return Result(device.installation_id, Fate.SENT)
            case Gone(code=code):
                _log.info("a device is gone", kind=kind, outbox_id=row_id, code=code)
                with contextlib.suppress(StoreError):  # then the next push finds out as well
                    await self._at_store(self.devices.drop(device))
                return Result(device.installation_id, Fate.DROPPED)
            case Refused(code=code):
                _log.error("a push is refused: look at the set-up", kind=kind, outbox_id=row_id, code=code)
                return Result(device.installation_id, Fate.REFUSED)
            case TryLater(code=code, after=after):
                wait = self._backoff(letter.row.attempt) if after is None else after
                in_time = wait < _left(letter.ends) - LEAST_SECONDS
                _log.warning(
                    "a push must wait", kind=kind, outbox_id=row_id, code=code, seconds=round(wait, 1)
                )
                if in_time:
                    return Result(device.installation_id, Fate.WAITING, wait)
                return Result(device.installation_id, Fate.MISSED)

    def _backoff(self, attempt: int) -> float:
        """Twice as long at each try, and somewhere in its upper half, so that not all come back at once."""
        longest = min(LONGEST_BACKOFF, 2.0 ** min(attempt - 1, 10))
        return longest * self.chance.uniform(0.5, 1.0)

    # ----------------------------------------------------------------------------------------- helpers

    async def _at_store(self, asking: Coroutine[Any, Any, T]) -> T:
        """Ask the store, few at a time: people who wait for an answer need its connections too."""
        try:
            async with self._store:
                return await asking
        finally:
            asking.close()  # if it never began

    def _later(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds + 0.005, self._loop.nudge)


def _person(audience: ToCustomer | ToMitra) -> User:
    if isinstance(audience, ToCustomer):
        return User(UserType.CUSTOMER, audience.customer_id)
    return User(UserType.MITRA, audience.mitra_id)


def _left(ends: float) -> float:
    return ends - asyncio.get_running_loop().time()


def _outcome(results: Sequence[Result]) -> Outcome:
    """What a round means for the row, if no device got it in any round."""
    fates = {result.fate for result in results}
    if Fate.MISSED in fates:
        return Outcome.MISSED
    return Outcome.REFUSED if fates else Outcome.NOBODY


@define
class LoggedPushes:
    """`PushSender` where nothing is set up: says that there was one, of which type, and nothing else."""

    async def send(self, notice: Notice, device: Device, until: datetime, seconds: int) -> Verdict:
        """Write a line."""
        with contextlib.suppress(KeyError):
            _log.info("push", kind=notice.data["type"], result="logged")
        return Sent()
