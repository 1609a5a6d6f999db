"""How a PostgreSQL is set up, started, and asked whether it is ready. Does not supervise it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
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

SETTINGS = {
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
    # Without details: they quote the row that was refused, with its phone and its name.
    "log_error_verbosity": "terse",
    "ssl": "off",
    "jit": "off",
    # Nobody replicates an embedded store.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
# `synchronous_commit` stays on: a commit then survives `kill -9` of the server, if not the loss of the
# machine, and without waiting for the disk it costs nothing.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


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
        """Make the data if there is none, all of it or nothing. Raises EmbeddedError."""
        self._end_leftover()
        if self.folder.postgres.exists():
            return
        draft = self.folder.root / "postgres.new"
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(mode=0o700)
        os.chown(draft, *self.identity.owner)
        # No password is asked: nobody else gets through the folder of the socket.
        options = ["-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C"]
        unsafe = [] if self.durable else ["--no-sync"]
        self._run([self.programs.initdb, "-D", draft, *options, *unsafe])
        # Renaming the one it made is much quicker than making another.
        single: list[str | Path] = [
            self.programs.postgres,
            "--single",
            "-D",
            draft,
            "-c",
            "dynamic_shared_memory_type=mmap",
        ]
        self._run([*single, "template1"], f"ALTER DATABASE postgres RENAME TO {NAME}\n")
        draft.rename(self.folder.postgres)

    def launch(self) -> subprocess.Popen[bytes]:
        """Start the postmaster as our direct child."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets)}
        if not self.durable:
            settings |= FORGETFUL
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
        """Wait for the server of a supervisor that was killed: the kernel has told it to stop."""
        for sign in self.stops_by:
            deadline = time.monotonic() + LEFTOVER_SECONDS
            while (pid := self._leftover()) is not None:
                if time.monotonic() > deadline:
                    os.kill(pid, sign)
                    break
                time.sleep(POLL_SECONDS)

    def _leftover(self) -> int | None:
        """The process id of a postmaster on our data that we did not start.

        A pid file whose process is something else (a corpse nobody buried, a namesake after a container's
        restart) is removed: PostgreSQL would believe it. Its guard against sessions still alive is another.
        """
        data = self.folder.postgres
        pid_file = data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            command = b""
        if b"\0-D\0%b\0" % os.fsencode(data) in command:
            return pid
        if Path("/proc/self/cmdline").exists():
            pid_file.unlink()
        return None

    def _run(self, command: Sequence[str | Path], stdin: str = "") -> None:
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


def _environment() -> dict[str, str]:
    """Ours, without what would make PostgreSQL speak another language or look elsewhere for its data."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}
