"""Runs a program until it ends or is interrupted. Knows no program."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final

TOLD_AGAIN: Final = 0.5
"""Seconds between two attempts to end a program that was interrupted while it started."""


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
