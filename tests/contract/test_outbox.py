"""Frames that wait to be sent: claimed by one, in their order, and again when that one failed."""

from collections.abc import Sequence

import pytest

from halobestie_core import chat
from halobestie_core.flow.effects import ToCustomer, ToMitra, ToOffered
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.ports.store import Scope
from halobestie_core.words import Party
from support.places import Place, later
from support.steps import AYU, BIMA, CHAT, REQUEST, SARI, do, search, talk

pytestmark = pytest.mark.anyio


def names(frames: Sequence[OutboxFrame]) -> list[str]:
    """What they are."""
    return [frame.frame for frame in frames]


async def test_frames_are_claimed_in_order(house: Place) -> None:
    """Each frame has its audience and ids; later commands are not among them."""
    await search(house)
    async with house.outbox.claimed(10) as claim:
        told, shown = claim.frames
        assert (told.frame, told.audience) == ("payment_confirmed", ToCustomer(AYU))
        assert (shown.frame, shown.audience) == ("chat_request", ToOffered(REQUEST, 1))
        assert shown.ids == {"pairing_request_id": str(REQUEST)}
        assert told.id < shown.id
        assert told.at == shown.at == house.now
        assert not claim.more


async def test_sent_frames_are_gone(house: Place) -> None:
    """What a block that ended well had claimed is not claimed again."""
    await search(house)
    async with house.outbox.claimed(10):
        pass
    async with house.outbox.claimed(10) as claim:
        assert claim.frames == []


async def test_a_failure_leaves_them(house: Place) -> None:
    """What a block that raised had claimed is there for the next."""
    await search(house)
    with pytest.raises(ZeroDivisionError):
        async with house.outbox.claimed(10):
            raise ZeroDivisionError
    async with house.outbox.claimed(10) as claim:
        assert names(claim.frames) == ["payment_confirmed", "chat_request"]


async def test_more_are_waiting(house: Place) -> None:
    """A full claim says that there may be others, also when there are none: nobody counts them."""
    await talk(house)
    async with house.outbox.claimed(2) as claim:
        assert claim.more
        assert len(claim.frames) == 2
    waiting = sum(row["kind"] == "frame" and row["sent_at"] is None for row in (await house.rows())["outbox"])
    async with house.outbox.claimed(waiting) as claim:
        assert claim.more
        assert len(claim.frames) == waiting


async def test_a_stream_keeps_its_order(house: Place) -> None:
    """While one instance sends a stream's first frames, another does not send those behind them."""
    await talk(house)
    await later(house, seconds=1)
    async with house.outbox.claimed(10) as first:
        assert "paired" in names(first.frames)
        await do(house, Scope(session_id=CHAT, mitra_of_session=True), lambda _: chat.End(Party.CUSTOMER))
        async with house.outbox.claimed(10) as second:
            assert names(second.frames) == []
            assert second.more
    async with house.outbox.claimed(10) as third:
        assert names(third.frames) == ["session_ended", "session_ended"]


async def test_recent_frames_of_somebody(house: Place) -> None:
    """Sent or not, the last seconds' frames for these people; what the offered hear, for any mitra."""
    await search(house)
    async with house.outbox.claimed(10):
        pass
    assert names(await house.outbox.recent(10, [AYU], [])) == ["payment_confirmed"]
    assert names(await house.outbox.recent(10, [BIMA], [])) == []
    assert names(await house.outbox.recent(10, [], [SARI])) == ["chat_request"]
    await later(house, seconds=10)
    assert names(await house.outbox.recent(10, [AYU], [SARI])) == []


async def test_mitras_are_told_apart(house: Place) -> None:
    """A frame for one mitra is recent for them alone."""
    await talk(house)
    paired = [one for one in await house.outbox.recent(10, [], [SARI]) if one.frame == "paired"]
    assert [one.audience for one in paired] == [ToMitra(SARI)]
