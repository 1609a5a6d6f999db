"""Listens to the server's log: a mistake that it logs and survives is a breach as well. Writes nothing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from halobestie_app import log


class _Ear(logging.Handler):
    """Takes lines that tell of a mistake; nothing is written anywhere."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Take one, if there was an exception that nobody expected."""
        line = record.msg
        if isinstance(line, dict) and "exception" in line:
            self._heard.append(f"logged: {line.get('event')}\n{line['exception']}")


@contextmanager
def overheard(heard: list[str]) -> Iterator[None]:
    """Put mistakes that are logged meanwhile into ``heard``; afterwards logging is as it was."""
    root, configuration = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    log.set_up("json", level=logging.ERROR)
    root.handlers[:] = [_Ear(heard)]
    try:
        yield
    finally:
        structlog.configure(**configuration)
        root.handlers[:] = handlers
        root.setLevel(level)


__all__ = ["overheard"]
