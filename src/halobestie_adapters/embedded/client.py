"""The embedded stores of a data folder, as its users see them: two URLs while they are wanted.

Talks to the supervisor's process, and starts it when there is none; starts no server itself.
"""

import contextlib
import json
import os
import select
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from halobestie_adapters.embedded.errors import EmbeddedError, tail
from halobestie_adapters.embedded.layout import Folder, forget_sockets_folder, try_lock
from halobestie_adapters.embedded.supervisor import BYE, CONTROL

START_SECONDS = 180.0  # the supervisor has its own, shorter limits and says what went wrong
ANSWER_SECONDS = 30.0
STOP_SECONDS = 60.0
BURY_SECONDS = 5.0
POLL_SECONDS = 0.005


class EmbeddedStores:
    """A PostgreSQL and a Valkey of our own, shared by everybody who uses the same data folder.

    They run from the first user's `start` to the last one's `close`, or death. `durable=False` trades what
    a power cut may destroy for speed; whoever starts them decides. Not for several threads at once.
    """

    def __init__(self, data_dir: Path | str, *, durable: bool = True) -> None:
        self.folder = Folder.of(data_dir)
        self.durable = durable
        self._connection: socket.socket | None = None
        self._child: int | None = None  # the supervisor's process id, if it was started by us
        self._status: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def database_url(self) -> str:
        """A libpq URI for a Unix socket."""
        return str(self._known("database_url"))

    @property
    def valkey_url(self) -> str:
        """`unix:///...`, as redis-py takes it; add `?db=7` for another database than 0."""
        return str(self._known("valkey_url"))

    @property
    def is_connected(self) -> bool:
        """Whether they are held for us: not before `start`, after `close`, or when the supervisor died."""
        if self._connection is None:
            return False
        readable, _, _ = select.select([self._connection], [], [], 0)
        return not readable or self._connection.recv(1, socket.MSG_PEEK) != b""

    def start(self) -> Self:
        """Join the stores that run, or start them, unless we have them already. Raises EmbeddedError."""
        if self.is_connected:
            return self
        self._let_go(ended=self._connection is not None)
        try:
            self.folder.make()
            with self._starting_alone():
                if not self._join():
                    self._spawn()
        except OSError as error:
            self._let_go(ended=False)
            raise EmbeddedError(
                f"The data folder cannot be used: {error}.", "Name another in HALOBESTIE_DATA_DIR."
            ) from error
        deadline = time.monotonic() + ANSWER_SECONDS
        while not self._status["ready"]:  # we joined while one of them was being started again
            if time.monotonic() > deadline:
                self.close()
                raise EmbeddedError(
                    "The embedded stores are not ready.", f"See the logs in {self.folder.root}."
                )
            time.sleep(POLL_SECONDS)
            self.status()
        return self

    def join(self) -> bool:
        """Join the stores if they run, and never start them; returns whether they do."""
        return self.is_connected or (self.folder.state.exists() and self._join())

    def close(self) -> None:
        """Leave; when we are the last, wait until both have stopped. May be called twice."""
        if self._connection is None:
            return
        said = b""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
            self._connection.settimeout(STOP_SECONDS)
            while part := self._connection.recv(4096):
                said = said[-len(BYE) :] + part
        self._let_go(ended=not said.endswith(BYE))

    def status(self) -> dict[str, Any]:
        """What the supervisor says of itself.

        `supervisor`, `postgres` and `valkey` are process ids (None while one is down), `ready` tells whether
        both serve, `restarts` how often each was started again, `clients` how many we are.

        Raises EmbeddedError when they are not started, or the supervisor has died.
        """
        if self._connection is None:
            raise EmbeddedError("The embedded stores are not started.")
        try:
            self._connection.sendall(b"?")
        except OSError:
            raise self._lost() from None
        self._status = self._read()
        return dict(self._status)

    def _known(self, key: str) -> object:
        if not self._status:
            raise EmbeddedError("The embedded stores are not started.")
        return self._status[key]

    @contextlib.contextmanager
    def _starting_alone(self) -> Iterator[None]:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with try_lock(self.folder.start_lock) as held:
                if held:
                    yield
                    return
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Another process has been starting the stores in {self.folder.root} too long."
                )
            time.sleep(POLL_SECONDS)

    def _join(self) -> bool:
        sockets = self.folder.sockets()
        if sockets is None:
            return False
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(sockets / CONTROL))
        except OSError:
            connection.close()
            return False
        self._connection = connection
        try:
            self._status = self._read()
        except EmbeddedError:  # it was about to end when we knocked
            return False
        if self.durable and not self._status["durable"]:
            self.close()
            raise EmbeddedError(
                f"The stores in {self.folder.root} run without durability, which is not what was asked for.",
                "Stop whoever uses them first.",
            )
        return True

    def _spawn(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(START_SECONDS)
        self._connection = ours
        source = Path(__file__).parents[2]  # found again even where we are not installed
        path = os.pathsep.join(filter(None, (str(source), os.environ.get("PYTHONPATH"))))
        # -P: nothing that lies in the working folder may pass for a module of ours
        command = [sys.executable, "-P", "-m", "halobestie_adapters.embedded", str(self.folder.root)]
        with theirs, self.folder.open_log("supervisor") as log:
            # Not `subprocess`: it complains of a child that outlives its interest, as this one may.
            self._child = os.posix_spawn(
                sys.executable,
                command if self.durable else [*command, "--forgetful"],
                {**os.environ, "PYTHONPATH": path},
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
            )
        self._status = self._read()

    def _read(self) -> dict[str, Any]:
        """One answer of the supervisor."""
        if self._connection is None:
            raise EmbeddedError("The embedded stores are not started.")
        line = b""
        while not line.endswith(b"\n"):
            try:
                part = self._connection.recv(65536)
            except OSError:
                part = b""
            if not part:
                raise self._lost()
            line += part
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            self._let_go(ended=True)
            raise EmbeddedError(*answer["failed"])
        return answer

    def _lost(self) -> EmbeddedError:
        log = self.folder.log("supervisor")
        self._let_go(ended=True)
        return EmbeddedError("The supervisor of the embedded stores has ended.", f"See {log}.", tail(log))

    def _let_go(self, *, ended: bool) -> None:
        """Forget the connection; if the supervisor has ended too, see to what it may have left."""
        self._status = {}
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if not ended:
            return
        deadline = time.monotonic() + BURY_SECONDS
        while self._child is not None and time.monotonic() < deadline:
            try:
                done = os.waitpid(self._child, os.WNOHANG) != (0, 0)
            except ChildProcessError:
                done = True
            if done:
                self._child = None
            else:
                time.sleep(POLL_SECONDS)
        with try_lock(self.folder.lock) as held:  # not held when the next one is there already
            sockets = self.folder.sockets()
            if held and sockets is not None:
                forget_sockets_folder(sockets)


def find_running(data_dir: Path | str) -> EmbeddedStores | None:
    """The stores of a data folder if somebody runs them, joined; None otherwise. Raises EmbeddedError."""
    stores = EmbeddedStores(data_dir, durable=False)
    return stores if stores.join() else None
