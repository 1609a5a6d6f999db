"""The inbox of webhooks: both kinds keep an event once, lease it, and end it once."""

from uuid import UUID

import pytest
from attrs import evolve

from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.ports.inbox import InboxState
from halobestie_core.ports.webhooks import Notice
from support.places import Place, later

pytestmark = pytest.mark.anyio

NOTICE = Notice("inv-1", "payment-1", InvoiceStatus.PAID, "PAID", 25_000, "IDR", 25_000)
ONE, TWO, THREE = UUID(int=0xE1), UUID(int=0xE2), UUID(int=0xE3)


async def states(place: Place) -> dict[UUID, InboxState]:
    """How every delivery stands."""
    rows, total = await place.inbox.page((), 50, 0)
    assert total == len(rows)
    return {row.id: row.state for row in rows}


async def test_an_event_is_kept_once(house: Place) -> None:
    """The same invoice and status are known, another is new, and what cannot be read is kept each time."""
    assert await house.inbox.keep(ONE, b"{}", NOTICE)
    assert not await house.inbox.keep(TWO, b"{ }", NOTICE)
    assert await house.inbox.keep(TWO, b"{ }", evolve(NOTICE, said="SETTLED"))
    assert await house.inbox.keep(THREE, b"", None)
    assert await house.inbox.keep(UUID(int=0xE4), b"", None)
    assert len(await states(house)) == 4


async def test_a_delivery_has_one_taker(house: Place) -> None:
    """For fifteen seconds, or until it is put off."""
    await house.inbox.keep(ONE, b"{}", NOTICE)
    [taken] = await house.inbox.due(9)
    assert (taken.id, taken.body, taken.attempt, taken.received_at) == (ONE, b"{}", 1, taken.now)
    assert await house.inbox.due(9) == []
    await later(house, seconds=15)
    [taken] = await house.inbox.due(9)
    assert taken.attempt == 2
    await house.inbox.put_off(ONE, 2.0)
    await later(house, seconds=2)
    assert len(await house.inbox.due(9)) == 1


async def test_it_ends_once(house: Place) -> None:
    """What was applied is not put aside any more, and what was put aside is not applied."""
    await house.inbox.keep(ONE, b"{}", NOTICE)
    await house.inbox.keep(TWO, b"", None)
    await house.inbox.applied(ONE)
    assert not await house.inbox.quarantine(ONE, "not_json")
    assert await house.inbox.quarantine(TWO, "not_json")
    assert not await house.inbox.quarantine(TWO, "not_json")
    await house.inbox.applied(TWO)
    assert await states(house) == {ONE: InboxState.APPLIED, TWO: InboxState.QUARANTINED}
    await later(house, minutes=1)
    assert await house.inbox.due(9) == []
    rows, total = await house.inbox.page((InboxState.QUARANTINED,), 9, 0)
    assert ([row.id for row in rows], total, rows[0].reason) == ([TWO], 1, "not_json")


async def test_what_nobody_delivered_is_put_aside_once(house: Place) -> None:
    """Once per invoice, and not where a delivery of it is in quarantine for the same reason."""
    asked = evolve(NOTICE, said="ASKED")
    assert await house.inbox.set_aside(ONE, b"{}", asked, "sum_not_whole")
    assert not await house.inbox.set_aside(TWO, b"{}", asked, "sum_not_whole")
    assert not await house.inbox.set_aside(TWO, b"{}", NOTICE, "sum_not_whole")
    filed = await house.inbox.filed(ONE)
    assert filed is not None
    assert (filed.state, filed.invoice_id, filed.amount) == (InboxState.QUARANTINED, "inv-1", 25_000)
    assert await house.inbox.filed(TWO) is None
