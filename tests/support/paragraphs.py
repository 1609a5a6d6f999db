"""SQL for tests in files of paragraphs under headings, so that it is read and highlighted as SQL."""

from collections.abc import Iterator
from pathlib import Path


def paragraphs(path: Path, heading: str) -> Iterator[tuple[str, str]]:
    """(word, paragraph) for each under a line `-- <heading>: <word>`; what precedes the first is prose."""
    _, *sections = path.read_text().split(f"-- {heading}: ")
    for section in sections:
        word, _, body = section.partition("\n")
        for paragraph in body.strip().split("\n\n"):
            yield word.strip(), paragraph.strip()
