"""A page with nothing but what the apps share: one caller, one socket, and what it heard. Knows no screen."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final, Self

from attrs import define, field
from playwright.async_api import Route, WebSocket

from support.browser import PATIENCE, Visitor
from support.screens import People
from support.waiting import eventually

MAIN: Final = """
  import { createApi } from "common/api.js";
  import { createSocket } from "common/socket.js";
  import * as time from "common/time.js";
  const api = createApi({
    client: "customer-web", name: "bare",
    refresh: "/api/shared/auth/refresh", logout: "/api/shared/auth/logout",
  });
  const heard = [];
  const known = {};
  const socket = createSocket({
    api, path: "/api/shared/ws", resume: () => known,
    onSnapshot: (frame) => heard.push(frame), onFrame: (frame) => heard.push(frame),
  });
  Object.assign(window, { api, socket, heard, known, time });
  window.failing = (promise) => promise.then(() => "done", (error) => error.code);
  window.ready = true;
"""
"""In the place of an app's first module: its page, its policy and its imports are the real ones."""


@define(eq=False)
class BarePage(Visitor):
    """The page, in one tab; signed in as a customer, if at all."""

    sockets: list[WebSocket] = field(factory=list)
    said: list[dict[str, Any]] = field(factory=list)
    """Frames that its sockets sent."""
    home = "/mitra/"

    async def opens(self, path: str | None = None) -> Self:
        """Show it, as if the server had it."""

        async def shown(route: Route) -> None:
            await route.fulfill(body=MAIN, content_type="text/javascript")

        await self.page.route("**/mitra/main.js", shown)
        self.page.on("websocket", lambda socket: self._opened(socket))  # noqa: PLW0108  marks a bound method
        await super().opens(path)
        await self.holds("ready")
        return self

    async def second_tab(self) -> Self:
        """The same in another tab."""
        page = await self.context.new_page()
        return await type(self)(self.context, page, self.road, self.watch).opens()

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framesent", lambda frame: self.said.append(json.loads(frame)))

    async def does(self, script: str, argument: object = None) -> Any:  # noqa: ANN401  whatever it gives
        """Run something on the page."""
        return await asyncio.wait_for(self.page.evaluate(script, argument), PATIENCE / 500)

    async def holds(self, condition: str, argument: object = None) -> None:
        """Wait until it is so. Asked from here: the page's policy lets no text be run in it."""
        await eventually(
            lambda: self.page.evaluate(condition, argument), seconds=PATIENCE / 1000, what=condition
        )

    async def signs_in(self) -> Mapping[str, Any]:
        """A new customer; gives the tokens."""
        script = """async () => {
          const body = { display_name: "Ayu" };
          const tokens = await api.post("/api/shared/auth/anonymous", body, { anonymous: true });
          api.signedIn(tokens);
          return tokens;
        }"""
        tokens: dict[str, Any] = await self.does(script)
        return tokens

    async def connects(self) -> None:
        """Open its socket."""
        await self.does("socket.start()")
        await self.holds("socket.state.value === 'open'")


async def bare(people: People) -> BarePage:
    """Somebody with the bare page, whom nobody knows yet."""
    return await (await people.stranger(BarePage)).opens()
