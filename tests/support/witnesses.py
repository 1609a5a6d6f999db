"""One plausible snapshot of each aggregate and one of each command, to be changed by who needs another."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from attrs import evolve

from halobestie_core import chat, extension, pairing, payment, presence
from halobestie_core.causes import Cause
from halobestie_core.machine import Machine
from halobestie_core.words import Mode, Party, Provider, RequestKind, TimeoutPolicy, TopicSensitivity

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)

MACHINES: tuple[Machine[Any], ...] = (
    payment.PAYMENT,
    pairing.PAIRING,
    chat.CHAT,
    extension.EXTENSION,
    presence.PRESENCE,
)


def an_id(number: int) -> UUID:
    """Return an id that is easy to tell apart from others in a failing test."""
    return UUID(int=number)


CUSTOMER, MITRA, OTHER_MITRA, HOLDER = (an_id(n) for n in (1, 2, 3, 4))


def seconds(number: float) -> timedelta:
    """Return so many seconds."""
    return timedelta(seconds=number)


def minutes(number: float) -> timedelta:
    """Return so many minutes."""
    return timedelta(minutes=number)


def a_payment(**changes: Any) -> payment.PaymentSession:  # noqa: ANN401 - any field
    """Return a pending payment of twelve minutes that expires in ten."""
    command = payment.Create(
        id=an_id(10),
        customer_id=CUSTOMER,
        amount=25_000,
        mode=Mode.CHAT,
        duration_minutes=12,
        is_extension=False,
        is_first_session_discount=False,
        timeout_minutes=10,
        provider=Provider.DEVELOPMENT,
    )
    return evolve(payment.PAYMENT.open(command, NOW).after, **changes)


def a_request(*offered: UUID, **changes: Any) -> pairing.PairingRequest:  # noqa: ANN401 - any field
    """Return a general request of sixty seconds, shown at once to those offered."""
    command = pairing.Open(
        id=an_id(20),
        customer_id=CUSTOMER,
        payment_session_id=an_id(10),
        kind=RequestKind.GENERAL,
        mode=Mode.CHAT,
        duration_minutes=12,
        topic_sensitivity=TopicSensitivity.NORMAL,
        timeout_seconds=60,
        mitra_ids=frozenset(offered),
    )
    return evolve(pairing.PAIRING.open(command, NOW).after, **changes)


def a_chat(**changes: Any) -> chat.ChatSession:  # noqa: ANN401 - any field
    """Return an active chat of twelve minutes that began now."""
    command = chat.Start(
        id=an_id(30),
        customer_id=CUSTOMER,
        mitra_id=MITRA,
        payment_session_id=an_id(10),
        pairing_request_id=an_id(20),
        mode=Mode.CHAT,
        topic_sensitivity=TopicSensitivity.NORMAL,
        duration_minutes=12,
    )
    return evolve(chat.CHAT.open(command, NOW).after, **changes)


def an_extension(**changes: Any) -> extension.Extension:  # noqa: ANN401 - any field
    """Return an extension of five minutes that waits ten seconds for its answer."""
    command = extension.Ask(
        id=an_id(40),
        session_id=an_id(30),
        payment_session_id=an_id(11),
        duration_minutes=5,
        price=10_000,
        timeout_seconds=10,
    )
    return evolve(extension.EXTENSION.open(command, NOW).after, **changes)


def a_mitra(**changes: Any) -> presence.MitraPresence:  # noqa: ANN401 - any field
    """Return a mitra who is offline."""
    return evolve(presence.PRESENCE.open(presence.Register(MITRA), NOW).after, **changes)


_SILENCE: dict[str, Any] = {
    "policy": TimeoutPolicy.AUTO_APPROVE,
    "ws_connected": True,
    "online": True,
    "grace_seconds": 60,
}

COMMANDS: dict[str, tuple[object, ...]] = {
    "payment": (
        payment.Confirm(captured=True, timeout_minutes=10),
        payment.LatePayment(timeout_minutes=10),
        payment.Abandon(),
        payment.Tick(),
        payment.Hold(by=HOLDER, for_extension=False),
        payment.Consume(),
        payment.Fail(Cause.NO_MITRA_AVAILABLE),
        payment.FallBack(by=HOLDER, actioned=False),
        payment.ForfeitFallback(),
    ),
    "pairing": (
        pairing.TimeUp(),
        pairing.Accept(MITRA, session_id=an_id(30), online=True, live_chats=0, cap=3),
        pairing.Decline(MITRA, eligible_left=False),
        pairing.Cancel(),
        pairing.TargetUnavailable(gone=True, at_capacity=False, at_start=False, detail="offline"),
        pairing.Offer(frozenset({MITRA})),
        pairing.NextWave(frozenset({MITRA})),
        pairing.Withdraw(MITRA, gone=True),
    ),
    "chat": (
        chat.RequestExtension(),
        chat.ExtensionAccepted(minutes=5),
        chat.ExtensionRefused(grace_seconds=60),
        chat.TimeUp(grace_seconds=60),
        chat.End(by=Party.CUSTOMER),
    ),
    "extension": (
        extension.TimeUp(**_SILENCE),
        extension.Accept(**_SILENCE),
        extension.Reject(**_SILENCE),
        extension.Cancel(Cause.OPERATOR_ENDED),
    ),
    "presence": (
        presence.GoOnline(),
        presence.Heartbeat(NOW),
        presence.GoOffline(),
        presence.Stale(require_ping=True, stale_after_seconds=60),
        presence.Block(),
        presence.Unblock(),
    ),
}

_SNAPSHOTS: dict[str, Callable[..., Any]] = {
    "payment": a_payment,
    "pairing": a_request,
    "chat": a_chat,
    "extension": an_extension,
    "presence": a_mitra,
}


def a_snapshot(machine: Machine[Any], state: StrEnum) -> Any:  # noqa: ANN401 - of that machine's class
    """Return a snapshot in this state; its other fields are those of the initial one."""
    return _SNAPSHOTS[machine.name](status=state)


def a_command(machine: Machine[Any], kind: type) -> object:
    """Return the witness of this kind of command."""
    return next(command for command in COMMANDS[machine.name] if type(command) is kind)
