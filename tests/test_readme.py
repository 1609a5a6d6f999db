"""The front page: its sample runs, and its links lead somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/decisions/README.md", "docs/security.md"]


def test_the_sample_of_the_core_runs_as_it_stands() -> None:
    """Whoever copies it sees a payment that waits for twenty minutes."""
    [sample] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    ran = subprocess.run(  # noqa: S603  our own sample
        [sys.executable, "-c", sample], capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("pending until 2026-01-02 20:20:00+00:00\n", "")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every link within the project names a file or folder that is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text("utf-8"))
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert not missing


def test_every_decision_is_in_the_index() -> None:
    """A record that nobody finds was not made."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    records = {path.name: path.read_text("utf-8").splitlines()[0] for path in folder.glob("*.md")}
    del records["README.md"]
    unlisted = [
        name for name, title in records.items() if f"[{title.removeprefix('# ')}]({name})" not in index
    ]
    assert not unlisted
