"""The records of what is said: places that cannot be mistaken, and no text where it could be printed."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from halobestie_core.ports.cipher import CLOSING, WrappedKey, message_place
from halobestie_core.ports.messages import Message, NotTheirs
from halobestie_core.words import Side

SEQS = st.integers(min_value=1, max_value=2**63 - 1)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@given(st.tuples(st.uuids(), SEQS), st.tuples(st.uuids(), SEQS))
def test_each_message_has_a_place_of_its_own(one: tuple[UUID, int], other: tuple[UUID, int]) -> None:
    """Two messages share a place only if they are one, and no message lies where closing words do."""
    assert (message_place(*one) == message_place(*other)) == (one == other)
    assert message_place(*one) != CLOSING


def test_nothing_secret_is_printed() -> None:
    """Neither a text nor a wrapped key shows in what is printed of them."""
    message = Message(1, Side.MITRA, UUID(int=1), "aku sedih", NOW)
    key = WrappedKey(UUID(int=1), Side.CUSTOMER, "k", b"wrapped")
    assert "sedih" not in repr(message)
    assert "wrapped=" not in repr(key)


def test_a_stranger_learns_whether_there_is_such_a_chat() -> None:
    """Only what the API tells: 403 or 404."""
    assert NotTheirs(exists=True).exists
