"""A database in which much has happened, all by use cases, so that it can be audited. Knows no test."""

from contextlib import suppress
from uuid import UUID

from attrs import evolve
from psycopg.sql import SQL

from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.config import PostgresConfigStore
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_app.problems import Problem
from halobestie_app.usecases import chats, extensions, pairings, payments, presence
from halobestie_app.usecases.collecting import collect
from halobestie_app.usecases.failures import FailureDesk
from halobestie_app.wiring.failures import failure_desk
from halobestie_core.ports.catalogue import Change
from halobestie_core.ports.gateway import Invoice, InvoiceStatus
from halobestie_core.ports.history import ChangeKind
from halobestie_core.words import OperatorAction, TopicSensitivity
from support.desk import Office

NORMAL = TopicSensitivity.NORMAL
_CHANGED = SQL(
    "INSERT INTO operator_changes (subject_type, subject_id, change_kind, changed_by, before, after)"
    " VALUES ('mitra', %s, 'renamed', %s, jsonb_build_object('display_name', 'Sri'),"
    " jsonb_build_object('display_name', 'Sari'))"
)


_SPOKEN = (
    "INSERT INTO chat_keys (session_id, author, wrapped_key, key_id) VALUES (%(of)s, 'mitra', 'k', 'k')",
    (
        "INSERT INTO chat_messages (session_id, seq, sender, client_message_id, text_encrypted, sent_at)"
        " VALUES (%(of)s, 1, 'mitra', gen_random_uuid(), 'sealed', clock_timestamp())"
    ),
    "UPDATE chat_sessions SET last_seq = 1 WHERE id = %(of)s",
    (
        "INSERT INTO outbox (kind, stream, audience, payload)"
        " SELECT 'frame', side || ':' || whom, jsonb_build_object(side, whom),"
        " jsonb_build_object('frame', 'message', 'session_id', s.id, 'seq', '1')"
        " FROM chat_sessions s,"
        " LATERAL (VALUES ('customer', customer_id), ('mitra', mitra_id)) AS o (side, whom)"
        " WHERE s.id = %(of)s"
    ),
)


async def lived(office: Office) -> None:
    """Let three mitras and seven customers have their evenings."""
    sari, tini, dewi = [await _online(office) for _ in range(3)]
    boss = await _operator(office)
    failed = failure_desk(office.pool, office.desk)
    await _talked(office, sari, dewi)
    await _fell_back(office, sari, tini)
    await _gave_up(office)
    await _refunded(office, boss, failed)
    await _paid_too_much(office, boss, failed)
    await _closed(office, tini, boss, failed)
    await presence.block(office.desk, boss, dewi, blocked=True)
    await _asked_in_vain(office, dewi)
    await _administered(office, boss, sari)


async def _online(office: Office) -> UUID:
    mitra_id = await office.mitra(online=False)
    await office.sql(SQL("UPDATE mitras SET last_heartbeat_at = NULL WHERE id = %s"), mitra_id)
    await presence.switch(office.desk, office.beats, mitra_id, online=True)
    return mitra_id


async def _operator(office: Office) -> UUID:
    boss = uuid7()
    added = SQL("INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, '')")
    await office.sql(added, boss, f"{boss}@example.org")
    return boss


async def _talked(office: Office, sari: UUID, dewi: UUID) -> None:
    """A chat that was prolonged, then not prolonged, then ended."""
    desk, ayu = office.desk, await office.customer()
    paid = await office.paid(ayu)
    request = await pairings.open_general(desk, ayu, paid.payment.id, NORMAL)
    await pairings.decline(desk, dewi, request.request.id)
    won, _ = await pairings.accept(desk, sari, request.request.id)
    await _spoken(office, won.session.id)
    for accepted in (True, False):
        more = await payments.create(desk, ayu, payments.NewPayment(12, is_extension=True))
        await payments.confirm(desk, ayu, more.payment.id)
        wanted = extensions.Wanted(more.payment.id)
        asked = await extensions.ask(desk, ayu, won.session.id, wanted)
        await extensions.answer(desk, sari, asked.id, accepted=accepted)
    await chats.end_by_customer(desk, ayu, won.session.id)


