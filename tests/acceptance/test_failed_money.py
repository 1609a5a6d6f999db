"""Failed money and the operators who deal with it: once, whoever else wants it. Two instances."""

from collections import Counter
from collections.abc import Sequence
from itertools import cycle

import pytest
from attrs import define

from support.evening import House, together
from support.people import Answer, Customer, Json, Mitra, Operator
from support.races import no_accidents, played
from support.waiting import eventually

pytestmark = pytest.mark.anyio

INSTANCES = 2
SETTINGS = {"extension_timeout_seconds": 5, "mitra_stale_after_seconds": 3600}
LEDGER = "SELECT kind FROM customer_transactions WHERE payment_session_id = %s ORDER BY at, id"
REFUNDS = {"refunded": "refunded", "credited": "credited", "no_action": "retained"}
OVER = "UPDATE payment_sessions SET fallback_until = now(), wake_at = now() WHERE id = %s AND fallback_open"


@define
class Case:
    """A payment that failed with its fallback open, its one open row, and the operators."""

    house: House
    ayu: Customer
    payment: Json
    row: Json
    rini: Operator
    dewi: Operator

    async def ledger(self) -> list[str]:
        """What the ledger says of this payment, in order."""
        return [row["kind"] for row in await self.house.rows(LEDGER, self.payment["id"])]

    async def refund(self) -> str | None:
        """What its customer sees of the money."""
        seen: str | None = (await self.ayu.payment(self.payment))["refund"]
        return seen


@define
class Office:
    """Two operators at two instances, and a mitra who is never there."""

    house: House
    rini: Operator
    dewi: Operator
    nobody: Mitra

    async def case(self, ayu: Customer) -> Case:
        """Somebody asks for one who is not there."""
        payment = await ayu.pays(mitra=self.nobody)
        (await ayu.ask_again(payment, self.nobody)).refused("TARGETED_MITRA_OFFLINE")
        [row] = await self.rini.failures(payment)
        return Case(self.house, ayu, payment, row, self.rini, self.dewi)


@pytest.fixture
async def office(house: House) -> Office:
    """Everybody at work."""
    rini, dewi = await house.operator(), await house.operator()
    [nobody] = await house.mitras(1, online=False)
    first, second = house.instances
    return Office(house, rini.via(first), dewi.via(second), nobody)


# ---------------------------------------------------------------------- stories


@pytest.mark.parametrize("action", REFUNDS)
async def test_action(house: House, office: Office, action: str) -> None:
    """The row has who, when, what and why; the ledger one line more; the customer is told, and sees it."""
    case = await office.case(await house.customer())
    assert await case.refund() == "due"
    assert case.row["fallback_until"] == (await case.ayu.payment(case.payment))["fallback_until"] is not None
    socket = await case.ayu.connects()
    row = (await office.rini.act(case.row, action, "lewat transfer")).ok()
    assert (row["operator_action"], row["note"]) == (action, "lewat transfer")
    assert row["actioned_by"]["id"] == office.rini.id
    assert row["actioned_by"]["display_name"].endswith("@halobestie.example")
    changed = {"fallback_until", "operator_action", "note", "actioned_by", "actioned_at"}
    assert {name for name in row if row[name] != case.row[name]} == changed
    assert row["fallback_until"] is None, "who was answered cannot use the money any more"
    assert [row] == await office.dewi.failures(case.payment)
    frame = await socket.until("payment_updated")
    assert (frame["payment"]["id"], frame["payment"]["refund"]) == (
        case.payment["id"],
        REFUNDS[action],
    )
    assert await case.refund() == REFUNDS[action]
    assert await case.ledger() == ["refund_due", REFUNDS[action]]
    refused = (await case.ayu.fall_back(case.payment)).refused("ALREADY_ACTIONED")
    assert refused["status"] == 409


async def test_repeat(house: House, office: Office) -> None:
    """The same again changes nothing, whoever says it and with whatever note; another is refused."""
    case = await office.case(await house.customer())
    first = (await office.rini.act(case.row, "credited", "first")).ok()
    assert (await office.rini.act(case.row, "credited")).ok() == first
    assert (await office.dewi.act(case.row, "credited", "second")).ok() == first
    refused = (await office.dewi.act(case.row, "refunded", "no, refunded")).refused("ALREADY_ACTIONED")
    assert refused["current"] == first
    assert await case.ledger() == ["refund_due", "credited"]


async def test_superseded(house: House, office: Office) -> None:
    """Money that is in use again is no operator's business; what becomes of it next is."""
    case = await office.case(await house.customer())
    (await case.ayu.fall_back(case.payment)).ok(201)
    refused = (await office.rini.act(case.row, "refunded")).refused("INVALID_STATE")
    assert (refused["state"], refused["allowed"]) == ("superseded", [])
    (await case.ayu.give_up(case.payment)).ok()
    rows = await office.rini.failures(case.payment)
    assert [(row["cause_tag"], row["superseded_at"] is None, row["fallback_until"]) for row in rows] == [
        ("customer_cancelled", True, None),
        ("targeted_mitra_offline", False, None),
    ]
    assert (await case.ayu.payment(case.payment))["fallback_until"] is None
    (await office.rini.act(rows[0], "refunded")).ok()
    assert await case.ledger() == ["refund_due", "refund_reversed", "refund_due", "refunded"]
    assert await case.refund() == "refunded"


