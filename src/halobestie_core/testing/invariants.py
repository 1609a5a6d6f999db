"""What must always hold of a world: the invariants one customer's life can break, a sentence per breach.

The names are those of the list that the database's own queries and the exploration of states check too.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final

from halobestie_core import extension, pairing, payment
from halobestie_core.chat import SessionStatus
from halobestie_core.extension import Extension, ExtensionStatus
from halobestie_core.flow import deadlines
from halobestie_core.flow.effects import EntryKind
from halobestie_core.machine import Machine
from halobestie_core.pairing import AnswerKind, PairingRequest, RequestStatus
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.testing.world import World
from halobestie_core.words import RequestKind

_CHARGES: Final = (EntryKind.SESSION, EntryKind.EXTENSION)


def status_and_cause_agree(world: World) -> Iterator[str]:
    """M1, P5: what failed has a cause and nothing else has one; what was closed has a cause or a winner."""
    machines: tuple[tuple[Machine[Any], Iterable[PaymentSession | PairingRequest | Extension]], ...] = (
        (payment.PAYMENT, world.payments.values()),
        (pairing.PAIRING, world.requests.values()),
        (extension.EXTENSION, world.extensions.values()),
    )
    for machine, items in machines:
        for item in items:
            if (item.status in machine.failures) != (item.cause_tag is not None):
                yield f"{machine.name} {item.id} is {item.status} because of {item.cause_tag}"
    for request in world.requests.values():
        if (request.winner_mitra_id is not None) != (request.status is RequestStatus.ACCEPTED):
            yield f"request {request.id} is {request.status}, won by {request.winner_mitra_id}"


def failures_have_one_row(world: World) -> Iterator[str]:
    """M3, M6: a failed payment has one open row and one refund due, and no other payment has any."""
    for paid in world.payments.values():
        failed = paid.status is PaymentStatus.FAILED_PAIRING
        rows = [row for row in world.books.failures if row.payment_session_id == paid.id and row.is_own]
        if len(rows) != failed:
            yield f"payment {paid.id} is {paid.status} with {len(rows)} open failure rows"
        due = len(world.books.entries(paid.id, EntryKind.REFUND_DUE))
        due -= len(world.books.entries(paid.id, EntryKind.REFUND_REVERSED))
        if due != (failed and paid.amount > 0):
            yield f"payment {paid.id} of {paid.amount} is {paid.status} with {due} refunds due"


def surplus_is_owed(world: World) -> Iterator[str]:
    """M3, M6: money that bought nothing of ours has a row and a refund of its own, once each."""
    for row in world.books.failures:
        if row.invoice_id is None:
            continue
        owed = world.books.entries(row.payment_session_id, EntryKind.REFUND_DUE, surplus=True)
        mine = [entry for entry in owed if entry.invoice_id == row.invoice_id]
        if [entry.amount for entry in mine] != [row.amount]:
            yield f"surplus {row.invoice_id} of {row.amount} is owed as {mine}"


def consumed_is_charged_once(world: World) -> Iterator[str]:
    """M4, M5: what was consumed was served once and charged once, at its amount; nothing else was."""
    for paid in world.payments.values():
        spent = paid.status is PaymentStatus.CONSUMED
        charges = [entry.amount for entry in world.books.entries(paid.id, *_CHARGES)]
        if charges != [paid.amount] * spent:
            yield f"payment {paid.id} of {paid.amount} is {paid.status} and charged {charges}"
        if paid.is_extension:
            served = [
                e.id
                for e in world.extensions.values()
                if e.payment_session_id == paid.id and e.status is ExtensionStatus.ACCEPTED
            ]
        else:
            served = [one.id for one in world.chats.values() if one.payment_session_id == paid.id]
        if len(served) != spent:
            yield f"payment {paid.id} is {paid.status} and served by {served}"


def no_rupiah_is_lost(world: World) -> Iterator[str]:
    """M7: captured = charged + refund due + still confirmed."""
    if world.captured != world.charged + world.refund_due + world.confirmed:
        yield (
            f"captured {world.captured}, charged {world.charged},"
            f" due {world.refund_due}, confirmed {world.confirmed}"
        )


def one_discount(world: World) -> Iterator[str]:
    """M11: one first-session discount is in use at most; a lost one was given back exactly once."""
    discounted = [paid for paid in world.payments.values() if paid.is_first_session_discount]
    used = [paid.id for paid in discounted if paid.is_open or paid.status is PaymentStatus.CONSUMED]
    if len(used) > 1:
        yield f"discounts used by {used}"
    yield from (f"extension {paid.id} is discounted" for paid in discounted if paid.is_extension)
    lost = sorted(paid.id for paid in discounted if paid.id not in used)
    if sorted(paid.id for paid in discounted) != sorted(world.books.discounts_claimed):
        yield f"discounts claimed by {world.books.discounts_claimed}, had by {discounted}"
    if lost != sorted(world.books.discounts_returned):
        yield f"discounts lost by {lost}, returned for {world.books.discounts_returned}"


def holders_are_open(world: World) -> Iterator[str]:
    """M2, M13, P1, P2: what holds a payment is open and alone, and its payment is confirmed."""
    searches = [item for item in world.requests.values() if item.is_open]
    asking = [item for item in world.extensions.values() if item.is_pending]
    holders: list[PairingRequest | Extension] = [*searches, *asking]
    for paid in world.payments.values():
        held = [item.id for item in holders if item.payment_session_id == paid.id]
        if held != ([] if paid.held_by is None else [paid.held_by]):
            yield f"payment {paid.id} is held by {paid.held_by}, open are {held}"
        if held and paid.status is not PaymentStatus.CONFIRMED:
            yield f"payment {paid.id} is {paid.status} under {held}"
    live = [one.id for one in world.chats.values() if one.is_live]
    if len(searches) + len(live) > 1:
        yield f"open at once: requests {[item.id for item in searches]}, chats {live}"
    ordinary = [paid.id for paid in world.payments.values() if paid.is_open and not paid.is_extension]
    if len(ordinary) > 1:
        yield f"open ordinary payments: {ordinary}"


def one_winner(world: World) -> Iterator[str]:
    """P3, P4: one accepting answer, by somebody offered it (the target alone, if there is one)."""
    for request in world.requests.values():
        winners = [entry.mitra_id for entry in request.answers if entry.answer is AnswerKind.ACCEPTED]
        if winners != ([] if request.winner_mitra_id is None else [request.winner_mitra_id]):
            yield f"request {request.id} was won by {request.winner_mitra_id}, accepted by {winners}"
        shown = frozenset[object]().union(*(one.mitra_ids for one in request.waves))
        if not shown >= set(winners):
            yield f"request {request.id} was won by {winners}, shown to {shown}"
        if request.kind is RequestKind.RETURNING and not shown <= {request.targeted_mitra_id}:
            yield f"returning request {request.id} was shown to {shown}"


def places_are_counted(world: World) -> Iterator[str]:
    """P6: a mitra's live chats are those that live."""
    live = [one.mitra_id for one in world.chats.values() if one.is_live]
    for mitra_id in world.mitras:
        counted = world.books.live_chats.get(mitra_id, 0)
        if counted != live.count(mitra_id):
            yield f"mitra {mitra_id} has {live.count(mitra_id)} live chats, counted as {counted}"


