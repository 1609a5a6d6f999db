"""Lets a planned storm happen to a house, over HTTP. Knows what was done, not whether it was dealt with well.

People begin payments at both instances. Money arrives at the stand-in. Deliveries go to whichever instance
the plan says, a bounded number at a time; how long an answer took is counted from its sending.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

import httpx2
import orjson
from attrs import define, field

from halobestie_app.fakes.xendit_books import Bill, as_webhook
from halobestie_app.fakes.xendit_hooks import TOKEN_HEADER
from halobestie_app.fakes.xendit_serving import XenditPlace
from support.evening import House, at_once
from support.storm import Happening, Kind, Lie, Life, Plan, Step, Wrong, altered
from support.waiting import eventually

PATH = "/api/webhooks/xendit"
AT_ONCE = 24
"""Deliveries on their way at the same time."""
LIMITS = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
HANDS = 12
"""People who begin at the same time."""
BILLED = 60.0
"""Seconds in which there is an invoice, however busy everybody is."""
QUICK = 0.015
"""Seconds to begin one payment, on a machine with nothing else to do."""
RUN_OUT = """
UPDATE payment_sessions p SET expires_at = d.at, wake_at = d.at
FROM (SELECT id, clock_timestamp() + left_ * interval '1 second' AS at
      FROM unnest(%s::uuid[], %s::float8[]) AS given (id, left_)) AS d
