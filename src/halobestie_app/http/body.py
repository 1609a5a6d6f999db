"""Reads what a request carries: bytes to members to the class that a route asks for. Knows no route.

JSON is read twice as strictly as the parser does it: no name twice in an object, no NUL, nothing nested
deeper than any of our forms.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import Any, Final, NoReturn, TypeVar, Union, get_args, get_origin
from urllib.parse import parse_qsl

import attrs
import orjson
from starlette.types import Receive

from halobestie_app.problems import Code, Problem
from halobestie_core.wire import FieldError, WireError, from_wire, wire_name

FormT = TypeVar("FormT", bound=attrs.AttrsInstance)

LARGEST: Final = 64 * 1024
"""Bytes of a body."""
SLOWEST: Final = 8.0
"""Seconds for a body to arrive; the watchdog hangs up a second later."""
DEEPEST: Final = 32
"""Objects and lists inside each other."""
LONGEST_QUERY: Final = 4096
"""Bytes of a query string that is read."""
MOST_ERRORS: Final = 50
"""Errors that one answer tells: it is not to be much longer than its question."""

_JSON: Final = re.compile(
    rb"application/(json|[a-z0-9.+-]+\+json)\s*(;\s*charset=\"?utf-?8\"?\s*)?", re.IGNORECASE
)
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_LISTS: Final = (list, tuple, frozenset, set)


class Gone(Exception):
    """The client went away before it had said everything; there is nobody to answer."""


async def read(receive: Receive, length: bytes | None) -> bytes:
    """Give the whole body, refusing one too large before it is held and one too slow.

    ``length`` is the ``Content-Length`` header. Raises `Problem` and `Gone`.
    """
    if length is not None and length.isdigit() and int(length) > LARGEST:
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SLOWEST):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size > LARGEST:
                    raise _too_large()
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
    except TimeoutError:
        raise Problem(
            Code.REQUEST_TIMEOUT,
            f"The body did not arrive within {SLOWEST:.0f} seconds.",
            headers={"Connection": "close"},
        ) from None


def _too_large() -> Problem:
    return Problem(Code.TOO_LARGE, f"A body may hold {LARGEST // 1024} KiB.")


def may_be_long(given: Mapping[bytes, bytes]) -> bool:
    """Say whether by these headers a body may follow that nobody will read to its end."""
    length = given.get(b"content-length")
    if length is None:
        return b"transfer-encoding" in given
    return not length.isdigit() or int(length) > LARGEST


def members(
    raw: bytes, content_type: bytes | None, content_encoding: bytes | None = None
) -> dict[str, object]:
    """Give the members of the JSON object in ``raw``; none of them for an empty body. Raises `Problem`."""
    if not raw:
        return {}
    if content_encoding is not None and content_encoding.strip().lower() != b"identity":
        # Nothing is unpacked: a kilobyte could become a gigabyte.
        raise Problem(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as it is, without a content encoding.")
    if content_type is None or not _JSON.fullmatch(content_type.strip()):
        raise Problem(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json in UTF-8.")
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        _refuse("$", f"is not JSON: {wrong.msg}")
    if not isinstance(data, dict):
        _refuse("$", "must be an object")
    _look_closer(raw, data)
    return data


def _look_closer(raw: bytes, data: dict[str, object]) -> None:
    """Refuse what the parser lets pass: a name said twice, a NUL, depths that no form of ours has."""
    names = 0
    level: list[object] = [data]
    for _ in range(DEEPEST):
        names += sum(len(part) for part in level if isinstance(part, dict))
        level = [inner for part in level for inner in _inside(part) if isinstance(inner, dict | list)]
        if not level:
            break
    else:
        _refuse("$", f"must not be nested deeper than {DEEPEST} levels")
    if b"\\u0000" in raw and _holds_nul(data):
        _refuse("$", "must not contain a NUL character")
    if raw.count(b":") != names:  # as many colons as names: no name was said twice, and no text holds a colon
        json.loads(raw, object_pairs_hook=_each_once, parse_int=str)  # str: of any length


def _inside(part: object) -> Iterable[object]:
    if isinstance(part, dict):
        return part.values()
    return part if isinstance(part, list) else ()


def _holds_nul(part: object) -> bool:
    if isinstance(part, str):
        return "\0" in part
    if isinstance(part, dict) and any("\0" in name for name in part):
        return True
    return any(_holds_nul(inner) for inner in _inside(part))


def _each_once(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            _refuse(f"$.{name}", "is given twice")
        seen.add(name)


def requires(name: str) -> Callable[[Mapping[str, object]], None]:
    """Make a `Route.judge`: a body without this member is 400, whatever else is wrong with it."""

    def judge(given: Mapping[str, object]) -> None:
        if given.get(name) is None:
            raise invalid([{"path": f"$.{name}", "message": "is required"}], status=400)

    return judge


def formed(data: Mapping[str, object], form: type[FormT]) -> FormT:
    """Read members as an attrs class. Raises `Problem`."""
    try:
        return from_wire(data, form)
    except WireError as wrong:
        raise invalid(wrong.errors) from None


def from_query(query: bytes, form: type[FormT]) -> FormT:
    """Read a query string as an attrs class; parameters that it does not have are ignored. Raises `Problem`.

    Whole numbers are decimal digits, booleans ``true`` or ``false``; a field that is a list may be repeated,
    be spelled ``name[]``, or hold commas. A blank number was left out, as forms do.
    """
    if len(query) > LONGEST_QUERY:
        raise invalid([{"path": "$", "message": f"must be at most {LONGEST_QUERY} bytes of query"}])
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(
        query.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=None
    ):
        given.setdefault(name, []).append(value)
    data: dict[str, object] = {}
    errors: list[FieldError] = []
    attrs.resolve_types(form)
    for field in attrs.fields(form):
        name = wire_name(field)
        kind = _without_none(field.type)
        if get_origin(kind) in _LISTS:
            if texts := given.get(name, []) + given.get(f"{name}[]", []):
                inner = get_args(kind)[0]
                data[name] = [_value(item, inner) for text in texts for item in text.split(",") if item]
        elif texts := [text for text in given.get(name, []) if text or kind is not int]:
            data[name] = _value(texts[0], kind)
            if len(texts) > 1:
                errors.append({"path": f"$.{name}", "message": "must be given once"})
    if errors:
        raise invalid(errors)
    return formed(data, form)


def _without_none(kind: Any) -> Any:  # noqa: ANN401  a field's type has no narrower one
    if get_origin(kind) not in (Union, UnionType):
        return kind
    members = [member for member in get_args(kind) if member is not NoneType]
    return members[0] if len(members) == 1 else kind


def _value(text: str, kind: object) -> object:
    """Give what JSON would have said; other text stays text, and is refused as such."""
    if kind is int and _WHOLE.fullmatch(text):
        return int(text)
    if kind is bool and text in ("true", "false"):
        return text == "true"
    return text


def invalid(errors: Iterable[FieldError], *, status: int | None = None) -> Problem:
    """Make the problem of a wrong body or query."""
    listed = list(errors)
    more = "" if len(listed) == 1 else f" ({len(listed)} errors)"
    first = listed[0]
    name = first["path"].removeprefix("$.").replace("$", "the body")
    return Problem(
        Code.VALIDATION_ERROR, f"{name} {first['message']}{more}.", status=status, errors=listed[:MOST_ERRORS]
    )


def _refuse(path: str, message: str) -> NoReturn:
    raise invalid([{"path": path, "message": message}]) from None
