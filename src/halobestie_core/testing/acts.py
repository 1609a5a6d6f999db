"""Acts: everything that may happen in a world, as data that prints as a story. Draws nothing by itself.

An act names a verb of the world or of its clock; `fitting` says which acts make sense at this moment, so
that a drawn life goes somewhere, and `every` lists all of them, so that it also meets what nobody should
do.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import evolve, field, frozen

from halobestie_core import presence
from halobestie_core.payment import PaymentStatus
from halobestie_core.testing import clock
from halobestie_core.testing.world import TIERS, World
from halobestie_core.words import OperatorAction, Party, TimeoutPolicy

_SHORT: Final = 7
_OF_PAYMENTS: Final = (
    "pay",
    "confirm",
    "abandon",
    "cancel",
    "search",
    "search_again",
    "fall_back",
    "ask_extension",
)
_OF_MITRAS: Final = ("go_online", "go_offline", "heartbeat", "sweep", "block", "unblock", "drop_socket")


@frozen
class Act:
    """One thing that happens: a verb with its arguments."""

    verb: str
    arguments: dict[str, Any] = field(factory=dict)

    def __call__(self, world: World) -> None:
        """Let it happen, and be told."""
        world.story.append(str(self))
        verb = _OTHER_VERBS.get(self.verb) or getattr(World, self.verb)
        verb(world, **self.arguments)

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.verb}({said})"


def every(world: World) -> tuple[Act, ...]:
    """Return all that may happen, sensible or not, with every subject that there is."""
    return tuple(_every(world))


def fitting(world: World) -> tuple[Act, ...]:
    """Return what makes sense at this moment (time apart); never empty."""
    return tuple(_fitting(world)) or (Act("create", {"minutes": 12}),)


def passing(world: World) -> tuple[Act, ...]:
    """Return the ways in which time may pass: a little, up to any deadline, with the clock or without."""
    return tuple(_time(world))


def _every(world: World) -> Iterator[Act]:
    yield from _every_of_money(world)
    yield from _every_of_mitras(world)
    for extension_id in world.extensions:
        yield Act("answer", {"accepted": True, "extension_id": extension_id})
        yield Act("answer", {"accepted": False, "extension_id": extension_id})
    if world.chats:
        yield from (Act("end", {"by": party}) for party in Party)
    yield from (Act("wake", {"item": item}) for item in clock.waiting(world))
    yield from (Act("set_policy", {"policy": policy}) for policy in TimeoutPolicy)
    yield from (Act("set_cap", {"cap": cap}) for cap in (1, 3))
    yield from _time(world)


def _every_of_money(world: World) -> Iterator[Act]:
    for tier in TIERS:
        yield Act("create", {"minutes": tier.minutes})
        yield Act("create", {"minutes": tier.minutes, "for_extension": True})
    for payment_id in world.payments:
        paid = {"payment_id": payment_id}
        yield from (Act(verb, paid) for verb in _OF_PAYMENTS)
        yield Act("pay", {**paid, "invoice_id": f"second invoice of {payment_id}"})
        yield Act("pay", {**paid, "invoice_id": f"odd invoice of {payment_id}", "amount": 1})
        yield Act("pay", {**paid, "invoice_id": f"foreign invoice of {payment_id}", "currency": "USD"})
    yield Act("pay_nobody", {})
    for row in world.books.failures:
        yield from (Act("act", {"action": action, "failure_id": row.id}) for action in OperatorAction)


def _every_of_mitras(world: World) -> Iterator[Act]:
    for mitra_id in world.mitras:
        mitra = {"mitra_id": mitra_id}
        yield Act("create", {"target": mitra_id})
        yield from (Act(verb, mitra) for verb in _OF_MITRAS)
        yield from (Act("keep_busy", {**mitra, "chats": chats}) for chats in (0, 3))
        for request_id in world.requests:
            yield Act("accept", {**mitra, "request_id": request_id})
            yield Act("decline", {**mitra, "request_id": request_id})
        if world.requests:
            yield from (Act(verb, mitra) for verb in ("offer_one", "withdraw", "target_unavailable"))


def _time(world: World) -> Iterator[Act]:
    yield Act("pass_time", {"seconds": _SHORT})
    yield Act("deliver")
    yield Act("run_clock")
    for item in clock.waiting(world):
        yield Act("pass_time_until", {"item": item})


def _fitting(world: World) -> Iterator[Act]:
    yield from _about_money(world)
    yield from _about_search(world)
    yield from _about_chat(world)


def _about_money(world: World) -> Iterator[Act]:
    paid, now = world.payment, world.evening()
    if paid is None or not paid.is_open:
        yield Act("create", {"minutes": 12})
        yield from (Act("create", {"minutes": 5, "target": mitra_id}) for mitra_id in world.mitras)
    elif paid.status is PaymentStatus.PENDING:
        yield Act("pay")
        yield Act("confirm")
    elif paid.status is PaymentStatus.CONFIRMED and paid.held_by is None and now.live_chat is None:
        yield Act("search")
        yield Act("search_again")
    elif paid.fallback_open:
        yield Act("fall_back")


def _about_search(world: World) -> Iterator[Act]:
    request = world.evening().open_request
    if request is None:
        return
    for mitra_id in world.mitras:
        yield Act("accept", {"mitra_id": mitra_id})
        yield Act("decline", {"mitra_id": mitra_id})
        yield Act("go_offline", {"mitra_id": mitra_id})
        yield Act("go_online", {"mitra_id": mitra_id})
    yield Act("cancel")


def _about_chat(world: World) -> Iterator[Act]:
    live, asked, paid = world.evening().live_chat, world.evening().pending_extension, world.extension_payment
    if live is None:
        return
    yield from (Act("end", {"by": party}) for party in Party)
    if asked is not None:
        yield Act("answer", {"accepted": True})
        yield Act("answer", {"accepted": False})
        yield Act("drop_socket", {"mitra_id": live.mitra_id})
    elif paid is None or not paid.is_open:
        yield Act("create", {"minutes": 5, "for_extension": True})
    elif paid.status is PaymentStatus.PENDING:
        yield Act("pay", {"payment_id": paid.id})
    else:
        yield Act("ask_extension", {"payment_id": paid.id})


# -- verbs beyond the world's own --------------------------------------------------------------------------


def _go_offline(world: World, mitra_id: Any) -> None:  # noqa: ANN401 - an id, as in all of these
    world.of_mitra(mitra_id, presence.GoOffline())


def _block(world: World, mitra_id: Any) -> None:  # noqa: ANN401
    world.of_mitra(mitra_id, presence.Block())


def _unblock(world: World, mitra_id: Any) -> None:  # noqa: ANN401
    world.of_mitra(mitra_id, presence.Unblock())


def _drop_socket(world: World, mitra_id: Any) -> None:  # noqa: ANN401
    world.sockets.discard(mitra_id)


def _keep_busy(world: World, mitra_id: Any, chats: int) -> None:  # noqa: ANN401
    world.busy[mitra_id] = chats


def _offer_one(world: World, mitra_id: Any) -> None:  # noqa: ANN401
    world.offer(mitra_id)


def _set_policy(world: World, policy: TimeoutPolicy) -> None:
    world.settings = evolve(world.settings, extension_default_action_on_timeout=policy)


def _set_cap(world: World, cap: int) -> None:
    world.settings = evolve(world.settings, max_customers_per_mitra=cap)


def _pass_time_until(world: World, item: clock.Waiting) -> None:
    world.now = max(world.now, item.wake_at + timedelta(microseconds=1))


_OTHER_VERBS: Final[Mapping[str, Callable[..., object]]] = {
    "go_offline": _go_offline,
    "block": _block,
    "unblock": _unblock,
    "drop_socket": _drop_socket,
    "keep_busy": _keep_busy,
    "offer_one": _offer_one,
    "set_policy": _set_policy,
    "set_cap": _set_cap,
    "pass_time": clock.pass_time,
    "pass_time_until": _pass_time_until,
    "deliver": clock.deliver,
    "run_clock": clock.run_clock,
    "wake": clock.wake,
}
