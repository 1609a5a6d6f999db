"""Deadlines: when the clock must look, and with which command. Derived from snapshots, never set by hand."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from halobestie_core import chat, extension, pairing, payment
from halobestie_core.flow.evening import Evening
from halobestie_core.words import TimeoutPolicy


def wake_at(evening: Evening) -> datetime | None:
    """Return the next instant at which the clock must look at this evening, or ``None`` if nothing waits."""
    waiting = (evening.payment, evening.request, evening.chat, evening.extension, evening.extension_payment)
    return min(
        (due for item in waiting if item is not None and (due := item.wake_at) is not None), default=None
    )


def payment_clock() -> payment.Tick:
    """What the clock asks of a payment."""
    return payment.Tick()


def chat_clock(grace_seconds: int) -> chat.TimeUp:
    """What the clock asks of a chat."""
    return chat.TimeUp(grace_seconds)


def extension_clock(
    policy: TimeoutPolicy, grace_seconds: int, *, ws_connected: bool, online: bool
) -> extension.TimeUp:
    """What the clock asks of an extension, with the policy and the reachability of this moment."""
    return extension.TimeUp(
        policy=policy, ws_connected=ws_connected, online=online, grace_seconds=grace_seconds
    )


def pairing_clock(request: pairing.PairingRequest, now: datetime) -> pairing.TimeUp | pairing.NextWave | None:
    """What the clock asks of a request: its end, its next wave (mitras to be filled in), or nothing."""
    if now >= request.deadline_at:
        return pairing.TimeUp()
    due = request.next_wave_at
    return pairing.NextWave(frozenset()) if due is not None and now >= due else None


Clock = Callable[..., object]
CLOCKS: Final[dict[str, Clock]] = {
    "payment": payment_clock,
    "pairing": pairing_clock,
    "chat": chat_clock,
    "extension": extension_clock,
}
