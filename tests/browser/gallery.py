"""Takes a picture of every screen, in both themes, on a phone and on a desk: `make gallery`.

No test of `make test`, whose names begin with "test"; the pictures are for people to look at.
"""

from pathlib import Path

import pytest

from support import tours
from support.browser import DESK, PHONE
from support.screens import People
from support.tours import Tour, control_center, customers, mitras, still

SETTINGS = tours.SETTINGS
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

DISMISS = "(buttons) => buttons.forEach((one) => one.click())"
"""What was said in passing, some screens ago, is no part of the picture."""
FOLDER = Path(__file__).parents[2] / "dist" / "gallery"


@pytest.mark.parametrize("tour", [customers, mitras, control_center])
async def test_gallery(people: People, tour: Tour) -> None:
    """Every screen of an app has its pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async for name, visitor in tour(people):
        before = visitor.page.viewport_size
        await visitor.page.get_by_test_id("toast").get_by_role("button").evaluate_all(DISMISS)
        for size in (PHONE, DESK):
            await visitor.page.set_viewport_size(size)
            for theme in ("light", "dark"):
                await still(visitor.page, theme)
                path = FOLDER / f"{name}-{size['width']}-{theme}.png"
                await visitor.page.screenshot(path=path, animations="allow", caret="initial")
        if before is not None:
            await visitor.page.set_viewport_size(before)
    assert list(FOLDER.glob("*.png"))
