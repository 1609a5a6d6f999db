"""The pairing request and its offers: model, messages and table."""

from halobestie_core.pairing.messages import (
    Accept,
    Cancel,
    Decline,
    NextWave,
    Offer,
    Open,
    TargetUnavailable,
    TimeUp,
    Withdraw,
)
from halobestie_core.pairing.model import (
    Answer,
    AnswerKind,
    OfferStatus,
    PairingRequest,
    RequestStatus,
    Wave,
)
from halobestie_core.pairing.table import PAIRING

__all__ = [
    "PAIRING",
    "Accept",
    "Answer",
    "AnswerKind",
    "Cancel",
    "Decline",
    "NextWave",
    "Offer",
    "OfferStatus",
    "Open",
    "PairingRequest",
    "RequestStatus",
    "TargetUnavailable",
    "TimeUp",
    "Wave",
    "Withdraw",
]
