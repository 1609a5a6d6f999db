"""A person's browser: its pages, the road to the servers, and a watch for whatever a page may not do.

Knows no screen; `screens` does. Each person has a context of their own, as on a device of their own.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from attrs import define, field
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    ViewportSize,
    WebError,
    WebSocket,
    async_playwright,
    expect,
)

from support.road import Road

VARIABLE = "HALOBESTIE_TEST_BROWSER"
PICTURES = "HALOBESTIE_TEST_PICTURES"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Off: what asks the network by itself, and the pages behind the address bar, two more to start per person.
# Said together with what Playwright turns off, for the last such flag is the one that counts.
FEATURES = (
    "AimEnabled,DestroyProfileOnBrowserClose,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,"
    "MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch,"
    "WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,WebUIOmniboxPopup"
)
FLAGS = (
    f"--disable-features={FEATURES}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = f"no Chromium on this machine: install one, or say in {VARIABLE} where it is"
PATIENCE = 15_000
"""Milliseconds that a page has to show what it should."""
PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=800)

# What a server may answer in the course of a story; Chromium writes each of them down as an error.
_ANSWER = re.compile(
    r"^Failed to load resource: the server responded with a status of (401|403|404|409|429)\b"
)
AVAILABILITY = "/api/client/mitra-availability"
_POLICY = "Content Security Policy"
_API = ("/api/", "/internal/")
# What Chromium writes down for whoever has no network.
CUT = ("net::ERR_", "WebSocket connection to", "WebSocket is already in CLOSING")

# A page in headless Chromium is never hidden; this lets a test say that it is.
_VISIBILITY = """(() => {
  let hidden = false;
  Object.defineProperty(Document.prototype, "hidden", { configurable: true, get: () => hidden });
  Object.defineProperty(Document.prototype, "visibilityState", {
    configurable: true,
    get: () => (hidden ? "hidden" : "visible"),
  });
  Object.defineProperty(window, "pretendHidden", {
    configurable: true,
    value: (now) => {
      hidden = now;
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    },
  });
})();"""

T = TypeVar("T", bound="Visitor")

expect.set_options(timeout=PATIENCE)


def chromium_here() -> str | None:
    """Where this machine's Chromium is."""
    if named := os.environ.get(VARIABLE):
        return shutil.which(named)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@asynccontextmanager
