"""What must be met, so that a simulation proves anything: rows of the tables, refusals, what is said.

What a simulation of the server cannot meet is listed here with the reason.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from halobestie_app.simulation.watch import edges
from halobestie_app.simulation.words import MET
from halobestie_core.reasons import Reason

_PENDING: Final = "the composition confirms money for a payment that still waits: it never asks this of one"
_NO_TARGET: Final = "only a request that waits for one mitra is told that this mitra left"

OUT_OF_REACH: Final[Mapping[str, str]] = {
    "payment: pending --late_payment [in time]--> confirmed": _PENDING,
    "payment: pending --late_payment [overdue, money captured]--> failed_pairing (late_payment)": _PENDING,
    "payment: pending --late_payment [overdue, no money]--> expired": _PENDING,
    "pairing: pending --target_unavailable [overdue, general]--> expired (no_mitra_available)": _NO_TARGET,
    "presence: online --heartbeat [always]--> online": "heartbeats are written in batches, beside the table",
    "reason wrong_target": "the use case refuses another target before the table is asked",
}
"""Rows and reasons that nobody can meet here, and why."""

_UNHEARD: Final = "[overdue, auto_approve, out of reach]--> timeout (extension_safeguard_tripped)"
_TOO_LATE: Final = "[overdue, returning]--> auto_rejected (targeted_mitra_timeout)"
RARE: Final[frozenset[str]] = frozenset(
    {
        "payment: pending --confirm [overdue, money captured]--> failed_pairing (late_payment)",
        "payment: confirmed --fail [overdue]--> failed_pairing (payment_session_expired)",
        f"pairing: pending --accept {_TOO_LATE}",
        f"pairing: pending --decline {_TOO_LATE}",
        f"pairing: pending --cancel {_TOO_LATE}",
        f"pairing: pending --target_unavailable {_TOO_LATE}",
        "extension: pending --accept [overdue, auto_approve, reachable]--> accepted",
        f"extension: pending --accept {_UNHEARD}",
        "extension: pending --accept [overdue, auto_reject]--> timeout (extension_rejected)",
        "extension: pending --reject [overdue, auto_approve, reachable]--> accepted",
        f"extension: pending --reject {_UNHEARD}",
        "extension: pending --reject [overdue, auto_reject]--> timeout (extension_rejected)",
        "reason discount_not_allowed",
    }
)
"""Met too seldom for a run of a minute; the long run must meet them."""

LONG: Final = 500_000
"""Steps from which on the rare ones are asked for too."""


def wanted() -> Iterator[str]:
    """Yield all that is to be met."""
    every = (*edges(), *MET, *(f"reason {reason}" for reason in Reason))
    return (one for one in every if one not in OUT_OF_REACH)


def missing(met: Counter[str], steps: int) -> tuple[str, ...]:
    """Return what was not met in so many steps, and should have been."""
    asked = (one for one in wanted() if steps >= LONG or one not in RARE)
    return tuple(one for one in asked if not met[one])


__all__ = ["LONG", "OUT_OF_REACH", "RARE", "missing", "wanted"]
