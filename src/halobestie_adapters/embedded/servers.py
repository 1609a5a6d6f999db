"""How a PostgreSQL and a Valkey are set up, started and asked whether they are ready. Supervises neither."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from attrs import frozen

from halobestie_adapters.embedded.binaries import PostgresPrograms
from halobestie_adapters.embedded.errors import EmbeddedError, tail
from halobestie_adapters.embedded.launch import Identity, launch
from halobestie_adapters.embedded.layout import Folder

NAME = "halobestie"  # of the role and of the database
INITDB_SECONDS = 120
LEFTOVER_SECONDS = 10.0
POLL_SECONDS = 0.005
DATABASES = 512  # of Valkey, so that every test has one to itself

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # only a part of the socket's name: nothing listens there
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    # Segments as files in the data folder: none is left in /dev/shm by a kill -9, nor limited by a container.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] ",
    "ssl": "off",
    "jit": "off",
    # Nobody replicates an embedded store.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
POSTGRES_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


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


@frozen
class Postgres:
    """PostgreSQL on a Unix socket, its data in the folder."""

    programs: PostgresPrograms
    identity: Identity
    folder: Folder
    sockets: Path
    durable: bool
    name: str = "postgres"
    # A fast shutdown: sessions are cut, the data is left clean. Then an immediate one, then none at all.
    stops_by: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    @property
    def url(self) -> str:
        """A libpq URI."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.sockets), safe='')}&port=5432"

    def prepare(self) -> None:
        """Make the data if there is none: all or nothing, whenever we are interrupted. Raises EmbeddedError."""
        self._end_leftover()
        if self.folder.postgres.exists():
            return
        draft = self.folder.root / "postgres.new"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        os.chown(draft, *self.identity.owner)
        # No password is asked: nobody else gets through the folder of the socket.
        initdb = [self.programs.initdb, "-D", draft, "-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C"]
        self._run([*initdb] if self.durable else [*initdb, "--no-sync"])
        single = [self.programs.postgres, "--single", "-D", draft, "-c", "dynamic_shared_memory_type=mmap"]
        self._run([*single, "postgres"], f"CREATE DATABASE {NAME}\n")
        draft.rename(self.folder.postgres)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the postmaster as our direct child."""
        settings = {**POSTGRES_SETTINGS, "unix_socket_directories": str(self.sockets)}
        if not self.durable:
            settings |= POSTGRES_FORGETFUL
        if self.programs.major >= 18:  # noqa: PLR2004 - the version that brought workers for I/O
            settings["io_method"] = "sync"
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with self.folder.open_log(self.name) as log:
            return launch(
                [self.programs.postgres, "-D", self.folder.postgres, *options],
                self.identity,
                dies_by=self.stops_by[0],
                output=log,
                env=_environment(),
            )

    def is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """What pg_ctl looks at too: the eighth line of the pid file, when the first is our child's."""
        try:
            lines = (self.folder.postgres / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return lines[:1] == [str(process.pid)] and lines[7:8] != [] and lines[7].strip() == "ready"

    def _end_leftover(self) -> None:
        """Wait for the server of a supervisor that was killed: the kernel has told it to stop, it may be at it."""
        for sign in self.stops_by:
            deadline = time.monotonic() + LEFTOVER_SECONDS
            while (pid := self._leftover()) is not None:
                if time.monotonic() > deadline:
                    os.kill(pid, sign)
                    break
                time.sleep(POLL_SECONDS)

    def _leftover(self) -> int | None:
        try:
            pid = int((self.folder.postgres / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            there = Path(f"/proc/{pid}/cwd").readlink()  # a postmaster lives in its data
        except (OSError, ValueError):
            return None
        return pid if there == self.folder.postgres else None

    def _run(self, command: list[str | Path], stdin: str = "") -> None:
        with self.folder.open_log(self.name) as log:
            start = log.tell()
            process = launch(
                command,
                self.identity,
                dies_by=signal.SIGKILL,
                output=log,
                stdin=subprocess.PIPE,
                env=_environment(),
            )
            try:
                process.communicate(stdin.encode(), timeout=INITDB_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        path = self.folder.log(self.name)
        said = path.read_bytes()[start:].decode(errors="replace")
        if process.returncode != 0 or " ERROR: " in said:  # single-user mode goes on after an error
            raise EmbeddedError(
                "The data of the embedded PostgreSQL could not be made.",
                f"Its log is {path}; is there room on the disk?",
                tail(path),
            )


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


def _environment() -> dict[str, str]:
    """Ours, without what would make PostgreSQL speak another language or look elsewhere for its data."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
