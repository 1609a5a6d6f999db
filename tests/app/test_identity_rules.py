"""The limits of identity, to the second; no store, no clock."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from halobestie_app.usecases import identity_rules as rules
from halobestie_app.usecases.identity_rules import Denied, Guess, Repeated, Rotated
from halobestie_core.ports.identity import AuthSession, Challenge, LoginAttempts, PresentedToken
from halobestie_core.words import UserType

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NONE = timedelta()
RIGHT, WRONG = b"right" * 7, b"wrong" * 7


def minutes(count: float) -> timedelta:
    """A span."""
    return timedelta(minutes=count)


def sent(*ago: timedelta) -> Challenge:
    """A challenge whose messages went out so long ago."""
    return Challenge("+62", UserType.MITRA, sends=tuple(sorted(NOW - span for span in ago)))


# -------------------------------------------------------------------------------------------- sending codes


def test_three_codes_in_ten_minutes() -> None:
    """The fourth waits until the first of the three is ten minutes old."""
    assert rules.wait_to_send([], NOW) == NONE
    assert rules.wait_to_send([sent(minutes(1), minutes(2))], NOW) == NONE
    assert rules.wait_to_send([sent(minutes(1), minutes(2), minutes(9))], NOW) == minutes(1)
    assert rules.wait_to_send([sent(minutes(1), minutes(2), minutes(10))], NOW) == NONE


def test_ten_codes_a_day() -> None:
    """The eleventh waits until the first of the ten is a day old."""
    spread = [timedelta(hours=2 * hour + 1) for hour in range(10)]
    assert rules.wait_to_send([sent(*spread)], NOW) == timedelta(hours=24) - spread[-1]
    assert rules.wait_to_send([sent(*spread[:-1], timedelta(hours=24))], NOW) == NONE


def test_the_two_apps_share_a_phones_budget() -> None:
    """A phone is not rung six times because its owner has two apps."""
    assert rules.wait_to_send([sent(minutes(1), minutes(2)), sent(minutes(3))], NOW) == minutes(7)


def test_a_new_code_keeps_the_failures() -> None:
    """And forgets messages older than a day."""
    before = evolve(sent(minutes(1), timedelta(hours=25)), failures=3, failed_at=NOW - SECOND)
    after = rules.with_code(before, RIGHT, NOW)
    assert (after.failures, after.sends) == (3, (NOW - minutes(1), NOW))
    assert (after.code_hash, after.code_expires_at) == (RIGHT, NOW + minutes(5))


# -------------------------------------------------------------------------------------------- guessing codes


def guessed(challenge: Challenge, code: bytes, now: datetime = NOW) -> tuple[Guess, Challenge]:
    """Guess, where a code is its own hash."""
    return rules.guess(challenge, now, lambda stored: stored == code)


def out(failures: int = 0) -> Challenge:
    """A challenge whose code was sent just now, after some wrong guesses."""
    challenge = rules.with_code(Challenge("+62", UserType.MITRA), RIGHT, NOW)
    return evolve(challenge, failures=failures, failed_at=NOW if failures else None)


def test_a_code_works_once() -> None:
    """The second time there is no code."""
    verdict, after = guessed(out(), RIGHT)
    assert verdict is Guess.RIGHT
    assert guessed(after, RIGHT)[0] is Guess.NO_CODE


def test_a_code_lives_five_minutes() -> None:
    """At five minutes it is over, and trying it then counts against nobody."""
    assert guessed(out(), RIGHT, NOW + minutes(5) - SECOND)[0] is Guess.RIGHT
    verdict, after = guessed(out(), RIGHT, NOW + minutes(5))
    assert (verdict, after.failures) == (Guess.NO_CODE, 0)


def test_five_wrong_guesses_lock_also_the_right_one() -> None:
    """And a new code does not unlock."""
    challenge = out()
    for count in range(5):
        verdict, challenge = guessed(challenge, WRONG)
        assert (verdict, challenge.failures) == (Guess.WRONG, count + 1)
    challenge = rules.with_code(challenge, RIGHT, NOW)
    assert guessed(challenge, RIGHT) == (Guess.LOCKED, challenge)
    assert rules.locked_for(challenge, NOW + minutes(4)) == minutes(6)


def test_a_lock_ends_after_ten_minutes() -> None:
    """Then a new code works, and five more guesses are allowed."""
    challenge = out(failures=5)
    later = NOW + minutes(10)
    assert guessed(challenge, RIGHT, later - SECOND)[0] is Guess.LOCKED
    verdict, after = guessed(rules.with_code(challenge, RIGHT, later), WRONG, later)
    assert (verdict, after.failures) == (Guess.WRONG, 1)


def test_a_right_guess_forgives_the_wrong_ones() -> None:
    """Who proved the phone starts afresh."""
    verdict, after = guessed(out(failures=4), RIGHT)
    assert (verdict, after.failures, after.failed_at) == (Guess.RIGHT, 0, None)


@given(st.lists(st.tuples(st.sampled_from(["send", "guess", "wait"]), st.integers(1, 400)), max_size=60))
def test_no_code_is_compared_more_than_five_times(steps: list[tuple[str, int]]) -> None:
    """Whatever is asked for, guessed and waited for in between."""
    challenge, now, compared, serial = out(), NOW, {b"": 0}, 0

    def compare(stored: bytes) -> bool:
        compared[stored] = compared.get(stored, 0) + 1
        return False

    for step, amount in steps:
        if step == "wait":
            now += timedelta(seconds=amount)
        elif step == "send" and not rules.wait_to_send([challenge], now):
            serial += 1
            challenge = rules.with_code(challenge, b"%d" % serial, now)
        elif step == "guess":
            for _ in range(amount % 9):
                _, challenge = rules.guess(challenge, now, compare)
    assert max(compared.values()) <= 5


# -------------------------------------------------------------------------------------------- refresh tokens

SESSION = AuthSession(
    UUID(int=1), UserType.CUSTOMER, UUID(int=2), b"t5", 5, NOW, NOW + rules.IDLE, NOW + rules.ABSOLUTE, None
)


def renewed(
    generation: int, now: datetime = NOW, session: AuthSession | None = SESSION, text: str | None = None
) -> rules.Renewal:
    """Present the token `t<generation>`, whose successor by two keys is `x<n>` or `t<n>`."""
    return rules.renew(
        session,
        PresentedToken(UUID(int=1), generation, text or f"t{generation}"),
        now,
        successors=(f"x{generation + 1}", f"t{generation + 1}"),
        hashed=str.encode,
        matches=lambda token, stored: token.encode() == stored,
    )


def test_the_present_token_gets_a_successor() -> None:
    """And its log-in thirty more days."""
    later = NOW + timedelta(days=3)
    renewal = renewed(5, later)
    assert isinstance(renewal, Rotated)
    assert renewal.token == "x6"
    assert renewal.session == evolve(
        SESSION, token_hash=b"x6", generation=6, rotated_at=later, expires_at=later + rules.IDLE
    )


def test_the_parent_gets_the_same_successor_for_thirty_seconds() -> None:
    """Also when another key derived it; afterwards it is a replay."""
    assert renewed(4) == Repeated("t5")
    assert renewed(4, NOW + rules.GRACE) == Repeated("t5")
    assert renewed(4, NOW + rules.GRACE + timedelta(microseconds=1)) is Denied.REUSED


@pytest.mark.parametrize("generation", [0, 1, 2, 3])
def test_an_ancestor_is_always_a_replay(generation: int) -> None:
    """There is no grace for grandparents."""
    assert renewed(generation) is Denied.REUSED


def test_a_log_in_ends() -> None:
    """Idle, revoked, unknown, or with a token of a future that was lost: no successor, no theft."""
    assert renewed(5, NOW + rules.IDLE) is Denied.ENDED
    assert isinstance(renewed(5, NOW + rules.IDLE - SECOND), Rotated)
    assert renewed(5, session=evolve(SESSION, revoked_at=NOW)) is Denied.ENDED
    assert renewed(2, session=evolve(SESSION, revoked_at=NOW)) is Denied.ENDED
    assert renewed(5, session=None) is Denied.ENDED
    assert renewed(6) is Denied.ENDED
    assert renewed(5, text="another") is Denied.ENDED


def test_use_does_not_prolong_a_log_in_for_ever() -> None:
    """The absolute limit stands."""
    session = evolve(SESSION, absolute_expires_at=NOW + timedelta(days=1))
    renewal = renewed(5, session=session)
    assert isinstance(renewal, Rotated)
    assert renewal.session.expires_at == NOW + timedelta(days=1)


# -------------------------------------------------------------------------------------------- operators


def test_delays_grow_to_a_quarter_of_an_hour() -> None:
    """Four failures cost nothing; from the fifth, half a minute, doubled each time."""
    attempts, now, delays = LoginAttempts(b"", 0, NOW, None), NOW, []
    for _ in range(12):
        attempts = rules.tried(attempts, now)
        delays.append(int(rules.wait_to_log_in(attempts, now).total_seconds()))
        now += rules.wait_to_log_in(attempts, now)
        assert not rules.wait_to_log_in(attempts, now)
    assert delays == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


def test_a_day_without_tries_is_forgotten() -> None:
    """Then counting starts again."""
    attempts = LoginAttempts(b"", 30, NOW - timedelta(days=1), None)
    assert rules.tried(attempts, NOW).failures == 1


@pytest.mark.parametrize(
    "text, kept",
    [
        (" Ani@Example.COM ", "ani@example.com"),
        ("a@localhost", "a@localhost"),
        ("a", None),
        ("@b", None),
        ("a@", None),
        ("a b@c", None),
        ("a@b@c", None),
        ("a@b..c", None),
        ("é@b.c", None),
        ("a@" + "b" * 260, None),
    ],
)
def test_an_email_has_one_spelling(text: str, kept: str | None) -> None:
    """Lower case, trimmed; what is none is refused."""
    assert rules.email_of(text) == kept


@pytest.mark.parametrize(
    "text, kept",
    [
        ("  Ani  ", "Ani"),
        ("a" * 40, "a" * 40),
        ("Ani 🌸", "Ani 🌸"),
        ("e\u0301", "é"),
        ("王小明", "王小明"),
        ("a" * 41, None),
        ("", None),
        ("   ", None),
        ("\u200b", None),
        ("A\nB", None),
        ("A\x07", None),
        ("\u202eina", None),
        ("\u0301", None),
    ],
)
def test_a_name_is_visible_and_on_one_line(text: str, kept: str | None) -> None:
    """Trimmed and composed; nothing that hides, rings or turns the text round."""
    assert rules.name_of(text) == kept


def test_the_default_name_is_a_name() -> None:
    """What nobody chose must be fit for everybody."""
    assert rules.name_of(rules.DEFAULT_NAME) == rules.DEFAULT_NAME


def test_seconds_are_rounded_up() -> None:
    """Whoever waits as told is not told to wait again."""
    assert rules.whole_seconds(timedelta(milliseconds=1)) == 1
    assert rules.whole_seconds(timedelta(seconds=29, microseconds=1)) == 30
