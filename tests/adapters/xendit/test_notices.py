"""Bodies of webhooks, whatever they are: read, or told why not; never raised over."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from halobestie_adapters.xendit.notices import read
from halobestie_app.fakes.xendit_books import Books, as_webhook
from halobestie_core.ports.gateway import InvoiceStatus
from halobestie_core.ports.webhooks import Notice, Unreadable, Why

BODY: dict[str, Any] = {
    "id": "inv-1",
    "external_id": "ours",
    "user_id": "u",
    "status": "PAID",
    "merchant_name": "Halo Bestie",
    "amount": 25000.0,
    "paid_amount": 25000,
    "paid_at": "2026-01-02T13:00:00.123Z",
    "currency": "IDR",
    "unheard_of": {"by": "us"},
}


def test_what_a_webhook_says() -> None:
    """The members that we know; the rest is nobody's business."""
    assert read(orjson.dumps(BODY)) == Notice(
        "inv-1", "ours", InvoiceStatus.PAID, "PAID", 25000, "IDR", paid_amount=25000
    )


@pytest.mark.parametrize(
    "said, status",
    [
        ("PENDING", InvoiceStatus.PENDING),
        ("SETTLED", InvoiceStatus.PAID),
        ("EXPIRED", InvoiceStatus.EXPIRED),
        ("Paid", InvoiceStatus.UNKNOWN),
        ("", InvoiceStatus.UNKNOWN),
    ],
)
def test_statuses(said: str, status: InvoiceStatus) -> None:
    """In our words, with theirs beside them."""
    notice = read(orjson.dumps({**BODY, "status": said}))
    assert isinstance(notice, Notice)
    assert (notice.status, notice.said) == (status, said)


@pytest.mark.parametrize("name", ["amount", "paid_amount"])
@pytest.mark.parametrize("odd", [25000.5, "25000", True, -1, [1], 2**53])
def test_sums_that_are_none(name: str, odd: object) -> None:
    """A notice still, for somebody to look at: its id and status are known."""
    notice = read(orjson.dumps({**BODY, name: odd}))
    assert isinstance(notice, Notice)
    assert (notice.invoice_id, notice.amount, notice.paid_amount, notice.exact) == (
        "inv-1",
        None,
        None,
        False,
    )


def test_sums_that_are_missing() -> None:
    """Nothing paid is ordinary; nothing asked for is not."""
    notice = read(orjson.dumps({**BODY, "paid_amount": None, "status": "EXPIRED"}))
    assert isinstance(notice, Notice)
    assert (notice.amount, notice.paid_amount, notice.exact) == (25000, None, True)
    without = read(orjson.dumps({name: said for name, said in BODY.items() if name != "amount"}))
    assert isinstance(without, Notice)
    assert not without.exact


@pytest.mark.parametrize(
    "body, why",
    [
        (b"", Unreadable(Why.NOT_JSON, "JSONDecodeError")),
        (b'{"id": "inv-1"', Unreadable(Why.NOT_JSON, "JSONDecodeError")),
        (b"\xff\xff\xff\xff", Unreadable(Why.NOT_JSON, "UnicodeDecodeError")),
        (b'{"amount": NaN}', Unreadable(Why.NOT_JSON, "ValueError")),
        (b"[" * 60_000, Unreadable(Why.NOT_JSON, "RecursionError")),
        (b"[]", Unreadable(Why.NOT_AN_INVOICE, "no object")),
        (b"{}", Unreadable(Why.NOT_AN_INVOICE, "status")),
        (orjson.dumps({**BODY, "id": None}), Unreadable(Why.NOT_AN_INVOICE, "id")),
        (orjson.dumps({**BODY, "id": "a\x00"}), Unreadable(Why.NOT_AN_INVOICE, "id")),
        (orjson.dumps({**BODY, "external_id": 5}), Unreadable(Why.NOT_AN_INVOICE, "external_id")),
        (orjson.dumps({**BODY, "currency": None}), Unreadable(Why.NOT_AN_INVOICE, "currency")),
    ],
)
def test_what_is_no_notice(body: bytes, why: Unreadable) -> None:
    """The reason names a member, and never what it holds."""
    assert read(body) == why


@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    """Nothing is raised."""
    assert isinstance(read(body), Notice | Unreadable)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    st.lists,
    max_leaves=3,
)


@given(st.dictionaries(st.sampled_from([*BODY]), _JSON))
def test_any_members(altered: dict[str, object]) -> None:
    """Any member may be anything; what is read is fit for a table."""
    notice = read(orjson.dumps({**BODY, **altered}, option=orjson.OPT_PASSTHROUGH_SUBCLASS, default=str))
    if isinstance(notice, Notice):
        assert "\x00" not in f"{notice.invoice_id}{notice.external_id}{notice.said}{notice.currency}"
        assert notice.amount is None or 0 <= notice.amount < 2**53


def test_what_the_stand_in_sends() -> None:
    """It is read as what it is about."""
    books = Books()
    bill = books.create({"external_id": "ours", "amount": 25000})
    books.pay(bill.id)
    notice = read(orjson.dumps(as_webhook(bill)))
    assert notice == Notice(bill.id, "ours", InvoiceStatus.PAID, "PAID", 25000, "IDR", paid_amount=25000)