WHERE p.id = d.id AND p.status = 'pending'"""


@define
class Storm:
    """What is being done, and what was: by answer, and by lie."""

    house: House
    xendit: XenditPlace
    chance: Random
    posts: httpx2.AsyncClient
    answers: Counter[int] = field(factory=Counter)
    lies: Counter[Lie] = field(factory=Counter)
    lied: dict[tuple[str | None, str], set[Lie]] = field(factory=dict)
    """By invoice and status of the body: which lies were told."""
    strays: list[Bill] = field(factory=list)
    took: list[float] = field(factory=list)
    refused: Counter[str] = field(factory=Counter)
    """What people who wanted to leave were told instead, by code."""
    without_page: int = 0
    """Payments whose page took more than four seconds: they were begun without, as promised."""
    pace: float = 1.0
    """By how much everything takes longer than planned, on a machine that has other things to do."""
    _turns: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def begin(self, lives: Sequence[Life]) -> None:
        """Have everybody begin a payment, and find its invoice at the stand-in."""
        people = await self.house.customers(len(lives))

        async def one(life: Life) -> None:
            life.payment = (await life.who.pay(life.minutes)).ok(201)
            self.without_page += life.payment["xendit_invoice_url"] is None

            async def billed() -> bool:
                life.bills = self.xendit.fake.books.named(life.payment["id"])
                return bool(life.bills)

            await eventually(billed, seconds=BILLED, what="no invoice")

        for life, customer in zip(lives, people, strict=True):
            life.customer = customer
        began = time.monotonic()
        await at_once([partial(one, life) for life in lives], HANDS)
        self.pace = max(1.0, (time.monotonic() - began) / (QUICK * len(lives)))

    async def rage(self, plan: Plan) -> None:
        """Let everything of the plan happen, and return when the last delivery is answered."""
        await self._run_out(plan.lives)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for life in plan.lives:
                group.create_task(self._lives(life, began))
            for stray in plan.strays:
                group.create_task(self._strays(stray, began))
            for wrong in plan.lies:
                group.create_task(self._lie(wrong, plan.lives, began))

    # ------------------------------------------------------------------------------------------- happening

    async def _run_out(self, lives: Sequence[Life]) -> None:
        """Let payments run out soon, and their invoices about then: the two clocks are not one."""
        ending = [(life, self.pace * life.ends) for life in lives if life.ends is not None]
        ids = [UUID(life.payment["id"]) for life, _ in ending]
        await self.house.rows(RUN_OUT, ids, [ends for _, ends in ending])
        now = datetime.now(UTC)
        for life, ends in ending:
            life.bills[0].expires = now + timedelta(seconds=ends + self.chance.uniform(-0.4, 0.4))

    async def _lives(self, life: Life, began: float) -> None:
        async with asyncio.TaskGroup() as group:
            for one in sorted(life.happens, key=lambda one: one.at):
                await _at(began + self.pace * one.at)
                self._post_all(group, one, await self._do(life, one.step))

    async def _do(self, life: Life, step: Step) -> Bill:
        """Let one thing happen; gives the invoice as it stands then."""
        books, bill = self.xendit.fake.books, life.bills[0]
        match step:
            case Step.PAID:
                amount = bill.amount - 5_000 if life.kind is Kind.OTHER_SUM else None
                currency = "USD" if life.kind is Kind.OTHER_CURRENCY else None
                books.pay(bill.id, late=True, amount=amount, currency=currency)
            case Step.PAID_AGAIN:
                second = books.create({"external_id": bill.external_id, "amount": bill.amount})
                life.bills.append(second)
                return books.pay(second.id)
            case Step.SETTLED:
                books.settle(bill.id)
            case Step.LEFT:
                answer = await life.who.back_out(life.payment)
                assert answer.status < 500, answer.body
                if answer.status != 200:
                    self.refused[answer.code] += 1
        return books.get(bill.id)

    async def _strays(self, stray: Happening, began: float) -> None:
        await _at(began + self.pace * stray.at)
        books = self.xendit.fake.books
        bill = books.pay(books.create({"external_id": "another shop's", "amount": 7_000}).id)
        self.strays.append(bill)
        async with asyncio.TaskGroup() as group:
            self._post_all(group, stray, bill)

    async def _lie(self, wrong: Wrong, lives: Sequence[Life], began: float) -> None:
        await _at(began + self.pace * wrong.at)
        life, other = lives[wrong.about], lives[wrong.about - 1]
        said = altered(as_webhook(life.bills[0]), wrong.lie, other.payment["id"], self.chance)
        token = "a guess" if wrong.lie is Lie.TOKEN else None
        body = b"\xff" + orjson.dumps(said) if wrong.lie is Lie.NOISE else orjson.dumps(said)
        self.lies[wrong.lie] += 1
        if wrong.lie not in (Lie.TOKEN, Lie.NOISE):
            self.lied.setdefault((said["id"], said["status"]), set()).add(wrong.lie)
        await self._post(body, wrong.to, token)

    # ------------------------------------------------------------------------------------------ delivering

    def _post_all(self, group: asyncio.TaskGroup, one: Happening, bill: Bill) -> None:
        body = orjson.dumps(as_webhook(bill))
        now = time.monotonic()
        for letter in one.letters:
            group.create_task(
                self._later(now + self.pace * letter.after, partial(self._post, body, letter.to))
            )

    async def _later(self, when: float, work: Callable[[], Awaitable[None]]) -> None:
        await _at(when)
        await work()

    async def _post(self, body: bytes, to: int, token: str | None = None) -> None:
        headers = {TOKEN_HEADER: self.xendit.fake.hooks.token if token is None else token}
        async with self._turns:
            began = time.monotonic()
            answer = await self.posts.post(
                self.house.instances[to].public + PATH, content=body, headers=headers
            )
            self.took.append(time.monotonic() - began)
        self.answers[answer.status_code] += 1

    def quantile(self, share: float) -> float:
        """Milliseconds within which so many deliveries were answered."""
        return 1000 * sorted(self.took)[math.ceil(share * len(self.took)) - 1]


def new_client() -> httpx2.AsyncClient:
    """Make a client that sends deliveries, for `Storm`."""
    return httpx2.AsyncClient(trust_env=False, timeout=30, limits=LIMITS)


async def _at(when: float) -> None:
    """Let the time of the plan come; nobody waits here for something to be done."""
    await asyncio.sleep(max(0.0, when - time.monotonic()))


__all__ = ["Storm", "new_client"]