def paid_time_is_kept(world: World) -> Iterator[str]:
    """H4: a chat ends at its start + the minutes consumed + the pauses recorded."""
    for one in world.chats.values():
        minutes = world.payments[one.payment_session_id].duration_minutes
        minutes += sum(
            item.requested_duration_minutes
            for item in world.extensions.values()
            if item.session_id == one.id and item.status is ExtensionStatus.ACCEPTED
        )
        due = one.started_at + timedelta(minutes=minutes) + one.paused
        if one.expires_at != due:
            yield f"chat {one.id} ends at {one.expires_at}, paid until {due}"


def extensions_match(world: World) -> Iterator[str]:
    """X1, X2: a chat extends while one extension is pending, which has its payment's minutes and price."""
    for one in world.chats.values():
        pending = [e.id for e in world.extensions.values() if e.session_id == one.id and e.is_pending]
        if len(pending) != (one.status is SessionStatus.EXTENDING):
            yield f"chat {one.id} is {one.status} with pending {pending}"
    for asked in world.extensions.values():
        paid = world.payments[asked.payment_session_id]
        if (asked.requested_duration_minutes, asked.requested_price) != (paid.duration_minutes, paid.amount):
            yield f"extension {asked.id} differs from its payment"
        if paid.customer_id != world.chats[asked.session_id].customer_id or not paid.is_extension:
            yield f"extension {asked.id} is paid by {paid.id}"


def waiting_has_a_deadline(world: World) -> Iterator[str]:
    """T1: what waits has a ``wake_at``, and nothing else has one."""
    for shelf in (world.payments, world.requests, world.extensions, world.chats):
        yield from deadlines.misdated(shelf.values())


INVARIANTS: Final[tuple[Callable[[World], Iterator[str]], ...]] = (
    status_and_cause_agree,
    failures_have_one_row,
    surplus_is_owed,
    consumed_is_charged_once,
    no_rupiah_is_lost,
    one_discount,
    holders_are_open,
    one_winner,
    places_are_counted,
    paid_time_is_kept,
    extensions_match,
    waiting_has_a_deadline,
)


def broken(world: World) -> tuple[str, ...]:
    """Return one sentence per breach; none for a world as it should be."""
    return tuple(f"{law.__name__}: {breach}" for law in INVARIANTS for breach in law(world))
