"""The audit: a life as it was decided is whole; whatever was touched afterwards is found and named."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from attrs import evolve, frozen
from hypothesis import given

from halobestie_core import PaymentStatus
from halobestie_core.audit import Entry, Standing, audit, chained
from halobestie_core.pairing import Wave
from halobestie_core.presence import GoOffline, MitraPresence, PresenceStatus
from halobestie_core.testing import World, a_mitra, evenings, extending, paid, run_clock
from support.logbook import Logs, audited, logs, written

SOMEBODY = UUID(int=0xF00)
Log = list[Entry]


@frozen
class Life:
    """A life with its logs."""

    world: World
    logs: Logs

    def key(self, machine: str) -> tuple[str, UUID]:
        """Return the first aggregate of a machine."""
        return next(key for key in self.logs if key[0] == machine)

    def log(self, machine: str) -> Log:
        """Return its log."""
        return self.logs[self.key(machine)]

    def said(self, machine: str, log: Log, **bent: object) -> str:
        """Return what an audit says of a log instead of the one it has; empty when nothing."""
        found = audited(self.world, self.key(machine), log, **bent)
        assert found.is_whole is (found.difference is None)
        return str(found.difference or "")


@pytest.fixture(scope="module")
def life() -> Life:
    """An evening up to an extension."""
    world = extending(World.of(2))
    return Life(world, logs(world.moves))


@given(evenings())
def test_whatever_happened_is_whole(world: World) -> None:
    """Every life that was decided is found to be as its moves made it, row for row."""
    for key, log in logs(world.moves).items():
        found = audited(world, key, log)
        assert found.is_whole, str(found.difference)
        assert found.checked == len(log)
        assert found.other_versions == 0


Tamper = Callable[[Log], Log]


def changed(at: int, **columns: object) -> Tamper:
    """Change columns of one row and leave the rest."""

    def tamper(log: Log) -> Log:
        return [evolve(row, **columns) if row is log[at] else row for row in log]  # type: ignore[arg-type]

    return tamper


def anew(nth: int, /, **said: object) -> Tamper:
    """Let one row say something else, with all hashes from there on made to fit."""
    return lambda log: written(log, nth, **said)


def swapped(log: Log) -> Log:
    """Let two rows say what the other says."""
    one, two = log[1], log[2]
    return [
        log[0],
        evolve(one, body=two.body, said=two.said),
        evolve(two, body=one.body, said=one.said),
        *log[3:],
    ]


NOT_FACTS = {"count": 1}
THE_END = {"captured": True, "timeout_minutes": 2**60, "from_gateway": True}
TOO_MANY = {"mitra_ids": {"count": 3, "sha256": "0" * 64}}

# the machine, what is done to its log, what is said of it
FOUND: list[tuple[str, Tamper, str]] = [
    ("payment", changed(1, hash=b"x" * 32), "move 2: its hash is not that of what it says"),
    ("payment", changed(1, previous_hash=None), "move 2: it is not chained to the move before"),
    ("payment", changed(0, previous_hash=b"x" * 32), "move 1: it is not chained"),
    (
        "payment",
        changed(1, to_state="expired"),
        "its column to_state says 'expired'; what was hashed says 'confirmed'",
    ),
    ("payment", changed(1, facts={}), "its column facts"),
    ("payment", changed(1, place=0), "recorded ahead of the move that it follows"),
    ("payment", changed(1, said=[]), "what was hashed is no record of a move"),
    ("payment", swapped, "move 2: its hash"),
    ("payment", lambda log: log[1:], "move 2: move 1 is missing"),
    ("payment", lambda log: [*log[:1], *log[2:]], "move 3: move 2 is missing"),
    ("payment", lambda log: log[:-1], "the row's status is consumed, its moves make it confirmed"),
    ("payment", lambda log: [*log, log[-1]], "move 4: move 5 is missing"),
    ("payment", anew(2, from_state="pending"), "starts in pending, but the move before left confirmed"),
    ("payment", anew(0, from_state="pending"), "from: the table decides None, recorded is pending"),
    ("payment", anew(3, to_state="abandoned"), "to: the table decides consumed, recorded is abandoned"),
    ("payment", anew(3, event="payment_lapsed"), "event: the table decides payment_consumed"),
    ("payment", anew(3, cause_tag="late_payment"), "cause: the table decides None, recorded is late_payment"),
    ("payment", anew(3, command="dance"), "the machine knows no command dance"),
    ("payment", anew(3, command="create"), "create cannot be what was asked of it then"),
    ("payment", anew(3, command="abandon"), "asked to abandon in confirmed, the table refuses it: "),
    ("payment", anew(3, command="forfeit_fallback"), "the table ignores it: no fallback is open"),
    (
        "payment",
        anew(3, facts={"sure": True}),
        "its facts are not those of consume: $.sure is not a known field",
    ),
    ("payment", anew(1, facts=THE_END), "its facts reach beyond the end of time"),
    ("payment", anew(1, at="2026-01-02T12:00:30Z"), "the row's expires_at is"),
    ("pairing", anew(0, facts=[]), "its facts are not those of open: they are no object"),
    ("pairing", anew(0, facts=NOT_FACTS), "lacking or unexpected: count, customer_id"),
    ("chat", anew(0, aggregate_id=str(SOMEBODY)), "about: the table decides"),
    ("presence", lambda log: log[:-1] if len(log) > 1 else [], "the row's status is online"),
    ("chat", lambda _log: [], "its row is there, but no move of it was ever recorded"),
]


@pytest.mark.parametrize("machine, tamper, said", FOUND)
def test_what_was_touched_is_found(life: Life, machine: str, tamper: Tamper, said: str) -> None:
    """The first difference is named, with its move."""
    assert said in life.said(machine, tamper(life.log(machine)))


@pytest.mark.parametrize(
    "machine, bent, said",
    [
        ("payment", {"amount": 1}, "the row's amount is 1, its moves make it"),
        (
            "payment",
            {"status": PaymentStatus.EXPIRED},
            "the row's status is expired, its moves make it consumed",
        ),
        ("payment", {"provider_invoice_id": "later"}, ""),
        ("pairing", {"waves": ()}, "it was shown to 2 mitras, but no wave says to whom"),
        ("pairing", {"answers": ()}, "the row has 0 answers, its moves make 1"),
        ("pairing", {"winner_mitra_id": SOMEBODY}, "the row's winner_mitra_id is"),
        ("chat", {"paused": timedelta(1)}, "the row's paused is 1 day, 0:00:00"),
        ("presence", {"last_heartbeat_at": None}, "the row's last_heartbeat_at is None"),
    ],
)
def test_a_row_that_was_touched_is_found(
    life: Life, machine: str, bent: dict[str, object], said: str
) -> None:
    """A column that differs from what the moves make is named, with both values."""
    found = life.said(machine, life.log(machine), **bent)
    assert said in found
    assert bool(said) is bool(found)


def test_a_deadline_that_was_touched_is_found(life: Life) -> None:
    """When the clock will look at a row follows from its moves."""
    key = life.key("payment")
    paid_for = life.world.payments[key[1]]
    found = audit(*key, life.log("payment"), Standing(paid_for, paid_for.expires_at))
    assert "the row's wake_at is" in str(found.difference)


def test_a_row_that_is_gone_is_found(life: Life) -> None:
    """Moves without their row."""
    found = audit(*life.key("chat"), life.log("chat"), None)
    assert "its moves are recorded, but its row is gone" in str(found.difference)
    assert found.checked == len(life.log("chat"))
    orphaned = audit("pairing", SOMEBODY, [], None)
    assert "something is recorded of it, but its row is gone" in str(orphaned.difference)


@pytest.mark.parametrize(
    "ids, said",
    [
        (frozenset({SOMEBODY}), "it was shown to 2 mitras, but its wave names 1"),
        (frozenset({SOMEBODY, UUID(int=1)}), "its wave names other mitras than the 2"),
    ],
)
def test_a_wave_that_was_touched_is_found(life: Life, ids: frozenset[UUID], said: str) -> None:
    """Whom a request was shown to is fixed by size and fingerprint."""
    key = life.key("pairing")
    request = life.world.requests[key[1]]
    bent = (evolve(request.waves[0], mitra_ids=ids), *request.waves[1:])
    assert said in life.said("pairing", life.log("pairing"), waves=bent)


def test_a_wave_that_was_put_in_is_found(life: Life) -> None:
    """A wave that no move made."""
    request = life.world.requests[life.key("pairing")[1]]
    more = (*request.waves, Wave(2, frozenset({SOMEBODY}), request.created_at))
    assert "the row has 2 waves, its moves make 1" in life.said("pairing", life.log("pairing"), waves=more)


def test_a_set_in_its_own_words(life: Life) -> None:
    """A set of mitras that is not logged as a set of mitras is not read."""
    facts = dict(life.log("pairing")[0].facts) | {"mitra_ids": ["one"]}  # type: ignore[call-overload]
    said = life.said("pairing", written(life.log("pairing"), 0, facts=facts))
    assert "a set of mitras is not a count and a fingerprint" in said


def test_shown_to_nobody() -> None:
    """A search among nobody has no wave, and its log needs none."""
    world = paid(World.of(1))
    world.of_mitra(a_mitra(world), GoOffline())
    world.search()
    life = Life(world, logs(world.moves))
    assert life.world.requests[life.key("pairing")[1]].waves == ()
    assert life.said("pairing", life.log("pairing")) == ""


def test_a_mitra_who_never_moved() -> None:
    """Registered without a move, a mitra is offline; a row that says otherwise was touched."""
    assert audit("presence", SOMEBODY, [], Standing(MitraPresence(SOMEBODY))).is_whole
    forged = audit("presence", SOMEBODY, [], Standing(MitraPresence(SOMEBODY, PresenceStatus.ONLINE)))
    assert "the row's status is online, its moves make it offline" in str(forged.difference)


def test_nothing_is_said_after_the_first_difference(life: Life) -> None:
    """What follows a difference is only its echo."""
    log = life.log("payment")
    forged = [evolve(row, hash=b"x" * 32) for row in log]
    found = audited(life.world, life.key("payment"), forged)
    assert found.checked == 0
    assert found.difference is not None
    assert found.difference.version == 1


# -- other versions of the table -----------------------------------------------------------------------------

OTHER = "0123456789abcdef"


def test_decided_by_another_version() -> None:
    """Such a move is counted; where today's table decides the same, everything is checked as ever."""
    world = paid(World.of(1))
    life = Life(world, logs(world.moves))
    log = written(life.log("payment"), 0, fingerprint=OTHER)
    found = audited(world, life.key("payment"), log)
    assert (found.is_whole, found.other_versions, found.checked) == (True, 1, len(log))


