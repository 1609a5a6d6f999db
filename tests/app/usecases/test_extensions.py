"""Extensions on a real database: what asking needs, what answers and silence become, where the money goes."""

from datetime import timedelta

import pytest
from psycopg.sql import SQL

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import chats, clock, extensions, payments, presence
from halobestie_core.extension import Extension, ExtensionStatus
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.agenda import Due
from support.desk import Office
from support.extending import Talk, seconds, talking

pytestmark = pytest.mark.anyio

PRICE = 25_000
REJECTED = ("rejected", "extension_rejected")
TRIPPED = ("timeout", "extension_safeguard_tripped")
POLICY_SAID_NO = ("timeout", "extension_rejected")
HEARD = SQL("UPDATE mitras SET last_heartbeat_at = clock_timestamp() - %s WHERE id = %s")
DISCOUNTED = SQL(
    "WITH h AS (INSERT INTO pricing_promotions_history (id, key, change_kind, at, before, after)"
    " SELECT gen_random_uuid(), key, 'reactivated', now(), after,"
    " after || jsonb_build_object('is_active', true, 'price', %s::integer)"
    " FROM pricing_promotions_history RETURNING id)"
    " UPDATE pricing_promotions SET is_active = true, price = %s, requires_phone = false,"
    " version_id = (SELECT id FROM h)"
)


async def refused(asking: object, code: Code, status: int | None = None) -> Problem:
    """The problem of something that must be refused."""
    with pytest.raises(Problem) as caught:
        await asking  # type: ignore[misc]  # a coroutine of any type
    assert (caught.value.code, caught.value.status) == (code, status or code.status)
    return caught.value


async def silent(talk: Talk, asked: Extension) -> Extension:
    """Let the window end and the clock look at it."""
    await talk.over(asked)
    await clock.fire(talk.office.desk, Due("extension", asked.id))
    return await talk.now(asked)


def outcome(asked: Extension) -> tuple[str, str | None]:
    """Status and cause."""
    return asked.status.value, None if asked.cause_tag is None else asked.cause_tag.value


# ---------------------------------------------------------------------- asking


async def test_asking_stops_the_clock(desk: Office) -> None:
    """Minutes and price are the payment's; the chat pauses with its rest frozen, and the mitra is asked."""
    talk = await talking(desk)
    before = await talk.chat()
    paid = await talk.more(12)
    asked = await talk.ask(paid.id, duration_minutes=12, price=PRICE)
    assert (asked.requested_duration_minutes, asked.requested_price) == (12, PRICE)
    assert seconds(asked.deadline_at, asked.requested_at) == asked.timeout_seconds == 10
    chat = await talk.chat()
    assert chat.status == "extending"
    assert chat.remaining == before.expires_at - asked.requested_at
    assert (await talk.payment(paid.id)).held_by == asked.id
    assert await talk.ledger(paid.id) == []
    assert await talk.told() == ["mitra: extension_request", "customer: session_paused"]
    waiting = await desk.desk.reads.mitra_active(talk.mitra)
    assert waiting is not None
    assert [one.extension.id for one in waiting.extensions] == [asked.id]
    current = await desk.desk.reads.customer_active(talk.customer)
    assert current.extension is not None
    assert current.extension.extension.id == asked.id


async def test_asking_again(desk: Office) -> None:
    """The same payment is answered with what waits already; another is told that one waits."""
    talk = await talking(desk)
    paid, other = await talk.more(), await talk.more()
    asked = await talk.ask(paid.id)
    assert await talk.ask(paid.id) == asked
    await refused(talk.ask(other.id), Code.EXTENSION_PENDING)
    assert (await talk.payment(other.id)).held_by is None
    await talk.answer(asked, accepted=True)
    assert (await refused(talk.ask(paid.id), Code.INVALID_STATE)).members["state"] == "consumed"
    again = await talk.ask(other.id)
    await talk.answer(again, accepted=False)
    assert (await refused(talk.ask(other.id), Code.INVALID_STATE)).members["state"] == "failed_pairing"


