"""Nobody reads or moves what belongs to somebody else, whichever route they take."""

from collections.abc import Awaitable

import pytest

from support.evening import House
from support.people import Answer

pytestmark = pytest.mark.anyio

SETTINGS = {"mitra_stale_after_seconds": 3600, "pairing_blast_timeout_seconds": 600}


async def refused(*asked: Awaitable[Answer]) -> None:
    """All of these are forbidden."""
    for one in asked:
        (await one).refused("FORBIDDEN", 403)


async def test_somebody_elses_payment(house: House) -> None:
    """Reading, confirming, cancelling, searching, giving up, falling back: 403, and it stays as it was."""
    ayu, mallory, budi = await house.customer("Ayu"), await house.customer("Mallory"), await house.mitra()
    pending = (await ayu.pay(5, budi)).ok(201)
    path = f"/api/client/payment-sessions/{pending['id']}"
    await refused(
        mallory.ask("GET", path),
        mallory.confirm(pending),
        mallory.back_out(pending),
        mallory.search(pending),
        mallory.ask_again(pending, budi),
        mallory.give_up(pending),
        mallory.fall_back(pending),
    )
    assert (await ayu.payment(pending))["version"] == pending["version"]
    assert (await mallory.get("/api/client/payment-sessions")) == {"rows": [], "total": 0}
    (await ayu.back_out(pending)).ok()


async def test_somebody_elses_request(house: House) -> None:
    """Reading it is 403; a mitra who was not offered it finds nothing, and cannot decline for others."""
    ayu, mallory = await house.customer("Ayu"), await house.customer("Mallory")
    budi, eve = await house.mitra("Budi"), await house.mitra("Eve")
    await budi.comes()
    request = await ayu.searches()
    await refused(mallory.ask("GET", f"/api/client/chat-requests/{request['id']}"))
    (await eve.accept(request)).refused("NOT_FOUND", 404)
    (await eve.decline(request)).refused("NOT_FOUND", 404)
    assert not await eve.offers()
    session = await budi.accepts(request)
    await refused(mallory.end(session["id"]), eve.end(session["id"]))
    assert (await mallory.active())["session"] is None
    assert (await eve.get("/api/mitra/chat/active"))["sessions"] == []
    (await ayu.end(session["id"])).ok()


async def test_somebody_elses_frames(house: House) -> None:
    """A stranger's socket hears nothing of an evening that is not theirs."""
    ayu, mallory = await house.customer("Ayu"), await house.customer("Mallory")
    budi, eve = await house.mitra("Budi"), await house.mitra("Eve")
    await budi.comes()
    strangers = [await mallory.connects(), await eve.connects()]
    ayus = await ayu.connects()
    session = await budi.accepts(await ayu.searches())
    (await ayu.end(session["id"])).ok()
    await ayus.until("session_ended")
    for socket in strangers:
        await socket.send("ping")
        await socket.until("pong")
        assert {frame["type"] for frame in socket.frames} == {"ready", "snapshot", "pong"}


async def test_what_a_mitra_may_know(house: House) -> None:
    """Before accepting, a mitra sees a name and nothing that leads to the person."""
    ayu, budi = await house.customer("Ayu"), await house.mitra()
    await budi.comes()
    budis = await budi.connects()
    request = await ayu.searches()
    frame = await budis.until("chat_request", id=request["id"])
    (offer,) = await budi.offers()
    for shown in (frame, offer):
        assert shown["customer"] == {"display_name": "Ayu"}
        assert ayu.id not in str(shown)
        assert request["payment_session_id"] not in str(shown)
    (await ayu.give_up({"id": request["payment_session_id"]})).ok()


async def test_a_foreign_price(house: House) -> None:
    """The price is the server's: a foreign tier, another minute, a price of one's own are refused."""
    ayu = await house.customer()
    tiers = (await ayu.get("/api/client/chat/pricing"))["tiers"]
    assert [(tier["minutes"], tier["price"]) for tier in tiers] == [(5, 10000), (12, 25000), (60, 99000)]
    (await ayu.pay(7)).refused("UNKNOWN_TIER", 422)
    (await ayu.pay(5, tier_id=tiers[1]["id"])).refused("UNKNOWN_TIER", 422)
    (await ayu.pay(5, amount=1)).refused("VALIDATION_ERROR", 422)
    (await ayu.pay(5, targeted_mitra_id=ayu.id)).refused("NOT_FOUND", 404)
    (await ayu.pay(5, is_extension=True)).refused("SESSION_NOT_ACTIVE")
    payment = (await ayu.pay(5, tier_id=tiers[0]["id"])).ok(201)
    assert payment["amount"] == 10000
    (await ayu.back_out(payment)).ok()
