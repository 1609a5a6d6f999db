"""Packed ids: a set like any other, that PostgreSQL sends and takes as it is."""

import itertools
import struct
from collections.abc import Set as AbstractSet
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from halobestie_adapters.audit import fingerprint_of
from halobestie_adapters.postgres.packed import PackedIds
from halobestie_adapters.postgres.queries import parse
from halobestie_adapters.postgres.trip import compiled, travel

few = st.integers(0, 6).map(lambda n: UUID(int=n << 64 | n))
sets = st.frozensets(few | st.uuids(), max_size=12)


@given(sets, sets, few | st.uuids())
def test_it_is_a_set(ids: frozenset[UUID], others: frozenset[UUID], one: UUID) -> None:
    """Membership, size, iteration, equality, hash, order and algebra are those of a frozenset."""
    packed: AbstractSet[UUID] = PackedIds.of(ids)
    more: AbstractSet[UUID] = PackedIds.of(others)
    assert packed == ids
    assert ids == packed
    assert (packed == more) == (ids == others)
    assert hash(packed) == hash(ids)
    assert len(packed) == len(ids)
    assert set(packed) == ids
    assert (one in packed) == (one in ids)
    assert bool(packed) == bool(ids)
    assert (packed <= more, packed < more) == (ids <= others, ids < others)
    assert packed & more == ids & others
    assert packed | others == ids | others
    assert packed - more == ids - others
    assert packed ^ more == ids ^ others
    assert packed.isdisjoint(more) == ids.isdisjoint(others)
    assert fingerprint_of(packed) == fingerprint_of(ids)


@given(st.lists(few, max_size=12))
def test_each_id_is_there_once(ids: list[UUID]) -> None:
    """Packing a list with repeats packs each id once; what is packed stays as it is."""
    packed = PackedIds.of(ids)
    assert sorted(packed) == sorted(set(ids))
    assert PackedIds.of(packed) is packed


def test_only_ids_are_inside() -> None:
    """Anything else is not in it, whatever its bytes."""
    one = uuid4()
    packed = PackedIds.of([one])
    assert str(one) not in packed
    assert one.bytes not in packed
    assert None not in packed
    assert repr(packed) == "<1 packed ids>"


SIZE = struct.pack(">i", 16)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.integers(1, 19))
@example(SIZE * 4, SIZE * 4, 4)
def test_a_match_across_a_boundary_is_none(left: bytes, right: bytes, shift: int) -> None:
    """Bytes that look like a size and an id, but lie across two elements, are not found."""
    packed = PackedIds.of([UUID(bytes=left), UUID(bytes=right)])
    body = packed.data[20:]
    for data in (body, packed.data):
        window = data[shift : shift + 16]
        if len(window) == 16:
            candidate = UUID(bytes=window)
            assert (candidate in packed) == (window in {left, right})


def test_the_header_is_no_element() -> None:
    """No id hides in the header, though it is as long as an element."""
    for count in (1, 16, 255, 4096):
        packed = PackedIds.of(UUID(int=n + 1) for n in range(count))
        header = packed.data[:20]
        assert UUID(bytes=header[4:]) not in packed
        assert len(packed) == count


def test_an_id_made_of_sizes_is_found() -> None:
    """An id whose bytes repeat the size is found all the same, past the false matches before it."""
    tricky = UUID(bytes=SIZE * 4)
    for ids in itertools.permutations([tricky, UUID(int=0), UUID(int=16), UUID(int=16 << 96)]):
        assert all(one in PackedIds.of(ids) for one in ids)
    assert tricky not in PackedIds.of([UUID(int=16), UUID(bytes=SIZE * 3 + b"\0\0\0\0")])


ARRAYS = compiled(
    parse(
        "arrays.sql",
        """
-- name: echo
-- Sends an array back, and unpacks it.
SELECT %(ids)s::uuid[], ARRAY(SELECT unnest(%(ids)s::uuid[]) ORDER BY 1), cardinality(%(ids)s::uuid[])
-- name: empty
-- An array with no dimension.
SELECT '{}'::uuid[]
""",
    )
)


@pytest.mark.anyio
@pytest.mark.parametrize("count", [0, 1, 3, 1000])
async def test_postgres_takes_and_sends_them(conn: AsyncConnection[TupleRow], count: int) -> None:
    """What is packed here is an array there, and comes back packed, byte for byte."""
    ids = sorted(uuid4() for _ in range(count))
    [answer] = await travel(conn, [(ARRAYS["echo"], {"ids": PackedIds.of(ids)})])
    [(echoed, unpacked, cardinality)] = answer.rows
    assert type(echoed) is PackedIds
    assert echoed.data == PackedIds.of(ids).data
    assert list(unpacked) == ids
    assert cardinality == count


@pytest.mark.anyio
async def test_an_empty_array(conn: AsyncConnection[TupleRow]) -> None:
    """An array with no elements is the empty set."""
    [answer] = await travel(conn, [(ARRAYS["empty"], {})])
    [(empty,)] = answer.rows
    assert empty == frozenset()
    assert list(empty) == []
    assert uuid4() not in empty