async def test_what_asking_needs_in_its_order(desk: Office) -> None:
    """Whose and what is judged from the chat to the body; nothing changes by what is refused."""
    talk, other = await talking(desk), await talking(desk)
    begun = await payments.create(desk.desk, talk.customer, payments.NewPayment(12, is_extension=True))
    ordinary = await desk.paid(talk.customer)
    good = await talk.more()
    before = await desk.sql(SQL("SELECT count(*) FROM transitions"))
    nowhere = Talk(desk, talk.customer, talk.mitra, talk.customer)
    await refused(nowhere.ask(good.id), Code.NOT_FOUND)
    stranger = Talk(desk, other.customer, talk.mitra, talk.session_id)
    await refused(stranger.ask(good.id), Code.FORBIDDEN)
    missing = await refused(talk.ask(None), Code.VALIDATION_ERROR, 422)
    assert missing.members["errors"] == [{"path": "$.extension_payment_session_id", "message": "is required"}]
    await refused(talk.ask(talk.session_id), Code.NOT_FOUND)
    await refused(other.ask(good.id), Code.FORBIDDEN)
    unpaid = await refused(talk.ask(begun.payment.id), Code.INVALID_STATE)
    assert (unpaid.members["state"], unpaid.members["allowed"]) == ("pending", ["confirm", "abandon"])
    wrong_kind = await refused(talk.ask(ordinary.payment.id), Code.INVALID_STATE)
    assert wrong_kind.members["state"] == "confirmed"
    await refused(talk.ask(good.id, duration_minutes=60), Code.VALIDATION_ERROR, 422)
    await refused(talk.ask(good.id, price=PRICE - 1), Code.VALIDATION_ERROR, 422)
    # What is wrong with the payment counts before what is said of it.
    await refused(talk.ask(begun.payment.id, price=1), Code.INVALID_STATE)
    assert await desk.sql(SQL("SELECT count(*) FROM transitions")) == before
    await chats.end_by_customer(desk.desk, talk.customer, talk.session_id)
    await refused(talk.ask(None), Code.SESSION_NOT_ACTIVE)
    await refused(talk.ask(good.id), Code.SESSION_NOT_ACTIVE)


@pytest.mark.parametrize("price", [0, 4_000])
@pytest.mark.unsound(
    "switches the promotion on by hand", "a4_changes_have_their_author", "a4_promotions_are_their_history"
)
async def test_a_discount_prolongs_nothing(desk: Office, price: int) -> None:
    """A free or discounted payment is refused as such, whatever else is wrong with it."""
    await desk.sql(DISCOUNTED, price, price)
    talk = await talking(desk)
    first = (await talk.chat()).payment_session_id
    assert (await talk.payment(first)).amount == price
    await refused(talk.ask(first), Code.FIRST_SESSION_DISCOUNT_NOT_ALLOWED, 400)
    more = await talk.more(5)
    assert (more.amount, more.is_first_session_discount) == (10_000, False)
    await talk.ask(more.id)


async def test_a_payment_whose_time_is_over(desk: Office) -> None:
    """It fails instead, is due for a refund, and the chat goes on; asking again hears the same."""
    talk = await talking(desk)
    paid = await talk.more()
    await desk.age("payment", paid.id, timedelta(hours=1))
    await refused(talk.ask(paid.id, price=1), Code.PAYMENT_EXPIRED)
    assert (await talk.payment(paid.id)).cause_tag == "payment_session_expired"
    assert await talk.ledger(paid.id) == [("refund_due", PRICE)]
    await refused(talk.ask(paid.id), Code.PAYMENT_EXPIRED)
    assert (await talk.chat()).status == "active"


async def test_a_held_payment_outlives_its_own_deadline(desk: Office) -> None:
    """While the extension waits, the extension's window decides."""
    talk = await talking(desk)
    asked = await talk.asks()
    await desk.sql(
        SQL("UPDATE payment_sessions SET expires_at = created_at WHERE id = %s"), asked.payment_session_id
    )
    await clock.fire(desk.desk, Due("payment", asked.payment_session_id))
    assert (await talk.answer(asked, accepted=True)).status is ExtensionStatus.ACCEPTED


