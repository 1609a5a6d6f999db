"""What people of a test said and were given, and where none of it may turn up. Knows no story.

Everything that goes through a `House` is noted by the kind of thing it is: phones, tokens, codes, passwords,
what is said in a chat. Afterwards it is looked for wherever it has no business: logs, metrics, pushes, what
Redis holds, what waits to be sent.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from attrs import define, field

_SAID: Final = frozenset({"text", "closing_message"})
_TOKENS: Final = frozenset({"access_token", "refresh_token", "id_token", "fcm_token", "password"})
_OTP: Final = re.compile(r"^\[OTP STUB\] phone=(\S+) code=(\S+)$")
_WORD: Final = re.compile(r"[A-Za-z0-9_\-]{20,}")
_NUMBER: Final = re.compile(r"(?<![\w\-])(?<!\d\.)\+?\d{6,15}(?![\w\-]|\.\d)")
_MOST: Final = 500
"""Texts that are looked for; a test that says more says the same kind of thing."""
_SHORTEST: Final = 8
"""Characters of a text that can be told from what a server says by itself."""


@define
class Secrets:
    """What nobody else may learn."""

    phones: set[str] = field(factory=set)
    codes: set[str] = field(factory=set)
    tokens: set[str] = field(factory=set)
    texts: set[str] = field(factory=set)

    def note(self, said: Any) -> None:  # noqa: ANN401  JSON
        """Look through a body or a frame for what is secret by its name."""
        if isinstance(said, Mapping):
            for name, value in said.items():
                if isinstance(value, str):
                    self._note(name, value)
                else:
                    self.note(value)
        elif isinstance(said, list):
            for one in said:
                self.note(one)

    def _note(self, name: str, value: str) -> None:
        if name == "phone" and len(value) > _SHORTEST:
            self.phones.add(value.lstrip("+"))
        elif name == "code" and value.isdigit():
            self.codes.add(value)
        elif name in _TOKENS:
            self.bearer(value)
        elif name in _SAID and len(value) >= _SHORTEST and len(self.texts) < _MOST:
            self.texts.add(value)

    def bearer(self, token: str) -> None:
        """Note a token: the part of it that is nobody else's."""
        last = token.rpartition(".")[2]
        if _WORD.fullmatch(last):
            self.tokens.add(last)
        elif len(token) >= _SHORTEST:
            self.texts.add(token)

    def heard(self, printed: Iterable[str]) -> None:
        """Note the codes that the development stub printed instead of sending them."""
        for line in printed:
            if found := _OTP.match(line):
                self.phones.add(found[1].lstrip("+"))
                self.codes.add(found[2])

    def found_in(self, text: str) -> Iterator[str]:
        """Every secret that a text holds, by what it is."""
        yield from (f"token {word[:6]}..." for word in _WORD.findall(text) if word in self.tokens)
        for number in _NUMBER.findall(text):
            bare = number.lstrip("+")
            if bare in self.phones:
                yield f"phone {number}"
            if bare in self.codes:
                yield f"code {number}"
        yield from (f"text {said[:20]!r}" for said in self.texts if said in text or _escaped(said) in text)


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def spoken(lines: Iterable[str]) -> str:
    """A log without what is only a number: an instant or a duration may hold any six digits."""
    return "\n".join(_words(line) for line in lines if not _OTP.match(line))


def _words(line: str) -> str:
    if not line.startswith("{"):
        return line
    try:
        members = json.loads(line)
    except ValueError:
        return line
    return "\n".join(_strings({name: value for name, value in members.items() if name != "at"}))


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401  JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield str(name)
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)
