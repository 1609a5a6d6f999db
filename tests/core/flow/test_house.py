"""Which changes of settings let in somebody who could not be asked before."""

import pytest
from attrs import evolve

from halobestie_core.flow.house import admits_more
from halobestie_core.settings import Settings

BASE = Settings(max_customers_per_mitra=3, mitra_require_ping=True, mitra_stale_after_seconds=45)
UNASKED = evolve(BASE, mitra_require_ping=False)


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (BASE, BASE, False),
        (BASE, evolve(BASE, max_customers_per_mitra=4), True),
        (BASE, evolve(BASE, max_customers_per_mitra=2), False),
        (BASE, UNASKED, True),
        (UNASKED, BASE, False),
        (BASE, evolve(BASE, mitra_stale_after_seconds=46), True),
        (BASE, evolve(BASE, mitra_stale_after_seconds=44), False),
        (UNASKED, evolve(UNASKED, mitra_stale_after_seconds=46), False),
        (BASE, evolve(BASE, pairing_wave_size=7), False),
    ],
)
def test_admits_more(before: Settings, after: Settings, expected: bool) -> None:
    """A higher cap, no pings any more, or more patience where pings are required; nothing else."""
    assert admits_more(before, after) is expected