async def chromium(path: str) -> AsyncIterator[Browser]:
    """Start one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@define(eq=False, slots=False)  # Playwright leaves a mark on whoever listens
class Watch:
    """Writes down what a page may not do: errors, refusals by its own policy, calls to strangers.

    ``expected``: what a test brings about on purpose; such lines hold (one of) these.
    """

    origins: set[str]
    expected: list[str] = field(factory=list)
    problems: list[str] = field(factory=list)
    called: list[str] = field(factory=list)
    """Method and path of every call to a server, in order."""

    def on(self, context: BrowserContext) -> None:
        """Look at everything in a context."""
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("page", lambda page: page.on("websocket", self._socket))

    def expects(self, *lines: str) -> None:
        """Lines with (one of) these are no fault from now on."""
        self.expected += lines

    def verify(self) -> None:
        """Raise AssertionError for what was written down and not expected."""
        found = [line for line in self.problems if not any(text in line for text in self.expected)]
        assert not found, "\n".join(found)

    def count(self, start: str) -> int:
        """How many calls began so (``GET /api/client/mitra-availability``)."""
        return sum(call.startswith(start) for call in self.called)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "assert"):
            return
        where = message.location["url"]
        if _POLICY in message.text and not where:
            return  # a script that a test brought, as axe-core
        if where.endswith(AVAILABILITY) and "503" in message.text:
            return  # on a busy machine the picture of who is there may be too old to be shown
        if _ANSWER.match(message.text) and urlsplit(where).path.startswith(_API):
            return
        self.problems.append(f"console: {message.text} ({where}:{message.location['lineNumber']})")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"uncaught: {error.error.stack or error.error}")

    def _request(self, request: Request) -> None:
        self._goes(request.url)
        self.called.append(f"{request.method} {urlsplit(request.url).path}")

    def _socket(self, socket: WebSocket) -> None:
        self._goes(socket.url.replace("ws://", "http://"))

    def _goes(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and f"{parts.scheme}://{parts.netloc}" not in self.origins:
            self.problems.append(f"a stranger was called: {url}")


@define(eq=False)
class Visitor:
    """Somebody in front of one tab. ``home`` is where their app is."""

    context: BrowserContext
    page: Page
    road: Road
    watch: Watch
    home = "/"

    # ------------------------------------------------------------------------------------- what they see

    def see(self, testid: str) -> Locator:
        """Whatever has this test id."""
        return self.page.get_by_test_id(testid)

    async def sees(self, testid: str, text: str | re.Pattern[str] | None = None) -> Locator:
        """Wait until it is on the screen, and says that if a text is given."""
        found = self.see(testid)
        await expect(found).to_be_visible()
        if text is not None:
            await expect(found).to_contain_text(text)
        return found

    async def misses(self, testid: str) -> None:
        """Wait until it is not on the screen."""
        await expect(self.see(testid)).to_be_hidden()

    async def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait until the page says this somewhere."""
        await expect(self.page.get_by_text(text).first).to_be_visible()

    # -------------------------------------------------------------------------------------- what they do

    async def opens(self, path: str | None = None) -> Self:
        """Go to their app, or another address."""
        await self.page.goto(self.road.url + (self.home if path is None else path))
        return self

    async def taps(self, testid: str) -> None:
        """Press it, once it can be pressed."""
        await self.see(testid).click(timeout=PATIENCE)

    async def writes(self, testid: str, text: str) -> None:
        """Fill in a field."""
        await self.see(testid).fill(text, timeout=PATIENCE)

    async def goes(self, place: str) -> None:
        """Go to another place of the app, by its address."""
        await self.page.evaluate("(place) => { location.hash = `#/${place}`; }", place)

    async def reloads(self) -> None:
        """Load the page again."""
        await self.page.reload()

    async def second_tab(self) -> Self:
        """Open the same address in another tab of the same browser."""
        page = await self.context.new_page()
        await page.goto(self.page.url)
        return type(self)(self.context, page, self.road, self.watch)

    async def other_tab(self, *, after: str) -> Page:
        """Press what opens a tab; gives that."""
        async with self.page.expect_popup() as opening:
            await self.taps(after)
        return await opening.value

    # ---------------------------------------------------------------------------- what happens to devices

    @asynccontextmanager
    async def offline(self) -> AsyncIterator[None]:
        """Have no network for a while: what is open breaks, and the browser knows."""
        self.watch.expects(*CUT)
        await self.context.set_offline(offline=True)
        self.road.cut()
        try:
            yield
        finally:
            self.road.mend()
            await self.context.set_offline(offline=False)

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[None]:
        """Reach no server for a while, and not be told by the browser."""
        self.watch.expects(*CUT)
        self.road.cut()
        try:
            yield
        finally:
            self.road.mend()

    @asynccontextmanager
    async def asleep(self) -> AsyncIterator[None]:
        """Close the laptop for a while: no line of the page runs, and every connection breaks."""
        self.watch.expects(*CUT)
        tools = await self.context.new_cdp_session(self.page)
        await tools.send("Debugger.enable")
        stopped = asyncio.Event()
        tools.once("Debugger.paused", lambda _: stopped.set())
        await tools.send("Debugger.pause")
        await asyncio.wait_for(stopped.wait(), 10)  # at its next line, which is a matter of a tick
        self.road.cut()
        try:
            yield
        finally:
            self.road.mend()
            await tools.send("Debugger.resume")
            await tools.send("Debugger.disable")
            await tools.detach()

    @asynccontextmanager
    async def hidden(self) -> AsyncIterator[None]:
        """Look at another tab, or another app, for a while."""
        await self.page.evaluate("pretendHidden(true)")
        try:
            yield
        finally:
            await self.page.evaluate("pretendHidden(false)")


@define(eq=False)
class Street:
    """Gives everybody a browser context and a road of their own, and in the end asks how it was."""

    browser: Browser
    strangers: set[str] = field(factory=set)
    """Other origins that may be called, as the page where one pays."""
    watches: list[Watch] = field(factory=list)
    _stack: AsyncExitStack = field(factory=AsyncExitStack)

    async def comes(self, kind: type[T], base: str, **options: Any) -> T:  # noqa: ANN401  of a context
        """Somebody new, whose road leads to ``base``, with an empty tab."""
        road = await self._stack.enter_async_context(Road(base))
        said = {"viewport": PHONE, "locale": "id-ID", "timezone_id": "Asia/Jakarta", **options}
        context = await self.browser.new_context(**said)
        self._stack.push_async_callback(context.close)
        watch = Watch({road.url, *self.strangers})
        watch.on(context)
        self.watches.append(watch)
        await context.add_init_script(_VISIBILITY)
        return kind(context, await context.new_page(), road, watch)

    async def clears(self) -> None:
        """Everybody closes their browser; with `PICTURES`, what was last on their screens is kept there."""
        if folder := os.environ.get(PICTURES):
            pages = [page for context in self.browser.contexts for page in context.pages]
            for number, page in enumerate(pages):
                await page.screenshot(path=Path(folder) / f"{number}.png")
        await self._stack.aclose()

    def verify(self) -> None:
        """Raise AssertionError for what any page did that it may not."""
        for watch in self.watches:
            watch.verify()
