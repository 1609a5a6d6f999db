"""Deadlines: when the clock must look, and with which command. Derived from snapshots, never set by hand."""

from collections.abc import Callable, Iterable, Iterator
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


Timed = payment.PaymentSession | pairing.PairingRequest | chat.ChatSession | extension.Extension


def waits(item: Timed) -> bool:
    """Return whether the clock must come by, judged by the state alone: `wake_at` is held to this.

    A chat that is extending does not wait: its extension does.
    """
    if isinstance(item, payment.PaymentSession):
        unused = item.status is payment.PaymentStatus.CONFIRMED and item.held_by is None
        return item.status is payment.PaymentStatus.PENDING or unused or item.fallback_open
    if isinstance(item, chat.ChatSession):
        return item.status in {chat.SessionStatus.ACTIVE, chat.SessionStatus.CLOSING}
    return item.is_open if isinstance(item, pairing.PairingRequest) else item.is_pending


def misdated(items: Iterable[Timed]) -> Iterator[str]:
    """Yield a sentence for each that waits without a ``wake_at``, or has one and waits for nothing."""
    for item in items:
        if (item.wake_at is not None) != waits(item):
            yield f"{type(item).__name__} {item.id} is {item.status}, to be looked at: {item.wake_at}"


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
