"""What the demo keeps: for its owner alone, whole or not at all, and said plainly when it cannot be used."""

import io
import stat
from pathlib import Path

import pytest

from halobestie_app.demo.codes import Overheard
from halobestie_app.demo.place import FILE, Notes, Place, PlaceTrouble
from halobestie_app.demo.welcome import shown


def test_notes_are_kept_for_the_owner_alone(tmp_path: Path) -> None:
    """What was written is read again; nobody else may look, and no draft is left."""
    place = Place(tmp_path)
    assert place.read() is None
    notes = Notes(public="http://127.0.0.1:3000")
    place.write(notes)
    place.remember("+628110000001", "token")
    kept = place.read()
    assert kept is not None
    assert (kept.public, kept.password, kept.sessions) == (
        notes.public,
        notes.password,
        {"+628110000001": "token"},
    )
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert "token" not in repr(kept)
    assert notes.password not in repr(kept)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"public": 3}', '{"surprise": 1}'])
def test_damaged_notes_are_named(tmp_path: Path, text: str) -> None:
    """The line says which file, and what to do."""
    (tmp_path / FILE).write_text(text)
    with pytest.raises(PlaceTrouble, match=r"demo\.json is damaged; take it away"):
        Place(tmp_path).read()


def test_only_one_holds_a_place(tmp_path: Path) -> None:
    """While one does, others can tell; afterwards it is free."""
    place, folder = Place(tmp_path / "data"), tmp_path / "data"
    assert not place.is_running()
    assert not folder.exists()
    with place.running() as alone, place.running() as second:
        assert (alone, second) == (True, False)
        assert place.is_running()
    assert not place.is_running()
    place.write(Notes())
    assert place.forget()
    assert not place.forget()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """With the variable that names it."""
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(PlaceTrouble, match="HALOBESTIE_DATA_DIR"), Place(tmp_path / "data").running():
        pass


def test_codes_are_overheard_and_passed_on_unchanged() -> None:
    """Each is taken once, by its phone; what only looks like one is not."""
    out = io.StringIO()
    overheard = Overheard(out)
    line = "[OTP STUB] phone=+628110000001 code=123456\n"
    for text in (line, "a line about [OTP STUB] phone=+628110000002 code=654321\n"):
        overheard.write(text)
    assert out.getvalue().startswith(line)
    assert overheard.take("+628110000001") == "123456"
    assert overheard.take("+628110000001") is None
    assert overheard.take("+628110000002") is None
    assert overheard.getvalue() == out.getvalue()


def test_paths_are_shown_as_short_as_they_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As somebody in the working folder would type them."""
    monkeypatch.chdir(tmp_path)
    assert shown(Path(".halobestie")) == ".halobestie"
    assert shown(tmp_path / "here") == "here"
    assert shown(Path("/elsewhere/data")) == "/elsewhere/data"
