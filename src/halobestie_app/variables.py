"""One variable of the environment: how it is declared, and how each kind of value is read. Knows no name.

A value that cannot be read is one line that names the variable and never repeats it, for it may be a secret.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

import environ
from attrs import frozen

T = TypeVar("T")

SHORTEST_SECRET: Final = 32
"""Bytes."""
MOST_KEYS: Final = 2
"""The key in force and the one before it."""


class BadVariable(ValueError):
    """A variable says something that cannot be; the text is one line for whoever starts the server."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


class Secret:
    """Text that no log, no traceback and no repr shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for whoever has to use it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __len__(self) -> int:
        """Its bytes."""
        return len(self._text.encode())


@frozen
class Bind:
    """An address to listen on."""

    host: str
    port: int


Reader: TypeAlias = Callable[[str], T]


def var(name: str, read: Reader[Any], default: object = None) -> Any:  # noqa: ANN401  as environ types var
    """Declare a variable; unset and blank are its default."""

    def convert(text: object) -> object:
        if not isinstance(text, str) or not text.strip():
            return default if text is None or isinstance(text, str) else text
        try:
            return read(text.strip())
        except ValueError as wrong:
            raise BadVariable(name, str(wrong)) from None

    return environ.var(default=None, converter=convert, name=name)


def choice(kind: type[StrEnum]) -> Reader[StrEnum]:
    """Read a word of an enum."""

    def read(text: str) -> StrEnum:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(kind)}") from None

    return read


def bind(text: str) -> Bind:
    """Read ``host:port``; an IPv6 host stands in brackets."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not re.fullmatch("[0-9]{1,5}", port) or int(port) > 65535:  # noqa: PLR2004  the last port
        raise ValueError("must be an address and a port, such as 127.0.0.1:3000 or [::1]:3000")
    return Bind(host, int(port))


def port(text: str) -> int:
    """Read a port; 0 lets the system choose."""
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:  # noqa: PLR2004  the last port
        raise ValueError("must be a port, 0 to 65535")
    return int(text)


def words(text: str) -> tuple[str, ...]:
    """Read what is separated by commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not re.fullmatch("[0-9]{1,9}", text) or int(text) < 1:
        raise ValueError("must be a whole number from 1 to 999999999")
    return int(text)


LONGEST_KEPT: Final = 36500
"""Days: a hundred years."""


def days(text: str) -> int:
    """Read for how many days something is kept: at least one, for what is used all day."""
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= LONGEST_KEPT:
        raise ValueError(f"must be a whole number of days, 1 to {LONGEST_KEPT}")
    return int(text)


def calling_codes(text: str) -> tuple[int, ...]:
    """Read the calling codes of countries, with or without the plus sign."""
    found = tuple(word.removeprefix("+") for word in words(text))
    if not all(re.fullmatch("[1-9][0-9]{0,2}", code) for code in found):
        raise ValueError("must list calling codes of countries, such as 62,65")
    return tuple(int(code) for code in found)


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks; one that holds every address is a mistake."""
    try:
        found = tuple(ip_network(word) for word in words(text))
    except ValueError:
        raise ValueError("must list addresses or networks such as 10.0.0.0/8") from None
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must not trust every address")
    return found


def keys(text: str) -> tuple[Secret, ...]:
    """Read the key in force, and perhaps the one before it."""
    keys = tuple(Secret(word) for word in words(text))
    if len(keys) > MOST_KEYS:
        raise ValueError(f"may list at most {MOST_KEYS} keys, separated by a comma")
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise ValueError(f"each key must have at least {SHORTEST_SECRET} bytes")
    if len(set(keys)) != len(keys):
        raise ValueError("two of the keys are the same")
    return keys


def tokens(text: str) -> tuple[Secret, ...]:
    """Read the token in force, and perhaps the one before it; somebody else chose their length."""
    tokens = tuple(Secret(word) for word in words(text))
    if len(tokens) > MOST_KEYS:
        raise ValueError(f"may list at most {MOST_KEYS} tokens, separated by a comma")
    return tokens


def _split(text: str) -> SplitResult:
    """Take a URL apart. Raises ValueError without a word of it: the standard library would quote it."""
    with suppress(ValueError):
        parts = urlsplit(text)
        _ = parts.port
        if not re.search("%(?![0-9A-Fa-f]{2})", text):
            return parts
    raise ValueError("must be a URL; what is special in a user or password is written as %40 and the like")


def url(*schemes: str) -> Reader[str]:
    """Read a URL of one of these schemes."""

    def read(text: str) -> str:
        if _split(text).scheme not in schemes:
            raise ValueError(
                f"must be a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
            )
        return text

    return read


def address(text: str) -> str:
    """Read where the outside finds a listener: an origin, perhaps with the path of a proxy before it."""
    parts = _split(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("must be an address such as https://halobestie.example")
    if parts.query or parts.fragment or not text.isprintable() or " " in text:
        raise ValueError("must be an address without a query and a fragment")
    return text.rstrip("/")


def secret_url(*schemes: str) -> Reader[Secret]:
    """A store's address may hold a password."""
    read = url(*schemes)
    return lambda text: Secret(read(text))


def origins(text: str) -> tuple[str, ...]:
    """Read exact origins, as browsers spell them."""
    origins = words(text)
    for origin in origins:
        parts = _split(origin)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or f"{parts.scheme}://{parts.netloc}" != origin
        ):
            raise ValueError("must list origins such as https://app.example, without paths and wildcards")
        if "*" in origin or "@" in origin:
            raise ValueError("must list exact origins: no wildcard, no user")
    return origins


def file(text: str) -> Path:
    """Read the path of a file that exists."""
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError("must be the path of a file that can be read")
    return path


def log_format(text: str) -> str:
    """Read how log lines look."""
    if text not in ("console", "json"):
        raise ValueError("must be console or json")
    return text
