"""What the demo keeps in the data folder: where it listens, and its log-ins. Knows no store and no listener.

`demo.json` is for the owner's eyes only. `demo.lock` is held while a demo runs, so that a second one, the
evening and the reset know; the kernel lets go of it however the demo ends.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import evolve, field, frozen

from halobestie_core.wire import WireError, from_wire, to_wire

FILE: Final = "demo.json"
LOCK: Final = "demo.lock"
PASSWORD_BYTES: Final = 12


class PlaceTrouble(Exception):
    """The data folder does not do; the text is one line for whoever started the demo."""


@frozen
class Notes:
    """What is written down. ``sessions``: the refresh tokens of the robots, by phone."""

    public: str | None = None
    internal: str | None = None
    password: str = field(factory=lambda: secrets.token_urlsafe(PASSWORD_BYTES), repr=False)
    sessions: Mapping[str, str] = field(factory=dict, repr=False)


@frozen
class Place:
    """The demo's part of a data folder."""

    folder: Path

    def read(self) -> Notes | None:
        """What is written there; None when there was no demo yet. Raises `PlaceTrouble`."""
        path = self.folder / FILE
        try:
            return from_wire(json.loads(path.read_text(encoding="utf-8")), Notes)
        except FileNotFoundError:
            return None
        except OSError as wrong:
            raise PlaceTrouble(f"{path} cannot be read: {wrong.strerror}") from None
        except (ValueError, WireError):
            raise PlaceTrouble(f"{path} is damaged; take it away to get new log-ins") from None

    def write(self, notes: Notes) -> None:
        """Replace what is written in one step. Raises `PlaceTrouble`."""
        path = self.folder / FILE
        draft = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(to_wire(notes), file, indent=2)
            draft.replace(path)
        except OSError as wrong:
            raise PlaceTrouble(f"{path} cannot be written: {wrong.strerror}") from None

    def remember(self, phone: str, refresh_token: str) -> None:
        """Keep a robot's log-in for the next start, as an app on a phone does."""
        notes = self.read() or Notes()
        self.write(evolve(notes, sessions={**notes.sessions, phone: refresh_token}))

    @contextmanager
    def running(self) -> Iterator[bool]:
        """Hold the lock for the block; yields whether it was free. Raises `PlaceTrouble`."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self.folder / LOCK).open("ab")
        except OSError as wrong:
            raise PlaceTrouble(
                f"HALOBESTIE_DATA_DIR: {self.folder} cannot be used: {wrong.strerror}"
            ) from None
        with lock:
            yield _taken(lock.fileno())

    def is_running(self) -> bool:
        """Whether a demo runs on this folder now."""
        if not (self.folder / LOCK).exists():
            return False
        with self.running() as free:
            return not free

    def forget(self) -> bool:
        """Remove the demo's own files; whether there were any."""
        there = [path for name in (FILE, LOCK) if (path := self.folder / name).exists()]
        for path in there:
            path.unlink()
        return bool(there)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
