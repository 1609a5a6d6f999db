"""An aggregate's row against the snapshot that its moves make: which column differs, in a sentence.

Some columns are nobody's move: the invoice that the gateway made later, and heartbeats, which can only be
younger than the last one that a move knows of.
"""

from collections.abc import Mapping
from typing import Any, Final

from attrs import fields

from halobestie_core.audit.entries import Standing
from halobestie_core.payment import PaymentSession
from halobestie_core.presence import MitraPresence
from halobestie_core.wire import to_wire

_LISTS: Final = frozenset({"waves", "answers"})

UNMOVED: Final[Mapping[type, frozenset[str]]] = {
    PaymentSession: frozenset({"provider_invoice_id", "xendit_invoice_url"}),
    MitraPresence: frozenset({"last_heartbeat_at"}),
}
"""What changes without a move."""


def differs(made: Any, row: Standing) -> str | None:  # noqa: ANN401 - a snapshot of any machine
    """Say the first difference of a row from the snapshot ``made`` by its moves; ``None``: there is none."""
    stands = row.snapshot
    if made != stands:
        free = UNMOVED.get(type(made), frozenset())
        for name in (attribute.name for attribute in fields(type(made)) if attribute.name not in free):
            mine, theirs = getattr(made, name), getattr(stands, name)
            if mine != theirs:
                return _sentence(name, mine, theirs)
    if isinstance(made, MitraPresence):
        return _heard(made, stands)
    if made.wake_at != row.wake_at:
        return _sentence("wake_at", made.wake_at, row.wake_at)
    return None


def _heard(made: MitraPresence, stands: MitraPresence) -> str | None:
    known, kept = made.last_heartbeat_at, stands.last_heartbeat_at
    if known is not None and (kept is None or kept < known):
        return _sentence("last_heartbeat_at", known, kept)
    return None


def _sentence(name: str, made: Any, stands: Any) -> str:  # noqa: ANN401 - values of any field
    if name in _LISTS:
        return f"the row has {len(stands)} {name}, its moves make {len(made)}, and they are not the same"
    return f"the row's {name} is {to_wire(stands)}, its moves make it {to_wire(made)}"
