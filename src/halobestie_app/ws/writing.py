"""Writes frames that are not of the outbox: answers to one socket, passing news. Knows no socket."""

from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from halobestie_core.wire import to_wire


def frame_text(kind: str, members: Mapping[str, object] | None = None) -> str:
    """Return a frame's text; it says when it was written, unless ``members`` say an ``at`` of their own."""
    frame = {"type": kind, "at": datetime.now(UTC), **(members or {})}
    return orjson.dumps(to_wire(frame)).decode()


__all__ = ["frame_text"]
