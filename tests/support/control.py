"""What tests of the control center look for on its pages, and whom they ask. Knows no test."""

import re

from playwright.async_api import Locator, expect

from support.people import Operator
from support.screens import OperatorPage, People


def row(page: OperatorPage, testid: str, text: str) -> Locator:
    """The row that says this."""
    return page.see(testid).filter(has_text=text)


async def says(place: Locator, text: str | re.Pattern[str]) -> None:
    """Wait until it says this somewhere."""
    await expect(place).to_contain_text(text)


async def email_of(people: People, operator: Operator) -> str:
    """Who they are to other operators."""
    return str(await people.house.value("SELECT email FROM cc_users WHERE id = %s", operator.id))
