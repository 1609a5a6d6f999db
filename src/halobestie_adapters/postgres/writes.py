"""What a decision writes, as named statements with their parameters. Knows no connection: it only lists.

Aggregates come first, then records, the log, the outbox: the order in which references and constraints want
them. Every aggregate is written once, as it stands at the end, however many moves it made; its moves are all
logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import attrs
import orjson

from halobestie_adapters import audit
from halobestie_adapters.outgoing import outgoing
from halobestie_adapters.postgres.aggregates import Statement, written
from halobestie_adapters.records import (
    ActionRow,
    CaptureRow,
    FailureRow,
    LedgerRow,
    SupersededRow,
    record_rows,
)
from halobestie_core.flow import effects
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.store import Actor

_QUERIES: Final = {
    CaptureRow: "insert_capture",
    FailureRow: "insert_failure",
    SupersededRow: "supersede_failure",
    ActionRow: "action_failure",
    LedgerRow: "insert_ledger_entry",
    effects.DiscountClaimed: "claim_discount",
    effects.DiscountReturned: "return_discount",
    effects.LiveChats: "change_live_chats",
}


def statements(
    moved: Moved,
    actor: Actor,
    at: datetime,
    new_id: Callable[[], UUID],
    phone_hmac: str | None = None,
) -> Iterator[Statement]:
    """Yield everything that one decision writes. ``at``: when it was made, by the store's clock.

    ``phone_hmac``: what is remembered of the customer's verified phone, if they have one.
    """
    yield from written(moved.moves)
    for row in record_rows(moved, actor.id, at, new_id):
        given = attrs.asdict(row, recurse=False)
        if isinstance(row, effects.DiscountClaimed):
            given["phone_hmac"] = phone_hmac
        yield _QUERIES[type(row)], given
    for later in moved.later:
        if isinstance(later, effects.MitraShutOut):
            yield "end_log_ins", {"mitra_id": later.mitra_id}
    for batch in audit.batches(audit.logged(moved.moves)):
        yield "insert_transitions", {"bodies": _json([audit.body(move, actor) for move in batch])}
    if rows := [attrs.asdict(row, recurse=False) for row in outgoing(moved)]:
        yield "insert_outbox", {"rows": _json(rows)}


def _json(value: list[Any]) -> str:
    """One parameter for many rows: an array per column costs ten times as much to write."""
    return orjson.dumps(value).decode()


__all__ = ["statements"]
