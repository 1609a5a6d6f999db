"""Webhooks of the stand-in, really sent: once, again after failures, and in every way they should not be."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx2
import orjson
import pytest
from attrs import frozen

from halobestie_app.fakes.serving import served
from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_control import routes
from halobestie_app.fakes.xendit_hooks import Plan
from support.paying import Letterbox, letterbox
from support.waiting import eventually

pytestmark = pytest.mark.anyio

WANTED = {"external_id": "ours", "amount": 25000, "invoice_duration": 60}


@frozen
class Post:
    """A stand-in whose webhooks arrive."""

    fake: FakeXendit
    box: Letterbox

    async def came(self) -> list[dict[str, Any]]:
        """What came, once nothing is on its way."""
        await self.fake.hooks.settled()
        return [orjson.loads(body) for body, _ in self.box.came]

    def invoice(self) -> str:
        """A new one."""
        return self.fake.books.create(WANTED).id


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """A stand-in, and a letter box for it."""
    async with letterbox() as box:
        fake = FakeXendit()
        fake.hooks.url, fake.hooks.retries = box.url, (0.0, 0.0)
        yield Post(fake, box)
        await fake.aclose()


async def test_what_is_told(post: Post) -> None:
    """Flat JSON without an event's id, with the token in its header, at every turn of an invoice."""
    first, second = post.invoice(), post.invoice()
    post.fake.pay(first)
    [paid] = await post.came()
    assert (paid["id"], paid["external_id"], paid["status"]) == (first, "ours", "PAID")
    assert (paid["amount"], paid["paid_amount"], paid["currency"]) == (25000, 25000, "IDR")
    post.fake.settle(first)
    post.fake.clock.move(61)
    post.fake.look()
    post.fake.look()
    assert sorted((said["id"] == first, said["status"]) for said in (await post.came())[1:]) == [
        (False, "EXPIRED"), (True, "SETTLED"),
    ]  # fmt: skip
    assert {token for _, token in post.box.came} == {post.fake.hooks.token}
    assert second != first


async def test_sent_again_until_it_is_taken(post: Post) -> None:
    """Any 2xx is taken; else it comes again, so often."""
    post.box.answers = [500, 401, 202]
    post.fake.pay(post.invoice())
    assert len(await post.came()) == 3
    post.box.answers = [503] * 9
    post.fake.pay(post.invoice())
    assert len(await post.came()) == 6
    assert [one.answer for one in post.fake.hooks.attempts] == [500, 401, 202, 503, 503, 503]


async def test_nobody_takes_it(post: Post) -> None:
    """A refused connection is no time-out: it comes again."""
    post.fake.hooks.url = "http://127.0.0.1:1/hook"
    post.fake.pay(post.invoice())
    await post.fake.hooks.settled()
    assert [one.answer for one in post.fake.hooks.attempts] == [None] * 3


async def test_duplicates_altered_and_wrong(post: Post) -> None:
    """As many as one likes, with any member and any token."""
    post.fake.hooks.plan = Plan(
        copies=3, token="wrong", alter={"amount": 1.5, "currency": "USD", "id": "other"}
    )
    post.fake.pay(post.invoice())
    came = await post.came()
    assert [(said["amount"], said["currency"], said["id"]) for said in came] == [(1.5, "USD", "other")] * 3
    assert {token for _, token in post.box.came} == {"wrong"}
    post.fake.hooks.raw(b"\xff not json")
    await post.fake.hooks.settled()
    assert post.box.came[-1] == (b"\xff not json", post.fake.hooks.token)


async def test_dropped_held_and_shuffled(post: Post) -> None:
    """What is dropped never comes; what is held comes when it is let go, in an order of chance."""
    post.fake.pay(post.invoice(), plan=Plan(drop=True))
    assert (await post.came(), post.fake.hooks.dropped) == ([], 1)
    ids = [post.invoice() for _ in range(20)]
    for invoice_id in ids:
        post.fake.pay(invoice_id, plan=Plan(hold=True))
    assert await post.came() == []
    assert post.fake.hooks.release(Random(1)) == 20
    came = [said["id"] for said in await post.came()]
    assert sorted(came) == sorted(ids)
    assert came != ids


async def test_steered_over_http(post: Post) -> None:
    """Everything that Python can do, whoever has only HTTP can do too."""
    async with (
        served(post.fake.app(*routes(post.fake))) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as http,
    ):

        async def told(what: str, status: int = 204, **said: object) -> None:
            answer = await http.post(f"/control/{what}", json=said)
            assert (answer.status_code, answer.content if status == 204 else b"") == (status, b"")

        invoice_id = post.invoice()
        await told("webhooks", copies=2, alter={"status": "PAID?"})
        await told("pay", id=invoice_id, amount=24999.5)
        assert [said["status"] for said in await post.came()] == ["PAID?"] * 2
        await told("webhooks", hold=True)
        await told("settle", id=invoice_id)
        await told("tell", id=invoice_id)
        await told("release", shuffle=7)
        assert [said["status"] for said in (await post.came())[2:]] == ["SETTLED"] * 2
        await told("webhooks")
        await told("expire", id=post.invoice())
        post.invoice()
        await told("clock", seconds=61)
        assert [said["status"] for said in (await post.came())[4:]] == ["EXPIRED"] * 2
        await told("trouble", mode="down", on=["get"], times=1)
        state = (await http.get("/control")).json()
        assert [trouble["mode"] for trouble in state["troubles"]] == ["down"]
        assert [one["status"] for one in state["invoices"]] == ["EXPIRED", "EXPIRED", "SETTLED"]
        assert len(state["webhooks"]["attempts"]) == 6
        await told("well")
        assert (await http.get("/control")).json()["troubles"] == []
        await told("pay", 404, id="nobodys")
        await told("pay", 400, id=invoice_id)
        await told("pay", 400, colour="red")
        await told("trouble", 400, mode="tired")
        await told("dance", 404)
        assert (await http.post("/control/pay", content=b"[")).status_code == 400


async def test_who_waits_is_let_go(post: Post) -> None:
    """When trouble ends, an answer that was held back comes; when the client goes, nobody is waited for."""
    async with served(post.fake.app()) as url:
        auth = httpx2.BasicAuth(post.fake.secret_key, "")
        async with httpx2.AsyncClient(base_url=url, auth=auth, trust_env=False, timeout=0.05) as hasty:
            post.fake.trouble("late", "create")
            with pytest.raises(httpx2.ReadTimeout):
                await hasty.post("/v2/invoices", json=WANTED)
            assert len(post.fake.books.bills) == 1
            post.fake.well()
        async with httpx2.AsyncClient(base_url=url, auth=auth, trust_env=False) as patient:
            post.fake.trouble("late", "create")
            asking = asyncio.create_task(patient.post("/v2/invoices", json=WANTED))

            async def made() -> bool:
                return len(post.fake.books.bills) == 2

            await eventually(made)
            post.fake.well()
            assert (await asking).json()["status"] == "PENDING"
