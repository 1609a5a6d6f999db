"""What a gateway says of money, and how it says no."""

from attrs import evolve

from halobestie_core.ports.gateway import GatewayRefused, Invoice, InvoiceStatus

INVOICE = Invoice("inv-1", "a payment", InvoiceStatus.PENDING, "PENDING", 25_000, "IDR")


def test_an_unpaid_invoice_has_taken_nothing() -> None:
    """Whatever sum it names: only PAID is money."""
    for status in InvoiceStatus:
        taken = evolve(INVOICE, status=status, paid_amount=25_000).taken
        assert taken == (25_000 if status is InvoiceStatus.PAID else 0)


def test_what_was_paid_counts_before_what_was_asked() -> None:
    """A gateway that names no paid sum took what was asked for."""
    paid = evolve(INVOICE, status=InvoiceStatus.PAID)
    assert paid.taken == 25_000
    assert evolve(paid, paid_amount=24_000).taken == 24_000


def test_a_refusal_says_what_the_gateway_said() -> None:
    """Its own word and sentence, for whoever has to look into it."""
    refused = GatewayRefused(400, "AMOUNT_BELOW_MINIMUM_LIMIT", "too little")
    assert str(refused) == "the gateway refused with 400 AMOUNT_BELOW_MINIMUM_LIMIT: too little"
    assert not refused.is_of_us


def test_a_refusal_of_whoever_asks() -> None:
    """A key, a right or an address that is wrong says nothing of what was asked."""
    assert GatewayRefused(401, "INVALID_API_KEY", "").is_of_us
    assert GatewayRefused(403, "REQUEST_FORBIDDEN_ERROR", "").is_of_us