async def test_payments_for_an_extension(desk: Office) -> None:
    """They need a live chat, live beside others, and are never searched with."""
    stranger = await desk.customer()
    wanted = payments.NewPayment(12, is_extension=True)
    await refused(payments.create(desk.desk, stranger, wanted), Code.SESSION_NOT_ACTIVE)
    talk = await talking(desk)
    one, two = await talk.more(5), await talk.more(60)
    assert {one.status, two.status} == {PaymentStatus.CONFIRMED}
    await chats.end_by_customer(desk.desk, talk.customer, talk.session_id)
    await refused(payments.create(desk.desk, talk.customer, wanted), Code.SESSION_NOT_ACTIVE)


# ---------------------------------------------------------------------- answers


async def test_accepted(desk: Office) -> None:
    """The chat goes on by what was left and what was paid, the money is charged once, and both hear of it."""
    talk = await talking(desk)
    asked = await talk.asks(12)
    rest = (await talk.chat()).remaining
    done = await talk.answer(asked, accepted=True)
    assert (outcome(done), done.via_timeout) == (("accepted", None), False)
    chat = await talk.chat()
    assert done.responded_at is not None
    assert rest is not None
    assert chat.expires_at == done.responded_at + rest + timedelta(minutes=12)
    assert chat.paused == done.responded_at - asked.requested_at
    assert (await talk.payment(asked.payment_session_id)).status is PaymentStatus.CONSUMED
    assert await talk.ledger(asked.payment_session_id) == [("extension", PRICE)]
    assert (await talk.told())[2:] == [
        "customer: extension_response",
        "customer: session_resumed",
        "mitra: session_resumed",
    ]
    assert await talk.answer(asked, accepted=True) == done
    problem = await refused(talk.answer(asked, accepted=False), Code.EXTENSION_RESOLVED)
    assert problem.members == {"state": "accepted"}
    assert desk.sockets.asked == 0, "an answer in time needs to know nothing of sockets"


async def test_rejected(desk: Office) -> None:
    """The chat goes on with the paid time that was left; the money waits for an operator."""
    talk = await talking(desk)
    asked = await talk.asks()
    rest = (await talk.chat()).remaining
    done = await talk.answer(asked, accepted=False)
    assert outcome(done) == REJECTED
    chat = await talk.chat()
    assert done.responded_at is not None
    assert rest is not None
    assert (chat.status, chat.expires_at) == ("active", done.responded_at + rest)
    assert await talk.ledger(asked.payment_session_id) == [("refund_due", PRICE)]
    assert await talk.failures(asked.payment_session_id) == [("extension_rejected", asked.id, PRICE)]
    assert (await talk.told())[2:] == [
        "customer: extension_response",
        "customer: session_resumed",
        "mitra: session_resumed",
    ]
    assert await talk.answer(asked, accepted=False) == done
    problem = await refused(talk.answer(asked, accepted=True), Code.EXTENSION_RESOLVED)
    assert problem.members == {"state": "rejected", "reason": "extension_rejected"}


async def test_nobody_else_answers(desk: Office) -> None:
    """Another mitra is told that it is not theirs; of nothing there is nothing to answer."""
    talk = await talking(desk)
    asked = await talk.asks()
    other = await desk.mitra()
    await refused(extensions.answer(desk.desk, other, asked.id, accepted=True), Code.FORBIDDEN)
    await refused(extensions.answer(desk.desk, talk.mitra, talk.session_id, accepted=True), Code.NOT_FOUND)
    await talk.over(asked)
    await refused(extensions.answer(desk.desk, other, asked.id, accepted=True), Code.FORBIDDEN)
    assert (await talk.now(asked)).is_pending


async def test_offline_mitras_may_still_answer(desk: Office) -> None:
    """An answer speaks for itself: presence is only judged where there is none."""
    talk = await talking(desk)
    await presence.switch(desk.desk, desk.beats, talk.mitra, online=False)
    assert outcome(await talk.answer(await talk.asks(), accepted=True)) == ("accepted", None)


@pytest.mark.parametrize("reachable", [True, False])
@pytest.mark.parametrize("accepted", [True, False])
async def test_an_answer_that_comes_too_late(desk: Office, accepted: bool, reachable: bool) -> None:
    """It is judged against what the silence became, with the facts of that moment: the same is no error."""
    talk = await talking(desk)
    asked = await talk.asks()
    if reachable:
        talk.connects()
    await talk.over(asked)
    if accepted is reachable:
        done = await talk.answer(asked, accepted=accepted)
        assert outcome(done) == (("accepted", None) if reachable else TRIPPED)
    else:
        problem = await refused(talk.answer(asked, accepted=accepted), Code.EXTENSION_RESOLVED)
        assert problem.members["state"] == ("accepted" if reachable else "timeout")
    done = await talk.now(asked)
    assert (done.via_timeout, done.responded_at) == (reachable, None)
    assert (await talk.facts(asked))["ws_connected"] is reachable
    assert desk.sockets.asked == 1


