"""What must be met, so that a simulation proves anything: rows of the tables, refusals, what is said.

What a simulation of the server cannot meet is listed here with the reason, and so is what it seldom meets.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from halobestie_app.simulation.verdicts import refusals
from halobestie_app.simulation.watch import edges
from halobestie_app.simulation.words import MET
from halobestie_core.reasons import Reason

_PENDING: Final = "the composition confirms money for a payment that still waits: it never asks this of one"
_NO_TARGET: Final = "only a request that waits for one mitra is told that this mitra left"
_CONSUMED: Final = "the composition consumes a payment when its request or extension is accepted, never else"
_OPEN: Final = "the composition cancels open requests alone; on a closed one its payment answers"
_SESSION: Final = "the use case answers for a chat that has ended or waits, before the core is asked"
_HALF: Final = "half of an answer to an extension, which only a chat has that is extending"

OUT_OF_REACH: Final[Mapping[str, str]] = {
    "payment: pending --late_payment [in time]--> confirmed": _PENDING,
    "payment: pending --late_payment [overdue, money captured]--> failed_pairing (late_payment)": _PENDING,
    "payment: pending --late_payment [overdue, no money]--> expired": _PENDING,
    "pairing: pending --target_unavailable [overdue, general]--> expired (no_mitra_available)": _NO_TARGET,
    "presence: online --heartbeat [always]--> online": "heartbeats are written in batches, beside the table",
    "reason wrong_target": "the use case refuses another target before the table is asked",
    **{
        f"payment: {state} --consume--> refused": _CONSUMED
        for state in ("pending", "confirmed", "consumed", "failed_pairing", "abandoned", "expired")
    },
    **{
        f"pairing: {state} --cancel--> refused": _OPEN
        for state in ("accepted", "rejected", "auto_rejected", "expired")
    },
    **{f"chat: {state} --request_extension--> refused": _SESSION for state in ("extending", "ended")},
    **{
        f"chat: {state} --{answer}--> refused": _HALF
        for state in ("active", "closing", "ended")
        for answer in ("extension_accepted", "extension_refused")
    },
    "presence: offline --heartbeat--> refused": "the use case asks the table itself: heartbeats take no lock",
}
"""Rows, refusals and reasons that nobody can meet here, and why."""


@frozen
class Rare:
    """Why something is met so seldom, and how often it is all the same in half a million steps."""

    because: str
    least: int = 1


_UNHEARD: Final = "[overdue, auto_approve, out of reach]--> timeout (extension_safeguard_tripped)"
_TOO_LATE: Final = "[overdue, returning]--> auto_rejected (targeted_mitra_timeout)"
_BEATEN: Final = Rare("somebody answers after the window ends and before the clock has looked")
_LEAVES: Final = Rare("a mitra leaves just when their window ends, and before the clock has looked")
_LAPSED: Final = Rare("a search is given up between the end of its payment's time and the clock's look")
_PAID: Final = Rare("a confirmation finds money between the end of its time and the clock's look", 5)
_SILLY: Final = Rare("somebody must try to prolong with a payment that was free or discounted", 5)
_ODD: Final = Rare("nothing of ours asks this of a payment or extension like that: somebody must err", 5)

RARE: Final[Mapping[str, Rare]] = {
    "payment: pending --confirm [overdue, money captured]--> failed_pairing (late_payment)": _PAID,
    "payment: confirmed --fail [overdue]--> failed_pairing (payment_session_expired)": _LAPSED,
    f"pairing: pending --accept {_TOO_LATE}": _BEATEN,
    f"pairing: pending --decline {_TOO_LATE}": _BEATEN,
    f"pairing: pending --cancel {_TOO_LATE}": _BEATEN,
    f"pairing: pending --target_unavailable {_TOO_LATE}": _LEAVES,
    "extension: pending --accept [overdue, auto_approve, reachable]--> accepted": _BEATEN,
    f"extension: pending --accept {_UNHEARD}": _BEATEN,
    "extension: pending --accept [overdue, auto_reject]--> timeout (extension_rejected)": _BEATEN,
    "extension: pending --reject [overdue, auto_approve, reachable]--> accepted": _BEATEN,
    f"extension: pending --reject {_UNHEARD}": _BEATEN,
    "extension: pending --reject [overdue, auto_reject]--> timeout (extension_rejected)": _BEATEN,
    "reason discount_not_allowed": _SILLY,
    "payment: confirmed --hold--> refused": _ODD,
    "payment: expired --hold--> refused": _ODD,
    "payment: expired --fail--> refused": _ODD,
    "payment: expired --abandon--> refused": _ODD,
    "payment: expired --fall_back--> refused": _ODD,
    "payment: consumed --fall_back--> refused": _ODD,
    "extension: timeout --accept--> refused": _ODD,
    "extension: cancelled --reject--> refused": _ODD,
}
"""Met less than six times in `SOME` steps, so that some would miss it; the long run must not."""

SELDOM: Final = frozenset(
    {
        "payment: abandoned --confirm--> refused",
        "payment: abandoned --hold--> refused",
        "payment: abandoned --fail--> refused",
        "payment: abandoned --fall_back--> refused",
        "payment: expired --confirm--> refused",
        "payment: confirmed --fall_back--> refused",
        "payment: pending --confirm [overdue, no money]--> expired",
        "pairing: pending --decline [in time, offered, returning]--> rejected (targeted_mitra_rejected)",
        "pairing: pending --decline [overdue, general]--> expired (no_mitra_available)",
        "pairing: rejected --accept--> refused",
        "pairing: rejected --decline--> refused",
        "chat: extending --end--> refused",
        "chat: extending --extension_refused [nothing remains]--> closing",
        "extension: accepted --reject--> refused",
        "extension: rejected --accept--> refused",
        "extension: cancelled --accept--> refused",
        "reason not_offered",
    }
)
"""Met six to fifteen times in `SOME` steps: once is enough."""

LONG: Final = 500_000
"""Steps from which on the rare ones are asked for too."""
SOME: Final = 20_000
"""Steps in which everything else is met,"""
FLOOR: Final = 3
"""so often at least."""


def wanted() -> Iterator[str]:
    """Yield all that is to be met."""
    every = (*edges(), *MET, *(f"reason {reason}" for reason in Reason), *refusals())
    return (one for one in every if one not in OUT_OF_REACH)


def floor(one: str, steps: int) -> int:
    """Return how often it must have been met in so many steps."""
    if one in RARE:
        return RARE[one].least * (steps // LONG)
    return max(1, (1 if one in SELDOM else FLOOR) * (steps // SOME))


def missing(met: Counter[str], steps: int) -> tuple[str, ...]:
    """Return what was met too seldom in so many steps: how often, and how often it should have been."""
    asked = ((one, floor(one, steps)) for one in wanted())
    return tuple(f"{one}: {met[one]} of {least}" for one, least in asked if met[one] < least)


__all__ = ["LONG", "OUT_OF_REACH", "RARE", "SELDOM", "SOME", "floor", "missing", "wanted"]
