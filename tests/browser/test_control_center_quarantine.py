"""The control center's quarantine: what the gateway sent and nobody could apply, dealt with once."""

import re

import pytest
from playwright.async_api import expect

from support.control import row
from support.money import post
from support.screens import People

XENDIT = True
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]


async def test_a_webhook_is_resolved_once(people: People) -> None:
    """What could not be read waits with its cause; who deals with it second sees whose note was kept."""
    assert people.xendit is not None
    people.house.expected_trouble = ("a webhook is put aside",)
    for body in (b'{"no": "invoice"}', b"no JSON"):
        (await post(people.house, people.xendit, body)).ok()
    page, other = await people.operator(), await people.operator()
    await page.goes("quarantine")
    await other.goes("quarantine")
    unreadable, theirs = row(page, "webhook_row", "bukan JSON"), row(other, "webhook_row", "bukan JSON")
    await expect(page.see("webhook_row")).to_have_count(2)
    await theirs.get_by_test_id("webhook_resolve_button").click()
    await unreadable.get_by_test_id("webhook_resolve_button").click()
    await page.writes("webhook_resolve_note_input", "Percobaan kita sendiri")
    await page.taps("webhook_resolve_submit_button")
    await expect(unreadable.get_by_test_id("webhook_state")).to_have_text("Selesai")
    await expect(unreadable).to_contain_text(page.email)
    await other.writes("webhook_resolve_note_input", "Sudah kulihat")
    await other.taps("webhook_resolve_submit_button")
    await other.sees("webhook_resolve_first", page.email)
    await other.sees("webhook_resolve_problem", "Percobaan kita sendiri")
    await page.opens("/?lang=en")
    await page.reads(re.compile("^1 webhook in quarantine$"))
