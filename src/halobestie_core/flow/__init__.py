"""The composition: one customer's whole evening, decided together."""

from halobestie_core.flow.deadlines import wake_at
from halobestie_core.flow.decide import MACHINES, Moved, Verdict, decide
from halobestie_core.flow.evening import Evening, OpenFailure
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
    "FallBackToBlast",
    "Ignored",
    "Moved",
    "OpenFailure",
    "OpenPairing",
    "RecordCapture",
    "Refused",
    "Verdict",
    "decide",
    "replay",
    "wake_at",
]
