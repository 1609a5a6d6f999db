"""What the project is built from: the licences' page is true, and a foreign licence would be noticed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def supply() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("supply", ROOT / "supply.py")
    if spec is None or spec.loader is None:
        raise ImportError("supply.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_locked_package_is_on_the_page(supply: ModuleType) -> None:
    """And each under a licence that is allowed."""
    assert supply.licences(check=True) == 0


@pytest.mark.parametrize(
    "change, is_stale",
    [
        (("| attrs | ", "| attrs-forked | "), True),
        (("## no such line", ""), False),
        (("# Licences\n", "# Licences\n| left-behind | 1.0 | MIT |\n"), True),
    ],
)
def test_a_page_that_says_something_else_is_stale(
    supply: ModuleType, tmp_path: Path, change: tuple[str, str], is_stale: bool
) -> None:
    """A package that is missing, or one that nobody locks any more."""
    page = tmp_path / "licences.md"
    page.write_text((ROOT / "docs" / "licences.md").read_text("utf-8").replace(*change), "utf-8")
    vars(supply)["PAGE"] = page
    assert supply.stale() is is_stale


@pytest.mark.parametrize(
    "expression, fine",
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("unknown", False),
    ],
)
def test_only_the_allowed_licences_are_allowed(supply: ModuleType, expression: str, fine: bool) -> None:
    """Whatever else an expression names must be looked at by a person."""
    assert supply.allowed(expression) is fine


def test_every_requirement_is_locked_by_its_hash() -> None:
    """Nothing is installed that nobody has looked at; and no lock names where it came from."""
    for name in ("dev.txt", "tools.txt"):
        lock = (ROOT / "requirements" / name).read_text("utf-8")
        pinned = [line for line in lock.splitlines() if line[:1].isalnum()]
        assert pinned
        assert all("==" in line and line.endswith("\\") for line in pinned)
        assert "://" not in lock
        assert "--index-url" not in lock
