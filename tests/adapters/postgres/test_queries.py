"""Named SQL files."""

import pytest

from halobestie_adapters.postgres.queries import BadQueryFile, load, parse

GOOD = """\
-- What the file is about.

-- name: one
-- Says one,
-- always.
SELECT 1;

-- name: half
-- Says half.
SELECT 50
-- not a statement
     / %(whole)s
"""


def test_names_statements_and_descriptions() -> None:
    """A statement is had by attribute or index, without comments and semicolon, and so is what it is for."""
    queries = parse("x.sql", GOOD)
    assert list(queries) == ["one", "half"]
    assert queries["one"] == queries.one == "SELECT 1"
    assert queries.half == "SELECT 50\n     / %(whole)s"
    assert queries.descriptions == {"one": "Says one, always.", "half": "Says half."}


def test_unknown_name() -> None:
    """A name that the file does not hold is an error that lists those it does."""
    queries = parse("x.sql", GOOD)
    with pytest.raises(KeyError, match=r"x\.sql has no query 'two'; it has one, half"):
        queries["two"]
    with pytest.raises(AttributeError, match="no query 'two'"):
        _ = queries.two
    assert not hasattr(queries, "_private")


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("SELECT 1", "before the first"),
        ("-- name: one\n-- x\nSELECT 1\n-- name: one\n-- y\nSELECT 2", "one is there twice"),
        ("-- name: One\n-- x\nSELECT 1", "'One' is not a name"),
        ("-- name: one\nSELECT 1", "no line that says"),
        ("-- name: items\n-- x\nSELECT 1", "'items' is not a name"),
        ("-- name: one\n-- x\n", "no statement"),
    ],
)
def test_bad_form(text: str, complaint: str) -> None:
    """A file that breaks its form is refused when it is read."""
    with pytest.raises(BadQueryFile, match=complaint):
        parse("x.sql", text)


def test_expected_names() -> None:
    """Names that a caller counts on, and names nobody counts on, are told apart when the file is loaded."""
    assert len(parse("x.sql", GOOD, "one", "half")) == 2
    with pytest.raises(BadQueryFile, match=r"lacks \['two'\], has unexpected \['half'\]"):
        parse("x.sql", GOOD, "one", "two")


def test_load_reads_once() -> None:
    """A file is read and parsed once per process."""
    assert load("migrations") is load("migrations")
    assert "try_lock" in load("migrations")