# ---------------------------------------------------------------------- silence


async def test_a_window_that_is_open(desk: Office) -> None:
    """The clock fires nothing early."""
    talk = await talking(desk)
    asked = await talk.asks()
    await clock.fire(desk.desk, Due("extension", asked.id))
    assert (await talk.now(asked)).is_pending


async def test_silence_of_a_mitra_who_is_there(desk: Office) -> None:
    """Under auto_approve it is a yes: charged, prolonged, once, with the facts that allowed it."""
    talk = await talking(desk)
    talk.connects()
    asked = await talk.asks(12)
    done = await silent(talk, asked)
    assert (outcome(done), done.via_timeout) == (("accepted", None), True)
    facts = await talk.facts(asked)
    assert (facts["policy"], facts["ws_connected"], facts["online"]) == ("auto_approve", True, True)
    assert await talk.ledger(asked.payment_session_id) == [("extension", PRICE)]
    await clock.fire(desk.desk, Due("extension", asked.id))
    assert await talk.ledger(asked.payment_session_id) == [("extension", PRICE)]
    assert seconds((await talk.chat()).expires_at, (await talk.chat()).started_at) > 17 * 60


@pytest.mark.parametrize("missing", ["socket", "registry", "switch", "heartbeat"])
async def test_silence_of_a_mitra_who_is_not_there(desk: Office, missing: str) -> None:
    """Whatever is missing, nothing is charged: the safeguard trips, the chat goes on with what was left."""
    talk = await talking(desk)
    talk.connects()
    asked = await talk.asks()
    match missing:
        case "socket":
            desk.sockets.here = set()
        case "registry":
            desk.sockets.here = None
        case "switch":
            await presence.switch(desk.desk, desk.beats, talk.mitra, online=False)
        case "heartbeat":
            await desk.sql(HEARD, timedelta(seconds=46), talk.mitra)
    done = await silent(talk, asked)
    assert (outcome(done), done.via_timeout) == (TRIPPED, False)
    facts = await talk.facts(asked)
    assert (facts["ws_connected"], facts["online"]) == (
        (missing not in {"socket", "registry"}),
        (missing in {"socket", "registry"}),
    )
    assert await talk.ledger(asked.payment_session_id) == [("refund_due", PRICE)]
    assert await talk.failures(asked.payment_session_id) == [("extension_safeguard_tripped", asked.id, PRICE)]
    assert (await talk.chat()).status == "active"


async def test_heartbeats_that_nobody_requires(desk: Office) -> None:
    """Where pings are not required, the switch and the socket are enough."""
    desk.change(mitra_require_ping=False)
    talk = await talking(desk)
    talk.connects()
    await desk.sql(HEARD, timedelta(hours=1), talk.mitra)
    assert outcome(await silent(talk, await talk.asks())) == ("accepted", None)


async def test_silence_under_the_other_policy(desk: Office) -> None:
    """Under auto_reject it is a no, however reachable the mitra is."""
    desk.change(extension_default_action_on_timeout="auto_reject")
    talk = await talking(desk)
    talk.connects()
    asked = await talk.asks()
    done = await silent(talk, asked)
    assert outcome(done) == POLICY_SAID_NO
    assert await talk.failures(asked.payment_session_id) == [("extension_rejected", asked.id, PRICE)]


@pytest.mark.parametrize("then", ["auto_approve", "auto_reject"])
async def test_the_policy_is_that_of_the_end(desk: Office, then: str) -> None:
    """A window keeps the length it began with; what silence means is read when it ends."""
    first = "auto_reject" if then == "auto_approve" else "auto_approve"
    desk.change(extension_default_action_on_timeout=first, extension_timeout_seconds=20)
    talk = await talking(desk)
    talk.connects()
    asked = await talk.asks()
    desk.change(extension_default_action_on_timeout=then, extension_timeout_seconds=5)
    assert seconds((await talk.now(asked)).deadline_at, asked.requested_at) == 20
    done = await silent(talk, asked)
    assert outcome(done) == (("accepted", None) if then == "auto_approve" else POLICY_SAID_NO)


