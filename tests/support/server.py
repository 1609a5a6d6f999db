"""A real server in a process of its own: started, watched, stopped, killed. Knows no route but readiness.

It runs as anybody would run it, by ``halobestie serve``, on ports of the system's choice.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psycopg
from psycopg import sql

from halobestie_adapters.postgres import roles
from support.stores import Stores, numbers
from support.waiting import until

SECRET = "the key of the public listener in tests"
SECRET_INTERNAL = "the key of the internal listener in tests"
START_SECONDS = 30
STOP_SECONDS = 10
SERVE = ("-m", "halobestie_app", "serve")
HASTY = (str(Path(__file__).with_name("hasty.py")),)
"""What an interpreter is told to be a server; the second one asks the gateway every second."""

_LISTENS = re.compile(r"^(public|internal) listener on (http://\S+)$")
_CODE = re.compile(r"^\[OTP STUB\] phone=(\S+) code=(\S+)$")


class Instance:
    """One server process; it may be started again after it ended, on other ports."""

    def __init__(self, database_url: str, valkey_url: str, data_dir: Path, **variables: str) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HALOBESTIE_")},
            "DATABASE_URL": _servers(database_url),
            "MIGRATION_DATABASE_URL": database_url,
            "VALKEY_URL": valkey_url,
            "HALOBESTIE_DATA_DIR": str(data_dir),
            "PUBLIC_BIND": "127.0.0.1:0",
            "INTERNAL_BIND": "127.0.0.1:0",
            "AUTH_JWT_SECRET": SECRET,
            "AUTH_JWT_SECRET_INTERNAL": SECRET_INTERNAL,
            "LOG_FORMAT": "json",
            **variables,
        }
        self.public = self.internal = ""
        self.printed: list[str] = []
        self.logged: list[str] = []
        self.program: tuple[str, ...] = SERVE
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    # ------------------------------------------------------------------------------------------ its life

    @property
    def pid(self) -> int:
        """The process that serves."""
        return self._running.pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Begin, without waiting; `wait` for it."""
        assert not self.is_running
        self.printed, self.public, self.internal = [], "", ""
        process = subprocess.Popen(  # noqa: S603  our own interpreter and program
            [sys.executable, *self.program],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._process = process
        self._readers = [_reading(process.stdout, self.printed), _reading(process.stderr, self.logged)]

    def wait(self) -> "Instance":
        """Return when it says that it takes work."""
        until(self._found, seconds=START_SECONDS, what="no addresses")
        deadline = time.monotonic() + START_SECONDS
        with httpx2.Client(trust_env=False) as client:
            answer = client.get(f"{self.public}/readyz")
            while answer.status_code != 200:
                assert time.monotonic() < deadline, f"not ready: {answer.text}"
                assert self.is_running, self._last_words()
                time.sleep(0.02)
                answer = client.get(f"{self.public}/readyz")
        return self

    def _found(self) -> bool:
        assert self.is_running, self._last_words()
        where = {found[1]: found[2] for line in self.printed if (found := _LISTENS.match(line))}
        self.public, self.internal = where.get("public", ""), where.get("internal", "")
        return len(where) == 2

    def terminate(self) -> None:
        """Ask it to end (SIGTERM), without waiting."""
        self._running.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Ask it to end (SIGTERM) and give its exit status."""
        self.terminate()
        return self.ended(STOP_SECONDS + 5)

    def kill(self) -> None:
        """End it at once, by ``kill -9``."""
        self._running.kill()
        self.ended(5)

    def ended(self, seconds: float) -> int:
        """Wait until it is gone, and give its exit status."""
        process = self._running
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"still running after {seconds} s") from None
        finally:
            for reader in self._readers:
                reader.join()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        return status

    def close(self) -> None:
        """Leave nothing running, and nothing open."""
        if self.is_running:
            status = self.stop()
            assert status == 0, self._last_words()
        elif self._process is not None:
            self.ended(0)

    # ------------------------------------------------------------------------------------------ what it says

    def code_for(self, phone: str, seen: int = 0) -> str:
        """The one-time code that was printed for a phone, after the first ``seen`` of them."""
        found: list[str] = []

        def printed() -> bool:
            found[:] = [
                match[2] for line in self.printed if (match := _CODE.match(line)) and match[1] == phone
            ]
            return len(found) > seen

        until(printed, what=f"no code for {phone}")
        return found[-1]

    def log(self, **members: object) -> list[dict[str, Any]]:
        """The lines of its log that have all these members."""
        lines = [_object(line) for line in self.logged]
        return [line for line in lines if all(line.get(name) == value for name, value in members.items())]

    def trouble(self) -> list[str]:
        """What a healthy server never says: errors, tracebacks, answers of 500 and above."""
        return [line for line in [*self.logged, *self.printed] if _is_trouble(line)]

    @property
    def _running(self) -> "subprocess.Popen[str]":
        assert self._process is not None, "never started"
        return self._process

    def _last_words(self) -> str:
        return "\n".join([*self.printed, *self.logged][-40:])


def _servers(database_url: str) -> str:
    """The servers' own log-in; where log-ins have passwords it has none, and a server has to step down."""
    return database_url if urlsplit(database_url).password else roles.as_server(database_url)


def _reading(pipe: Any, lines: list[str]) -> threading.Thread:  # noqa: ANN401  a process's pipe, or None
    """Collect the lines of a pipe until it ends."""

    def read() -> None:
        lines.extend(line.rstrip("\n") for line in pipe)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _is_trouble(line: str) -> bool:
    if not line.startswith("{"):
        return "Traceback" in line or "Error" in line or "Warning" in line
    said = _object(line)
    if said.get("route") == "/readyz":
        return False  # at a start and at a stop it has to say 503
    return said.get("level") in ("error", "critical") or "exception" in said or said.get("status", 0) >= 500


def _object(line: str) -> dict[str, Any]:
    """A line of the log; nothing where it is none, or was cut off by a kill."""
    try:
        return dict(json.loads(line))
    except ValueError:
        return {}


@contextmanager
def new_database(stores: Stores, admin: psycopg.Connection, template: str) -> Iterator[str]:
    """A migrated database for as long as it is needed."""
    name = f"house_{stores.worker}_{os.getpid()}_{next(numbers)}"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield stores.database(name)
    finally:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
