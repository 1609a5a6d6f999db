"""Scenes of races: who stands where before two commands meet, how it all stands then. Knows no order.

A scene names its sides, the row that all of them lock, and says in a word what became of it.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from attrs import field, frozen
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import catalogue, chats, clock, pairings, payments, presence
from halobestie_app.wiring.failures import failure_desk
from halobestie_core.ports.agenda import Due
from halobestie_core.ports.messages import Unwritten
from halobestie_core.ports.presence import User
from halobestie_core.reasons import Reason
from halobestie_core.words import OperatorAction, TopicSensitivity, UserType
from support.contest import Side
from support.desk import Office
from support.extending import Talk, talking
from support.talking import CIPHER

OVER: Final = timedelta(hours=1)
TOPIC: Final = TopicSensitivity.NORMAL


@frozen
class Scene:
    """What may be done, behind which row (table, id), and how it stands."""

    sides: dict[str, Side]
    row: tuple[str, UUID]
    stands: Callable[[], Awaitable[str]]
    writes: tuple[str, ...] = field(default=("transitions",))
    """Tables of which every side that matters writes one."""


async def _search_stands(desk: Office, payment_id: UUID) -> str:
    """How a payment and its last request stand, whether a chat goes on, and how many searches there were."""
    query = SQL(
        "SELECT p.status, coalesce(p.cause_tag, '-'),"
        " coalesce(string_agg(r.status, ' ' ORDER BY r.created_at, r.id), 'no request'),"
        " (SELECT count(*) FROM chat_sessions s WHERE s.payment_session_id = p.id)"
        " FROM payment_sessions p LEFT JOIN pairing_requests r ON r.payment_session_id = p.id"
        " WHERE p.id = %s GROUP BY p.id"
    )
    ((status, cause, requests, talks),) = await desk.sql(query, payment_id)
    assert talks == (status == "consumed")
    return f"{status}{'' if cause == '-' else f' ({cause})'}: {requests}"


async def search(desk: Office, *, over: bool = False) -> Scene:
    """A general search that mitras may take, the customer give up, and the clock end."""
    budi, citra = [await desk.mitra() for _ in range(2)]
    request = (await desk.searching()).request
    if over:
        await desk.age("pairing", request.id, OVER)
    who, paid = request.customer_id, request.payment_session_id

    async def stands() -> str:
        won = await desk.sql(SQL("SELECT mitra_id FROM chat_sessions WHERE payment_session_id = %s"), paid)
        by = {(budi,): " by Budi", (citra,): " by Citra"}
        return await _search_stands(desk, paid) + "".join(by[mitra] for mitra in won)

    return Scene(
        {
            "Budi accepts": partial(pairings.accept, desk.desk, budi, request.id),
            "Budi taps again": partial(pairings.accept, desk.desk, budi, request.id),
            "Citra accepts": partial(pairings.accept, desk.desk, citra, request.id),
            "Budi declines": partial(pairings.decline, desk.desk, budi, request.id),
            "Citra declines": partial(pairings.decline, desk.desk, citra, request.id),
            "the customer cancels": partial(pairings.cancel_search, desk.desk, who, paid),
            "the clock": partial(clock.fire, desk.desk, Due("pairing", request.id)),
        },
        ("customers", who),
        stands,
    )


async def offer(desk: Office) -> Scene:
    """A mitra who was offered a request and is about to leave."""
    budi = await desk.mitra()
    request = (await desk.searching()).request

    async def stands() -> str:
        ((online, live),) = await desk.sql(
            SQL("SELECT is_online, live_chats FROM mitras WHERE id = %s"), budi
        )
        return f"{'online' if online else 'offline'}, {live} chats"

    return Scene(
        {
            "accept": partial(pairings.accept, desk.desk, budi, request.id),
            "offline": partial(presence.switch, desk.desk, desk.beats, budi, online=False),
        },
        ("mitras", budi),
        stands,
    )


async def last_place(desk: Office) -> Scene:
    """Two requests for a mitra who has one place."""
    desk.change(max_customers_per_mitra=1)
    budi = await desk.mitra()
    one, other = [(await desk.searching()).request for _ in range(2)]

    async def stands() -> str:
        ((live,),) = await desk.sql(SQL("SELECT live_chats FROM mitras WHERE id = %s"), budi)
        return f"{live} chats"

    return Scene(
        {
            "accept one": partial(pairings.accept, desk.desk, budi, one.id),
            "accept other": partial(pairings.accept, desk.desk, budi, other.id),
        },
        ("mitras", budi),
        stands,
    )


async def opening(desk: Office, *, over: bool) -> Scene:
    """A paid session that is to be used as its time runs out."""
    who = await desk.customer()
    paid = (await desk.paid(who)).payment.id
    if over:
        await desk.age("payment", paid, OVER)
    return Scene(
        {
            "search": partial(pairings.open_general, desk.desk, who, paid, TOPIC),
            "the clock": partial(clock.fire, desk.desk, Due("payment", paid)),
        },
        ("customers", who),
        partial(_search_stands, desk, paid),
    )


async def targeted(desk: Office, *, over: bool = False) -> Scene:
    """A request for one mitra, and all that may end it or come after it."""
    budi = await desk.mitra()
    await desk.mitra()
    who = await desk.customer()
    paid = (await desk.paid(who, budi)).payment.id
    request = (await pairings.open_returning(desk.desk, who, paid, budi, TOPIC)).request
    if over:
        await desk.age("pairing", request.id, OVER)
    return Scene(
        {
            "accept": partial(pairings.accept, desk.desk, budi, request.id),
            "decline": partial(pairings.decline, desk.desk, budi, request.id),
            "time-out": partial(clock.fire, desk.desk, Due("pairing", request.id)),
            "fallback": partial(pairings.fall_back, desk.desk, who, paid),
            "cancel": partial(pairings.cancel_search, desk.desk, who, paid),
        },
        ("customers", who),
        partial(_search_stands, desk, paid),
    )


async def operator(desk: Office) -> UUID:
    """A new operator."""
    who = uuid7()
    insert = SQL("INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')")
    await desk.sql(insert, who, f"{who}@example.org")
    return who


async def failed(desk: Office) -> Scene:
    """Money of a failed search, which the customer may use again and operators may give back."""
    rini, dewi = await operator(desk), await operator(desk)
    budi = await desk.mitra(online=False)
    who = await desk.customer()
    paid = (await desk.paid(who, budi)).payment.id
    with suppress(pairings.TargetUnavailableError):  # he is away: that is why it fails
        await pairings.open_returning(desk.desk, who, paid, budi, TOPIC)
    await desk.mitra()
    queue = failure_desk(desk.pool, desk.desk)
    ((row,),) = await desk.sql(SQL("SELECT id FROM pairing_failures WHERE payment_session_id = %s"), paid)

    async def stands() -> str:
        ledger = await desk.sql(
            SQL("SELECT kind FROM customer_transactions WHERE payment_session_id = %s ORDER BY id"), paid
        )
        ((searches,),) = await desk.sql(
            SQL("SELECT count(*) FROM pairing_requests WHERE payment_session_id = %s AND kind = 'general'"),
            paid,
        )
        return f"{' '.join(kind for (kind,) in ledger)}: {searches} searches"

    return Scene(
        {
            "fallback": partial(pairings.fall_back, desk.desk, who, paid),
            "fallback again": partial(pairings.fall_back, desk.desk, who, paid),
            "refunded": partial(queue.act, rini, row, OperatorAction.REFUNDED, "rini"),
            "credited": partial(queue.act, dewi, row, OperatorAction.CREDITED, "dewi"),
        },
        ("customers", who),
        stands,
    )


async def silent(desk: Office) -> Scene:
    """A mitra who was not heard of for too long, whom clocks are about to take offline."""
    budi = await desk.mitra(silent_for=OVER)

    async def stands() -> str:
        ((online, moves),) = await desk.sql(
            SQL(
                "SELECT is_online, (SELECT count(*) FROM transitions t WHERE t.aggregate_id = m.id)"
                " FROM mitras m WHERE id = %s"
            ),
            budi,
        )
        return f"{'online' if online else 'offline'}, {moves} moves"

    return Scene(
        {
            "sweep": partial(clock.fire, desk.desk, Due("presence", budi)),
            "sweep too": partial(clock.fire, desk.desk, Due("presence", budi)),
        },
        ("mitras", budi),
        stands,
    )


async def two_extensions(desk: Office) -> Scene:
    """A chat with two paid extensions that are to be asked for, its paid time over."""
    talk = await talking(desk)
    one, other = await talk.more(5), await talk.more(5)
    await talk.runs_out()

    async def stands() -> str:
        rows = await desk.sql(
            SQL("SELECT status FROM session_extensions WHERE session_id = %s"), talk.session_id
        )
        return f"{(await talk.chat()).status.value}: {' '.join(status for (status,) in rows)}"

    return Scene(
        {
            "ask with one": partial(talk.ask, one.id),
            "ask with other": partial(talk.ask, other.id),
            "the clock": partial(clock.fire, desk.desk, Due("chat", talk.session_id)),
        },
        ("customers", talk.customer),
        stands,
    )


async def answered(desk: Office, *, over: bool) -> Scene:
    """An extension that waits for its answer, of a mitra who is there."""
    talk = await talking(desk)
    talk.connects()
    asked = await talk.asks(5)
    if over:
        await talk.over(asked)

    async def stands() -> str:
        kinds = [kind for kind, _ in await talk.ledger(asked.payment_session_id)]
        return f"{(await talk.now(asked)).status.value}: {' '.join(kinds)}"

    return Scene(
        {
            "accept": partial(talk.answer, asked, accepted=True),
            "reject": partial(talk.answer, asked, accepted=False),
            "time": partial(clock.fire, desk.desk, Due("extension", asked.id)),
            "end": partial(chats.end_by_customer, desk.desk, talk.customer, talk.session_id),
        },
        ("customers", talk.customer),
        stands,
    )


async def last_word(desk: Office) -> Scene:
    """A message, the same message on another socket, and the end of its chat."""
    talk: Talk = await talking(desk)
    messages, message_id = PostgresMessages(desk.pool, CIPHER), uuid4()

    async def write() -> None:
        written = await messages.write(User(UserType.MITRA, talk.mitra), talk.session_id, message_id, "halo")
        if isinstance(written, Unwritten):
            assert written.reason is Reason.SESSION_NOT_ACTIVE
            raise Problem(Code.SESSION_NOT_ACTIVE, "too late")

    async def stands() -> str:
        page = await messages.page(User(UserType.MITRA, talk.mitra), talk.session_id, 0, 9)
        return f"{(await talk.chat()).status.value}, {len(page.rows)} messages"

    return Scene(
        {
            "message": write,
            "the same message": write,
            "end": partial(chats.end_by_customer, desk.desk, talk.customer, talk.session_id),
        },
        ("chat_sessions", talk.session_id),
        stands,
        ("transitions", "chat_messages"),
    )


async def discounted(desk: Office) -> Scene:
    """Somebody whose first session is free begins two payments."""
    prices, boss, who = PostgresPrices(desk.pool), await operator(desk), await desk.customer()
    await desk.sql(
        SQL("UPDATE customers SET phone = %s, phone_verified_at = now() WHERE id = %s"),
        f"+62811{who.int % 10**8:08}",
        who,
    )
    seen = catalogue.version((await prices.catalogue()).promotion)
    await catalogue.change_promotion(prices, boss, seen, {"is_active": True})

    async def stands() -> str:
        rows = await desk.sql(
            SQL("SELECT status, amount FROM payment_sessions WHERE customer_id = %s ORDER BY status"), who
        )
        ((claims,),) = await desk.sql(
            SQL(
                "SELECT count(*) FROM discount_claims c JOIN payment_sessions p"
                " ON p.id = c.payment_session_id WHERE p.customer_id = %s"
            ),
            who,
        )
        return f"{', '.join(f'{status} {int(amount)}' for status, amount in rows)}: {claims} claims"

    pay = partial(payments.create, desk.desk, who, payments.NewPayment(5))
    return Scene({"pay": pay, "pay too": pay}, ("customers", who), stands)
