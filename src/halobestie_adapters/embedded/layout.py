"""Where the embedded stores keep their things: a folder for the data, and a short one for the sockets.

Knows names, owners and modes of folders; knows no processes.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from attrs import frozen

LOG_LIMIT_BYTES = 1 << 20
# A Unix socket's path may have 107 bytes. `hb-<uid>-<10 hex>/.s.PGSQL.5432` takes 40 of them.
LONGEST_BASE = 60
PLAIN = re.compile(r"[A-Za-z0-9/_.-]+")


@frozen
class Folder:
    """The part of a data folder that belongs to the embedded stores."""

    root: Path

    @classmethod
    def of(cls, data_dir: Path | str) -> "Folder":
        """The stores' folder inside a data folder, which need not exist yet."""
        return cls(Path(data_dir).absolute() / "embedded")

    @property
    def lock(self) -> Path:
        """Held (flock) by the supervisor as long as it lives."""
        return self.root / "supervisor.lock"

    @property
    def start_lock(self) -> Path:
        """Held (flock) by whoever is starting a supervisor, so that two do not at once."""
        return self.root / "start.lock"

    @property
    def state(self) -> Path:
        """JSON: what the running supervisor, or the last one, wrote about itself."""
        return self.root / "state.json"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's own data."""
        return self.root / "postgres"

    def log(self, name: str) -> Path:
        """The log of `postgres`, `valkey` or `supervisor`."""
        return self.root / f"{name}.log"

    def make(self) -> None:
        """Make what is missing, for us alone; whatever exists keeps its mode."""
        self.root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.mkdir(mode=0o700, exist_ok=True)

    def open_log(self, name: str) -> IO[bytes]:
        """A log to append to, emptied when it has grown past a mebibyte."""
        path = self.log(name)
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            os.truncate(path, 0)
        return _open(path)

    def read_state(self) -> dict[str, Any]:
        """What `state` says; empty when nothing was ever started here."""
        try:
            state = json.loads(self.state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    def sockets(self) -> Path | None:
        """Where the running supervisor, or the last one, keeps its sockets.

        None unless its owner is that of our own folder: in a place that is everybody's, a stranger may have
        made a folder of that name since.
        """
        path = Path(str(self.read_state().get("sockets")))
        try:
            return path if path.lstat().st_uid == self.root.stat().st_uid else None
        except OSError:
            return None

    def write_state(self, **state: object) -> None:
        """Replace `state` in one step, so that no reader sees half of it."""
        draft = self.state.with_suffix(".new")
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(self.state)


def _open(path: Path) -> IO[bytes]:
    """A file of ours to append to; given to the folder's owner, who may come without root next time."""
    file = path.open("ab")
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    return file


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Try to hold a file's lock for the block; yields whether we do. The kernel lets go when we die."""
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def make_sockets_folder(folder: Folder) -> Path:
    """A new folder (0700) with a path short enough for Unix sockets, the same one each time if possible."""
    name = hashlib.sha256(os.fsencode(folder.root)).hexdigest()[:10]
    wanted = _short_base() / f"hb-{os.geteuid()}-{name}"
    forget_sockets_folder(wanted)
    try:
        wanted.mkdir(mode=0o700)
    except FileExistsError:  # somebody else made it, in a folder that is everybody's: take another
        return Path(tempfile.mkdtemp(prefix=f"{wanted.name}-", dir=wanted.parent))
    return wanted


def forget_sockets_folder(path: Path) -> None:
    """Remove a folder of sockets that we made; a stranger's is left alone."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    ours = os.geteuid() in (0, status.st_uid)  # root gives it to whom its servers run as
    if path.name.startswith(f"hb-{os.geteuid()}-") and stat.S_ISDIR(status.st_mode) and ours:
        shutil.rmtree(path, ignore_errors=True)


def _short_base() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for base in (runtime, tempfile.gettempdir()):
        path = Path(base)
        if not base or len(os.fsencode(base)) > LONGEST_BASE or not PLAIN.fullmatch(base):
            continue
        if path.is_absolute() and os.access(path, os.W_OK | os.X_OK):
            if base == runtime and path.stat().st_uid != os.geteuid():
                continue  # left over from before `sudo`
            return path
    return Path("/tmp")  # noqa: S108 - short; the folder made in it is ours alone (0700)
