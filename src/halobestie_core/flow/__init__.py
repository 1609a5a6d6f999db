"""The composition: one customer's whole evening, decided together."""

from halobestie_core.flow.deadlines import wake_at
from halobestie_core.flow.decide import MACHINES, Moved, Verdict, decide
from halobestie_core.flow.evening import Evening, FailedMoney
from halobestie_core.flow.reactions import REACTIONS
from halobestie_core.flow.replay import replay
from halobestie_core.flow.wishes import (
    ActOnFailure,
    AskExtension,
    CancelSearch,
    FallBackToBlast,
    OpenPairing,
    RecordCapture,
)
from halobestie_core.machine import Ignored, Refused

__all__ = [
    "MACHINES",
    "REACTIONS",
    "ActOnFailure",
    "AskExtension",
    "CancelSearch",
    "Evening",
    "FailedMoney",
    "FallBackToBlast",
    "Ignored",
    "Moved",
    "OpenPairing",
    "RecordCapture",
    "Refused",
    "Verdict",
    "decide",
    "replay",
    "wake_at",
]
