"""The payment session: model, messages and table."""

from halobestie_core.payment.messages import (
    Abandon,
    Confirm,
    Consume,
    Create,
    Fail,
    FallBack,
    ForfeitFallback,
    Hold,
    LatePayment,
    Tick,
)
from halobestie_core.payment.model import PaymentSession, PaymentStatus
from halobestie_core.payment.table import PAYMENT

__all__ = [
    "PAYMENT",
    "Abandon",
    "Confirm",
    "Consume",
    "Create",
    "Fail",
    "FallBack",
    "ForfeitFallback",
    "Hold",
    "LatePayment",
    "PaymentSession",
    "PaymentStatus",
    "Tick",
]
