"""Takes the Valkey of a test away: kills it, or lets it stand still. Only for `own_stores`."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from halobestie_adapters.embedded import EmbeddedStores
from support.waiting import until


def killed(stores: EmbeddedStores) -> None:
    """Kill it, and return when another, empty one serves in its place."""
    before = stores.status()
    os.kill(before["valkey"], signal.SIGKILL)
    until(lambda: stores.status()["valkey"] not in {None, before["valkey"]}, what="no other Valkey came")
    until(lambda: stores.status()["ready"], what="the other Valkey is not ready")


@contextmanager
def paused(stores: EmbeddedStores) -> Iterator[None]:
    """Let it stand still: it accepts connections and answers nothing."""
    pid = stores.status()["valkey"]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
