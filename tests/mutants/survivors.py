"""Why some mutants survive: what the bend would change is so already, or cannot come about."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NO_FALLBACK: Final = "it is false already: only a failure that these rows do not make opens a fallback"
_NO_WAVES: Final = "a returning request has no waves, so none is planned"
_NOT_PAUSED: Final = "only a paused chat keeps a rest, so there is none"
_NOT_CLOSING: Final = "only a closing chat has an end of its grace, so there is none"
_ALWAYS_ITS_OWN: Final = "a second guard: store and worlds fill the slot with that very aggregate anyway"

_FAILED: Final = "-> failed_pairing"
_OFFLINE: Final = "returning, gone or full at the start"

WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{
            f"payment: fallback_open is not set: {where} {_FAILED} ({event})": _NO_FALLBACK
            for where, event in (
                ("pending / confirm if overdue, money captured", "payment_paid_late"),
                ("pending / late_payment if overdue, money captured", "payment_paid_late"),
                ("confirmed / hold if overdue", "payment_lapsed"),
                ("confirmed / fail if overdue", "payment_lapsed"),
                ("confirmed / tick if overdue", "payment_lapsed"),
                ("expired / late_payment", "payment_paid_late"),
                ("abandoned / late_payment", "payment_paid_late"),
            )
        },
        **{
            f"pairing: next_wave_at is not set: pending / {where} (pairing_failed)": _NO_WAVES
            for where in (
                "time_up if overdue, returning -> auto_rejected",
                "accept if overdue, returning -> auto_rejected",
                "decline if overdue, returning -> auto_rejected",
                "cancel if overdue, returning -> auto_rejected",
                "target_unavailable if overdue, returning -> auto_rejected",
                "decline if in time, offered, returning -> rejected",
                f"target_unavailable if in time, {_OFFLINE} -> auto_rejected",
            )
        },
        **{
            f"chat: remaining is not set: {where}": _NOT_PAUSED
            for where in (
                "active / time_up if overdue -> closing (session_closing)",
                "closing / time_up if grace over -> ended (session_ended)",
                "active / end if by customer or operator -> ended (session_ended)",
                "closing / end -> ended (session_ended)",
            )
        },
        **{
            f"chat: closing_until is not set: {where}": _NOT_CLOSING
            for where in (
                "active / request_extension -> extending (session_paused)",
                "active / end if by customer or operator -> ended (session_ended)",
                "extending / end if by customer or operator -> ended (session_ended)",
            )
        },
        **{
            f"reactions: whatever lies in the slot: {event} commands {command}": _ALWAYS_ITS_OWN
            for event, command in (
                ("pairing_failed", "fail_payment"),
                ("extension_refused", "fail_payment"),
                ("extension_refused", "resume_chat"),
                ("extension_cancelled", "fail_payment"),
            )
        },
    }
)
"""From a mutant's name to the reason."""
