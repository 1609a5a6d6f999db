"""The pages of docs/machines are what the tables draw today, and the command that writes them says so."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from halobestie_app.commands.machines import machines, stale
from halobestie_core.atlas import NOTICE, pages

DOCS = Path(__file__).parent.parent / "docs" / "machines"


def test_pages_are_fresh() -> None:
    """A page that is not what its table draws fails here; `make machines` writes them anew."""
    assert stale(DOCS, pages()) == []


def test_written_pages_pass_the_check(tmp_path: Path) -> None:
    """What the command writes, the command finds fresh."""
    folder = tmp_path / "new" / "machines"
    written = CliRunner().invoke(machines, ["--out", str(folder)])
    assert (written.exit_code, {path.name for path in folder.iterdir()}) == (0, set(pages()))
    assert CliRunner().invoke(machines, ["--out", str(folder), "--check"]).exit_code == 0


@pytest.mark.parametrize("harm", ["bent", "missing", "left over"])
def test_check_names_stale_pages(tmp_path: Path, harm: str) -> None:
    """A bent, a missing and a left-over page fail the check by name, and writing mends all three."""
    CliRunner().invoke(machines, ["--out", str(tmp_path)])
    page = tmp_path / ("old.md" if harm == "left over" else "payment.md")
    if harm == "missing":
        page.unlink()
    else:
        page.write_text(NOTICE + "bent", encoding="utf-8")
    checked = CliRunner().invoke(machines, ["--out", str(tmp_path), "--check"])
    assert checked.exit_code == 1
    assert page.name in checked.output
    CliRunner().invoke(machines, ["--out", str(tmp_path)])
    assert stale(tmp_path, pages()) == []


def test_check_fails_where_nothing_was_written(tmp_path: Path) -> None:
    """A folder that is not there is stale altogether."""
    assert CliRunner().invoke(machines, ["--out", str(tmp_path / "nowhere"), "--check"]).exit_code == 1


def test_one_page_may_be_printed() -> None:
    """A page can be had without touching a file; an unknown name is told the known ones."""
    printed = CliRunner().invoke(machines, ["--print", "payment.svg"])
    assert printed.output == pages()["payment.svg"]
    unknown = CliRunner().invoke(machines, ["--print", "nothing.md"])
    assert unknown.exit_code == 2
    assert "payment.svg" in unknown.output


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    """What the command did not write it neither names nor removes, wherever it is told to write."""
    (tmp_path / "diary.md").write_text("mine", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    CliRunner().invoke(machines, ["--out", str(tmp_path)])
    assert (tmp_path / "diary.md").read_text("utf-8") == "mine"
    assert stale(tmp_path, pages()) == []