# ---------------------------------------------------------------------- closing, and the end


async def test_from_closing(desk: Office) -> None:
    """Paid time was over: accepted, the chat runs the new minutes; the closing time is a recorded pause."""
    talk = await talking(desk)
    await talk.runs_out()
    await clock.fire(desk.desk, Due("chat", talk.session_id))
    assert (await talk.chat()).status == "closing"
    done = await talk.answer(await talk.asks(5), accepted=True)
    chat = await talk.chat()
    assert done.responded_at is not None
    assert (chat.status, chat.expires_at) == ("active", done.responded_at + timedelta(minutes=5))
    assert chat.closing_until is None


async def test_from_closing_and_refused(desk: Office) -> None:
    """Nothing was left: the chat closes again, with a full grace, and both are told that."""
    talk = await talking(desk)
    await talk.runs_out()
    await clock.fire(desk.desk, Due("chat", talk.session_id))
    desk.change(closure_grace_seconds=90)
    asked = await talk.asks()
    done = await talk.answer(asked, accepted=False)
    chat = await talk.chat()
    assert (chat.status, chat.closing_until) == ("closing", (done.responded_at or 0) + timedelta(seconds=90))  # type: ignore[operator]  # answered just now
    assert (await talk.told())[-3:] == [
        "customer: extension_response",
        "customer: session_closing",
        "mitra: session_closing",
    ]


async def test_the_chat_does_not_close_while_it_waits(desk: Office) -> None:
    """Its time stands still, however long the answer takes."""
    talk = await talking(desk)
    asked = await talk.asks()
    await clock.fire(desk.desk, Due("chat", talk.session_id))
    assert (await talk.chat()).status == "extending"
    await talk.answer(asked, accepted=True)


@pytest.mark.parametrize("by", ["customer", "operator"])
async def test_the_end_takes_the_extension_along(desk: Office, by: str) -> None:
    """The extension is cancelled with the cause of the end, its payment fails; late answers hear so."""
    talk = await talking(desk)
    asked = await talk.asks()
    if by == "customer":
        await chats.end_by_customer(desk.desk, talk.customer, talk.session_id)
        cause = "customer_cancelled"
    else:
        await clock.end_chat(desk.desk, talk.session_id, "mitra_blocked", 0)
        cause = "operator_ended"
    done = await talk.now(asked)
    assert outcome(done) == ("cancelled", cause)
    failed = await talk.payment(asked.payment_session_id)
    assert (failed.status, failed.cause_tag) == ("failed_pairing", cause)
    assert await talk.ledger(asked.payment_session_id) == [("refund_due", PRICE)]
    assert await talk.failures(asked.payment_session_id) == [(cause, asked.id, PRICE)]
    assert (await talk.told())[-2:] == ["customer: session_ended", "mitra: session_ended"]
    for accepted in (True, False):
        problem = await refused(talk.answer(asked, accepted=accepted), Code.EXTENSION_RESOLVED)
        assert problem.members == {"state": "cancelled", "reason": cause}


async def test_the_mitra_does_not_end_what_is_paused(desk: Office) -> None:
    """Their way out is to reject."""
    talk = await talking(desk)
    asked = await talk.asks()
    await refused(chats.end_by_mitra(desk.desk, talk.mitra, talk.session_id), Code.INVALID_STATE)
    assert (await talk.now(asked)).is_pending


async def test_prolonged_again_and_again(desk: Office) -> None:
    """Yes, no, silence, from active and from closing: the minutes paid and the pauses add up."""
    desk.change(closure_grace_seconds=60)
    talk = await talking(desk)
    talk.connects()
    for minutes in (5, 12, 60):
        await talk.answer(await talk.asks(minutes), accepted=True)
        await talk.answer(await talk.asks(minutes), accepted=False)
        await silent(talk, await talk.asks(minutes))
    chat = await talk.chat()
    paid = 5 + 2 * (5 + 12 + 60)
    assert chat.expires_at - chat.started_at - chat.paused == timedelta(minutes=paid)
