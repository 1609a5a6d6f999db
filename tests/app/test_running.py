"""A program that is interrupted ends, whatever swallows the first word of it."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from halobestie_app import running


def test_a_program_ends_by_itself() -> None:
    """What it did is done."""
    done = []

    async def main() -> None:
        done.append(True)

    running.run(main())
    assert done


def test_what_a_program_raises_is_raised() -> None:
    """Nothing is lost on the way."""

    async def main() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        running.run(main())


def test_the_last_resort() -> None:
    """What does not end is ended, and says so; what ends by itself is let be."""
    program = (
        "import time; from halobestie_app.running import LastResort; resort = LastResort(); resort.arm({});"
        " {}; time.sleep(60 if {} else 1)"
    )
    for words, status in ((("0.1", "pass", "True"), 1), (("0.1", "resort.disarm()", "False"), 0)):
        begun = time.monotonic()
        done = subprocess.run(  # noqa: S603  our own interpreter and program
            [sys.executable, "-c", program.format(*words)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, "ended in the midst" in done.stdout + done.stderr) == (status, status == 1)
        assert time.monotonic() - begun < 30


def test_an_interrupt_that_was_swallowed_is_said_again() -> None:
    """A driver may take the cancellation for its own; the program still ends."""
    swallowed = 0

    async def main() -> None:
        nonlocal swallowed
        os.kill(os.getpid(), signal.SIGINT)
        while swallowed < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        running.run(main())
    assert swallowed == 2
