"""Owns the embedded stores of one data folder, as long as it has clients; knows these only as connections.

A client that goes, however it goes, closes its connection; with the last one the stores stop and we end.
Whoever ends us with `kill -9` ends the stores too: each has asked the kernel for a signal at our death.

One thread only (see `launch.py`), and nothing that blocks for long once the stores serve.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from pathlib import Path
from types import FrameType

from attrs import Factory, define

from halobestie_adapters.embedded.children import Child, end_orphans
from halobestie_adapters.embedded.errors import EmbeddedError, tail
from halobestie_adapters.embedded.layout import Folder, forget_sockets_folder
from halobestie_adapters.embedded.postgres import Postgres
from halobestie_adapters.embedded.valkey import Valkey

CONTROL = "control"  # the name of our socket in the folder of sockets
BYE = b"bye\n"  # said to a client that leaves while others stay
READY_SECONDS = 60.0
CLIENT_SECONDS = 1.0  # to take an answer; it fits into the socket's buffer
POLL_SECONDS = 0.005
TRIALS = 5
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@define(eq=False)
class Supervisor:
    """Two children and any number of clients."""

    folder: Folder
    durable: bool
    sockets: Path
    postgres: Postgres
    valkey: Valkey
    children: tuple[Child, ...] = Factory(
        lambda self: (Child(self.postgres), Child(self.valkey)), takes_self=True
    )
    listener: socket.socket = Factory(lambda: socket.socket(socket.AF_UNIX))
    alarm: tuple[socket.socket, socket.socket] = Factory(
        socket.socketpair
    )  # a signal writes, the selector reads
    selector: selectors.BaseSelector = Factory(selectors.DefaultSelector)
    clients: set[socket.socket] = Factory(set)
    leaving: list[socket.socket] = Factory(list)
    asked_to_stop: bool = False

    def status(self) -> dict[str, object]:
        """What a client may know; `client.EmbeddedStores.status` tells the keys."""
        return {
            "database_url": self.postgres.url,
            "valkey_url": self.valkey.url,
            "ready": all(child.is_ready() for child in self.children),
            "durable": self.durable,
            "supervisor": os.getpid(),
            **{child.server.name: child.pid for child in self.children},
            "restarts": {child.server.name: child.restarts for child in self.children},
            "clients": len(self.clients),
            "postgres_major": self.postgres.programs.major,
            "runs_as": type(self.postgres.identity).__name__,
        }

    def run(self, first: socket.socket) -> None:
        """From start to stop. Raises EmbeddedError when a server would not start."""
        for number in STOPPING:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # having a handler makes it wake the selector
        try:
            self._start()
            self._serve(first)
        finally:
            self._stop()

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_stop = True

    def _start(self) -> None:
        self.postgres.prepare()
        for child in self.children:
            child.launch()
        deadline = time.monotonic() + READY_SECONDS
        for child in self.children:
            while not child.is_ready():
                # Some trials: what a killed PostgreSQL left behind may need a moment to go.
                if child.restarts == TRIALS or time.monotonic() > deadline:
                    log = self.folder.log(child.server.name)
                    raise EmbeddedError(
                        f"The embedded {child.server.name} did not start.", f"See {log}.", tail(log)
                    )
                child.keep(self._known())
                time.sleep(POLL_SECONDS)
            child.restarts = child.failures = 0

    def _known(self) -> set[int]:
        return {child.pid for child in self.children if child.pid is not None}

    def _serve(self, first: socket.socket) -> None:
        self.listener.bind(str(self.sockets / CONTROL))
        self.listener.listen(64)
        wake, woken = self.alarm
        for end in (wake, woken, self.listener):
            end.settimeout(0)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self.selector.register(woken, selectors.EVENT_READ)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self._welcome(first)
        while self.clients and not self.asked_to_stop:
            for key, _ in self.selector.select(self._seconds_to_sleep()):
                if key.fileobj is woken:
                    woken.recv(4096)
                elif key.fileobj is self.listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._hear(key.fileobj)
            for child in self.children:
                child.keep(self._known())
            if not self.clients:
                self._accept()  # somebody may have come while the last one went
            if self.clients:
                self._part()

    def _seconds_to_sleep(self) -> float | None:
        """Until a child that died is to be tried again; None when all live, since signals wake us."""
        waits = [child.retry_at - time.monotonic() for child in self.children if child.retry_at is not None]
        return max(0.0, min(waits)) if waits else None

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._welcome(self.listener.accept()[0])

    def _welcome(self, client: socket.socket) -> None:
        client.settimeout(CLIENT_SECONDS)
        self.clients.add(client)
        self.selector.register(client, selectors.EVENT_READ)
        self._tell(client)

    def _hear(self, client: socket.socket) -> None:
        """Any byte asks for the status; the end of the stream is good-bye."""
        try:
            asked = client.recv(64)
        except OSError:
            asked = b""
        if asked:
            self._tell(client)
            return
        self.selector.unregister(client)
        self.clients.remove(client)
        self.leaving.append(client)

    def _part(self) -> None:
        """Let go of who left. Not of the last one: that connection ends with us, and is waited for."""
        for client in self.leaving:
            with contextlib.suppress(OSError), client:
                client.sendall(BYE)
        self.leaving.clear()

    def _tell(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):  # one that is gone is noticed when it is heard
            client.sendall(json.dumps(self.status()).encode() + b"\n")

    def _stop(self) -> None:
        (self.sockets / CONTROL).unlink(missing_ok=True)  # whoever comes from now on starts anew
        self.listener.close()
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.stop()
        end_orphans(known=())
        forget_sockets_folder(self.sockets)
