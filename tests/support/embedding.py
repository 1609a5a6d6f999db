"""Processes that use embedded stores, for the tests that kill them; not what is expected of them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from support.waiting import until

# A client that lives until its standard input ends. It may first give up what root can do.
SCRIPT = """
import json, sys
from halobestie_adapters.embedded import EmbeddedError, EmbeddedStores
from support.embedding import become
become(sys.argv[2])
try:
    with EmbeddedStores(sys.argv[1], durable=False) as stores:
        print(json.dumps(stores.status()), flush=True)
        sys.stdin.read()
except EmbeddedError as error:
    print(json.dumps({"error": str(error)}), flush=True)
"""
# Two users without any right of root's: one that every machine knows by name, one that none does.
USERS = {"as a user": 65534, "as a nameless user": 12345}


class Client:
    """Another process that has the stores of a data folder; `status` is what it saw when it had them.

    `manner` is `as we are`; or, for root, one of `USERS`, or `without namespaces`, as many containers are.
    """

    def __init__(self, data_dir: Path, manner: str = "as we are") -> None:
        paths = [entry for entry in sys.path if entry]
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-c", SCRIPT, str(data_dir), manner],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        self._status: dict[str, Any] = {}

    @property
    def status(self) -> dict[str, Any]:
        """Waits until the client has the stores, or says why not under `error`."""
        if not self._status:
            assert self.process.stdout is not None
            self._status = json.loads(self.process.stdout.readline())
        return self._status

    def leave(self) -> None:
        """End in good order, after closing the stores."""
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """End by `kill -9`."""
        self.process.kill()
        self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.kill()


def become(manner: str) -> None:
    """Change this process for good, in one of the manners of `Client`."""
    from halobestie_adapters.embedded.launch import AsUser, InNamespace  # noqa: PLC0415 - only a client needs it

    if manner in USERS:
        # Where this very checkout lies in a private folder, the stranger needs a way to our own code.
        public = all(map(is_public, (Path(sys.executable), Path(sys.executable).resolve(), Path(__file__))))
        AsUser((USERS[manner], USERS[manner]), passing=not public).enter()
    elif manner == "without namespaces":
        forbid_namespaces()
    elif manner == "in a namespace":
        InNamespace((65534, 65534)).enter()


def is_public(path: Path) -> bool:
    """Whether anybody can get to a file, as far as the modes of the folders above tell."""
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def namespaces_are_allowed() -> bool:
    """Whether a user namespace can be had here."""
    program = "from support.embedding import become; become('in a namespace')"
    paths = os.pathsep.join(entry for entry in sys.path if entry)
    return (
        subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": paths},
            check=False,
            capture_output=True,
        ).returncode
        == 0
    )


def forbid_namespaces() -> None:
    """Let `unshare` fail with EPERM for this process and all it starts, as Docker's seccomp profile does."""
    import ctypes  # noqa: PLC0415 - only the client's process needs it
    import platform  # noqa: PLC0415
    import struct  # noqa: PLC0415

    from halobestie_adapters.embedded.launch import prctl  # noqa: PLC0415

    number = {"x86_64": 272, "aarch64": 97}[platform.machine()]
    instructions = (
        (0x20, 0, 0, 0),  # load the number of the system call
        (0x15, 0, 1, number),  # is it unshare? else skip one
        (0x06, 0, 0, 0x00050000 | 1),  # fail with EPERM
        (0x06, 0, 0, 0x7FFF0000),  # allow
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(instructions), ctypes.addressof(code)))
    prctl(38, 1)  # PR_SET_NO_NEW_PRIVS: the condition for a filter of one's own
    prctl(22, 2, ctypes.addressof(program))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def family(status: dict[str, Any]) -> set[int]:
    """The process ids of a supervisor, of its servers, and of everything they started."""
    ids = {int(status["supervisor"])}
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    while more := {pid for pid, parent in parents.items() if parent in ids} - ids:
        ids |= more
    return ids


def is_alive(pid: int) -> bool:
    """Whether a process exists and runs; a corpse that waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def until_gone(pids: set[int], *, seconds: float = 15) -> None:
    """Wait until none of the processes lives."""
    assert len(pids) > 3, "a supervisor, a postmaster with its own, and a Valkey were expected"
    until(lambda: not any(map(is_alive, pids)), seconds=seconds, what=f"left: {list(filter(is_alive, pids))}")
