"""Pushes and devices in memory: rows that wait, what became of them, and where they go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, final
from uuid import UUID

from attrs import define, field, frozen

from halobestie_adapters.framing import pushed
from halobestie_adapters.memory.rows import OutboxRow
from halobestie_adapters.memory.tables import Tables
from halobestie_core.ports.presence import User
from halobestie_core.ports.push import MOST_DEVICES, Device, Fate, Outcome, Result, Settled, Waiting

LEASE: Final = timedelta(seconds=6.5)


@frozen
class _Noted:
    """What became of a row at one device; ``not_before``: while it waits."""

    fate: Fate
    not_before: datetime | None


@final
@define
class MemoryPushOutbox:
    """`PushOutbox` on the tables' outbox. ``outcomes``: how rows ended; ``noted``: what became at devices."""

    tables: Tables
    outcomes: dict[int, Outcome] = field(factory=dict)
    noted: dict[int, dict[str, _Noted]] = field(factory=dict)

    async def take(self, limit: int) -> Sequence[Waiting]:
        """Take rows that are due, the oldest first, for 6.5 seconds."""
        now = self.tables.clock.now
        due = sorted(
            (row for row in self._unsent() if row.next_attempt_at <= now),
            key=lambda row: (row.next_attempt_at, row.id),
        )[:limit]
        overtaken = {row.id for row in due if self._is_overtaken(row)}
        for row in due:
            row.attempts, row.next_attempt_at = row.attempts + 1, now + LEASE
        for row_id in overtaken:
            self._end(row_id, Outcome.UNNEEDED)
        taken = sorted((row for row in due if row.id not in overtaken), key=lambda row: row.id)
        return [_waiting(row, now) for row in taken]

    async def put_off(self, row_id: int, seconds: float) -> None:
        """Leave a row for later."""
        if (row := self._open(row_id)) is not None:
            row.attempts -= 1
            row.next_attempt_at = self.tables.clock.now + timedelta(seconds=seconds)

    async def note(self, row_id: int, results: Collection[Result]) -> None:
        """Write results down, and hold the row for as long as `take` does."""
        now, of_row = self.tables.clock.now, self.noted.setdefault(row_id, {})
        for one in results:
            waits = now + timedelta(seconds=one.after) if one.fate is Fate.WAITING else None
            of_row[one.installation_id] = _Noted(one.fate, waits)
        if (row := self._open(row_id)) is not None:
            row.next_attempt_at = now + LEASE

    async def settle(self, row: Waiting, otherwise: Outcome) -> Settled:
        """End a round."""
        kept = self._open(row.id)
        if kept is None:
            return Settled(otherwise)
        waiting = [
            one.not_before
            for one in self.noted.get(row.id, {}).values()
            if one.not_before is not None and one.not_before > row.now
        ]
        if waiting:
            kept.next_attempt_at = min(waiting)
            left = kept.next_attempt_at - self.tables.clock.now
            return Settled(None, max(0.0, left.total_seconds()))
        outcome = self._or_sent(row.id, otherwise)
        self._end(row.id, outcome)
        return Settled(outcome)

    async def finish(self, row_id: int, outcome: Outcome) -> None:
        """End a row whatever waits."""
        of_row = self.noted.get(row_id, {})
        for phone, one in of_row.items():
            if one.fate is Fate.WAITING:
                of_row[phone] = _Noted(Fate.MISSED, None)
        self._end(row_id, self._or_sent(row_id, outcome))

    async def skip(self, row_ids: Collection[int]) -> None:
        """End rows that nobody needs after all."""
        for row_id in row_ids:
            self._end(row_id, Outcome.UNNEEDED)

    async def acknowledge(self, user: User, frame: str, object_id: UUID) -> bool:
        """Mark the push of a frame that was seen as not needed."""
        stream = f"push:{user.type}:{user.id}"
        seen = [
            row.id
            for row in self._unsent()
            if row.out.stream == stream
            and row.out.payload["type"] == frame
            and str(object_id)
            in (row.out.payload.get("pairing_request_id"), row.out.payload.get("extension_id"))
        ]
        for row_id in seen:
            self._end(row_id, Outcome.ACKED)
        return bool(seen)

    def _unsent(self) -> Iterator[OutboxRow]:
        return (row for row in self.tables.outbox.values() if row.out.kind == "push" and row.sent_at is None)

    def _open(self, row_id: int) -> OutboxRow | None:
        row = self.tables.outbox.get(row_id)
        return None if row is None or row.sent_at is not None else row

    def _end(self, row_id: int, outcome: Outcome) -> None:
        if (row := self._open(row_id)) is not None:
            row.sent_at = self.tables.clock.now
            self.outcomes[row_id] = outcome

    def _or_sent(self, row_id: int, outcome: Outcome) -> Outcome:
        """One device that got it is enough for a row to count as sent."""
        got = any(one.fate is Fate.SENT for one in self.noted.get(row_id, {}).values())
        return Outcome.SENT if got else outcome

    def _is_overtaken(self, row: OutboxRow) -> bool:
        def about(one: OutboxRow) -> tuple[str, object, object]:
            return one.out.stream, one.out.payload["type"], one.out.payload.get("session_id")

        if row.out.payload["type"] != "message":
            return False
        return any(newer.id > row.id and about(newer) == about(row) for newer in self._unsent())


@final
@define
class MemoryDevices:
    """`Devices`; log-ins are those of the tables, results those of the outbox."""

    tables: Tables
    outbox: MemoryPushOutbox
    _kept: dict[str, tuple[Device, UUID]] = field(factory=dict)

    async def put(self, device: Device, login: UUID) -> None:
        """Give an installation to its user."""
        before = {
            phone: kept
            for phone, kept in self._kept.items()
            if phone != device.installation_id and kept[0].token != device.token
        }
        mine = [phone for phone, (kept, _) in before.items() if kept.user == device.user]
        for oldest in mine[: max(0, len(mine) + 1 - MOST_DEVICES)]:
            del before[oldest]
        self._kept = {**before, device.installation_id: (device, login)}

    async def forget(self, user: User, installation_id: str) -> None:
        """Remove an installation of this user."""
        kept = self._kept.get(installation_id)
        if kept is not None and kept[0].user == user:
            del self._kept[installation_id]

    async def of(self, users: Collection[User], row: Waiting) -> Sequence[Device]:
        """The devices of users at which a row has something to do now, the newest first."""
        noted = self.outbox.noted.get(row.id, {})

        def to_do(phone: str) -> bool:
            known = noted.get(phone)
            return known is None or (known.not_before is not None and known.not_before <= row.now)

        return [
            device
            for device, login in reversed(self._kept.values())
            if device.user in users and self._lives(login) and to_do(device.installation_id)
        ]

    async def drop(self, device: Device) -> None:
        """Remove a device that is no more."""
        kept = self._kept.get(device.installation_id)
        if kept is not None and kept[0].token == device.token:
            del self._kept[device.installation_id]

    def _lives(self, login: UUID) -> bool:
        found = self.tables.logins.get(login)
        return found is not None and found.revoked_at is None and found.expires_at > self.tables.clock.now


def _waiting(row: OutboxRow, now: datetime) -> Waiting:
    payload: Mapping[str, Any] = row.out.payload
    return Waiting(row.id, pushed(row.out.audience, payload), row.created_at, now, row.attempts)


__all__ = ["MemoryDevices", "MemoryPushOutbox"]
