"""UUIDv7s made at the edge."""

import time
from uuid import RFC_4122, UUID

from halobestie_adapters.ids import Uuid7, uuid7


def milliseconds(made: UUID) -> int:
    """The Unix time inside an id."""
    return made.int >> 80


def test_shape() -> None:
    """An id is of version 7 and the RFC's variant, and starts with the present millisecond."""
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert made.version == 7
    assert made.variant == RFC_4122
    assert before <= milliseconds(made) <= after + 1


def test_only_grows() -> None:
    """Ids made in a row are all different and sort in that row."""
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_clock_set_back() -> None:
    """A clock that is set back makes no smaller id."""
    clock = iter([1_000, 1_000, 400, 1_001])
    make = Uuid7(clock_ms=lambda: next(clock))
    made = [make() for _ in range(4)]
    assert made == sorted(set(made))
    assert [milliseconds(one) for one in made] == [1_000, 1_000, 1_000, 1_001]


def test_tail_overflows() -> None:
    """When chance has used up a millisecond, the next millisecond is borrowed."""
    make = Uuid7(clock_ms=lambda: 7, random_bits=lambda bits: (1 << bits) - 1)
    first, second = make(), make()
    assert (milliseconds(first), milliseconds(second)) == (7, 8)
    assert second.version == 7