def old_log() -> tuple[Life, Log]:
    """Return a payment that, once, could be confirmed by a command that is no more."""
    world = paid(World.of(1))
    run_clock(world)
    life = Life(world, logs(world.moves))
    return life, written(life.log("payment"), 1, fingerprint=OTHER, command="settle", facts={})


def test_todays_table_is_not_held_against_it() -> None:
    """What another version decided otherwise is no tampering; chain, states and row are looked at."""
    life, log = old_log()
    found = audited(life.world, life.key("payment"), log)
    assert (found.is_whole, found.other_versions, found.checked) == (True, 1, len(log))
    longer = extending(World.of(1))
    life = Life(longer, logs(longer.moves))
    log = written(life.log("payment"), 1, fingerprint=OTHER, command="settle", facts={})
    found = audited(longer, life.key("payment"), log)
    assert (found.is_whole, found.other_versions, found.checked) == (True, 1, len(log))


def test_but_the_states_are() -> None:
    """A row that stands elsewhere than its moves left it is found all the same."""
    life, log = old_log()
    said = life.said("payment", log, status=PaymentStatus.EXPIRED)
    assert "its row is expired at version 2, its moves left it confirmed at 2" in said


def test_a_row_that_another_version_made() -> None:
    """If the row is not what today's table makes of such a log, only its state can be compared."""
    world = paid(World.of(1))
    life = Life(world, logs(world.moves))
    log = written(life.log("payment"), 1, fingerprint=OTHER)
    assert life.said("payment", log, expires_at=world.now) == ""
    assert "the row's expires_at" in life.said("payment", life.log("payment"), expires_at=world.now)


def test_a_chain_is_over_text() -> None:
    """The first row is chained to nothing."""
    assert chained(None, "x") == chained(b"", "x") != chained(b"y", "x")


def test_the_mitra_of_the_house(life: Life) -> None:
    """Whoever accepted stands where their moves left them."""
    key = ("presence", a_mitra(life.world))
    assert audited(life.world, key, life.logs[key]).is_whole
