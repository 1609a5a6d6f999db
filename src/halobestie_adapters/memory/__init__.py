"""Twins of every port, in memory: for examples, simulations and tests that need no server.

They are held to the same contract tests as the real ones. Everything works on one :class:`Tables`, whose
clock is set by hand:

    tables = Tables()
    store, reads = MemoryStore(tables), MemoryReads(tables)
    tables.add_customer(customer_id, "Ayu")
    tables.clock.advance(seconds=60)
"""

from halobestie_adapters.memory.agenda import MemoryAgenda
from halobestie_adapters.memory.clock import Clock
from halobestie_adapters.memory.config import MemoryConfigStore
from halobestie_adapters.memory.gateway import MemoryInvoices
from halobestie_adapters.memory.idempotency import MemoryIdempotencyKeys
from halobestie_adapters.memory.identity import MemoryIdentityStore
from halobestie_adapters.memory.inbox import MemoryInbox
from halobestie_adapters.memory.invoices import MemoryInvoiceBook
from halobestie_adapters.memory.messages import MemoryMessages
from halobestie_adapters.memory.notify import MemoryFrameBus, MemoryFrameOutbox, MemoryNudges
from halobestie_adapters.memory.presence import (
    MemoryConnections,
    MemoryHeartbeats,
    MemoryPictureCache,
    MemoryPictures,
)
from halobestie_adapters.memory.pushes import MemoryDevices, MemoryPushOutbox
from halobestie_adapters.memory.reads import MemoryReads
from halobestie_adapters.memory.revocations import MemoryRevocations
from halobestie_adapters.memory.tables import Tables
from halobestie_adapters.memory.unit import MemoryStore

__all__ = [
    "Clock",
    "MemoryAgenda",
    "MemoryConfigStore",
    "MemoryConnections",
    "MemoryDevices",
    "MemoryFrameBus",
    "MemoryFrameOutbox",
    "MemoryHeartbeats",
    "MemoryIdempotencyKeys",
    "MemoryIdentityStore",
    "MemoryInbox",
    "MemoryInvoiceBook",
    "MemoryInvoices",
    "MemoryMessages",
    "MemoryNudges",
    "MemoryPictureCache",
    "MemoryPictures",
    "MemoryPushOutbox",
    "MemoryReads",
    "MemoryRevocations",
    "MemoryStore",
    "Tables",
]
