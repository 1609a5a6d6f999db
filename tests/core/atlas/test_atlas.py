"""The folder of pages is whole: every machine, every event's consequences, every link leads somewhere."""

import json
import re

from halobestie_core.atlas import MACHINES, NOTICE, pages
from halobestie_core.causes import Cause
from halobestie_core.machine import snake
from halobestie_core.machine.chart.export import events
from halobestie_core.reasons import Reason

PAGES = pages()


def test_pages_are_always_the_same() -> None:
    """Drawn twice, the pages are the same to the letter."""
    assert pages() == PAGES


def test_every_machine_has_its_two_pages() -> None:
    """A page and a picture for each."""
    assert {f"{machine.name}.{kind}" for machine in MACHINES for kind in ("md", "svg")} <= set(PAGES)


def test_links_lead_somewhere() -> None:
    """Every link of every page is a page of the folder, or a heading of the same page."""
    for name, text in PAGES.items():
        if name.endswith(".md"):
            headings = {f"#{heading}" for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
            assert set(re.findall(r"\]\(([^)]*)\)", text)) <= {*PAGES, *headings}


def test_pages_say_that_they_are_written() -> None:
    """Who opens a page, or a picture's source, reads where it comes from; JSON has no place for it."""
    assert all(text.startswith(NOTICE) for name, text in PAGES.items() if not name.endswith(".json"))


def test_reactions_page_has_every_event() -> None:
    """Each event of each machine has its line, also if nothing follows from it."""
    lines = PAGES["reactions.md"].splitlines()
    for event in (event for machine in MACHINES for event in events(machine)):
        assert sum(line.startswith(f"| `{snake(event)}` |") for line in lines) == 1


def test_reactions_name_frames_as_they_are_sent() -> None:
    """A frame is spelt as on the wire, so that it can be searched for."""
    assert "customer: `payment_confirmed`" in PAGES["reactions.md"]


def test_data_is_complete() -> None:
    """machines.json has all machines, causes and reasons."""
    data = json.loads(PAGES["machines.json"])
    assert [machine["name"] for machine in data["machines"]] == [machine.name for machine in MACHINES]
    assert [cause["name"] for cause in data["causes"]] == list(Cause)
    assert [reason["name"] for reason in data["reasons"]] == list(Reason)
