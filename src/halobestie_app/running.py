"""Runs a program until it ends or is interrupted. Knows no program."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final

from halobestie_app import log

TOLD_AGAIN: Final = 0.5
"""Seconds between two attempts to end a program that was interrupted while it started."""

_log = log.get(__name__)


class LastResort:
    """Ends the process, with status 1, if it does not end by itself.

    A driver waits ten seconds for the end of each query that it cancels, when its server is a black hole; and
    whatever is half done in memory is nobody's truth.
    """

    def __init__(self) -> None:
        self._timer: threading.Timer | None = None

    def arm(self, seconds: float) -> None:
        """Begin to count."""
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def disarm(self) -> None:
        """It ended by itself."""
        if self._timer is not None:
            self._timer.cancel()

    @staticmethod
    def _end() -> None:
        _log.error("ended in the midst of something that did not end")
        os._exit(1)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the program, on uvloop where there is one. Raises `KeyboardInterrupt` if interrupted early."""
    try:
        import uvloop  # noqa: PLC0415  not on every system
    except ImportError:  # pragma: no cover
        runner: Callable[..., bool] = asyncio.run
    else:
        runner = uvloop.run
    if runner(_interruptible(main)):
        raise KeyboardInterrupt


async def _interruptible(main: Coroutine[Any, Any, None]) -> bool:
    """Run ``main``; return whether an interrupt ended it before it listened for signals itself.

    While it starts it waits for threads and drivers, and one of them may swallow a cancellation: so it is
    told again until it hears.
    """
    task = asyncio.ensure_future(main)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, asked.set)
    hearing = asyncio.ensure_future(asked.wait())
    try:
        await asyncio.wait({task, hearing}, return_when=asyncio.FIRST_COMPLETED)
        interrupted = not task.done()
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=TOLD_AGAIN)
    finally:
        hearing.cancel()
        task.cancel()
    if interrupted and task.cancelled():
        return True
    await task
    return interrupted
