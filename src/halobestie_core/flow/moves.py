"""What the builders of the reactions table share: the moves of each machine by name, and a hole found."""

from typing import TypeVar

from halobestie_core.chat import ChatSession
from halobestie_core.extension import Extension
from halobestie_core.machine import Moved
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession
from halobestie_core.presence import MitraPresence

T = TypeVar("T")

PaymentMove = Moved[PaymentSession]
PairingMove = Moved[PairingRequest]
ChatMove = Moved[ChatSession]
ExtensionMove = Moved[Extension]
PresenceMove = Moved[MitraPresence]


def present(value: T | None) -> T:
    """Unwrap what the tables guarantee; a hole here is a defect, and nothing has been saved yet."""
    if value is None:
        msg = "the evening lacks what this reaction needs; load every slot that the wish concerns"
        raise LookupError(msg)
    return value
