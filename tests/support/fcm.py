"""A stand-in for FCM that listens in a thread, for servers in processes of their own. Knows no story."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from halobestie_app.fakes.fcm import Received
from halobestie_app.fakes.serving import FcmPlace, fcm_served

START_SECONDS = 10


@contextmanager
def fcm(folder: Path) -> Iterator[FcmPlace]:
    """Serve one; `inbox` and `asked` of its ``fake`` may be read from any thread."""
    opened: list[FcmPlace] = []
    started, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        async with fcm_served(folder) as place:
            opened.append(place)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="fake fcm")
    thread.start()
    try:
        assert started.wait(START_SECONDS), "the stand-in for FCM did not start"
        yield opened[0]
    finally:
        stop.set()
        thread.join()


def pushes(place: FcmPlace, token: str, kind: str | None = None) -> list[Received]:
    """What one device got, of one type or of all, in order."""
    return [
        one
        for one in list(place.fake.inbox)
        if one.token == token and (kind is None or one.data["type"] == kind)
    ]
