"""The members of every frame, from rows that real evenings left in the outbox."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from attrs import define
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.outbox import PostgresFrameOutbox
from halobestie_app.usecases import chats, clock, pairings, payments
from halobestie_app.views.chats import session
from halobestie_app.views.pairings import offer, pairing_request
from halobestie_app.views.payments import payment_session
from halobestie_app.ws.frames import FRAMES, Renderer
from halobestie_core.flow.effects import Tell, ToCustomer, ToMitra
from halobestie_core.flow.reactions import REACTIONS
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.notify import OutboxFrame
from halobestie_core.wire import to_wire
from halobestie_core.words import TopicSensitivity
from support.desk import Office, office

pytestmark = pytest.mark.anyio


@define
class Here:
    """An availability that is what a test says."""

    eligible: set[UUID] | None

    def count(self) -> int | None:
        """How many."""
        return None if self.eligible is None else len(self.eligible)

    def is_eligible(self, mitra_id: UUID) -> bool | None:
        """Whether this one."""
        return None if self.eligible is None else mitra_id in self.eligible


@define
class Post:
    """An office, and the frames that leave it."""

    office: Office
    here: Here

    async def rows(self) -> list[OutboxFrame]:
        """The rows since the last time."""
        async with PostgresFrameOutbox(self.office.pool).claimed(100) as claim:
            return list(claim.frames)

    async def rendered(self, row: OutboxFrame) -> dict[str, Any] | None:
        """A row as its frame."""
        reads = self.office.desk.reads
        renderer = Renderer(reads, self.here, lambda: self.office.settings, 30)
        text = await renderer.render(row)
        return None if text is None else orjson.loads(text)

    async def frames(self) -> dict[str, dict[str, Any]]:
        """The frames since the last time, by type; each must be of another type."""
        frames = [frame for row in await self.rows() if (frame := await self.rendered(row)) is not None]
        assert len({frame["type"] for frame in frames}) == len(frames)
        assert all(frame.pop("at").endswith("Z") for frame in frames)
        return {frame.pop("type"): frame for frame in frames}


@pytest.fixture
async def post(database_url: str) -> AsyncIterator[Post]:
    """An office on this test's database; nobody is known to be there or not."""
    async with office(database_url) as opened:
        yield Post(opened, Here(None))


def wire(shown: object) -> Any:  # noqa: ANN401  what JSON can say
    """How an object looks on the wire."""
    return orjson.loads(orjson.dumps(to_wire(shown)))


def test_every_frame_that_reactions_name_is_written() -> None:
    """No frame of the reactions table lacks its writer."""
    # A builder says in its name whom it tells, and of what; those that do not are covered by evenings below.
    named = {
        build.__name__.partition(": ")[2].partition(" ")[0]
        for reaction in REACTIONS.values()
        for build in reaction.tells
        if ": " in build.__name__
    }
    assert named
    assert named <= set(FRAMES)


async def test_payments(post: Post) -> None:
    """A payment's frame carries the payment as it stands."""
    customer = await post.office.customer()
    paid = await post.office.paid(customer)
    frames = await post.frames()
    assert frames == {"payment_confirmed": {"payment": wire(payment_session(paid))}}
    assert frames["payment_confirmed"]["payment"]["version"] == paid.payment.version
    begun = await payments.create(post.office.desk, await post.office.customer(), payments.NewPayment(5))
    gone = await payments.cancel(post.office.desk, begun.payment.customer_id, begun.payment.id)
    assert await post.frames() == {"payment_updated": {"payment": wire(payment_session(gone))}}


async def test_a_request_and_its_pairing(post: Post) -> None:
    """The offered see the request, both sides see the pairing, the losers see that it is taken."""
    desk, sari, tini = post.office.desk, await post.office.mitra(), await post.office.mitra()
    request = await post.office.searching()
    [_, row] = await post.rows()
    frame = await post.rendered(row)
    assert frame is not None
    shown = wire(offer(request, row.at))
    assert frame.pop("at").endswith("Z")
    assert frame == {
        "type": "chat_request",
        "id": str(request.request.id),
        "request_type": "general",
        "customer": {"display_name": "Ayu"},
        "duration_minutes": 5,
        "topic_sensitivity": "normal",
        "deadline_at": shown["deadline_at"],
        "timeout_seconds": 60,
        "offer": {**shown, "version": request.request.version},
        "version": request.request.version,
    }
    paired, _ = await pairings.accept(desk, sari, request.request.id)
    assert await post.rendered(row) is None, "a card that came too late was shown"

    rows = await post.rows()
    assert [type(one.audience) for one in rows[:2]] == [ToCustomer, ToMitra]
    both = [await post.rendered(one) for one in rows[:2]]
    seen = await desk.reads.session(paired.session.id)
    assert seen is not None
    for told in both:
        assert told is not None
        left = told["session"].pop("seconds_left")
        assert 0 < left <= 300
        shown = wire(session(*seen))
        del shown["seconds_left"]
        del told["at"]
        assert told == {
            "type": "paired",
            "session_id": str(paired.session.id),
            "pairing_request_id": str(request.request.id),
            "customer": {"id": str(request.request.customer_id), "display_name": "Ayu"},
            "mitra": {"id": str(sari), "display_name": "Sari"},
            "session": shown,
        }
    assert set(await desk.reads.offered(request.request.id, None)) == {sari, tini}
    closed = await post.rendered(rows[2])
    assert closed is not None
    assert closed.pop("at").endswith("Z")
    now = request.request.version + 1
    assert closed == {
        "type": "chat_request_closed",
        "id": str(request.request.id),
        "reason": "taken",
        "offer": {**frame["offer"], "seconds_left": 0, "version": now},
        "version": now,
    }

    ended = await chats.end_by_customer(desk, request.request.customer_id, paired.session.id)
    for row in await post.rows():
        told = await post.rendered(row)
        assert told is not None
        assert (told["type"], told["session_id"], told["end_reason"]) == (
            "session_ended",
            str(ended.session.id),
            "customer_ended",
        )
        assert told["session"]["version"] == ended.session.version
        assert told["session"]["seconds_left"] == 0


