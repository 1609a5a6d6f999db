"""The JSON form of outbox frames, as the outbox keeps them and as instances send them to each other.

It does not know who reads or carries it; the stores share it because they may not know one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from halobestie_core.flow.effects import Audience, Push, PushType, ToCustomer, ToMitra, ToOffered
from halobestie_core.ports.notify import OutboxFrame, Whisper, WhisperKind
from halobestie_core.ports.presence import User
from halobestie_core.words import UserType


def audience(data: Mapping[str, Any]) -> Audience:
    """Whom a row names: `{"customer": id}`, `{"mitra": id}`, or `{"request": id, "wave": n, "but": id}`."""
    if "customer" in data:
        return ToCustomer(UUID(data["customer"]))
    if "mitra" in data:
        return ToMitra(UUID(data["mitra"]))
    but = data.get("but")
    return ToOffered(UUID(data["request"]), data.get("wave"), None if but is None else UUID(but))


def named(audience: Audience) -> dict[str, object]:
    """What `audience` reads."""
    match audience:
        case ToCustomer(customer_id=person):
            return {"customer": person}
        case ToMitra(mitra_id=person):
            return {"mitra": person}
        case ToOffered(request_id=request, wave=wave, but=but):
            return {"request": request, "wave": wave, "but": but}


def frame(
    number: int, stream: str, whom: Mapping[str, Any], payload: Mapping[str, str], at: datetime
) -> OutboxFrame:
    """A row of the outbox as the frame it will be."""
    ids = {name: value for name, value in payload.items() if name != "frame"}
    return OutboxFrame(number, stream, audience(whom), payload["frame"], ids, at)


def pushed(whom: Mapping[str, Any], payload: Mapping[str, Any]) -> Push:
    """A row of the outbox as the push it will be."""
    ids = {name: value for name, value in payload.items() if name not in ("type", "until")}
    until = None if payload["until"] is None else datetime.fromisoformat(payload["until"])
    return Push(audience(whom), PushType(payload["type"]), ids, until)


def packed(frames: Sequence[OutboxFrame]) -> bytes:
    """Frames on their way to another instance."""
    return orjson.dumps(
        [[one.id, one.stream, named(one.audience), {"frame": one.frame, **one.ids}, one.at] for one in frames]
    )


def unpacked(data: bytes) -> list[OutboxFrame]:
    """What `packed` made. Raises ValueError (KeyError, TypeError) for what it did not."""
    return [
        frame(number, stream, whom, payload, datetime.fromisoformat(at))
        for number, stream, whom, payload, at in orjson.loads(data)
    ]


def whispered(whispers: Sequence[Whisper]) -> bytes:
    """Whispers on their way to another instance."""
    return orjson.dumps(
        [
            [
                one.kind,
                one.by.type,
                one.by.id,
                one.to.type,
                one.to.id,
                one.session_id,
                one.seq,
                one.state,
                one.ask,
            ]
            for one in whispers
        ]
    )


def heard(data: bytes) -> list[Whisper]:
    """What `whispered` made. Raises ValueError (KeyError, TypeError) for what it did not."""
    return [
        Whisper(
            kind=WhisperKind(kind),
            by=User(UserType(by_type), UUID(by_id)),
            to=User(UserType(to_type), UUID(to_id)),
            session_id=UUID(session_id),
            seq=int(seq),
            state=str(state),
            ask=bool(ask),
        )
        for kind, by_type, by_id, to_type, to_id, session_id, seq, state, ask in orjson.loads(data)
    ]
