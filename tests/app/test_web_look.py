"""The web apps' colours can be read, in both themes, and every failure has words. Opens no browser."""

import re
from pathlib import Path

import pytest

import halobestie_app
from halobestie_app.problems import Code

COMMON = Path(halobestie_app.__file__).parent / "web" / "common"
TOKENS = (COMMON / "styles" / "tokens.css").read_text()
BLOCKS = re.findall(r"(:root(?:\[data-theme=\"dark\"\]|:not\([^)]*\))?) \{([^}]*)\}", TOKENS)

TEXT = 4.5
"""Contrast of text: WCAG 2.2, 1.4.3."""
SHAPE = 3.0
"""Contrast of edges and lines that mean something: 1.4.11."""
PAIRS = (
    *((text, ground, TEXT) for text in ("ink", "soft", "rose", "teal", "amber", "red")
      for ground in ("paper", "card", "sunk")),
    *((f"{name}-ink", name, TEXT) for name in ("rose", "teal", "red")),
    *((f"{name}-ink", f"{name}-deep", TEXT) for name in ("rose", "red")),
    *(("ink", ground, TEXT) for ground in ("mine", "rose-soft", "teal-soft", "amber-soft", "red-soft")),
    *(("soft", ground, TEXT) for ground in ("mine", "rose-soft")),
    *((name, f"{name}-soft", TEXT) for name in ("rose", "teal", "amber", "red")),
    *(("edge", ground, SHAPE) for ground in ("paper", "card", "sunk")),
    *((f"chart-{number}", "card", SHAPE) for number in range(1, 7)),
)  # fmt: skip


def colours(block: str) -> dict[str, str]:
    """The colours that a block names."""
    return dict(re.findall(r"--hb-([a-z0-9-]+): (#[0-9a-f]{6})", block))


THEMES = {
    "light": colours(next(block for name, block in BLOCKS if name == ":root")),
    "dark": colours(next(block for name, block in BLOCKS if "dark" in name)),
}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_written_can_be_read(theme: str) -> None:
    """Every pair of text and ground, and every edge that means something, has enough contrast."""
    named = THEMES[theme]
    weak = {}
    for one, other, least in PAIRS:
        dark, bright = sorted((luminance(named[one]), luminance(named[other])))
        contrast = (bright + 0.05) / (dark + 0.05)
        if contrast < least:
            weak[one, other] = round(contrast, 2)
    assert not weak


def test_both_ways_into_the_dark_are_the_same() -> None:
    """The device's wish and a person's choice give the same dark theme."""
    chosen = next(block for name, block in BLOCKS if "dark" in name)
    wished = next(block for name, block in BLOCKS if "not" in name)
    assert sorted(re.findall(r"--[a-z0-9-]+: [^;]+", chosen)) == sorted(
        re.findall(r"--[a-z0-9-]+: [^;]+", wished)
    )


def test_every_failure_has_words() -> None:
    """Each code that the servers answer with has a sentence for people, but those no app can bring about."""
    said = set(re.findall(r"^  ([A-Z_]+): \{", (COMMON / "words.js").read_text(), re.MULTILINE))
    assert set(Code) - said == {Code.METHOD_NOT_ALLOWED, Code.UNSUPPORTED_MEDIA_TYPE}
    assert said - set(Code) == {"OFFLINE", "OTHER"}
