"""Keys: long enough, few enough, never twice, never printed."""

import pytest

from halobestie_adapters.identity.keys import BadKeys, KeyRing, framed, keyed_hash

A, B = b"a" * 32, b"b" * 40


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "a" * 31,
        f"{'a' * 32},{'b' * 31}",
        f"{'a' * 32},{'a' * 32}",
        ",".join("abc"[i] * 32 for i in range(3)),
    ],
)
def test_unfit_keys_are_refused_without_being_named(text: str) -> None:
    """None, short, repeated or three: an error that a log may hold."""
    with pytest.raises(BadKeys) as refused:
        KeyRing.parse(text)
    assert "aaaa" not in str(refused.value)


def test_keys_are_listed_with_commas() -> None:
    """The first makes what is new, all recognise."""
    ring = KeyRing.parse(f" {A.decode()} , {B.decode()}")
    assert ring.first == A
    assert ring.all == (A, B)


def test_a_ring_never_prints_its_keys() -> None:
    """Neither as text nor as a repr."""
    assert f"{KeyRing([A, B])!r} {KeyRing([A, B])}" == "<KeyRing of 2> <KeyRing of 2>"


def test_a_shared_key_is_seen() -> None:
    """So that the wiring can refuse one secret for two listeners."""
    assert KeyRing([A]).shares_a_key_with(KeyRing([B, A]))
    assert not KeyRing([A]).shares_a_key_with(KeyRing([B]))


def test_derived_keys_differ_by_purpose() -> None:
    """And are long enough themselves, in the same order."""
    ring = KeyRing([A, B])
    one, two = ring.derived("one"), ring.derived("two")
    assert not one.shares_a_key_with(two)
    assert not one.shares_a_key_with(ring)
    assert one.all == (KeyRing([A]).derived("one").first, KeyRing([B]).derived("one").first)


def test_a_hash_is_recognised_by_any_key_in_force() -> None:
    """Also by the second, and by no other."""
    assert KeyRing([A, B]).matches(b"m", keyed_hash(B, b"m"))
    assert not KeyRing([A]).matches(b"m", keyed_hash(B, b"m"))
    assert not KeyRing([A]).matches(b"n", keyed_hash(A, b"m"))


def test_framed_parts_cannot_pass_for_others() -> None:
    """Where one part ends and the next begins is part of the message."""
    assert framed(b"ab", b"c") != framed(b"a", b"bc") != framed(b"abc")
