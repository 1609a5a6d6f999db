"""The agenda in memory: due rows, stale mitras, commands for later. Decides nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, final
from uuid import UUID

from halobestie_adapters.memory.rows import OutboxRow
from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.outgoing import Outgoing
from halobestie_core.flow.availability import House
from halobestie_core.pairing import PairingRequest
from halobestie_core.ports.agenda import SWEEP_MARGIN, URGENT, Due, LaterRow, Peek
from halobestie_core.words import RequestKind

_FIRST_PAUSE: Final = timedelta(seconds=1.5)
_LONGEST_PAUSE: Final = timedelta(minutes=1)


@final
class MemoryAgenda:
    """The agenda; every look is deep, since nothing here is far away."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def peek(self, limit: int, *, deep: bool) -> Peek:
        """Look for due rows, and for the next deadline."""
        now = self._tables.clock.now
        waiting = sorted(self._waiting(), key=lambda item: item[0])
        due = [row for at, row in waiting if at <= now]
        next_at = next((at for at, _ in waiting if at > now), None)
        return Peek(due[:limit], None if next_at is None else next_at - now)

    async def stale(self, house: House, limit: int) -> Sequence[Due]:
        """Look for mitras who were silent for too long; nobody is where pings are not required."""
        fresh_since = house.heard_since(self._tables.clock.now)
        if fresh_since is None:
            return ()
        heard_since = fresh_since - SWEEP_MARGIN
        online = (m.listener.presence for m in self._tables.mitras.values() if m.listener.presence.is_online)
        silent = (
            Due("presence", one.id)
            for one in online
            if one.last_heartbeat_at is None or one.last_heartbeat_at < heard_since
        )
        return list(itertools.islice(silent, limit))

    async def take_later(self, limit: int) -> Sequence[LaterRow]:
        """Take later commands for a moment, the oldest first."""
        now = self._tables.clock.now
        ready = (row for row in self._later() if row.next_attempt_at <= now)
        taken = sorted(ready, key=lambda row: (_can_wait(row), row.next_attempt_at, row.id))[:limit]
        for row in taken:
            row.next_attempt_at = now + min(_FIRST_PAUSE * 2**row.attempts, _LONGEST_PAUSE)
            row.attempts += 1
        return [_command(row) for row in sorted(taken, key=lambda row: (_can_wait(row), row.id))]

    async def fan_out(self, row: LaterRow) -> None:
        """Replace a command by one per customer concerned; the second to try finds it replaced."""
        kept = self._tables.outbox.get(row.id)
        if kept is None or kept.sent_at is not None:
            return
        kept.sent_at = self._tables.clock.now
        self._tables.queue(self._instead(row))

    async def withdraw_gone(self, request_id: UUID) -> None:
        """Leave a command for each mitra who is shown the request and is not here."""
        request = self._tables.requests.get(request_id)
        if request is None or not request.is_open or request.kind is not RequestKind.GENERAL:
            return
        answered = {answer.mitra_id for answer in request.answers}
        shown = {mitra_id for wave in request.waves for mitra_id in wave.mitra_ids} - answered
        gone = (one for one in sorted(shown) if not self._is_here(one))
        self._tables.queue(_withdraw(request_id, str(one), None) for one in gone)

    def _is_here(self, mitra_id: UUID) -> bool:
        mitra = self._tables.mitras.get(mitra_id)
        return (
            mitra is not None and mitra.listener.presence.is_online and not mitra.listener.presence.is_blocked
        )

    async def dismiss(self, row_id: int) -> None:
        """Mark a later command as dealt with."""
        kept = self._tables.outbox.get(row_id)
        if kept is not None and kept.sent_at is None:
            kept.sent_at = self._tables.clock.now

    def _waiting(self) -> Iterator[tuple[datetime, Due]]:
        tables = self._tables
        for machine, shelf in (
            ("payment", tables.payments),
            ("pairing", tables.requests),
            ("chat", tables.chats),
            ("extension", tables.extensions),
        ):
            for item in shelf:
                if item.wake_at is not None:
                    yield item.wake_at, Due(machine, item.id, _wave_size(item))

    def _later(self) -> Iterator[OutboxRow]:
        return iter(self._tables.unsent("later"))

    def _instead(self, row: LaterRow) -> Iterator[Outgoing]:
        mitra = row.fields.get("mitra_id")
        open_ones = sorted((one for one in self._tables.requests if one.is_open), key=lambda one: one.id)
        blasts = [one for one in open_ones if one.kind is RequestKind.GENERAL]
        match row.command:
            case "mitra_became_eligible":
                here = self._is_here(UUID(mitra))
                for request in (one for one in blasts if here and one.offerable(frozenset({UUID(mitra)}))):
                    yield _outgoing("offer", request.id, request_id=str(request.id), mitra_id=mitra)
            case "mitra_went_away":
                for request in (one for one in open_ones if _concerns(one, UUID(mitra))):
                    yield _withdraw(request.id, mitra, row.fields.get("detail"))
            case "mitra_shut_out":
                live = (one for one in self._tables.chats if one.is_live and one.mitra_id == UUID(mitra))
                for chat in sorted(live, key=lambda one: one.id):
                    yield _outgoing("end_chat", chat.id, session_id=str(chat.id))
            case "house_changed":
                for request in blasts:
                    yield _outgoing("look_again", request.id, request_id=str(request.id), whom="everybody")


def _wave_size(item: object) -> int:
    return item.wave_size if isinstance(item, PairingRequest) and item.next_wave_at is not None else 0


def _concerns(request: PairingRequest, mitra_id: UUID) -> bool:
    return request.targeted_mitra_id == mitra_id or any(mitra_id in wave.mitra_ids for wave in request.waves)


def _outgoing(command: str, about: UUID, **fields: str | None) -> Outgoing:
    return Outgoing("later", f"{command}:{about}", {}, {"command": command, **fields})


def _withdraw(request_id: UUID, mitra_id: str | None, detail: str | None) -> Outgoing:
    return _outgoing("withdraw", request_id, request_id=str(request_id), mitra_id=mitra_id, detail=detail)


def _can_wait(row: OutboxRow) -> bool:
    return row.out.payload["command"] not in URGENT


def _command(row: OutboxRow) -> LaterRow:
    fields = {name: None if value is None else str(value) for name, value in row.out.payload.items()}
    return LaterRow(row.id, fields.pop("command") or "", fields)


__all__ = ["MemoryAgenda"]
