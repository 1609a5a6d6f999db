"""Sets of mitra ids as PostgreSQL sends them: kept packed, looked into without unpacking.

A blast to a thousand mitras is one array of a thousand ids. An accept asks of it whether *one* id is inside;
building a thousand UUID objects for that would make it three hundred times dearer than an accept among three.
The bytes are the binary form of `uuid[]`: a header of 20, then per id a length of 4 (always 16) and the id.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import ClassVar, Final, TypeVar, final
from uuid import UUID

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.pq import Format

_T = TypeVar("_T")

UUID_OID: Final = 2950
UUID_ARRAY_OID: Final = 2951
_HEADER: Final = struct.Struct(">iiiii")  # dimensions, has nulls, element type, length, lower bound
_EMPTY: Final = struct.pack(">iii", 0, 0, UUID_OID)
_SIZE: Final = b"\x00\x00\x00\x10"
_STRIDE: Final = 20


@final
class PackedIds(AbstractSet[UUID]):
    """An immutable set of ids in `uuid[]`'s binary form; equal to any other set of the same ids."""

    __slots__ = ("data",)

    def __init__(self, data: bytes = _EMPTY) -> None:
        self.data = data

    @classmethod
    def of(cls, ids: Iterable[UUID]) -> PackedIds:
        """Pack ids; one that is packed already stays as it is."""
        if isinstance(ids, PackedIds):
            return ids
        distinct = list(dict.fromkeys(ids))
        if not distinct:
            return cls()
        header = _HEADER.pack(1, 0, UUID_OID, len(distinct), 1)
        return cls(header + b"".join(_SIZE + one.bytes for one in distinct))

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, UUID):
            return False
        wanted = _SIZE + item.bytes
        found = self.data.find(wanted, _STRIDE)
        while found >= 0:
            # The header is as long as an element: elements begin at multiples, a match elsewhere is chance.
            if found % _STRIDE == 0:
                return True
            found = self.data.find(wanted, found + 1)
        return False

    def __iter__(self) -> Iterator[UUID]:
        return (UUID(bytes=one) for one in self.in_bytes())

    def in_bytes(self) -> list[bytes]:
        """Return the 16 bytes of each id, without making an id of them."""
        return [self.data[at : at + 16] for at in range(_STRIDE + 4, len(self.data), _STRIDE)]

    def __len__(self) -> int:
        return max(0, len(self.data) // _STRIDE - 1)

    def __hash__(self) -> int:
        return self._hash()

    def __repr__(self) -> str:
        return f"<{len(self)} packed ids>"

    @classmethod
    def _from_iterable(cls, it: Iterable[_T]) -> AbstractSet[_T]:
        """What `&`, `|`, `-` and `^` make is an ordinary set."""
        return frozenset(it)


class _PackedLoader(Loader):
    """Keeps the bytes of an `uuid[]`."""

    format = Format.BINARY

    def load(self, data: Buffer) -> PackedIds:
        return PackedIds(bytes(data))


class _PackedDumper(Dumper):
    """Sends them back as they came."""

    format = Format.BINARY
    oid: ClassVar[int] = UUID_ARRAY_OID  # type: ignore[misc] # psycopg's own dumpers do the same

    def dump(self, obj: PackedIds) -> Buffer:
        return obj.data


def adapters() -> AdaptersMap:
    """Return psycopg's adapters, taught to send and to read `uuid[]` packed."""
    taught = AdaptersMap(psycopg.adapters)
    taught.register_dumper(PackedIds, _PackedDumper)
    taught.register_loader(UUID_ARRAY_OID, _PackedLoader)
    return taught


__all__ = ["PackedIds", "adapters"]
