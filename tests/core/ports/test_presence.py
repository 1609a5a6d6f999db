"""The picture of who is eligible."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from halobestie_core.ports.presence import Picture

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@given(st.sets(st.uuids()), st.uuids())
def test_a_picture_is_a_set(ids: set[UUID], other: UUID) -> None:
    """It holds exactly the ids that it was drawn from, whatever they are."""
    picture = Picture(NOW, b"".join(sorted(one.bytes for one in ids)))
    assert len(picture) == len(ids)
    assert all(one in picture for one in ids)
    assert (other in picture) == (other in ids)
