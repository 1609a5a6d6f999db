"""Asks axe-core about a page. Its script comes in by the debugger, so that the page's own policy stays."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

SCRIPT: Final = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS: Final = ("serious", "critical")
ASK: Final = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"


@cache
def _script() -> str:
    return SCRIPT.read_text("utf-8")


async def violations(page: Page) -> list[str]:
    """What keeps somebody out of this page, worst things only: rule, where, and what axe says of it."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_script())
    found: list[dict[str, Any]] = await page.evaluate(ASK)
    return [
        f"{one['id']} ({one['impact']}) at {node['target']}: {node['failureSummary']}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
