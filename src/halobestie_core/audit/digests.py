"""Digests: what chains one move to the next, and what stands for a set of mitras. Knows no move."""

import hashlib
from collections.abc import Set as AbstractSet
from typing import Protocol, runtime_checkable
from uuid import UUID


@runtime_checkable
class InBytes(Protocol):
    """A set of ids that has their bytes at hand, and need not make an object of each of a thousand."""

    def in_bytes(self) -> list[bytes]:
        """Return the 16 bytes of each id."""
        ...


def fingerprint_of(ids: AbstractSet[UUID]) -> str:
    """Return what stands for a set of ids in the log, whatever their order."""
    each = ids.in_bytes() if isinstance(ids, InBytes) else [one.bytes for one in ids]
    return hashlib.sha256(b"".join(sorted(each))).hexdigest()


def chained(previous: bytes | None, body: str) -> bytes:
    """Return the hash of a row: over the hash of the aggregate's row before it (if any) and its own body."""
    return hashlib.sha256((previous or b"") + body.encode()).digest()
