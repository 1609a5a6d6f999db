"""For whoever imports the core: a world to play evenings in, its invariants, and Hypothesis strategies.

`World`, `Act` and `broken` need nothing but the core; the strategies need Hypothesis.
"""

from halobestie_core.testing.acts import Act, every, fitting, passing
from halobestie_core.testing.books import Books, FailureRow
from halobestie_core.testing.clock import Waiting, deliver, pass_time, run_clock, waiting, wake
from halobestie_core.testing.invariants import INVARIANTS, broken
from halobestie_core.testing.stages import (
    STAGES,
    a_mitra,
    asking_again,
    chatting,
    extending,
    paid,
    pending,
    ready_to_extend,
    searching,
)
from halobestie_core.testing.strategies import acts, chats, evenings, extensions, payments, requests, worlds
from halobestie_core.testing.world import CHEAPER, CUSTOMER, PROMOTION, TIERS, World

__all__ = [
    "CHEAPER",
    "CUSTOMER",
    "INVARIANTS",
    "PROMOTION",
    "STAGES",
    "TIERS",
    "Act",
    "Books",
    "FailureRow",
    "Waiting",
    "World",
    "a_mitra",
    "acts",
    "asking_again",
    "broken",
    "chats",
    "chatting",
    "deliver",
    "evenings",
    "every",
    "extending",
    "extensions",
    "fitting",
    "paid",
    "pass_time",
    "passing",
    "payments",
    "pending",
    "ready_to_extend",
    "requests",
    "run_clock",
    "searching",
    "waiting",
    "wake",
    "worlds",
]
