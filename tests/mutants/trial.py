"""Mutants on trial: each in a process of its own, forked when the core's tests have been collected.

There the core is bent and the tests run, those of the mutant's own machine first, until one fails. What the
tests worked out when they were read (their parameters) is thus of the sound core.
"""

import os
import selectors
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from attrs import field, frozen

from mutants.bends import Mutant

CORE: Final = Path(__file__).parents[1] / "core"
PICTURES: Final = ("atlas", "machine/chart", "machine/test_drawn.py", "test_arrows.py", "test_exports.py")
"""What only shows the tables: it would hear every bend, and prove nothing about what the rules are for."""
LATE: Final = ("flow/test_life.py", "flow/test_evenings.py", "audit")
"""Whole lives: they hear much and take long."""
HANDS: Final = 2


@frozen
class Verdict:
    """How a trial ended: by which test it was caught (None: by none), after how many seconds."""

    name: str
    home: str
    caught_by: str | None
    seconds: float


def held(mutants: Sequence[Mutant], told: Callable[[Verdict], None]) -> list[Verdict]:
    """Collect the core's tests, try every mutant, and give the verdicts in the order of the mutants."""
    court = _Court(mutants, told)
    left_out = [f"--ignore={CORE / name}" for name in (*PICTURES, "explore")]
    code = pytest.main(
        ["-q", "--no-summary", "-p", "no:cacheprovider", *left_out, str(CORE)], plugins=[court]
    )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise RuntimeError(f"the tests of the sound core could not be read: pytest ended with {code!r}")
    return [court.verdicts[mutant.name] for mutant in mutants]


@frozen
class _Court:
    """A plugin of pytest that runs no test itself."""

    mutants: Sequence[Mutant]
    told: Callable[[Verdict], None]
    verdicts: dict[str, Verdict] = field(factory=dict)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try them, a few at a time."""
        if session.testsfailed:
            return False  # pytest says which could not be read
        waiting = list(reversed(self.mutants))
        with selectors.DefaultSelector() as pipes:
            while waiting or pipes.get_map():
                while waiting and len(pipes.get_map()) < HANDS:
                    mutant = waiting.pop()
                    pipe, child = _forked(mutant, session)
                    pipes.register(pipe, selectors.EVENT_READ, (mutant, child, time.monotonic()))
                for ready, _ in pipes.select():
                    pipes.unregister(ready.fileobj)
                    mutant, child, began = ready.data
                    verdict = _read(mutant, ready.fd, child, time.monotonic() - began)
                    self.verdicts[mutant.name] = verdict
                    self.told(verdict)
        return True


def _read(mutant: Mutant, pipe: int, child: int, seconds: float) -> Verdict:
    with os.fdopen(pipe) as said:
        word, _, test = said.read().partition(" ")
    os.waitpid(child, 0)
    if not word:
        raise RuntimeError(f"no verdict on {mutant.name}: its process ended without one")
    return Verdict(mutant.name, mutant.home, test if word == "caught" else None, seconds)


def _forked(mutant: Mutant, session: pytest.Session) -> tuple[int, int]:
    """Begin a trial; give the pipe on which its verdict will come, and the process."""
    reads, writes = os.pipe()
    child = os.fork()
    if child:
        os.close(writes)
        return reads, child
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        mutant.apply()
        failed = next(_failures(session, mutant.home), None)
        os.write(writes, f"caught {failed}".encode() if failed else b"survived")
    finally:
        os._exit(0)  # nothing of what the parent will do is done twice


def _failures(session: pytest.Session, home: str) -> Iterator[str]:
    """Run the tests and give those that fail, while more are asked for."""
    heard = _Heard()
    session.config.pluginmanager.register(heard)
    session.config.pluginmanager.unregister(name="terminalreporter")
    items = sorted(session.items, key=lambda item: _place(item, home))
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        yield from heard.failed


def _place(item: pytest.Item, home: str) -> int:
    """Quick ones first, and of those the machine's own."""
    path = item.path.relative_to(CORE).as_posix()
    if path.startswith(LATE):
        return 2
    return 0 if path.startswith(f"{home}/") else 1


@frozen
class _Heard:
    """A plugin that notes which tests failed."""

    failed: list[str] = field(factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note it."""
        if report.failed:
            self.failed.append(report.nodeid)
