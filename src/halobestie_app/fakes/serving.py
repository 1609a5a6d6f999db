"""Serves a stand-in beside the server, on a loopback port. Knows no stand-in's business.

With uvicorn, but leaving signals alone: they are the server's, in whose loop this runs.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import orjson
import uvicorn
from attrs import frozen
from starlette.types import ASGIApp

from halobestie_app.environment import Environment, changed
from halobestie_app.fakes.fcm import FakeFcm

ACCOUNT: Final = "fake-fcm-account.json"
LOOPBACK: Final = "127.0.0.1"


@frozen
class FcmPlace:
    """A stand-in for FCM that listens: its address (the inbox page too), and the service account for it."""

    url: str
    account: Path
    fake: FakeFcm

    def named_in(self, env: Environment) -> Environment:
        """Return an environment whose pushes go here."""
        return changed(env, firebase_service_account_path=self.account, fcm_base_url=self.url)

    @property
    def variables(self) -> dict[str, str]:
        """The same as variables, for a server in a process of its own."""
        return {"FIREBASE_SERVICE_ACCOUNT_PATH": str(self.account), "FCM_BASE_URL": self.url}


@asynccontextmanager
async def fcm_served(folder: Path, port: int = 0) -> AsyncIterator[FcmPlace]:
    """Serve a stand-in for FCM for as long as the block lasts; ``folder`` holds its service account."""
    fake = FakeFcm()
    async with served(fake.app(), port) as url:
        account = folder / ACCOUNT
        with contextlib.suppress(FileNotFoundError):
            account.unlink()
        descriptor = os.open(account, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(fake.service_account(url), option=orjson.OPT_INDENT_2))
        try:
            yield FcmPlace(url, account, fake)
        finally:
            account.unlink(missing_ok=True)


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serve an application on the loopback address; gives its URL."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, server_header=False)
        server = _Quiet(config)
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            while not (server.started or serving.done()):  # noqa: ASYNC110  uvicorn says it by a flag
                await asyncio.sleep(0.005)
            if serving.done():
                await serving
            yield f"http://{LOOPBACK}:{bound.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await serving


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the server beside this one."""
        yield
