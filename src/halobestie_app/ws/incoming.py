"""The frames a client may send, each with its exact members. Knows no socket and what follows no frame."""

from collections.abc import Mapping
from typing import Final, TypeAlias
from uuid import UUID

import orjson
from attrs import field, frozen, validators

from halobestie_core.wire import WireError, from_wire

LARGEST: Final = 16 * 1024
"""Bytes of a frame."""
_LONGEST_TOKEN: Final = 4096


@frozen
class Auth:
    """Who this is, in the first frame or again before the token expires."""

    access_token: str = field(repr=False, validator=validators.max_len(_LONGEST_TOKEN))


@frozen
class Resume:
    """How far the client is in each chat: the last ``seq`` it has."""

    chats: Mapping[UUID, int] = field(factory=dict)


@frozen
class Ping:
    """Asks whether anybody is there."""


@frozen
class Ack:
    """A frame was seen: its type, and its extension's or pairing request's id."""

    frame: str = field(validator=validators.max_len(64))
    id: UUID


@frozen
class Focus:
    """Which chat is on the screen; ``None``: none."""

    session_id: UUID | None


Incoming: TypeAlias = Auth | Resume | Ping | Ack | Focus

FRAMES: Final[Mapping[str, type[Incoming]]] = {
    "auth": Auth,
    "resume": Resume,
    "ping": Ping,
    "ack": Ack,
    "focus": Focus,
}
"""By their ``type``."""


class Malformed(Exception):
    """Not a frame of ours; the sentence repeats nothing that was sent."""


def read(text: str) -> Incoming:
    """Read one frame. Raises `Malformed`."""
    try:
        data = orjson.loads(text)
    except ValueError:
        raise Malformed("A frame is one JSON object.") from None
    if not isinstance(data, dict):
        raise Malformed("A frame is one JSON object.")
    kind = data.pop("type", None)
    form = FRAMES.get(kind) if isinstance(kind, str) else None
    if form is None:
        raise Malformed(f"The type of a frame is one of: {', '.join(FRAMES)}.")
    try:
        return from_wire(data, form)
    except WireError as wrong:
        paths = ", ".join(sorted({error["path"] for error in wrong.errors})[:5])
        raise Malformed(f"The members of {kind!r} are not as they should be: {paths}.") from None
