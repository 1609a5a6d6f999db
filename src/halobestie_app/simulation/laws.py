"""What must hold at every commit, over the whole database in memory: a sentence per breach.

The names are those of the list that the database's own queries check too. Each law reads the tables only.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from halobestie_adapters.memory import Tables
from halobestie_app.simulation.deliveries import webhooks_count_once
from halobestie_app.simulation.words import nothing_into_silence, numbered_without_a_gap
from halobestie_core import extension, pairing, payment
from halobestie_core.causes import Cause
from halobestie_core.chat import SessionStatus
from halobestie_core.extension import Extension, ExtensionStatus
from halobestie_core.flow import deadlines
from halobestie_core.flow.effects import EntryKind
from halobestie_core.machine import Machine
from halobestie_core.pairing import AnswerKind, PairingRequest, RequestStatus
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.words import RequestKind

Law = Callable[[Tables], Iterator[str]]
_CHARGES: Final = (EntryKind.SESSION, EntryKind.EXTENSION)


def status_and_cause_agree(tables: Tables) -> Iterator[str]:
    """M1, P5: what failed has a cause and nothing else has one; what was closed has a cause or a winner."""
    machines: tuple[tuple[Machine[Any], Iterable[PaymentSession | PairingRequest | Extension]], ...] = (
        (payment.PAYMENT, tables.payments),
        (pairing.PAIRING, tables.requests),
        (extension.EXTENSION, tables.extensions),
    )
    for machine, items in machines:
        for item in items:
            if (item.status in machine.failures) != (item.cause_tag is not None):
                yield f"{machine.name} {item.id} is {item.status} because of {item.cause_tag}"
    for request in tables.requests:
        if (request.winner_mitra_id is not None) != (request.status is RequestStatus.ACCEPTED):
            yield f"request {request.id} is {request.status}, won by {request.winner_mitra_id}"


def failures_have_one_row(tables: Tables) -> Iterator[str]:
    """M3, M6: a failed payment has one open row and one refund due, and no other payment has any."""
    rows = Counter(
        kept.row.payment_session_id
        for kept in tables.failures
        if kept.row.capture_id is None and kept.superseded_at is None
    )
    own = {kept.row.id for kept in tables.failures if kept.row.capture_id is None}
    due: Counter[UUID | None] = Counter()
    for entry in tables.ledger:
        if entry.failure_id in own:
            due[entry.payment_session_id] += entry.kind is EntryKind.REFUND_DUE
            due[entry.payment_session_id] -= entry.kind is EntryKind.REFUND_REVERSED
    for paid in tables.payments:
        failed = paid.status is PaymentStatus.FAILED_PAIRING
        if rows[paid.id] != failed:
            yield f"payment {paid.id} is {paid.status} with {rows[paid.id]} open failure rows"
        if due[paid.id] != (failed and paid.amount > 0):
            yield f"payment {paid.id} of {paid.amount} is {paid.status} with {due[paid.id]} refunds due"


def surplus_is_owed(tables: Tables) -> Iterator[str]:
    """M3, M6: money that bought nothing of ours has a row and a refund of its own, once each."""
    owed: defaultdict[UUID | None, list[int]] = defaultdict(list)
    for entry in tables.ledger:
        if entry.kind is EntryKind.REFUND_DUE:
            owed[entry.failure_id].append(entry.amount)
    for kept in tables.failures:
        if kept.row.capture_id is not None and owed[kept.row.id] != [kept.row.amount]:
            yield f"surplus {kept.row.capture_id} of {kept.row.amount} is owed as {owed[kept.row.id]}"


def consumed_is_charged_once(tables: Tables) -> Iterator[str]:
    """M4, M5: what was consumed was served once and charged once, at its amount; nothing else was."""
    charges: defaultdict[UUID | None, list[int]] = defaultdict(list)
    for entry in tables.ledger:
        if entry.kind in _CHARGES:
            charges[entry.payment_session_id].append(entry.amount)
    chats = Counter(one.payment_session_id for one in tables.chats)
    accepted = (one for one in tables.extensions if one.status is ExtensionStatus.ACCEPTED)
    extended = Counter(one.payment_session_id for one in accepted)
    for paid in tables.payments:
        spent = paid.status is PaymentStatus.CONSUMED
        if charges[paid.id] != [paid.amount] * spent:
            yield f"payment {paid.id} of {paid.amount} is {paid.status} and charged {charges[paid.id]}"
        served = extended[paid.id] if paid.is_extension else chats[paid.id]
        if served != spent:
            yield f"payment {paid.id} is {paid.status} and served {served} times"


def no_rupiah_is_lost(tables: Tables) -> Iterator[str]:
    """M7: captured = charged + refund due + still confirmed."""
    sums: Counter[EntryKind] = Counter()
    for entry in tables.ledger:
        sums[entry.kind] += entry.amount
    captured = sum(row.amount for row in tables.captures)
    charged = sum(sums[kind] for kind in _CHARGES)
    due = sums[EntryKind.REFUND_DUE] - sums[EntryKind.REFUND_REVERSED]
    confirmed = sum(one.amount for one in tables.payments if one.status is PaymentStatus.CONFIRMED)
    if captured != charged + due + confirmed:
        yield f"captured {captured}, charged {charged}, due {due}, confirmed {confirmed}"


def one_discount(tables: Tables) -> Iterator[str]:
    """M11: one first-session discount is in use at most; an extension is never discounted or free."""
    used: Counter[UUID] = Counter()
    for paid in tables.payments:
        if paid.is_first_session_discount:
            used[paid.customer_id] += paid.is_open or paid.status is PaymentStatus.CONSUMED
        if paid.is_extension and (paid.is_first_session_discount or paid.amount == 0):
            yield f"extension {paid.id} is discounted or free"
    yield from (f"customer {one} has {number} discounts" for one, number in used.items() if number > 1)


def holders_are_open(tables: Tables) -> Iterator[str]:
    """M2, M13, P1, P2: what holds a payment is open and alone, and its payment is confirmed."""
    holding: defaultdict[UUID, list[UUID]] = defaultdict(list)
    at_once: Counter[UUID] = Counter(one.customer_id for one in tables.requests if one.is_open)
    holders: list[PairingRequest | Extension] = [one for one in tables.requests if one.is_open]
    holders += [one for one in tables.extensions if one.is_pending]
    for holder in holders:
        holding[holder.payment_session_id].append(holder.id)
    for paid in tables.payments:
        held = holding[paid.id]
        if held != ([] if paid.held_by is None else [paid.held_by]):
            yield f"payment {paid.id} is held by {paid.held_by}, open are {held}"
        if held and paid.status is not PaymentStatus.CONFIRMED:
            yield f"payment {paid.id} is {paid.status} under {held}"
    at_once.update(one.customer_id for one in tables.chats if one.is_live)
    yield from (f"customer {one} has {n} searches and chats" for one, n in at_once.items() if n > 1)
    ordinary = Counter(one.customer_id for one in tables.payments if one.is_open and not one.is_extension)
    yield from (f"customer {one} has {n} open payments" for one, n in ordinary.items() if n > 1)


def one_winner(tables: Tables) -> Iterator[str]:
    """P3: one accepting answer, by somebody offered it (the target alone, if there is one)."""
    for request in tables.requests:
        winners = [entry.mitra_id for entry in request.answers if entry.answer is AnswerKind.ACCEPTED]
        if winners != ([] if request.winner_mitra_id is None else [request.winner_mitra_id]):
            yield f"request {request.id} was won by {request.winner_mitra_id}, accepted by {winners}"
        shown = frozenset[UUID]().union(*(one.mitra_ids for one in request.waves))
        if not shown >= set(winners):
            yield f"request {request.id} was won by {winners}, who were not offered it"
        if request.kind is RequestKind.RETURNING and not shown <= {request.targeted_mitra_id}:
            yield f"returning request {request.id} was shown to others than its target"


def rejected_by_all(tables: Tables) -> Iterator[str]:
    """P4: rejected by all only if everybody offered it declined last and, by the log, no one was left."""
    logged: dict[UUID, list[object]] = defaultdict(list)
    for move in tables.moves:
        if move.machine == "pairing" and Cause.ALL_MITRAS_REJECTED in move.body:
            said = orjson.loads(move.body)
            logged[move.aggregate_id].append(said["facts"].get("eligible_left"))
    for request in tables.requests:
        rejected = request.cause_tag is Cause.ALL_MITRAS_REJECTED
        if logged[request.id] != [False] * rejected:
            yield f"request {request.id} is {request.status}, eligible left: {logged[request.id]}"
        shown = frozenset[UUID]().union(*(one.mitra_ids for one in request.waves))
        undecided = sorted(one for one in shown if request.latest(one) is not AnswerKind.DECLINED)
        if rejected and (undecided or not shown):
            yield f"request {request.id} was rejected by all, and of {len(shown)} not by {undecided}"


def places_are_counted(tables: Tables) -> Iterator[str]:
    """P6: a mitra's live chats are those that live."""
    live = Counter(one.mitra_id for one in tables.chats if one.is_live)
    for mitra_id, mitra in tables.mitras.items():
        if mitra.listener.live_chats != live[mitra_id]:
            yield f"mitra {mitra_id} has {live[mitra_id]} chats, counted as {mitra.listener.live_chats}"


