"""Serves the stand-in for Xendit beside the server, and keeps its invoices from one start to the next.

Kept are the invoices and the port, so that a page that somebody has open is still there after a restart.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from attrs import frozen

from halobestie_app.environment import Environment, Gateway, Secret, changed
from halobestie_app.fakes.serving import served
from halobestie_app.fakes.xendit import FakeXendit
from halobestie_app.fakes.xendit_books import as_kept, from_kept
from halobestie_app.fakes.xendit_control import routes

FILE: Final = "fake-xendit.json"
LOOK_SECONDS: Final = 1.0
MOST: Final = 5000
"""Invoices that are kept."""
RETRIES: Final = (1.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds between tries of a webhook: nobody waits a quarter of an hour here."""


@frozen
class XenditPlace:
    """A stand-in for Xendit that listens: its address (a list of invoices too), and itself."""

    url: str
    fake: FakeXendit

    def named_in(self, env: Environment) -> Environment:
        """Return an environment whose money comes from here."""
        return changed(
            env,
            payment_gateway=Gateway.XENDIT,
            xendit_secret_key=Secret(self.fake.secret_key),
            xendit_callback_token=(Secret(self.fake.hooks.token),),
            xendit_base_url=self.url,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The same as variables, for a server in a process of its own."""
        return {
            "PAYMENT_GATEWAY": Gateway.XENDIT.value,
            "XENDIT_SECRET_KEY": self.fake.secret_key,
            "XENDIT_CALLBACK_TOKEN": self.fake.hooks.token,
            "XENDIT_BASE_URL": self.url,
        }

    def tell(self, public_url: str, path: str) -> None:
        """Send webhooks to this server from now on, those first that waited for it."""
        self.fake.hooks.url = public_url + path
        self.fake.hooks.release()


@asynccontextmanager
async def xendit_served(folder: Path | None = None, port: int = 0) -> AsyncIterator[XenditPlace]:
    """Serve a stand-in for as long as the block lasts; with a ``folder``, it remembers what it was there."""
    fake = FakeXendit()
    fake.hooks.retries = RETRIES
    before = 0 if folder is None else _remember(fake, folder / FILE)
    async with contextlib.AsyncExitStack() as stack:
        app = fake.app(*routes(fake))
        try:
            url = await stack.enter_async_context(served(app, port or before))
        except OSError:
            if port:
                raise
            url = await stack.enter_async_context(served(app))  # somebody else is there now
        stack.push_async_callback(fake.aclose)
        looking = asyncio.create_task(_look(fake))
        try:
            yield XenditPlace(url, fake)
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            if folder is not None:
                _keep(fake, url, folder / FILE)


async def _look(fake: FakeXendit) -> None:
    while True:
        fake.look()
        await asyncio.sleep(LOOK_SECONDS)


def _keep(fake: FakeXendit, url: str, path: Path) -> None:
    bills = [as_kept(bill) for bill in list(fake.books.bills.values())[-MOST:]]
    said = orjson.dumps({"port": int(url.rpartition(":")[2]), "invoices": bills})
    with contextlib.suppress(OSError):  # then it starts anew next time
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(said)


def _remember(fake: FakeXendit, path: Path) -> int:
    """Take up what was kept; gives the port, 0 if nothing was, or nothing that can be read."""
    try:
        said: Any = orjson.loads(path.read_bytes())
        bills = [from_kept(kept) for kept in said["invoices"]]
        port = int(said["port"])
    except (OSError, ValueError, LookupError, TypeError):
        return 0
    for bill in bills:
        fake.books.keep(bill)
    return port
