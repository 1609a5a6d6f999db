"""A table shows itself."""

from halobestie_core.payment import PAYMENT


def test_a_table_draws_itself() -> None:
    """As a picture in words, and as the whole matrix."""
    assert PAYMENT.mermaid().startswith("stateDiagram-v2")
    assert "failed_pairing" in PAYMENT.matrix()
