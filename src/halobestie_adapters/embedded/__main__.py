"""The supervisor's process: `python -m halobestie_adapters.embedded ROOT`.

Started by the first client with one end of a socket pair as standard input; the other end hears that we are
ready, or why not. Decides as whom the servers run; what they do then is `supervisor.py`'s subject.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from halobestie_adapters.embedded.binaries import find_postgres, find_valkey
from halobestie_adapters.embedded.children import adopt_orphans
from halobestie_adapters.embedded.errors import EmbeddedError
from halobestie_adapters.embedded.launch import Identity, hindrance, identities
from halobestie_adapters.embedded.layout import Folder, forget_sockets_folder, make_sockets_folder, try_lock
from halobestie_adapters.embedded.postgres import Postgres
from halobestie_adapters.embedded.supervisor import Supervisor
from halobestie_adapters.embedded.valkey import Valkey

LOCK_SECONDS = 60.0
POLL_SECONDS = 0.005


def main(arguments: Sequence[str] | None = None) -> int:
    """Own one data folder's stores until the last client is gone; the exit status is 0 when all went well."""
    parser = argparse.ArgumentParser(description="Supervise the embedded stores of one data folder.")
    parser.add_argument("root", type=Path, help="the stores' part of the data folder")
    parser.add_argument("--forgetful", action="store_true", help="trade durability for speed")
    options = parser.parse_args(arguments)
    folder = Folder(options.root)
    os.setsid()  # Ctrl-C is for the client; we see it go
    os.chdir("/")
    with socket.socket(fileno=os.dup(0)) as first:
        os.dup2(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), 0)
        return _own(folder, first, durable=not options.forgetful)


def _own(folder: Folder, first: socket.socket, *, durable: bool) -> int:
    try:
        with _alone(folder):
            _supervise(folder, first, durable=durable)
    except Exception as error:  # noqa: BLE001 - whatever it is, the one who waits must hear of it
        traceback.print_exc()
        failure = (
            (error.what, error.advice, error.log)
            if isinstance(error, EmbeddedError)
            else (f"The embedded stores did not start: {error!r}.", "", traceback.format_exc())
        )
        with contextlib.suppress(OSError):
            first.sendall(json.dumps({"failed": failure}).encode() + b"\n")
        return 1
    return 0


@contextlib.contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """The folder's lock; whoever holds it is stopping, or the client would have joined it."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        with try_lock(folder.lock) as held:
            if held:
                yield
                return
        if time.monotonic() > deadline:
            holder = folder.read_state().get("supervisor", "unknown")
            raise EmbeddedError(
                f"The stores in {folder.root} are held by a process (id {holder}) that does not answer.",
                "End that process, then try again.",
            )
        time.sleep(POLL_SECONDS)


def _supervise(folder: Folder, first: socket.socket, *, durable: bool) -> None:
    adopt_orphans()
    stale = folder.sockets()
    if stale is not None:
        forget_sockets_folder(stale)
    sockets = make_sockets_folder(folder)
    # Written before anything starts: should we be killed, the next one knows what to clean away.
    folder.write_state(supervisor=os.getpid(), sockets=str(sockets))
    try:
        supervisor = _build(folder, sockets, durable=durable)
    except BaseException:
        shutil.rmtree(sockets, ignore_errors=True)
        raise
    supervisor.run(first)


def _build(folder: Folder, sockets: Path, *, durable: bool) -> Supervisor:
    made_by = folder.postgres / "PG_VERSION"
    major = int(made_by.read_text(encoding="ascii")) if made_by.exists() else None
    programs, valkey = find_postgres(major), find_valkey()
    identity = _identity(folder, sockets, (programs.postgres, valkey))
    return Supervisor(
        folder,
        durable,
        sockets,
        Postgres(programs, identity, folder, sockets, durable),
        Valkey(valkey, identity, folder, sockets),
    )


def _identity(folder: Folder, sockets: Path, programs: Sequence[Path]) -> Identity:
    """As whom the servers run; our own folders are given to that somebody."""
    data = folder.postgres
    owner = (data.stat().st_uid, data.stat().st_gid) if data.exists() else None
    if owner is not None and os.geteuid() not in (0, owner[0]):
        raise EmbeddedError(
            f"The data in {data} belongs to user {owner[0]}, and we are user {os.geteuid()}.",
            "Run as that user, as root, or with another HALOBESTIE_DATA_DIR.",
        )
    folders = (folder.root, sockets) if owner is None else (folder.root, sockets, data)
    reasons = []
    for identity in identities(owner):
        for path in folders:
            _give(path, identity)
        reason = hindrance(identity, programs, folders)
        if owner is None and identity.name is None:
            reason = "initdb wants a user that has a name"
        if reason is None:
            for path in data.rglob("*"):
                _give(path, identity)
            return identity
        reasons.append(f"{type(identity).__name__}: {reason}")
    raise EmbeddedError(
        "There is nobody here as whom the embedded stores may run.",
        "Run as a normal user, or set DATABASE_URL and VALKEY_URL.",
        "\n".join(reasons),
    )


def _give(path: Path, identity: Identity) -> None:
    if path.lstat().st_uid != identity.owner[0]:
        os.chown(path, *identity.owner, follow_symlinks=False)


if __name__ == "__main__":
    sys.exit(main())
