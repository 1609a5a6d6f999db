"""Chat text at rest: what is sealed opens only with its key, in its chat, for its author, in its place."""

from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from halobestie_adapters.crypto.chat import AesChatCipher, BadChatKeys
from halobestie_core.ports.cipher import CLOSING, CannotOpen, WrappedKey, message_place
from halobestie_core.words import Side

OLD, NEW = b"o" * 32, b"n" * 40
CHAT, OTHER = UUID(int=1), UUID(int=2)
PLACE = message_place(UUID(int=3), 1)
CIPHER = AesChatCipher([OLD])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def key(author: Side = Side.CUSTOMER) -> WrappedKey:
    """A data key of a chat."""
    return CIPHER.new_key(CHAT, author)


@given(TEXTS)
def test_what_is_sealed_opens(text: str) -> None:
    """Every text comes back as it was, and is not to be seen in what is kept of it."""
    mine = key()
    sealed = CIPHER.seal(mine, PLACE, text)
    assert CIPHER.open(mine, PLACE, sealed) == text
    assert len(sealed) == 1 + 12 + len(text.encode()) + 16
    if len(text.encode()) > 3:
        assert text.encode() not in sealed


def test_the_same_text_never_looks_the_same() -> None:
    """Two seals of one text, and two keys of one author, have nothing in common."""
    mine = key()
    assert CIPHER.seal(mine, PLACE, "ya") != CIPHER.seal(mine, PLACE, "ya")
    assert key().wrapped != key().wrapped


@pytest.mark.parametrize(
    "place", [message_place(UUID(int=3), 2), message_place(UUID(int=4), 1), CLOSING, b""]
)
def test_a_text_belongs_to_its_place(place: bytes) -> None:
    """A text that is moved to another number, id or purpose does not open."""
    mine = key()
    sealed = CIPHER.seal(mine, PLACE, "rahasia")
    with pytest.raises(CannotOpen):
        CIPHER.open(mine, place, sealed)


@pytest.mark.parametrize("chat, author", [(OTHER, Side.CUSTOMER), (CHAT, Side.MITRA)])
def test_a_key_belongs_to_its_chat_and_author(chat: UUID, author: Side) -> None:
    """A wrapped key that is copied to another chat or author opens nothing, and seals nothing either."""
    mine = key()
    sealed = CIPHER.seal(mine, PLACE, "rahasia")
    stolen = evolve(mine, session_id=chat, author=author)
    with pytest.raises(CannotOpen):
        CIPHER.open(stolen, PLACE, sealed)
    with pytest.raises(CannotOpen):
        CIPHER.seal(stolen, PLACE, "rahasia")


def test_somebody_elses_key_opens_nothing() -> None:
    """Each author has a key of their own, also in the same chat."""
    sealed = CIPHER.seal(key(), PLACE, "rahasia")
    for other in (key(), key(Side.MITRA)):
        with pytest.raises(CannotOpen):
            CIPHER.open(other, PLACE, sealed)


@given(st.data())
def test_changed_bytes_do_not_open(data: st.DataObject) -> None:
    """Whichever bit of a sealed text or wrapped key is changed, or wherever it is cut, nothing opens."""
    mine = key()
    sealed = CIPHER.seal(mine, PLACE, "rahasia")
    at = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    for broken in (bytes(flipped), sealed[:at]):
        with pytest.raises(CannotOpen):
            CIPHER.open(mine, PLACE, broken)
    with pytest.raises(CannotOpen):
        CIPHER.open(evolve(mine, wrapped=mine.wrapped[: at % len(mine.wrapped)]), PLACE, sealed)


def test_keys_are_turned_over() -> None:
    """The first key wraps, all unwrap; wrapped anew, a data key is the same and needs only the new one."""
    old = key()
    sealed = CIPHER.seal(old, PLACE, "rahasia")
    both, new_only = AesChatCipher([NEW, OLD]), AesChatCipher([NEW])
    assert both.open(old, PLACE, sealed) == "rahasia"
    with pytest.raises(CannotOpen):
        new_only.open(old, PLACE, sealed)
    anew = both.rewrapped(old)
    assert anew is not None
    assert anew.key_id != old.key_id
    assert new_only.open(anew, PLACE, sealed) == "rahasia"
    assert both.rewrapped(anew) is None
    assert both.new_key(CHAT, Side.MITRA).key_id == anew.key_id
    with pytest.raises(CannotOpen):
        new_only.rewrapped(old)


@pytest.mark.parametrize("keys", [[], [b"k" * 31], [OLD, OLD]])
def test_keys_that_cannot_be_used(keys: list[bytes]) -> None:
    """None, a short one, the same one twice: refused, in words that hold no part of them."""
    with pytest.raises(BadChatKeys) as refused:
        AesChatCipher(keys)
    assert "kkk" not in str(refused.value)


def test_nothing_secret_is_printed() -> None:
    """Neither keys nor ids of keys show in what is printed of a cipher."""
    assert repr(CIPHER) == "<AesChatCipher with 1 keys>"


def test_key_ids_last() -> None:
    """What was wrapped by an earlier version of this program still names the same key."""
    assert key().key_id == AesChatCipher([OLD]).new_key(OTHER, Side.MITRA).key_id
    assert len(key().key_id) == 16
