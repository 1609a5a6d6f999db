"""How the demo speaks: each move once, ids cut short, colours and signs only where they can be shown."""

import io

import pytest

from halobestie_app.demo.telling import Telling, can_write, rupiah

ID = "0190163d-8694-739b-aea5-966c26f8ad91"
PENDING = {"id": ID, "status": "pending", "version": 1, "amount": 10000, "duration_minutes": 5}
CONFIRMED = {**PENDING, "status": "confirmed", "version": 2}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It does."""
        return True


class Latin(io.StringIO):
    """A stream of a place where there are no arrows."""

    encoding = "latin-1"


def said(telling: Telling) -> list[str]:
    """The lines so far, without the space around them."""
    text = telling.out.getvalue()  # type: ignore[attr-defined] # these tests give it a StringIO
    return [line.strip() for line in str(text).splitlines()]


def test_each_move_is_told_once() -> None:
    """Where it began, where it went; what was seen before, or is older, is not told again."""
    telling = Telling(io.StringIO())
    for answer in (PENDING, PENDING, CONFIRMED, PENDING, CONFIRMED):
        telling.saw(answer, "payment")
    assert [line.split("  ")[0] for line in said(telling)] == ["● payment", "● payment"]
    assert "pending" in said(telling)[0]
    assert said(telling)[0].endswith("Rp 10.000 for 5 minutes")
    assert said(telling)[1] == "● payment   pending → confirmed"


def test_objects_inside_an_answer_are_seen_too() -> None:
    """A frame or a snapshot holds them under their names, or null."""
    telling = Telling(io.StringIO())
    telling.saw({"type": "payment_confirmed", "payment": CONFIRMED, "session": None})
    assert said(telling) == ["● payment   confirmed"]


def test_a_failure_is_told_with_its_cause_and_its_money() -> None:
    """What an operator would ask first."""
    telling = Telling(io.StringIO())
    failed = {**PENDING, "status": "failed_pairing", "cause_tag": "customer_cancelled", "refund": "due"}
    telling.saw(failed, "payment")
    assert said(telling)[0].endswith("customer_cancelled, refund due")


def test_an_answer_is_told_with_its_status_and_a_short_address() -> None:
    """Ids are cut to their last four characters."""
    telling = Telling(io.StringIO())
    telling.answered("POST", f"/api/client/payment-sessions/{ID}/confirm", 200, "fine")
    [line] = said(telling)
    assert "POST /api/client/payment-sessions/..ad91/confirm" in line
    assert line.endswith("200  fine")


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for those whose owner does not want them."""
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    plain, coloured, unwanted = Telling(io.StringIO()), Telling(Terminal()), Telling(Terminal())
    for telling in (plain, coloured):
        telling.saw(CONFIRMED, "payment")
    monkeypatch.setenv("NO_COLOR", "1")
    unwanted.saw(CONFIRMED, "payment")
    shown = ["\x1b[" in "".join(said(telling)) for telling in (plain, coloured, unwanted)]
    assert shown == [False, True, False]


def test_signs_that_a_terminal_lacks_are_spelled_plainly() -> None:
    """An old locale shows arrows made of ASCII rather than an error."""
    telling = Telling(Latin())
    telling.saw(PENDING, "payment")
    telling.saw(CONFIRMED, "payment")
    assert said(telling)[1] == "* payment   pending -> confirmed"
    assert not can_write(Latin(), "→")


def test_rupiah_are_written_as_in_jakarta() -> None:
    """With points, and whole."""
    assert [rupiah(0), rupiah(99000), rupiah(1250000)] == ["Rp 0", "Rp 99.000", "Rp 1.250.000"]


def test_what_is_said_in_a_chat_stays_on_its_line() -> None:
    """However long it is, and whatever line ends are in it."""
    telling = Telling(io.StringIO())
    telling.sent("message", "Rina: capek\nbanget " + "sekali " * 40)
    telling.framed("message", "Sari: ya")
    sent, came = said(telling)
    assert "→ frame message" in sent
    assert "Rina: capek banget" in sent
    assert sent.endswith("…")
    assert len(sent) <= 140
    assert came.endswith("Sari: ya")


def test_more_time_is_told_with_its_price() -> None:
    """What was asked, and how long there is to answer."""
    telling = Telling(io.StringIO())
    asked = {"id": ID, "status": "pending", "version": 1, "price": 10000, "duration_minutes": 5}
    telling.saw({"extension": {**asked, "timeout_seconds": 10}})
    assert said(telling)[0].endswith("Rp 10.000 for 5 minutes more, 10 s")
