"""Access tokens: what we sign we read; whatever is a little different is refused."""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_adapters.identity.jwt import LEEWAY, LIFETIME, JwtTokens, key_id
from halobestie_adapters.identity.keys import KeyRing
from halobestie_core.ports.identity import Audience, Claims, InvalidToken
from halobestie_core.words import UserType
from support.forging import Forger

KEY, OTHER, FOREIGN = b"k" * 32, b"o" * 48, b"f" * 32
USER, SESSION = UUID(int=0xA << 100), UUID(int=0xB << 100)
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
FORGER = Forger(KEY, Audience.PUBLIC, UserType.CUSTOMER, USER, SESSION, int(NOW.timestamp()))


def tokens(*keys: bytes, audience: Audience = Audience.PUBLIC, now: datetime = NOW) -> JwtTokens:
    """Tokens of one audience, read at a fixed moment."""
    return JwtTokens(KeyRing(keys or (KEY,)), audience, clock=now.timestamp)


def test_what_is_signed_is_read() -> None:
    """A token says who, in which log-in, from when and until when."""
    token = tokens().issue(USER, UserType.CUSTOMER, SESSION, NOW)
    assert tokens().read(token) == Claims(USER, UserType.CUSTOMER, SESSION, NOW, NOW + LIFETIME)


def test_header_and_claims_are_the_promised_ones() -> None:
    """The token carries exactly the members that were promised to others who read it."""
    token = tokens().issue(USER, UserType.MITRA, SESSION, NOW)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": key_id(KEY)}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == FORGER.good() | {"user_type": "mitra"}


def test_the_corpus_begins_with_a_good_one() -> None:
    """The hand-made token differs from the refused ones only in what each of them changes."""
    assert tokens().read(FORGER.made()).user_id == USER
    assert tokens().read(FORGER.made(FORGER.good() | {"jti": "x"})).user_id == USER


CORPUS = FORGER.corpus()


@pytest.mark.parametrize("name", CORPUS)
def test_every_bad_token_is_refused(name: str) -> None:
    """Nothing but our own algorithm, key, members and types is accepted."""
    with pytest.raises(InvalidToken):
        tokens().read(CORPUS[name])


def test_the_corpus_is_large() -> None:
    """A slip in the generator would otherwise pass for a green run."""
    assert len(CORPUS) >= 200


@given(st.data())
def test_no_mutation_of_a_good_token_is_accepted(data: st.DataObject) -> None:
    """Any one character changed, dropped or added makes it another token."""
    token = FORGER.made()
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_.=+/ \n\0é"))
    change = data.draw(st.sampled_from(["replace", "drop", "insert"]))
    after = token[:at] + ("" if change == "drop" else letter) + token[at + (change != "insert") :]
    if after != token:
        with pytest.raises(InvalidToken):
            tokens().read(after)


def test_a_token_is_worth_nothing_on_the_other_listener() -> None:
    """Another key and another audience: each alone would do."""
    public = FORGER.made()
    assert tokens().read(public).user_id == USER
    with pytest.raises(InvalidToken):
        tokens(OTHER, audience=Audience.INTERNAL).read(public)
    with pytest.raises(InvalidToken):
        tokens(KEY, audience=Audience.INTERNAL).read(public)
    operator = tokens(OTHER, audience=Audience.INTERNAL).issue(USER, UserType.OPERATOR, SESSION, NOW)
    with pytest.raises(InvalidToken):
        tokens(KEY, OTHER).read(operator)


def test_nobody_gets_a_token_for_the_wrong_listener() -> None:
    """A mistake in a use case is an error, not a token."""
    with pytest.raises(ValueError, match="public"):
        tokens().issue(USER, UserType.OPERATOR, SESSION, NOW)
    with pytest.raises(ValueError, match="internal"):
        tokens(audience=Audience.INTERNAL).issue(USER, UserType.MITRA, SESSION, NOW)


def test_keys_are_turned_over_without_a_log_out() -> None:
    """While both are listed, both are read, and the first signs."""
    before = tokens(KEY).issue(USER, UserType.MITRA, SESSION, NOW)
    both = tokens(OTHER, KEY)
    after = both.issue(USER, UserType.MITRA, SESSION, NOW)
    assert both.read(before) == both.read(after) == tokens(OTHER).read(after)
    with pytest.raises(InvalidToken):
        tokens(OTHER).read(before)


def test_a_clock_may_be_off_by_five_seconds() -> None:
    """Within the leeway a token is good, beyond it not."""
    token = FORGER.made()
    claims = tokens().read(token)
    assert tokens(now=NOW + LIFETIME + LEEWAY - timedelta(milliseconds=1)).read(token) == claims
    assert tokens(now=NOW - LEEWAY).read(token) == claims
    with pytest.raises(InvalidToken, match="expired"):
        tokens(now=NOW + LIFETIME + LEEWAY).read(token)
    with pytest.raises(InvalidToken, match="not yet"):
        tokens(now=NOW - LEEWAY - timedelta(milliseconds=1)).read(token)


def test_the_clock_is_the_machines_own() -> None:
    """Without a clock given, now is now."""
    real = JwtTokens(KeyRing([KEY]), Audience.PUBLIC)
    token = real.issue(USER, UserType.MITRA, SESSION, datetime.fromtimestamp(time.time(), UTC))
    assert real.read(token).user_type is UserType.MITRA
    with pytest.raises(InvalidToken):
        real.read(real.issue(USER, UserType.MITRA, SESSION, NOW - timedelta(days=365)))


def test_the_key_id_tells_nothing_of_the_key() -> None:
    """It is a hash of its own, not the key's beginning nor its plain hash."""
    assert key_id(KEY) != key_id(OTHER)
    assert not hashlib.sha256(KEY).hexdigest().startswith(key_id(KEY))


def test_a_refusal_repeats_nothing_of_the_token() -> None:
    """Its reason may be logged."""
    for token in CORPUS.values():
        with pytest.raises(InvalidToken) as refused:
            tokens().read(token)
        assert len(refused.value.reason) < 40
