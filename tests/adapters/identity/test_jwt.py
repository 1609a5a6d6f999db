"""Access tokens: what we sign we read; whatever is a little different is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_adapters.identity.jwt import ISSUER, LEEWAY, LIFETIME, JwtTokens, key_id
from halobestie_adapters.identity.keys import KeyRing
from halobestie_core.ports.identity import Audience, Claims, InvalidToken
from halobestie_core.words import UserType

KEY, OTHER, FOREIGN = b"k" * 32, b"o" * 48, b"f" * 32
USER, SESSION = UUID(int=0xA << 100), UUID(int=0xB << 100)
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
UNIX = int(NOW.timestamp())


def tokens(*keys: bytes, audience: Audience = Audience.PUBLIC, now: datetime = NOW) -> JwtTokens:
    """Tokens of one audience, read at a fixed moment."""
    return JwtTokens(KeyRing(keys or (KEY,)), audience, clock=now.timestamp)


def good() -> dict[str, object]:
    """The claims of a token that is accepted."""
    return {
        "sub": str(USER),
        "user_type": "customer",
        "session_id": str(SESSION),
        "iss": ISSUER,
        "aud": "public",
        "iat": UNIX,
        "exp": UNIX + 3600,
    }


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(head: bytes, body: bytes, key: bytes = KEY, digest: str = "sha256") -> str:
    """Any two texts, correctly signed."""
    message = f"{b64(head)}.{b64(body)}"
    return f"{message}.{b64(hmac.digest(key, message.encode(), digest))}"


def made(claims: object = None, *, key: bytes = KEY, header: Mapping[str, object] | None = None) -> str:
    """Any header and claims, correctly signed."""
    head = {"alg": "HS256", "typ": "JWT", "kid": key_id(KEY), **(header or {})}
    body = good() if claims is None else claims
    return signed(json.dumps(head).encode(), json.dumps(body).encode(), key)


def test_what_is_signed_is_read() -> None:
    """A token says who, in which log-in, from when and until when."""
    token = tokens().issue(USER, UserType.CUSTOMER, SESSION, NOW)
    assert tokens().read(token) == Claims(USER, UserType.CUSTOMER, SESSION, NOW, NOW + LIFETIME)


def test_header_and_claims_are_the_promised_ones() -> None:
    """The token carries exactly the members that were promised to others who read it."""
    token = tokens().issue(USER, UserType.MITRA, SESSION, NOW)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": key_id(KEY)}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == good() | {"user_type": "mitra"}


def test_the_corpus_begins_with_a_good_one() -> None:
    """The hand-made token differs from the refused ones only in what each of them changes."""
    assert tokens().read(made()).user_id == USER
    assert tokens().read(made(good() | {"jti": "x"})).user_id == USER


def bad_tokens() -> Iterator[tuple[str, str]]:
    """Name and token, of everything that must be refused."""
    token = made()
    head, body, signature = token.split(".")
    yield "empty", ""
    yield "a word", "token"
    yield "two parts", f"{head}.{body}"
    yield "four parts", f"{token}.{signature}"
    yield "no signature", f"{head}.{body}."
    yield "a short signature", token[:-1]
    yield "a long signature", token + "A"
    yield "spare bits of the signature set", token[:-1] + _neighbour(token[-1])
    yield "padding", token + "="
    yield "a blank before", " " + token
    yield "a line feed after", token + "\n"
    yield "a foreign letter inside", f"{head}.{body[:5]}é{body[5:]}.{signature}"
    yield "oversize", made(good() | {"jti": "x" * 2000})
    yield "immense", "a" * 5_000_000
    for alg in ("none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256", "hs256"):
        yield f"alg {alg!r}", made(header={"alg": alg})
        yield f"alg {alg!r} unsigned", f"{made(header={'alg': alg}).rpartition('.')[0]}."
    for size in ("sha384", "sha512"):
        real = {"alg": size.replace("sha", "HS"), "typ": "JWT", "kid": key_id(KEY)}
        yield f"really {size}", signed(json.dumps(real).encode(), json.dumps(good()).encode(), KEY, size)
    wrong: dict[str, tuple[object, ...]] = {
        "alg": (None, 1, ["HS256"]),
        "typ": (None, "", "jwt", "at+jwt", 1),
        "kid": (None, "", 1, ["x"], {}, key_id(FOREIGN), key_id(KEY).upper(), f"../{key_id(KEY)}"),
    }
    for member, values in wrong.items():
        for value in values:
            yield f"{member} is {value!r}", made(header={member: value})
    for extra in ("crit", "b64", "jwk", "jku", "x5u", "cty", "zip"):
        yield f"header with {extra}", made(header={extra: False if extra == "b64" else [extra]})
    for gone in ("alg", "typ", "kid"):
        less = {name: value for name, value in json.loads(_text(head)).items() if name != gone}
        yield f"header without {gone}", signed(json.dumps(less).encode(), json.dumps(good()).encode())
    yield "another key under our id", made(key=FOREIGN)
    yield "another key under its own id", made(key=FOREIGN, header={"kid": key_id(FOREIGN)})
    yield "an empty key", made(key=b"")
    yield "the key id as key", made(key=key_id(KEY).encode())
    yield from _bad_claims()
    yield from _bad_texts()


def _bad_claims() -> Iterator[tuple[str, str]]:
    for gone in good():
        yield f"without {gone}", made({name: value for name, value in good().items() if name != gone})
    yield "another claim", made(good() | {"admin": True})
    yield "not before", made(good() | {"nbf": UNIX})
    wrong: dict[str, tuple[object, ...]] = {
        "sub": (
            None,
            1,
            "",
            "x",
            USER.hex,
            str(USER).upper(),
            f"{{{USER}}}",
            f"urn:uuid:{USER}",
            [str(USER)],
        ),
        "session_id": (None, 1, "", SESSION.hex, {}, [str(SESSION)]),
        "user_type": (None, 1, "", "cc_user", "admin", "CUSTOMER", ["customer"], {"customer": 1}),
        "iss": (None, "", "halobestie2", "HALOBESTIE", 1, [ISSUER]),
        "aud": (None, "", "internal", "PUBLIC", ["public"], ["public", "internal"], 1, {}),
        "iat": (None, "", str(UNIX), float(UNIX), True, -1, 1 << 60, UNIX + 3600, UNIX + 6, [UNIX]),
        "exp": (
            None,
            "",
            str(UNIX),
            float(UNIX + 60),
            True,
            -1,
            1 << 60,
            UNIX - 3600,
            UNIX,
            UNIX + 3601,
            [UNIX],
        ),
        "jti": (None, 1, []),
    }
    for claim, values in wrong.items():
        for value in values:
            yield f"{claim} is {value!r}", made(good() | {claim: value})
    yield "expired an hour ago", made(good() | {"iat": UNIX - 7200, "exp": UNIX - 3600})
    yield "expired by more than the leeway", made(good() | {"iat": UNIX - 3605, "exp": UNIX - 5})


def _bad_texts() -> Iterator[tuple[str, str]]:
    head = json.dumps({"alg": "HS256", "typ": "JWT", "kid": key_id(KEY)})
    text = json.dumps(good())
    for claim, value in good().items():
        doubled = f"{{{json.dumps(claim)}: {json.dumps(value)}, {text[1:]}"
        yield f"{claim} twice", signed(head.encode(), doubled.encode())
    yield "alg twice", signed(f'{{"alg": "none", {head[1:]}'.encode(), text.encode())
    for name, raw in {
        "a list": "[]",
        "a list of claims": f"[{text}]",
        "a string": '"x"',
        "nothing": "null",
        "no JSON": text[:-1],
        "two objects": text + text,
        "deep": "[" * 300 + "]" * 300,
        "not a number": text.replace(str(UNIX), "NaN", 1),
        "infinite": text.replace(str(UNIX + 3600), "Infinity"),
        "UTF-16": text,
    }.items():
        data = raw.encode("utf-16" if name == "UTF-16" else "utf-8")
        yield f"claims are {name}", signed(head.encode(), b"\xff" + data if name == "UTF-16" else data)
        yield f"header is {name}", signed(b"\xfe" + raw.encode(), text.encode())


def _neighbour(letter: str) -> str:
    """A base64 letter that differs in the bits that nobody reads."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(letter) ^ 1]


def _text(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


CORPUS = dict(bad_tokens())


@pytest.mark.parametrize("name", CORPUS)
def test_every_bad_token_is_refused(name: str) -> None:
    """Nothing but our own algorithm, key, members and types is accepted."""
    with pytest.raises(InvalidToken):
        tokens().read(CORPUS[name])


def test_the_corpus_is_large() -> None:
    """A slip in the generator would otherwise pass for a green run."""
    assert len(CORPUS) >= 120


@given(st.data())
def test_no_mutation_of_a_good_token_is_accepted(data: st.DataObject) -> None:
    """Any one character changed, dropped or added makes it another token."""
    token = made()
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_.=+/ \n\0é"))
    change = data.draw(st.sampled_from(["replace", "drop", "insert"]))
    after = token[:at] + ("" if change == "drop" else letter) + token[at + (change != "insert") :]
    if after != token:
        with pytest.raises(InvalidToken):
            tokens().read(after)


def test_a_token_is_worth_nothing_on_the_other_listener() -> None:
    """Another key and another audience: each alone would do."""
    public = made()
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
    token = made()
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
