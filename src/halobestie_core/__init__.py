"""Halo Bestie's domain: who paid, who is searched for, who talks, and what becomes of the money.

Pure: no I/O, no clock, no chance. Time, ids, settings and facts about the outside are arguments; what is
to be saved, told and done comes back as data. Begin with `Evening` and `decide`; the five tables are data
to read, draw and replay.
"""

from halobestie_core.causes import Cause
from halobestie_core.chat import CHAT, ChatSession, SessionStatus
from halobestie_core.errors import (
    BrokenReactionError,
    HaloBestieError,
    RefusedError,
    SettingError,
    UnknownTierError,
)
from halobestie_core.extension import EXTENSION, Extension, ExtensionStatus
from halobestie_core.flow import (
    REACTIONS,
    ActOnFailure,
    AskExtension,
    CancelSearch,
    Evening,
    FailedMoney,
    FallBackToBlast,
    Ignored,
    Moved,
    OpenPairing,
    RecordCapture,
    Refused,
    Verdict,
    decide,
    replay,
    wake_at,
)
from halobestie_core.pairing import PAIRING, PairingRequest, RequestStatus
from halobestie_core.payment import PAYMENT, PaymentSession, PaymentStatus
from halobestie_core.presence import PRESENCE, MitraPresence, PresenceStatus
from halobestie_core.reasons import Reason
from halobestie_core.settings import SETTINGS, Settings
from halobestie_core.words import (
    Mode,
    OperatorAction,
    Party,
    Provider,
    RequestKind,
    TimeoutPolicy,
    TopicSensitivity,
)

__all__ = [
    "CHAT",
    "EXTENSION",
    "PAIRING",
    "PAYMENT",
    "PRESENCE",
    "REACTIONS",
    "SETTINGS",
    "ActOnFailure",
    "AskExtension",
    "BrokenReactionError",
    "CancelSearch",
    "Cause",
    "ChatSession",
    "Evening",
    "Extension",
    "ExtensionStatus",
    "FailedMoney",
    "FallBackToBlast",
    "HaloBestieError",
    "Ignored",
    "MitraPresence",
    "Mode",
    "Moved",
    "OpenPairing",
    "OperatorAction",
    "PairingRequest",
    "Party",
    "PaymentSession",
    "PaymentStatus",
    "PresenceStatus",
    "Provider",
    "Reason",
    "RecordCapture",
    "Refused",
    "RefusedError",
    "RequestKind",
    "RequestStatus",
    "SessionStatus",
    "SettingError",
    "Settings",
    "TimeoutPolicy",
    "TopicSensitivity",
    "UnknownTierError",
    "Verdict",
    "decide",
    "replay",
    "wake_at",
]
