"""What must come about once faults have stopped and time has passed: a sentence for all that is stuck."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from halobestie_app.simulation.town import Town
from halobestie_app.simulation.weather import Fault
from halobestie_app.simulation.words import both_are_told
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.gateway import InvoiceStatus

LATE = timedelta(seconds=1)
HINDERING: Final = frozenset(
    {
        Fault.CRASH,
        Fault.COMMIT_UNKNOWN,
        Fault.DATABASE_AWAY,
        Fault.DATABASE_SLOW,
        Fault.REDIS_AWAY,
    }
)
"""With these something may wait until they are over."""


def overdue(town: Town) -> Iterator[str]:
    """M2, H4, T3: nothing waits past its time."""
    tables = town.tables
    for shelf in (tables.payments, tables.requests, tables.chats, tables.extensions):
        for one in shelf:
            if one.wake_at is not None and one.wake_at + LATE < tables.clock.now:
                yield f"T3: {shelf.name} {one.id} is {one.status} and was due at {one.wake_at}"


def unsent(town: Town) -> Iterator[str]:
    """T4: what somebody must hear of has reached the sockets, and commands for later were run."""
    now = town.tables.clock.now
    since = now - timedelta(seconds=2)
    for row in town.tables.outbox.values():
        if row.out.kind == "frame" and row.sent_at is not None and row.id not in town.heard:
            yield f"T4: frame {row.id} {dict(row.out.payload)} counts as sent, and reached nobody"
        put_off = row.attempts > 0 and row.next_attempt_at > now
        waits = row.sent_at is None and row.created_at < since and not put_off
        if row.out.kind in {"frame", "later"} and waits:
            yield f"T4: {row.out.kind} {row.id} {dict(row.out.payload)} is unsent since {row.created_at}"


def disorder(town: Town) -> Iterator[str]:
    """T4: the frames of one stream arrived in their order, for the first time each."""
    last: dict[str, int] = {}
    for row_id, stream in town.heard.items():
        if row_id < last.get(stream, 0):
            yield f"T4: frame {row_id} of {stream} arrived after {last[stream]}"
        last[stream] = max(row_id, last.get(stream, 0))


def stale(town: Town) -> Iterator[str]:
    """C3: nobody is online whom one has not heard of for too long."""
    settings = town.instances[0].desk.settings()
    now = town.tables.clock.now
    if not settings.mitra_require_ping:
        return
    for mitra in town.tables.mitras.values():
        here = mitra.listener.presence
        heard = here.last_heartbeat_at or datetime.min.replace(tzinfo=now.tzinfo)
        threshold = timedelta(seconds=settings.stale_after(town.instances[0].desk.cadence) + 5)
        if here.is_online and heard + threshold < now:
            yield f"C3: {here.id} is online and was last heard of at {heard}"


def unpaid(town: Town) -> Iterator[str]:
    """M10: nothing is paid at the gateway and unpaid here."""
    gateway = town.outside.invoices
    if gateway is None:
        return
    known = {row.provider_invoice_id: row.amount for row in town.tables.captures}
    paid = {one.id: one.taken for one in gateway.invoices if one.status is InvoiceStatus.PAID}
    for one in sorted(known.keys() | paid.keys()):
        if known.get(one) != paid.get(one):
            yield f"M10: {one} has {paid.get(one)} there and {known.get(one)} here"


def unfinished(town: Town) -> Iterator[str]:
    """A good end is reached: when everybody has gone home and time has passed, nothing waits any more."""
    tables = town.tables
    for shelf in (tables.payments, tables.requests, tables.chats, tables.extensions):
        yield from (f"T1: {shelf.name} {one.id} still waits" for one in shelf if one.wake_at is not None)
    unused = (
        one for one in tables.payments if one.status in {PaymentStatus.PENDING, PaymentStatus.CONFIRMED}
    )
    yield from (f"M2: payment {one.id} is {one.status} at the end" for one in unused)
    yield from (f"H4: chat {one.id} is {one.status} at the end" for one in tables.chats if one.is_live)


def keyless(town: Town) -> Iterator[str]:
    """T5: whatever people made bears the id of the key under which they asked, so it was made once."""
    made = (*town.tables.payments, *town.tables.requests, *town.tables.extensions)
    yield from (f"T5: {one.id} was made under no key" for one in made if one.id not in town.keys)


def prompt(town: Town) -> Iterator[str]:
    """T4: nothing waits for long even while it goes on, unless what it needs is away tonight."""
    if not town.outside.weather.faults & HINDERING:
        yield from unsent(town)


def soon(town: Town) -> tuple[str, ...]:
    """Return what should be well a few seconds after the last fault, and is not."""
    return (*overdue(town), *stale(town), *disorder(town), *unsent(town))


def at_last(town: Town) -> tuple[str, ...]:
    """Return what should be well in the end, and is not."""
    return (
        *overdue(town),
        *stale(town),
        *unsent(town),
        *disorder(town),
        *keyless(town),
        *both_are_told(town.tables),
        *unpaid(town),
        *unfinished(town),
    )


__all__ = ["at_last", "prompt", "soon"]
