"""The five aggregates as rows: which statement writes a snapshot, and with what. Knows no transaction.

A statement picks the parameters it names, so every column of a snapshot is offered to both its INSERT and its
UPDATE. An UPDATE also names the version that was decided on (`was`), and matches no row at any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

import attrs

from halobestie_adapters.postgres.packed import PackedIds
from halobestie_adapters.postgres.rows import seconds
from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.machine import Moved
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.presence import MitraPresence

Statement: TypeAlias = tuple[str, Mapping[str, object]]
"""The name of a query in `unit.sql`, and its parameters."""

Snapshot: TypeAlias = PaymentSession | PairingRequest | ChatSession | Extension | MitraPresence


def _as_they_are(snapshot: Snapshot) -> dict[str, object]:
    return {name: getattr(snapshot, name) for name in _COLUMNS[type(snapshot)]}


def _chat(chat: ChatSession) -> dict[str, object]:
    return {
        **_as_they_are(chat),
        "remaining_seconds": None if chat.remaining is None else seconds(chat.remaining),
        "paused_seconds": seconds(chat.paused),
    }


_COLUMNS: Final[Mapping[type, tuple[str, ...]]] = {
    cls: (*(field.name for field in attrs.fields(cls)), *more)
    for cls, *more in (
        (PaymentSession, "wake_at"),
        (PairingRequest, "wake_at"),
        (ChatSession, "wake_at"),
        (Extension, "wake_at"),
        (MitraPresence, "is_online"),
    )
}
_TABLES: Final[Mapping[type, tuple[str, Callable[[Any], dict[str, object]]]]] = {
    PaymentSession: ("payment", _as_they_are),
    PairingRequest: ("request", _as_they_are),
    ChatSession: ("session", _chat),
    Extension: ("extension", _as_they_are),
    MitraPresence: ("presence", _as_they_are),
}


def written(moves: Iterable[Moved[Any]]) -> Iterator[Statement]:
    """Yield one statement per aggregate that moved, however often, and those of its waves and answers."""
    first: dict[UUID, Any] = {}
    last: dict[UUID, Any] = {}
    for move in moves:
        first.setdefault(move.after.id, move.before)
        last[move.after.id] = move.after
    for key, snapshot in last.items():
        yield from _aggregate(first[key], snapshot)


def _aggregate(before: Any, after: Any) -> Iterator[Statement]:  # noqa: ANN401 - two snapshots of one kind
    name, columns = _TABLES[type(after)]
    if before is None:
        yield f"insert_{name}", columns(after)
    else:
        yield f"update_{name}", {**columns(after), "was": before.version}
    if isinstance(after, PairingRequest):
        yield from _waves_and_answers(before, after)


def _waves_and_answers(before: PairingRequest | None, after: PairingRequest) -> Iterator[Statement]:
    for wave in after.waves[len(before.waves) if before else 0 :]:
        ids = PackedIds.of(wave.mitra_ids)
        yield "insert_wave", {"request_id": after.id, "number": wave.number, "mitra_ids": ids, "at": wave.at}
    for answer in after.answers[len(before.answers) if before else 0 :]:
        said = {"mitra_id": answer.mitra_id, "answer": answer.answer, "at": answer.at}
        yield "insert_answer", {"request_id": after.id, **said}


__all__ = ["Statement", "written"]