def paid_time_is_kept(tables: Tables) -> Iterator[str]:
    """H4, X4: a chat ends at its start + the minutes consumed + the pauses recorded."""
    more: Counter[UUID] = Counter()
    for asked in tables.extensions:
        if asked.status is ExtensionStatus.ACCEPTED:
            more[asked.session_id] += asked.requested_duration_minutes
    for one in tables.chats:
        minutes = tables.payments.rows[one.payment_session_id].duration_minutes + more[one.id]
        due = one.started_at + timedelta(minutes=minutes) + one.paused
        if one.expires_at != due:
            yield f"chat {one.id} ends at {one.expires_at}, paid until {due}"


def extensions_match(tables: Tables) -> Iterator[str]:
    """X1, X2: a chat extends while one extension is pending, which has its payment's minutes and price."""
    pending = Counter(one.session_id for one in tables.extensions if one.is_pending)
    for one in tables.chats:
        if pending[one.id] != (one.status is SessionStatus.EXTENDING):
            yield f"chat {one.id} is {one.status} with {pending[one.id]} pending extensions"
    for asked in tables.extensions:
        paid = tables.payments.rows[asked.payment_session_id]
        if (asked.requested_duration_minutes, asked.requested_price) != (paid.duration_minutes, paid.amount):
            yield f"extension {asked.id} differs from its payment"
        if paid.customer_id != tables.chats.rows[asked.session_id].customer_id or not paid.is_extension:
            yield f"extension {asked.id} is paid by {paid.id}"


def waiting_has_a_deadline(tables: Tables) -> Iterator[str]:
    """T1: what waits has a ``wake_at``, and nothing else has one."""
    yield from deadlines.misdated(tables.payments)
    yield from deadlines.misdated(tables.requests)
    yield from deadlines.misdated(tables.extensions)
    yield from deadlines.misdated(tables.chats)


LAWS: Final[tuple[Law, ...]] = (
    status_and_cause_agree,
    failures_have_one_row,
    surplus_is_owed,
    consumed_is_charged_once,
    no_rupiah_is_lost,
    one_discount,
    holders_are_open,
    one_winner,
    rejected_by_all,
    places_are_counted,
    paid_time_is_kept,
    extensions_match,
    waiting_has_a_deadline,
    webhooks_count_once,
    numbered_without_a_gap,
    nothing_into_silence,
)


def broken(tables: Tables, laws: Iterable[Law] = LAWS) -> tuple[str, ...]:
    """Return one sentence per breach; none for a database as it should be."""
    return tuple(f"{law.__name__}: {breach}" for law in laws for breach in law(tables))


__all__ = ["LAWS", "Law", "broken"]
