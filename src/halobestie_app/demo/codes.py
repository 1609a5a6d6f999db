"""One-time codes as the robots get theirs: from standard output, where the development sender prints them.

What is printed goes on unchanged, so that a person reads the same line. Knows no route and nobody's phone.
"""

import re
from typing import Any, Final, TextIO

LINE: Final = re.compile(r"^\[OTP STUB\] phone=(\S+) code=([0-9]{6})$", re.MULTILINE)


class Overheard:
    """A text stream that passes everything on, and remembers the last code of each phone."""

    def __init__(self, under: TextIO) -> None:
        self._under = under
        self._codes: dict[str, str] = {}

    def write(self, text: str) -> int:
        """Pass it on, and listen."""
        self._codes.update(LINE.findall(text))
        return self._under.write(text)

    def take(self, phone: str) -> str | None:
        """The last code that was sent to a phone, once."""
        return self._codes.pop(phone, None)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever else a stream has
        return getattr(self._under, name)
