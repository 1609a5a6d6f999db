"""Starts a program as somebody who may run it, tied to the life of its parent. Knows nothing of stores.

PostgreSQL refuses to run as root. Root has two ways to make do without making a user:

* a user namespace in which root is called nobody: outside nothing changes, files stay root's;
* where containers forbid namespaces: setuid to the data's owner (nobody for new data). That user may not get
  through the folders above (a checkout below `/root`), so if need be it keeps one capability, the one to pass
  the modes of files. The alternative, a copy of the programs in a public place, would not help the data.

The namespace also helps a user whom /etc/passwd does not know (`docker run --user`), which `initdb` refuses.

What works is found by trying, not by guessing. The death signal is set last, just before the program starts,
because a change of user clears it; and it is tied to the *thread* that forks, so our supervisor has only one.
"""

import ctypes
import os
import pwd
import signal
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Protocol

from attrs import field, frozen

# from <linux/prctl.h>, <linux/sched.h>, <linux/capability.h>
PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_SET_CHILD_SUBREAPER = 1, 28, 36
SECBIT_NO_SETUID_FIXUP = 1 << 2
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CLONE_NEWUSER = 0x10000000
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522

NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True)


class Identity(Protocol):
    """Somebody to run a program as."""

    @property
    def owner(self) -> tuple[int, int]:
        """The user and group, as seen from outside, that the program's files must belong to."""
        ...

    @property
    def name(self) -> str | None:
        """What /etc/passwd calls it, if it knows it."""
        ...

    def enter(self) -> None:
        """Become that somebody, for good; called between fork and exec. Raises OSError."""
        ...


@frozen
class AsWeAre:
    """No change; what everybody but root does."""

    owner: tuple[int, int] = field(factory=lambda: (os.geteuid(), os.getegid()))

    @property
    def name(self) -> str | None:
        """Ours."""
        return _name(self.owner[0])

    def enter(self) -> None:
        """Nothing to do."""


@frozen
class InNamespace:
    """Ourselves outside, somebody else inside a user namespace; without any power there or here."""

    inside: tuple[int, int]
    owner: tuple[int, int] = field(factory=lambda: (os.geteuid(), os.getegid()))

    @property
    def name(self) -> str | None:
        """That of the one we are inside."""
        return _name(self.inside[0])

    def enter(self) -> None:
        """Leave for a new user namespace."""
        _check(_libc.unshare(CLONE_NEWUSER), "unshare")
        # Bytes: the codec of a text might have to be imported, from where we may not look any more.
        Path("/proc/self/setgroups").write_bytes(b"deny")
        Path("/proc/self/uid_map").write_bytes(b"%d %d 1" % (self.inside[0], self.owner[0]))
        Path("/proc/self/gid_map").write_bytes(b"%d %d 1" % (self.inside[1], self.owner[1]))


@frozen
class AsUser:
    """Another user, who need not be in /etc/passwd; with `passing`, one whom no file's mode stops."""

    owner: tuple[int, int]
    passing: bool = False

    @property
    def name(self) -> str | None:
        """That user's."""
        return _name(self.owner[0])

    def enter(self) -> None:
        """Drop root for good."""
        uid, gid = self.owner
        if self.passing:
            # Capabilities survive the change of user, and count in access(2), which PostgreSQL asks.
            prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
        if self.passing:
            header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
            one = 1 << CAP_DAC_OVERRIDE
            # effective, permitted, inheritable: the low words of each, then the high words
            _check(_libc.capset(header, struct.pack("6I", one, one, one, 0, 0, 0)), "capset")
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def identities(data_owner: tuple[int, int] | None) -> tuple[Identity, ...]:
    """Whom we may run the servers as, the best first; `data_owner` is the owner of data there already."""
    nobody = _nobody()
    if os.geteuid() != 0:
        return (AsWeAre(), InNamespace(nobody))
    if data_owner is not None and data_owner[0] != 0:
        return (AsUser(data_owner), AsUser(data_owner, passing=True))
    return (InNamespace(nobody), AsUser(nobody), AsUser(nobody, passing=True))


def hindrance(identity: Identity, programs: Sequence[Path], folders: Sequence[Path]) -> str | None:
    """Why an identity cannot run the programs and write to the folders, or None when it can.

    It is tried for real, in a forked process.
    """
    for program in programs:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            _try_and_exit(identity, program, folders, write)
        os.close(write)
        with os.fdopen(read, encoding="utf-8", errors="replace") as pipe:
            said = pipe.read().strip()
        _, status = os.waitpid(pid, 0)
        if status != 0:
            return said or f"{program} ended with status {os.waitstatus_to_exitcode(status)}"
    return None


def launch(
    command: Sequence[str | Path],
    identity: Identity,
    *,
    dies_by: signal.Signals,
    output: IO[bytes] | int,
    stdin: int = subprocess.DEVNULL,
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program as `identity`; should we die, however, the kernel sends it `dies_by`."""
    parent = os.getpid()

    def enter() -> None:
        identity.enter()
        if sys.platform == "linux":
            prctl(PR_SET_PDEATHSIG, dies_by)
            if os.getppid() != parent:  # we died before the line above
                os._exit(1)

    return subprocess.Popen(  # noqa: S603 - programs found by us, arguments made by us
        [os.fspath(part) for part in command],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd="/",
        start_new_session=True,
        preexec_fn=enter,  # noqa: PLW1509 - only unsafe beside threads, and the supervisor has none
    )


def prctl(option: int, *arguments: int) -> None:
    """The system call of that name. Raises OSError."""
    four = [*arguments, 0, 0, 0, 0][:4]
    _check(_libc.prctl(option, *map(ctypes.c_ulong, four)), "prctl")


def _name(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def _nobody() -> tuple[int, int]:
    """The user and group of least consequence that the machine knows."""
    known = {user.pw_uid: user.pw_gid for user in pwd.getpwall() if user.pw_uid != 0}
    uid = max(known, default=NOBODY) if NOBODY not in known else NOBODY
    return uid, known.get(uid, NOBODY)


def _check(result: int, call: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")


def _try_and_exit(identity: Identity, program: Path, folders: Sequence[Path], report: int) -> None:
    try:
        identity.enter()
        for folder in folders:
            trial = folder / f".trial-{os.getpid()}"
            os.close(os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            trial.unlink()
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(report, 2)
        if not os.access(program, os.X_OK):  # PostgreSQL asks so too, later than for its version
            raise PermissionError(f"{program} may not be run")
        os.execv(program, [os.fspath(program), "--version"])  # noqa: S606 - found by us
    except BaseException as error:  # noqa: BLE001 - a forked copy of us must not run on
        os.write(report, str(error).encode()[:1000])
    finally:
        os._exit(1)