async def test_nobody_answered(post: Post) -> None:
    """A failed search names its cause, and whether there is somebody left to fall back on."""
    desk, sari = post.office.desk, await post.office.mitra()
    request = await post.office.searching()
    await post.rows()
    await pairings.decline(desk, sari, request.request.id)
    rows = await post.rows()
    told = {row.frame: row for row in rows}
    for eligible, available in ((None, False), (set[UUID](), False), ({sari}, True)):
        post.here.eligible = eligible
        frame = await post.rendered(told["pairing_failed"])
        assert frame is not None
        seen = await desk.reads.request(request.request.id)
        assert seen is not None
        assert {name: frame[name] for name in frame if name not in {"type", "at"}} == {
            "pairing_request_id": str(request.request.id),
            "cause_tag": "all_mitras_rejected",
            "fallback_available": available,
            "pairing_request": wire(pairing_request(seen, fallback_available=available)),
        }


async def test_returning(post: Post) -> None:
    """A returning request has frames of its own, and falls back on another than its target only."""
    desk, sari = post.office.desk, await post.office.mitra()
    customer = await post.office.customer()
    paid = await post.office.paid(customer, sari)
    request = await pairings.open_returning(desk, customer, paid.payment.id, sari, TopicSensitivity.SENSITIVE)
    asked = (await post.frames())["chat_request"]
    assert (asked["request_type"], asked["topic_sensitivity"]) == ("returning", "sensitive")
    await pairings.decline(desk, sari, request.request.id)
    post.here.eligible = {sari}
    frames = await post.frames()
    assert frames["returning_chat_rejected"]["fallback_available"] is False
    assert frames["returning_chat_rejected"]["cause_tag"] == "targeted_mitra_rejected"
    assert frames["returning_chat_rejected"]["pairing_request"]["targeted_mitra"]["id"] == str(sari)


@pytest.mark.unsound("moves deadlines by hand", "h4_time_adds_up", "t2_no_chat_was_cut_short")
async def test_time_runs_out(post: Post) -> None:
    """A chat that closes says until when there is time for a goodbye."""
    desk, sari = post.office.desk, await post.office.mitra()
    request = await post.office.searching()
    paired, _ = await pairings.accept(desk, sari, request.request.id)
    await post.rows()
    await post.office.age("chat", paired.session.id, timedelta(minutes=5))
    await clock.fire(desk, Due("chat", paired.session.id))
    for row in await post.rows():
        frame = await post.rendered(row)
        assert frame is not None
        assert frame["type"] == "session_closing"
        assert frame["closing_until"] == frame["session"]["closing_until"] is not None
        assert frame["session"]["status"] == "closing"


async def test_presence(post: Post) -> None:
    """A mitra whom the server took offline hears why, and how they stand."""
    sari = await post.office.mitra(silent_for=timedelta(minutes=5))
    await clock.fire(post.office.desk, Due("presence", sari))
    frames = await post.frames()
    assert frames["presence"]["why"] == "stale"
    assert frames["presence"]["status"]["is_online"] is False
    assert frames["presence"]["version"] > 1


async def test_nothing_to_show(post: Post) -> None:
    """A row about something that is not there, or of an unknown type, makes no frame."""
    now = (await post.office.sql(SQL("SELECT now()")))[0][0]
    missing = {
        name: str(uuid7())
        for name in ("payment_session_id", "pairing_request_id", "session_id", "extension_id")
    } | {"why": "stale", "reason": "taken"}
    for audience in (ToMitra(uuid7()), ToCustomer(uuid7())):
        for kind in (*FRAMES, "of the next release"):
            assert await post.rendered(OutboxFrame(1, "x", audience, kind, missing, now)) is None
    assert Tell(ToCustomer(uuid7()), "paired").frame in FRAMES