async def _spoken(office: Office, session_id: UUID) -> None:
    """One message."""
    async with office.pool.connection() as conn, conn.transaction():
        for statement in _SPOKEN:
            await conn.execute(SQL(statement), {"of": session_id})


async def _fell_back(office: Office, sari: UUID, tini: UUID) -> None:
    """A mitra asked again declines; the same money finds another, and they talk still."""
    desk, bima = office.desk, await office.customer()
    paid = await office.paid(bima, tini)
    request = await pairings.open_returning(desk, bima, paid.payment.id, tini, NORMAL)
    await pairings.decline(desk, tini, request.request.id)
    again = await pairings.fall_back(desk, bima, paid.payment.id)
    won, _ = await pairings.accept(desk, sari, again.request.id)
    await _spoken(office, won.session.id)


async def _gave_up(office: Office) -> None:
    """A search that was cancelled, and a payment that was never paid."""
    desk, citra = office.desk, await office.customer()
    paid = await office.paid(citra)
    await pairings.open_general(desk, citra, paid.payment.id, NORMAL)
    await pairings.cancel_search(desk, citra, paid.payment.id)
    begun = await payments.create(desk, citra, payments.NewPayment(5))
    await payments.cancel(desk, citra, begun.payment.id)


async def _refunded(office: Office, boss: UUID, failed: FailureDesk) -> None:
    """A payment that was cancelled before a search, and refunded."""
    desk, dian = office.desk, await office.customer()
    paid = await office.paid(dian)
    await pairings.cancel_search(desk, dian, paid.payment.id)
    await failed.act(boss, await _failure(office, paid.payment.id), OperatorAction.REFUNDED, "by transfer")


async def _paid_too_much(office: Office, boss: UUID, failed: FailureDesk) -> None:
    """Money that is not what a payment asked for, credited; and money for nobody."""
    desk, eka = office.desk, await office.customer()
    paid = await office.paid(eka)
    payment_id = paid.payment.id
    money = Invoice("too much", str(payment_id), InvoiceStatus.PAID, "PAID", 99, "IDR", paid_amount=99)
    await collect(desk, money, payment_id=payment_id)
    surplus = await _failure(office, payment_id)
    await failed.act(boss, surplus, OperatorAction.CREDITED, None)
    await collect(desk, evolve(money, id="nobody's", external_id="nobody"), payment_id=None)


async def _closed(office: Office, tini: UUID, boss: UUID, failed: FailureDesk) -> None:
    """A fallback that an operator's action closed."""
    desk, fani = office.desk, await office.customer()
    paid = await office.paid(fani, tini)
    request = await pairings.open_returning(desk, fani, paid.payment.id, tini, NORMAL)
    await pairings.decline(desk, tini, request.request.id)
    await failed.act(boss, await _failure(office, paid.payment.id), OperatorAction.NO_ACTION, "as agreed")


async def _asked_in_vain(office: Office, dewi: UUID) -> None:
    """A mitra who is asked again but is gone."""
    gita = await office.customer()
    paid = await office.paid(gita, dewi)
    with suppress(Problem):
        await pairings.open_returning(office.desk, gita, paid.payment.id, dewi, NORMAL)


async def _administered(office: Office, boss: UUID, sari: UUID) -> None:
    """Prices, the promotion, a setting and a name were changed."""
    async with PostgresPrices(office.pool).unit() as unit:
        tier, promotion = unit.seen.tiers[0], unit.seen.promotion
        dearer = Change(ChangeKind.UPDATED, evolve(tier, price=tier.price + 1), tier)
        dearest = Change(ChangeKind.UPDATED, evolve(promotion, label="Gratis"), promotion)
        await unit.save((dearer, dearest), boss)
    async with PostgresConfigStore(office.pool).unit() as settings:
        await settings.save({"pairing_wave_size": 2}, boss, house_changed=False)
    await office.sql(_CHANGED, sari, boss)


async def _failure(office: Office, payment_id: UUID) -> UUID:
    query = SQL("SELECT id FROM pairing_failures WHERE payment_session_id = %s AND superseded_at IS NULL")
    ((found,),) = await office.sql(query, payment_id)
    return UUID(str(found))