async def test_after_the_fallback(house: House, office: Office) -> None:
    """When the customer's time to choose is over, the money can still be dealt with."""
    case = await office.case(await house.customer())
    await house.rows(OVER, case.payment["id"])

    async def closed() -> bool:
        open_ = await house.value(
            "SELECT fallback_open FROM payment_sessions WHERE id = %s", case.payment["id"]
        )
        return not open_

    await eventually(closed, seconds=5, what="the fallback stayed open")
    (await case.ayu.fall_back(case.payment)).refused("PAYMENT_EXPIRED")
    [row] = await office.rini.failures(case.payment)
    story = await office.rini.get(f"/internal/payments/{case.payment['id']}")
    shown = [row, story["payment"], *story["failures"], await case.ayu.payment(case.payment)]
    assert [one["fallback_until"] for one in shown] == [None] * 4
    (await office.rini.act(case.row, "refunded")).ok()
    assert await case.ledger() == ["refund_due", "refunded"]


async def test_refused_extension(house: House, office: Office) -> None:
    """The row of an extension is dealt with while its chat goes on."""
    ayu, budi = await house.customer(), await house.mitra()
    await budi.comes()
    session = await budi.accepts(await ayu.searches())
    extension = await ayu.asks_more(session)
    (await budi.respond(extension, accepted=False)).ok()
    payment = {"id": extension["payment_session_id"]}
    [row] = await office.rini.failures(payment)
    assert (row["cause_tag"], row["fallback_until"]) == ("extension_rejected", None)
    (await office.rini.act(row, "no_action", "sudah dijelaskan")).ok()
    assert (await ayu.payment(payment))["refund"] == "retained"
    assert (await ayu.active())["session"]["status"] == "active"
    (await ayu.end(session["id"])).ok()


async def test_nothing_was_paid(house: House, office: Office) -> None:
    """A free session that failed is in the queue with amount 0; dealing with it moves no money."""
    ayu = await house.customer()
    await house.rows(
        "UPDATE customers SET phone = '+6281311112222', phone_verified_at = now() WHERE id = %s", ayu.id
    )
    path = "/internal/pricing/promotions/first_session_discount"
    promotion = await office.rini.get(path)
    on = {"is_active": True, "updated_at": promotion["updated_at"]}
    changed = (await office.rini.ask("PATCH", path, on)).ok()
    try:
        payment = await ayu.pays(5)
        assert payment["amount"] == 0
        (await ayu.give_up(payment)).ok()
        [row] = await office.rini.failures(payment)
        assert row["amount"] == 0
        (await office.rini.act(row, "no_action")).ok()
        assert await house.rows(LEDGER, payment["id"]) == []
        assert (await ayu.payment(payment))["refund"] is None
    finally:
        off = {"is_active": False, "updated_at": changed["updated_at"]}
        (await office.rini.ask("PATCH", path, off)).ok()


# ---------------------------------------------------------------------- races


@pytest.mark.race
async def test_action_against_fallback(house: House, office: Office, rounds: int) -> None:
    """Exactly one of them has the money; the other hears what became of it."""
    actions = cycle(["refunded", "credited"])

    async def play(ayu: Customer) -> str:
        case, action = await office.case(ayu), next(actions)
        acted, again = await together(
            office.rini.act(case.row, action), ayu.via(house.instances[1]).fall_back(case.payment)
        )
        no_accidents([acted, again])
        after = await ayu.payment(case.payment)
        if acted.status == 200:
            again.refused("ALREADY_ACTIONED")
            assert (after["status"], after["refund"]) == ("failed_pairing", action)
            assert await case.ledger() == ["refund_due", action]
            return action
        assert acted.refused("INVALID_STATE")["state"] == "superseded"
        again.ok(201)
        assert (after["status"], after["refund"]) == ("confirmed", None)
        assert await case.ledger() == ["refund_due", "refund_reversed"]
        (await ayu.give_up(case.payment)).ok()
        return "fell back"

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"refunded", "credited", "fell back"}


@pytest.mark.race
async def test_two_operators_differ(house: House, office: Office, rounds: int) -> None:
    """One of two actions is recorded; the other operator is shown it."""

    async def play(ayu: Customer) -> str:
        case = await office.case(ayu)
        answers = await together(
            office.rini.act(case.row, "refunded", "rini"), office.dewi.act(case.row, "credited", "dewi")
        )
        won, lost = _won(answers)
        assert lost.refused("ALREADY_ACTIONED")["current"] == won
        assert await case.ledger() == ["refund_due", won["operator_action"]]
        assert await case.refund() == won["operator_action"]
        return str(won["note"])

    outcomes = await played(house, rounds, play)
    assert set(outcomes) == {"rini", "dewi"}, "a race in which one side always wins is none"


@pytest.mark.race
async def test_two_operators_agree(house: House, office: Office, rounds: int) -> None:
    """Both are shown one record of one action, and the ledger has one line of it."""
    notes: Counter[str] = Counter()

    async def play(ayu: Customer) -> bool:
        case = await office.case(ayu)
        answers = await together(
            office.rini.act(case.row, "refunded", "rini"), office.dewi.act(case.row, "refunded", "dewi")
        )
        first, second = (answer.ok() for answer in answers)
        assert first == second
        assert (first["actioned_by"]["id"] == office.rini.id) == (first["note"] == "rini")
        assert await case.ledger() == ["refund_due", "refunded"]
        notes[first["note"]] += 1
        return True

    assert await played(house, rounds, play) == {True: rounds}
    assert set(notes) == {"rini", "dewi"}


def _won(answers: Sequence[Answer]) -> tuple[Json, Answer]:
    """The row of the one that succeeded, and the other answer."""
    one, other = answers
    return (one.ok(), other) if one.status == 200 else (other.ok(), one)
