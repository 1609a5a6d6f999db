"""Takes a store of a test away: kills it, or lets it stand still. Only for stores that are the test's own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from halobestie_adapters.embedded import EmbeddedStores
from support.waiting import until


def killed(stores: EmbeddedStores, which: str = "valkey") -> None:
    """Kill it, and return when another (an empty Valkey, a PostgreSQL on its data) is in its place."""
    before = stores.status()
    os.kill(before[which], signal.SIGKILL)
    until(lambda: stores.status()[which] not in {None, before[which]}, what=f"no other {which} came")
    until(lambda: stores.status()["ready"], seconds=20, what=f"the other {which} is not ready")


@contextmanager
def paused(stores: EmbeddedStores) -> Iterator[None]:
    """Let it stand still: it accepts connections and answers nothing."""
    pid = stores.status()["valkey"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
