"""A program that is interrupted ends, whatever swallows the first word of it."""

import asyncio
import os
import signal

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
