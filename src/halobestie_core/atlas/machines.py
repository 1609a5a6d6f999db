"""The five machines, side by side. Knows nothing else."""

from typing import Any, Final

from halobestie_core.chat import CHAT
from halobestie_core.extension import EXTENSION
from halobestie_core.machine import Machine
from halobestie_core.pairing import PAIRING
from halobestie_core.payment import PAYMENT
from halobestie_core.presence import PRESENCE

Machines = tuple[Machine[Any], ...]

MACHINES: Final[Machines] = (PAYMENT, PAIRING, CHAT, EXTENSION, PRESENCE)
