"""The log: one line per event, with ids, and without anything that must not be in it."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from halobestie_app import log

SOMEBODY = UUID("0190163d-8694-739b-aea5-966c26f8ad91")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    log.begin({})


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was written, line by line."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def json_log() -> io.StringIO:
    """A log that writes JSON here."""
    stream = io.StringIO()
    log.set_up("json", stream)
    return stream


def test_a_line_has_its_ids() -> None:
    """Request, user and aggregate are on every line of the task, as text."""
    stream = json_log()
    log.begin({"request_id": "r-1", "user_id": SOMEBODY})
    log.about(aggregate="payment", aggregate_id=SOMEBODY)
    log.get("here").info("moved", edge="confirm", count=2)
    [line] = lines(stream)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "moved",
        "level": "info",
        "logger": "here",
        "request_id": "r-1",
        "user_id": str(SOMEBODY),
        "aggregate": "payment",
        "aggregate_id": str(SOMEBODY),
        "edge": "confirm",
        "count": 2,
    }


def test_only_listed_fields_are_written() -> None:
    """A phone, a token, a code or a text given as a field is dropped, wherever it comes from."""
    stream = json_log()
    log.about(phone="+628123456789")
    log.get("here").info("sent", token="abc", code_text="123456", text="hello", body={"a": 1}, password="x")
    assert set(lines(stream)[0]) == {"event", "level", "logger", "at"}
    assert not {"phone", "token", "text", "otp", "password", "body", "email", "display_name"} & log.ALLOWED


def test_text_of_others_is_scrubbed() -> None:
    """A driver quotes the row it refused, a library the header it got; phones and tokens are hidden there."""
    stream = json_log()
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    try:
        raise ValueError(f"Key (phone)=(+628123456789) exists; Authorization: Bearer abc.def-ghi {jwt}")
    except ValueError:
        log.get("here").exception("failed", error=f"token {jwt}")
    text = stream.getvalue()
    assert "+628123456789" not in text
    assert "eyJ" not in text
    assert "abc.def-ghi" not in text
    assert "Traceback" in lines(stream)[0]["exception"]


def test_quoted_rows_are_hidden() -> None:
    """What PostgreSQL says of a row or a parameter may hold anybody's name; which rule it broke is told."""
    stream = json_log()
    said = (
        'violates check constraint "customers_known"\nDETAIL:  Failing row contains (1, Marker Nama, null).\n'
        "CONTEXT:  unnamed portal parameter $1 = 'Marker Nama'"
    )
    try:
        try:
            raise ValueError(said)
        except ValueError as theirs:
            raise RuntimeError("a rule was broken") from theirs
    except RuntimeError:
        log.get("here").exception("failed", error=said)
    text = stream.getvalue()
    assert "Marker" not in text
    assert "customers_known" in text
    assert "a rule was broken" in text


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_line_stays_a_line(form: log.Format) -> None:
    """Line ends and terminal codes in a value are escaped in both forms."""
    stream = io.StringIO()
    log.set_up(form, stream)
    log.get("here").info("asked", route="/a\r\nfake line\x1b[31m\u2028")
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b[31m" not in stream.getvalue()


def test_libraries_speak_the_same_way() -> None:
    """Their warnings are lines of ours; their chatter is not."""
    stream = json_log()
    logging.getLogger("uvicorn.error").info("chatter")
    logging.getLogger("uvicorn.access").warning("GET /api?token=x")
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    [line] = lines(stream)
    assert line["logger"] == "uvicorn.error"
    assert line["level"] == "error"
    assert "RuntimeError: broken" in line["exception"]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_the_form_follows_the_stream() -> None:
    """Console on a terminal, JSON elsewhere, or what was asked for."""
    for stream, asked, is_json in (
        (io.StringIO(), None, True),
        (Terminal(), None, False),
        (Terminal(), "json", True),
        (io.StringIO(), "console", False),
    ):
        log.set_up(asked, stream)  # type: ignore[arg-type]  # mypy widens the words of a tuple
        log.get("here").info("started")
        assert stream.getvalue().startswith("{") is is_json


@pytest.mark.anyio
async def test_tasks_do_not_share_ids() -> None:
    """What one task says it is about stays with it."""
    stream = json_log()

    async def works(name: str) -> None:
        log.begin({"request_id": name})
        await asyncio.sleep(0)
        log.get("here").info("worked")

    await asyncio.gather(*(works(name) for name in "abc"))
    assert [line["request_id"] for line in lines(stream)] == ["a", "b", "c"]


def test_the_level_is_kept() -> None:
    """What is below it costs nothing and is not written."""
    stream = io.StringIO()
    log.set_up("json", stream, logging.WARNING)
    log.get("here").info("quiet")
    log.get("here").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_what_is_tried_again_and_again_is_said_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool's tries to reach a server that is away do not bury everything else."""
    stream, now = json_log(), 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    for passed in (0.0, 1.0, log.SELDOM_SECONDS - 0.1, log.SELDOM_SECONDS):
        now = 1000.0 + passed
        logging.getLogger("psycopg.pool").warning("refused: %s", passed)
        logging.getLogger("psycopg.pool").warning("given up after %s", passed)
        logging.getLogger("elsewhere").warning("as ever")
    assert [line["event"] for line in lines(stream) if line["logger"] == "psycopg.pool"] == [
        "refused: 0.0",
        "given up after 0.0",
        "refused: 5.0",
        "given up after 5.0",
    ]
    assert len(lines(stream)) == 8
