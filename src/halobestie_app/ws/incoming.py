"""The frames a client may send, each with its exact members. Knows no socket and what follows no frame."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias
from uuid import UUID

import orjson
from attrs import field, fields, frozen, validators

from halobestie_core.wire import WireError, from_wire

LARGEST: Final = 16 * 1024
"""Bytes of a frame."""
LONGEST_TEXT: Final = 4000
"""Characters of a message."""
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
    """Which chat is on the screen; ``None``, or nothing: none."""

    session_id: UUID | None = None


def _without_nul(_: Any, __: Any, text: str) -> None:  # noqa: ANN401  as attrs calls validators
    if "\0" in text:
        raise ValueError("must not contain a NUL character")


@frozen
class Message:
    """Something to say, under an id of the client's: sent again it is the same message."""

    session_id: UUID
    client_message_id: UUID
    text: str = field(
        repr=False,
        validator=validators.and_(validators.min_len(1), validators.max_len(LONGEST_TEXT), _without_nul),
    )


@frozen
class Typing:
    """Somebody is typing."""

    session_id: UUID


@frozen
class Read:
    """They have read up to this number."""

    session_id: UUID
    seq: int = field(validator=validators.and_(validators.ge(0), validators.le(2**63 - 1)))


Incoming: TypeAlias = Auth | Resume | Ping | Ack | Focus | Message | Typing | Read

FRAMES: Final[Mapping[str, type[Incoming]]] = {
    "auth": Auth,
    "resume": Resume,
    "ping": Ping,
    "ack": Ack,
    "focus": Focus,
    "message": Message,
    "typing": Typing,
    "read": Read,
}
"""By their ``type``."""


class Malformed(Exception):
    """Not a frame of ours; the sentence repeats nothing that was sent.

    ``message_id`` is that of a message whose id could be read, so that its sender knows which it was.
    """

    def __init__(self, sentence: str, message_id: UUID | None = None) -> None:
        super().__init__(sentence)
        self.message_id = message_id


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
        wrong_ones = {(error["path"] + ".").split(".")[1] for error in wrong.errors}
        ours = [member.name for member in fields(form) if member.name in wrong_ones]
        others = ["there are others"] if wrong_ones - set(ours) else []
        sentence = f"The members of {kind!r} are not as they should be: {', '.join([*ours, *others])}."
        raise Malformed(sentence, _message_id(data)) from None


def _message_id(data: Mapping[str, object]) -> UUID | None:
    try:
        return UUID(str(data.get("client_message_id")))
    except ValueError:
        return None
