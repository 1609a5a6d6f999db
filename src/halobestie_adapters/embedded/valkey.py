"""How a Valkey, or a Redis, is started, and asked whether it is ready. Does not supervise it."""

import signal
import socket
import subprocess
from pathlib import Path

from attrs import frozen

from halobestie_adapters.embedded.launch import Identity, launch
from halobestie_adapters.embedded.layout import Folder

DATABASES = 512  # so that every test has one to itself


@frozen
class Valkey:
    """Valkey, or Redis, on a Unix socket; it keeps nothing, since all it holds can be built anew."""

    program: Path
    identity: Identity
    folder: Folder
    sockets: Path
    name: str = "valkey"
    stops_by: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGKILL)

    @property
    def socket(self) -> Path:
        """Its Unix socket."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """What redis-py calls a URL."""
        return f"unix://{self.socket}"

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it as our direct child."""
        settings = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--databases": str(DATABASES),
            "--save": "",
            "--appendonly": "no",
            "--daemonize": "no",
            "--dir": str(self.sockets),
        }
        options = [part for pair in settings.items() for part in pair]
        with self.folder.open_log(self.name) as log:
            return launch([self.program, *options], self.identity, dies_by=signal.SIGTERM, output=log)

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it answers a ping."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False
