"""Runs the durable commands that cross customers, each in its own transaction. Knows none of their rules.

A command about a mitra is first replaced by one per customer concerned; those are then run like any other
command, which looks at presence again under its locks. A command may be run twice (its instance died, or
was slow): the second finds nothing to do.
"""

import asyncio
from typing import Final
from uuid import UUID

from attrs import define, field

from halobestie_adapters.errors import StoreError
from halobestie_app import log
from halobestie_app.usecases import clock
from halobestie_app.usecases.desk import Desk
from halobestie_app.workers.deadlines import first_of
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.agenda import Agenda, LaterRow

LONGEST_SLEEP: Final = 0.5  # seconds; nudged at once by this instance's own commits
BATCH: Final = 50
AT_ONCE: Final = 4

_log = log.get(__name__)


@define
class LaterCommands:
    """The loop of one instance."""

    desk: Desk
    agenda: Agenda
    _news: asyncio.Event = field(factory=asyncio.Event, init=False)

    def saved(self, moved: Moved) -> None:
        """Wake up for what was just left for later."""
        if moved.later:
            self._news.set()

    def wake(self) -> None:
        """Wake up: somebody else left something for later."""
        self._news.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            self._news.clear()
            try:
                rows = await self.agenda.take_later(BATCH)
            except StoreError as away:
                _log.warning("later commands cannot be seen", error=type(away).__name__)
                rows = ()
            except Exception:  # noqa: BLE001 - logged: without this loop nobody would be offered anything again
                _log.exception("a look at the later commands failed")
                rows = ()
            if rows:
                await self._run_all(list(rows))
            else:
                await first_of(stop, self._news, seconds=LONGEST_SLEEP)

    async def _run_all(self, rows: list[LaterRow]) -> None:
        waiting = list(reversed(rows))

        async def hand() -> None:
            while waiting:
                await self._try(waiting.pop())

        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(rows))):
                group.create_task(hand())

    async def _try(self, row: LaterRow) -> None:
        try:
            await self._run(row)
        except StoreError as failed:
            _log.warning(
                "a later command waits", command=row.command, outbox_id=row.id, error=type(failed).__name__
            )
        except Exception:  # noqa: BLE001 - logged, and the row stays: one bad row must not stop the rest
            # It stays unsent and is taken again, ever less often; the age of the outbox is watched.
            _log.exception("a later command failed", command=row.command, outbox_id=row.id)

    async def _run(self, row: LaterRow) -> None:
        fields = row.fields
        match row.command:
            case "mitra_became_eligible" | "mitra_went_away" | "mitra_shut_out" | "house_changed":
                await self.agenda.fan_out(row)
                self._news.set()
            case "offer":
                await clock.offer(self.desk, _id(fields["request_id"]), _id(fields["mitra_id"]), row.id)
            case "look_again":
                await self.agenda.withdraw_gone(_id(fields["request_id"]))
                self._news.set()
                waves = fields.get("whom") != "everybody"
                await clock.look_again(self.desk, _id(fields["request_id"]), row.id, waves=waves)
            case "withdraw":
                detail = fields["detail"]
                await clock.withdraw(
                    self.desk, _id(fields["request_id"]), _id(fields["mitra_id"]), detail, row.id
                )
            case "end_chat":
                await clock.end_chat(self.desk, _id(fields["session_id"]), "mitra_blocked", row.id)
            case unknown:
                # A newer version of the program may have written it; it is left for that version.
                _log.error("an unknown later command", command=unknown, outbox_id=row.id)


def _id(text: str | None) -> UUID:
    return UUID(text)
