"""Keeps one server running: starts it again when it dies, later each time; stops it when asked.

Knows what a server offers (`servers.Server`), not which one it is.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path

from attrs import define

from halobestie_adapters.embedded.launch import PR_SET_CHILD_SUBREAPER, prctl
from halobestie_adapters.embedded.servers import Server

FIRST_WAIT_SECONDS = 0.05
LONGEST_WAIT_SECONDS = 5.0
HEALTHY_SECONDS = 30.0  # a child that lived so long starts again without waiting
STOP_SECONDS = 15.0  # for each signal, before the next
ORPHAN_SECONDS = 2.0
POLL_SECONDS = 0.005


@define(eq=False)
class Child:
    """A server, and the process that is it at the moment."""

    server: Server
    process: subprocess.Popen[bytes] | None = None
    retry_at: float | None = None
    restarts: int = 0
    failures: int = 0
    launched_at: float = 0.0

    @property
    def pid(self) -> int | None:
        """The process id, or None while it is down."""
        return self.process.pid if self.process is not None else None

    def launch(self) -> None:
        """Start it. Raises OSError or SubprocessError."""
        self.launched_at = time.monotonic()
        self.process = self.server.launch()

    def is_ready(self) -> bool:
        """Whether it serves."""
        return self.process is not None and self.server.is_ready(self.process)

    def keep(self, known: Collection[int]) -> None:
        """Start it again, when it is time, if it died; `known` are the process ids of all our servers."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            code = self.process.returncode
            self.process = None
            self._retry_later(now, f"ended with status {code}")
        if self.retry_at is not None and now >= self.retry_at:
            self.retry_at = None
            end_orphans(known)  # a new postmaster will not start beside the old one's sessions
            try:
                self.launch()
            except (OSError, subprocess.SubprocessError) as error:
                self._retry_later(now, str(error))
            else:
                self.restarts += 1

    def _retry_later(self, now: float, why: str) -> None:
        self.failures = 0 if now - self.launched_at > HEALTHY_SECONDS else self.failures + 1
        wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2**self.failures)
        self.retry_at = now + wait
        _say(f"{self.server.name} {why}; starting it again in {wait:.2f} s")

    def ask_to_stop(self) -> None:
        """Send the polite signal, without waiting."""
        if self.process is not None:
            self.process.send_signal(self.server.stops_by[0])

    def stop(self) -> None:
        """Wait for the end, and insist."""
        if self.process is None:
            return
        for insistence in self.server.stops_by[1:]:
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _say(f"{self.server.name} does not stop; sending {insistence.name}")
                self.process.send_signal(insistence)
            else:
                return
        self.process.wait()


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind, so that it can be found and ended."""
    if sys.platform == "linux":
        prctl(PR_SET_CHILD_SUBREAPER, 1)


def end_orphans(known: Collection[int]) -> None:
    """End every child of ours that is not a server: the sessions of a PostgreSQL that was killed."""
    orphans = [pid for pid in _children() if pid not in known]
    for sign in (signal.SIGQUIT, signal.SIGKILL):
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
        deadline = time.monotonic() + ORPHAN_SECONDS
        while orphans and time.monotonic() < deadline:
            orphans = [pid for pid in orphans if not _reap(pid)]
            if orphans:
                time.sleep(POLL_SECONDS)


def _children() -> list[int]:
    ours = []
    for stat in Path("/proc").glob("[0-9]*/stat"):  # nothing where there is no /proc
        with contextlib.suppress(OSError):
            # "pid (name) state ppid ...", where the name may hold anything
            if int(stat.read_text(errors="replace").rpartition(")")[2].split()[1]) == os.getpid():
                ours.append(int(stat.parent.name))
    return ours


def _reap(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _say(sentence: str) -> None:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{moment} {sentence}\n")
    sys.stderr.flush()
