"""What a decision leaves in the outbox: one row per effect and per command for later. Only ids, never text.

It does not know where the outbox is kept; the stores share it because they may not know one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from attrs import asdict, frozen

from halobestie_core.flow.decide import Moved
from halobestie_core.flow.effects import (
    AskGateway,
    Audience,
    Effect,
    Later,
    Push,
    PushType,
    Tell,
    ToCustomer,
    ToMitra,
    ToOffered,
)
from halobestie_core.machine import snake
from halobestie_core.ports.messages import Message
from halobestie_core.words import Side


@frozen
class Outgoing:
    """One row. Those of one ``stream`` go out in their order; ``audience`` and ``payload`` are JSON."""

    kind: str
    stream: str
    audience: Mapping[str, object]
    payload: Mapping[str, object]


def outgoing(moved: Moved) -> tuple[Outgoing, ...]:
    """Return the rows of a decision: who is told, what the gateway is asked, then the commands for later."""
    return (*map(_effect, moved.effects), *map(_later, moved.later))


def _effect(effect: Effect) -> Outgoing:
    if isinstance(effect, AskGateway):
        payment_id = str(effect.payment_session_id)
        asked = {"step": effect.step.value, "payment_session_id": payment_id}
        return Outgoing("invoice", f"payment:{payment_id}", {}, asked)
    if isinstance(effect, Push):
        return _push(effect)
    stream, audience = _audience(effect.audience)
    return Outgoing("frame", stream, audience, {"frame": effect.frame, **effect.ids})


def message_rows(
    customer_id: UUID, mitra_id: UUID, session_id: UUID, message: Message
) -> tuple[Outgoing, ...]:
    """Return the rows of one chat message: a frame for both sides, and the push of who did not write it."""
    customer, mitra = ToCustomer(customer_id), ToMitra(mitra_id)
    ids = {"session_id": str(session_id), "seq": str(message.seq)}
    frames = [_effect(Tell(side, "message", ids)) for side in (customer, mitra)]
    receiver = mitra if message.sender is Side.CUSTOMER else customer
    return (*frames, message_push(receiver, session_id, message.seq))


def message_push(receiver: ToCustomer | ToMitra, session_id: UUID, seq: int) -> Outgoing:
    """Return the row for a chat message whose receiver may have no socket."""
    ids = {"session_id": str(session_id), "seq": str(seq)}
    return _push(Push(receiver, PushType.MESSAGE, ids, None))


def _push(push: Push) -> Outgoing:
    """A stream of its own beside that of the frames: pushes are found by it when a frame is acknowledged."""
    stream, audience = _audience(push.audience)
    until = None if push.until is None else push.until.isoformat()
    return Outgoing("push", f"push:{stream}", audience, {"type": push.type.value, **push.ids, "until": until})


def _audience(audience: Audience) -> tuple[str, Mapping[str, object]]:
    match audience:
        case ToCustomer(customer_id=person):
            return f"customer:{person}", {"customer": str(person)}
        case ToMitra(mitra_id=person):
            return f"mitra:{person}", {"mitra": str(person)}
        case ToOffered(request_id=request, wave=wave, but=but):
            whom = {"request": str(request), "wave": wave, "but": None if but is None else str(but)}
            return f"request:{request}", whom


def _later(later: Later) -> Outgoing:
    fields = {name: None if value is None else str(value) for name, value in asdict(later).items()}
    command = snake(type(later))
    return Outgoing("later", f"{command}:{next(iter(fields.values()))}", {}, {"command": command, **fields})


__all__ = ["Outgoing", "message_push", "message_rows", "outgoing"]
