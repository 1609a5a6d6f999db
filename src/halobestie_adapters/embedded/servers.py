"""What the supervisor needs to know of a server to keep it running: how to start it, ask it, and stop it."""

import signal
import subprocess
from typing import Protocol


class Server(Protocol):
    """One of the two."""

    @property
    def name(self) -> str:
        """What its log and its place in the status are called."""
        ...

    @property
    def stops_by(self) -> tuple[signal.Signals, ...]:
        """The signals that end it, from polite to final."""
        ...

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it; it is not ready yet."""
        ...

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it serves by now."""
        ...
