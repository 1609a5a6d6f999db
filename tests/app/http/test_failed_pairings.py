"""The queue of failed money over HTTP: its rows, every filter, its pages; what was done with it, once."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from attrs import define, field

from halobestie_adapters.ids import uuid7
from halobestie_core.words import UserType
from support.listening import token
from support.reception import Reception, reception

pytestmark = [pytest.mark.anyio, pytest.mark.unsound("makes up failures of every kind")]

OPERATOR = UserType.OPERATOR
PATH = "/internal/failed-pairings"
NOON = datetime(2026, 3, 10, 5, tzinfo=UTC)
"""Of a day in Jakarta, which began 12 hours before."""


@define
class Queue:
    """A reception, an operator, and hands that plant failed money."""

    house: Reception
    boss: UUID
    planted: list[str] = field(factory=list)

    async def fails(
        self,
        at: datetime,
        cause: str = "no_mitra_available",
        *,
        customer: UUID | None = None,
        state: str = "open",
        mitra: UUID | None = None,
        amount: int = 10_000,
        fallback: bool = False,
    ) -> str:
        """One more row; gives its id."""
        customer = await self.house.customer() if customer is None else customer
        payment, row = uuid7(), uuid7()
        await self.house.run(
            b"INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension,"
            b" is_first_session_discount, status, cause_tag, provider, created_at, confirmed_at, expires_at,"
            b" fallback_until, fallback_open, wake_at, version)"
            b" VALUES (%s, %s, %s, 'chat', 5, false, false, 'failed_pairing', %s, 'development',"
            b" %s, %s, %s, %s, %s, %s, 3)",
            payment, customer, amount, cause, at, at, at, at + timedelta(minutes=20), fallback,
            at + timedelta(minutes=20) if fallback else None,
        )  # fmt: skip
        await self.house.run(
            b"INSERT INTO pairing_failures (id, payment_session_id, customer_id, targeted_mitra_id,"
            b" cause_tag, cause_detail, amount, operator_action, note, actioned_by, actioned_at,"
            b" superseded_at, created_at)"
            b" VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            row, payment, customer, mitra, cause, "at_capacity" if mitra else None, amount,
            *(("refunded", "by hand", self.boss, at) if state == "actioned" else (None,) * 4),
            at if state == "superseded" else None, at,
        )  # fmt: skip
        self.planted.append(str(row))
        return str(row)

    async def asks(self, **query: object) -> Mapping[str, Any]:
        """A page of the queue."""
        return await self.house.said(200, OPERATOR, self.boss, "GET", f"{PATH}?{spelled(query)}")

    async def ids(self, **query: object) -> list[str]:
        """The ids of a page, whose total is what a list without paging has."""
        page = await self.asks(**query)
        if "limit" not in query and "offset" not in query:
            assert page["total"] == len(page["rows"])
        return [row["id"] for row in page["rows"]]

    async def is_refused(self, path: str, **query: object) -> None:
        """A query of which exactly this part is wrong."""
        said = await self.house.said(422, OPERATOR, self.boss, "GET", f"{PATH}?{spelled(query)}")
        assert (said["code"], [error["path"] for error in said["errors"]]) == ("VALIDATION_ERROR", [path])


def spelled(query: Mapping[str, object]) -> str:
    """A query string; a list is given once for each."""
    given: Sequence[tuple[str, object]] = [
        (name, one)
        for name, value in query.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return "&".join(f"{name}={quote(str(value))}" for name, value in given)


@pytest.fixture
async def queue(database_url: str) -> AsyncIterator[Queue]:
    """Both listeners, and an empty queue."""
    async with reception(database_url) as house:
        yield Queue(house, await house.operator())


async def test_an_empty_queue(queue: Queue) -> None:
    """Nothing failed: no rows, and none in all."""
    assert await queue.asks() == {"rows": [], "total": 0}


async def test_a_row(queue: Queue) -> None:
    """A row has what is promised and no more; people are an id and a name, operators their e-mail."""
    customer, mitra = await queue.house.customer("Ayu"), await queue.house.mitra("Sari", online=False)
    row = await queue.fails(NOON, "targeted_mitra_offline", customer=customer, mitra=mitra, state="actioned")
    [shown] = (await queue.asks())["rows"]
    payment = shown.pop("payment_session_id")
    assert payment is not None
    assert list(shown.items()) == [
        ("id", row),
        ("customer", {"id": str(customer), "display_name": "Ayu"}),
        ("targeted_mitra", {"id": str(mitra), "display_name": "Sari"}),
        ("cause_tag", "targeted_mitra_offline"),
        ("cause_detail", "at_capacity"),
        ("amount", 10_000),
        ("fallback_until", None),
        ("operator_action", "refunded"),
        ("note", "by hand"),
        ("actioned_by", {"id": str(queue.boss), "display_name": f"{queue.boss}@example.org"}),
        ("actioned_at", "2026-03-10T05:00:00Z"),
        ("superseded_at", None),
        ("created_at", "2026-03-10T05:00:00Z"),
    ]


async def test_a_fallback_is_told_while_it_is_open(queue: Queue) -> None:
    """Of a row that nobody has to do with any more, and of a fallback that is closed, no time is told."""
    told = await queue.fails(NOON, fallback=True)
    superseded = await queue.fails(NOON, fallback=True, state="superseded")
    closed = await queue.fails(NOON, "customer_cancelled")
    rows = (await queue.asks())["rows"]
    assert {row["id"]: row["fallback_until"] for row in rows} == {
        told: "2026-03-10T05:20:00Z",
        superseded: None,
        closed: None,
    }


async def test_money_that_matches_nobody(queue: Queue) -> None:
    """It has neither payment nor customer nor fallback, and is found among its cause."""
    capture, row = uuid7(), uuid7()
    await queue.house.run(
        b"INSERT INTO payment_captures VALUES (%s, 'xendit', 'inv', NULL, 7, 'IDR', %s, %s)",
        capture, NOON, NOON,
    )  # fmt: skip
    await queue.house.run(
        b"INSERT INTO pairing_failures (id, capture_id, cause_tag, amount, created_at)"
        b" VALUES (%s, %s, 'payment_mismatch', 7, %s)",
        row, capture, NOON,
    )  # fmt: skip
    [shown] = (await queue.asks(cause_tags="payment_mismatch"))["rows"]
    assert shown["id"] == str(row)
    unknown = [name for name, value in shown.items() if value is None]
    assert unknown[:4] == ["payment_session_id", "customer", "targeted_mitra", "cause_detail"]
    assert unknown[4] == "fallback_until"


async def test_causes(queue: Queue) -> None:
    """Causes may repeat, be separated by commas and be spelled as a list; none means all."""
    rows = {
        cause: await queue.fails(NOON, cause)
        for cause in ("no_mitra_available", "all_mitras_rejected", "customer_cancelled", "late_payment")
    }
    assert set(await queue.ids()) == set(rows.values())
    assert await queue.ids(cause_tags="late_payment") == [rows["late_payment"]]
    two = {rows["no_mitra_available"], rows["late_payment"]}
    assert set(await queue.ids(cause_tags="no_mitra_available,late_payment")) == two
    assert set(await queue.ids(cause_tags=["no_mitra_available", "late_payment"])) == two
    assert set(await queue.ids(**{"cause_tags[]": ["no_mitra_available", "late_payment"]})) == two
    both = await queue.ids(**{"cause_tags[]": "no_mitra_available", "cause_tags": "late_payment"})
    assert set(both) == two
    assert set(await queue.ids(cause_tags="")) == set(rows.values())


async def test_states(queue: Queue) -> None:
    """Open, actioned, superseded: any of them, by default all."""
    rows = {state: await queue.fails(NOON, state=state) for state in ("open", "actioned", "superseded")}
    assert set(await queue.ids()) == set(rows.values())
    for state, row in rows.items():
        assert await queue.ids(state=state) == [row]
    assert set(await queue.ids(state="open,superseded")) == {rows["open"], rows["superseded"]}
    assert set(await queue.ids(state=["open", "actioned"])) == {rows["open"], rows["actioned"]}
    assert await queue.ids(state="open", cause_tags="late_payment") == []


async def test_days(queue: Queue) -> None:
    """A day is one of Jakarta, and both ends count, the last moment of the last day too."""
    begins = datetime(2026, 3, 9, 17, tzinfo=UTC)  # of 10 March in Jakarta
    moment = timedelta(microseconds=1)
    before = await queue.fails(begins - moment)
    first = await queue.fails(begins)
    last = await queue.fails(begins + timedelta(days=1) - moment)
    after = await queue.fails(begins + timedelta(days=1))
    assert await queue.ids(date_from="2026-03-10", date_to="2026-03-10") == [last, first]
    assert await queue.ids(date_from="2026-03-10") == [after, last, first]
    assert await queue.ids(date_to="2026-03-10") == [last, first, before]
    assert await queue.ids(date_from="2026-03-11", date_to="2026-03-10") == []
    assert await queue.ids(date_from="", date_to="", q="", state="") == await queue.ids()  # a form's blanks


async def test_instants(queue: Queue) -> None:
    """An instant may be in any zone; both ends count to the microsecond, a bare plus sign is understood."""
    rows = [await queue.fails(NOON + timedelta(microseconds=at)) for at in range(3)]
    given = {"date_from": "2026-03-10T05:00:00.000001Z", "date_to": "2026-03-10T05:00:00.000001Z"}
    assert await queue.ids(**given) == [rows[1]]
    assert await queue.ids(date_from="2026-03-10T12:00:00+07:00") == rows[::-1]
    path = f"{PATH}?date_to=2026-03-10T12:00:00.000001+07:00"
    said = await queue.house.said(200, OPERATOR, queue.boss, "GET", path)
    assert [row["id"] for row in said["rows"]] == rows[1::-1]


async def test_people(queue: Queue) -> None:
    """A payment's id, a customer's, a phone in both spellings, the beginning of a name in any case."""
    ayu, budi = await queue.house.customer("Ayu Lestari"), await queue.house.customer("100%_Budi\\")
    await queue.house.run(b"UPDATE customers SET phone = '+6281234567890' WHERE id = %s", ayu)
    old, new = await queue.fails(NOON, customer=ayu), await queue.fails(NOON + timedelta(1), customer=ayu)
    other = await queue.fails(NOON, customer=budi)
    assert await queue.ids(q=ayu) == [new, old]
    assert await queue.ids(q=str(ayu).upper()) == [new, old]
    payment = (await queue.asks(q=ayu))["rows"][1]["payment_session_id"]
    assert await queue.ids(q=payment) == [old]
    for phone in ("+6281234567890", "081234567890", "0812-3456-7890", "+62 812 3456 7890", "6281234567890"):
        assert await queue.ids(q=phone) == [new, old], phone
    assert await queue.ids(q="+6281234567891") == []
    for name in ("Ayu Lestari", "ayu", "AYU L", " a "):
        assert await queue.ids(q=name) == [new, old], name
    assert await queue.ids(q="lestari") == []
    assert await queue.ids(q="100%_b") == await queue.ids(q="100%_BUDI\\") == [other]
    assert await queue.ids(q="1%") == await queue.ids(q="100_") == await queue.ids(q="\\") == []
    assert await queue.ids(q=ayu, date_from="2026-03-11", state="open") == [new]
    assert await queue.ids(q="ayu", cause_tags="late_payment") == []
    assert set(await queue.ids(q=" ")) == {old, new, other}
    assert await queue.asks(q="ayu", limit=1, offset=5) == {"rows": [], "total": 2}
    assert await queue.ids(q="ayu", limit=1, offset=1) == [old]


async def test_pages(queue: Queue) -> None:
    """Newest first, and among those of one moment by id; pages meet without gap or overlap."""
    for number in range(12):
        await queue.fails(
            NOON + timedelta(hours=number // 4), ["late_payment", "customer_cancelled"][number % 2]
        )
    expected = [*sorted(queue.planted[8:])[::-1], *sorted(queue.planted[4:8])[::-1]]
    expected += sorted(queue.planted[:4])[::-1]
    assert await queue.ids() == expected
    seen: list[str] = []
    for offset in range(0, 15, 5):
        page = await queue.asks(limit=5, offset=offset)
        assert page["total"] == 12
        seen += [row["id"] for row in page["rows"]]
    assert seen == expected
    assert await queue.asks(limit=5, offset=12) == {"rows": [], "total": 12}
    assert await queue.asks(limit=5, offset=10**17) == {"rows": [], "total": 12}


@pytest.mark.parametrize(
    "path, query",
    [
        ("$.cause_tags[0]", {"cause_tags": "bad_luck"}),
        ("$.cause_tags[1]", {"cause_tags": "late_payment,bad_luck"}),
        ("$.state[0]", {"state": "closed"}),
        ("$.date_from", {"date_from": "yesterday"}),
        ("$.date_from", {"date_from": "2026-02-30"}),
        ("$.date_from", {"date_from": "2026-03-10T05:00:00"}),
        ("$.date_to", {"date_to": "20260310"}),
        ("$.date_to", {"date_to": "9999-12-31"}),
        ("$.date_from", {"date_from": "0001-01-01"}),
        ("$.date_to", {"date_to": "2026-03-10T25:00:00Z"}),
        ("$.date_to", {"date_to": ["2026-03-10", "2026-03-11"]}),
        ("$.q", {"q": "x" * 101}),
        ("$.q", {"q": "a\0"}),
        ("$.limit", {"limit": 0}),
        ("$.limit", {"limit": 201}),
        ("$.offset", {"offset": -1}),
        ("$.offset", {"offset": "many"}),
    ],
)
async def test_wrong_queries(queue: Queue, path: str, query: dict[str, object]) -> None:
    """What cannot be read is refused by its name."""
    await queue.is_refused(path, **query)


async def test_nobody_else_sees_it(queue: Queue) -> None:
    """No customer and no mitra gets past the door, and nobody without a token."""
    customer = await queue.house.customer()
    for kind in (UserType.CUSTOMER, UserType.MITRA):
        answer = await queue.house.internal.get(PATH, headers=token(kind, customer))
        assert answer.status_code in (401, 403)
    assert (await queue.house.internal.get(PATH)).status_code == 401
    assert (await queue.house.public.get(PATH)).status_code == 404


async def test_unknown_row(queue: Queue) -> None:
    """An id that is none of a row is 404, whatever else it may be the id of."""
    for id_ in (uuid4(), await queue.house.customer()):
        body = {"action": "refunded"}
        said = await queue.house.said(404, OPERATOR, queue.boss, "POST", f"{PATH}/{id_}/action", body)
        assert said["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "path, body",
    [
        ("$.action", {}),
        ("$.action", {"action": "kept"}),
        ("$.note", {"action": "refunded", "note": "x" * 1001}),
        ("$.by", {"action": "refunded", "by": "me"}),
    ],
)
async def test_wrong_actions(queue: Queue, path: str, body: dict[str, object]) -> None:
    """What is no action is refused before anybody looks for the row."""
    said = await queue.house.said(422, OPERATOR, queue.boss, "POST", f"{PATH}/{uuid4()}/action", body)
    assert [error["path"] for error in said["errors"]] == [path]
