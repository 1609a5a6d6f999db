"""Refresh tokens: unguessable, recognised for ever, each with one successor."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.identity.refresh import SealedRefreshTokens
from halobestie_core.ports.identity import InvalidToken

SESSION = UUID(int=7 << 90)
OLD, NEW = b"o" * 32, b"n" * 32


def maker(*keys: bytes) -> SealedRefreshTokens:
    """A maker with these keys."""
    return SealedRefreshTokens(KeyRing(keys or (OLD,)))


def test_first_tokens_never_repeat() -> None:
    """256 bits of chance, in a family's first token."""
    assert len({maker().first(SESSION) for _ in range(1000)}) == 1000


def test_a_token_knows_its_family_and_generation() -> None:
    """Also after many rotations."""
    token = maker().first(SESSION)
    for generation in range(20):
        presented = maker().read(token)
        assert (presented.session_id, presented.generation) == (SESSION, generation)
        token = maker().successors(presented)[0]


def test_a_token_has_one_successor_everywhere() -> None:
    """Two instances derive the same one, and it is not guessed from the token without the key."""
    presented = maker().read(maker().first(SESSION))
    assert maker().successors(presented) == maker().successors(presented)
    assert maker(NEW).successors(presented) != maker().successors(presented)


def test_keys_are_turned_over_without_a_log_out() -> None:
    """Old tokens are recognised, and a successor by the other key can be found."""
    token = maker(OLD).first(SESSION)
    stored = maker(OLD).hashed(token)
    both = maker(NEW, OLD)
    assert both.matches(token, stored)
    by_new, by_old = both.successors(both.read(token))
    assert maker(OLD).successors(maker(OLD).read(token)) == (by_old,)
    assert maker(NEW).read(by_new).generation == 1
    with pytest.raises(InvalidToken):
        maker(NEW).read(token)


def test_the_stored_hash_is_not_the_token() -> None:
    """Who reads the table can neither present nor follow a token."""
    token = maker().first(SESSION)
    assert len(maker().hashed(token)) == 32
    assert maker(NEW).hashed(token) != maker().hashed(token)
    assert not maker().matches(token, maker(NEW).hashed(token))


@given(st.data())
def test_no_mutation_is_recognised(data: st.DataObject) -> None:
    """Any other spelling is another token, and no token of ours."""
    token = maker().first(SESSION)
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_=+/. \n\0é"))
    after = token[:at] + letter + token[at + data.draw(st.integers(0, 1)) :]
    if after != token:
        with pytest.raises(InvalidToken):
            maker().read(after)


@pytest.mark.parametrize("text", ["", "x", "A" * 112, "A" * 111, "é" * 112, "A" * 1_000_000])
def test_what_is_not_ours_costs_no_query(text: str) -> None:
    """It is refused before any store is asked."""
    with pytest.raises(InvalidToken):
        maker().read(text)


def test_a_presented_token_does_not_print_itself() -> None:
    """A traceback with its variables gives nothing away."""
    token = maker().first(SESSION)
    assert token not in repr(maker().read(token))
