"""No screen keeps anybody out: axe-core finds nothing serious on any of them, in either theme."""

import pytest

from support import tours
from support.axe import violations
from support.screens import People
from support.tours import Tour, control_center, customers, mitras, still

SETTINGS = tours.SETTINGS
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]


@pytest.mark.parametrize("tour", [customers, mitras, control_center])
async def test_nobody_is_kept_out(people: People, tour: Tour) -> None:
    """Every screen of an app, light and dark: no violation of impact serious or critical."""
    found: list[str] = []
    seen = 0
    async for name, visitor in tour(people):
        for theme in ("light", "dark"):
            await still(visitor.page, theme)
            found += [f"{name} ({theme}): {one}" for one in await violations(visitor.page)]
        seen += 1
    assert not found, "\n".join(found)
    assert seen > 5
