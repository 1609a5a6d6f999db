"""What the server says of itself: one line per event, with the ids of what it is about. Knows no event.

Only fields on the list are written, whatever a caller passes: a phone, a token, a code or a chat's text has
no way out through a field that somebody added in a hurry. Text that would break a line is escaped.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, Final, Literal, TextIO, TypeAlias

import orjson
import structlog

Format: TypeAlias = Literal["console", "json"]

SELDOM_SECONDS: Final = 5.0

_ABOUT: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039  never changed in place

ALLOWED: Final = frozenset(
    {
        # the line itself
        "at", "level", "event", "logger", "exception",
        # what it is about: ids and closed words, never what a person typed
        "request_id", "user_id", "user_type", "session_id", "aggregate", "aggregate_id", "payment_session_id",
        "pairing_request_id", "extension_id", "mitra_id", "customer_id", "operator_id", "outbox_id",
        "webhook_id", "machine", "edge", "command", "state", "cause", "cause_tag", "code", "reason", "kind",
        "channel", "key", "audience", "provider", "result",
        # how it went
        "method", "route", "status", "seconds", "milliseconds", "count", "attempt", "due", "late_ms", "size",
        "wave", "version", "expected", "rows", "pid",
        # where
        "role", "listener", "host", "port", "address", "store", "variable", "migration", "worker", "task",
        "error", "detail", "signal",
    }
)  # fmt: skip
"""The fields that may be written. Add one here, with a thought to what could ever be in it."""


_SENSITIVE: Final = re.compile(
    r"\+[0-9]{8,15}|\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*|(?i:bearer) [\w.~+/=-]{8,}"
    # Where PostgreSQL quotes a row or a parameter, names and all.
    r"|(?<=DETAIL:  )\S.*|(?<=CONTEXT:  )unnamed portal parameter.*"
)


_LINE_ENDS: Final = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""What JSON may hold as it is, and some readers of lines break at."""


def about(**ids: object) -> None:
    """Add ids to every further line of this task: ``about(aggregate="payment", aggregate_id=...)``."""
    _ABOUT.set({**_ABOUT.get(), **ids})


def begin(ids: Mapping[str, object]) -> None:
    """Forget what this task was about and start with ``ids``; the mapping is kept, not copied."""
    _ABOUT.set(ids)


def set_up(form: Format | None = None, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send our lines, and those of the libraries, to ``stream`` (standard error).

    ``form`` is by default ``console`` on a terminal and ``json`` elsewhere.
    """
    out = sys.stderr if stream is None else stream
    chosen: Format = form or ("console" if out.isatty() else "json")
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _with_ids,
        structlog.processors.format_exc_info,
        _allow,
        _scrub,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    last: list[structlog.types.Processor] = (
        [_one_line, structlog.dev.ConsoleRenderer(colors=out.isatty(), timestamp_key="at")]
        if chosen == "console"
        else [structlog.processors.JSONRenderer(serializer=_json)]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        theirs = logging.getLogger(name)
        theirs.handlers[:] = []
        theirs.propagate = name != "uvicorn.access"  # their access lines hold query strings
    for name in ("uvicorn", "uvicorn.error", "websockets", "httpcore2", "httpx2", "psycopg.pool"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    # While PostgreSQL is away its pool tries again and again, and says so each time.
    logging.getLogger("psycopg.pool").filters[:] = [_Seldom()]


class _Seldom(logging.Filter):
    """Lets the same message pass once in five seconds, whatever its arguments."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether this one passes."""
        passes = record.created - self._said.get(record.msg, 0.0) >= SELDOM_SECONDS
        if passes:
            self._said[record.msg] = record.created
        return passes


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Give the logger of the module called ``name``."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def _with_ids(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401  structlog's
    for name, value in _ABOUT.get().items():
        line.setdefault(name, value)
    return line


def _allow(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401  structlog's
    for name in [name for name in line if name not in ALLOWED and not name.startswith("_")]:
        del line[name]
    return line


def _scrub(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401  structlog's
    """Hide phones and tokens in text that others wrote: a driver's error quotes the row that it refused."""
    for name in ("event", "exception", "error", "detail", "reason"):
        if isinstance(text := line.get(name), str):
            line[name] = _SENSITIVE.sub("[hidden]", text)
    return line


def _one_line(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401  structlog's
    """Escape what would end a line or steer a terminal, except in our own tracebacks."""
    for name, value in line.items():
        if name != "exception" and not name.startswith("_"):
            text = str(value)
            line[name] = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return line


def _json(line: object, **_: object) -> str:
    text = orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return text.translate(_LINE_ENDS)
