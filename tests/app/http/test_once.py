"""``Idempotency-Key`` on routes of this test, with the keys in a real database."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, cast
from uuid import UUID, uuid4

import httpx2
import pytest
from attrs import define, field, frozen, validators
from hypothesis import given
from hypothesis import strategies as st
from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.errors import Busy
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.idempotency import PostgresIdempotencyKeys
from halobestie_adapters.postgres.pool import conninfo, make_pool
from halobestie_app.http.body import members
from halobestie_app.http.once import Once, canonical
from halobestie_app.http.route import ANYONE, CUSTOMERS, OPTIONAL, Call, Endpoint, Plain, Reply, Route
from halobestie_app.problems import Code, Problem
from halobestie_app.services import Services
from halobestie_core.words import UserType
from support.listening import client, serving, token
from support.waiting import eventually

pytestmark = pytest.mark.anyio

ORDERS = "/api/client/orders"
CUSTOMER = UserType.CUSTOMER


@frozen
class Order:
    """What is wanted."""

    minutes: int = field(validator=[validators.ge(1), validators.le(120)])
    note: str | None = None


@frozen
class Made:
    """What an endpoint gives: an id of its own making, and which call this was."""

    id: UUID
    again: bool
    number: int


@frozen
class Desk:
    """As much of a desk as these routes need."""

    new_id: Callable[[], UUID] = uuid7


@frozen
class Some:
    """As much of the services."""

    once: Once
    desk: Desk = field(factory=Desk)


@define
class Kitchen:
    """An endpoint that does as told, and counts."""

    called: int = 0
    failures: list[Exception | Reply] = field(factory=list)
    """What the next calls come to."""
    held: asyncio.Event | None = None
    """What a call waits for."""
    gone: int = 0
    """Calls that were given up."""

    async def cook(self, call: Call[Order, None]) -> Made | Reply:
        """Make an order."""
        self.called += 1
        number = self.called
        try:
            if self.held is not None:
                await self.held.wait()
        except asyncio.CancelledError:
            self.gone += 1
            raise
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Reply):
                return failure
            raise failure
        return Made(call.new_id(), call.attempt is not None and call.attempt.again, number)

    async def wash(self, _: Plain) -> None:
        """Give no content."""
        self.called += 1


@define
class Counter:
    """Where orders are taken."""

    kitchen: Kitchen
    http: httpx2.AsyncClient
    conn: AsyncConnection[TupleRow]
    pool: AsyncConnectionPool

    async def order(
        self,
        key: str | None = "k",
        body: object = None,
        path: str = ORDERS,
        *,
        who: UUID | None = None,
    ) -> httpx2.Response:
        """Send an order."""
        named = token(CUSTOMER) if who is None else token(CUSTOMER, who)
        keyed = {} if key is None else {"Idempotency-Key": key}
        wanted = {"minutes": 5} if body is None else body
        return await self.http.post(path, json=wanted, headers={**named, **keyed})

    async def keys(self) -> list[tuple[Any, ...]]:
        """What is known of keys: status, tries, and whether somebody is at it."""
        query = (
            "SELECT status, tries, leased_until > clock_timestamp() FROM idempotency_keys ORDER BY created_at"
        )
        return await (await self.conn.execute(query)).fetchall()


def seal(request: bytes) -> list[bytes]:
    """Hash a request."""
    return [hashlib.sha256(request).digest()]


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    """A listener with a kitchen behind it."""
    kitchen = Kitchen()

    def route(path: str, **options: Any) -> Route:  # noqa: ANN401  what Route takes
        options = {"keyed": True, "status": 201, "body": Order, **options}
        return Route("POST", path, kitchen.cook, "Order", CUSTOMERS, Made, **options)

    routes = (
        route(ORDERS),
        route("/api/client/orders/{id}"),
        route("/api/client/hasty", bound=0.2),
        route("/api/client/plain", keyed=False),
        Route("POST", "/api/client/dishes", kitchen.wash, "Wash", CUSTOMERS, keyed=True),
    )
    async with (
        make_pool(database_url, 4) as pool,
        await AsyncConnection.connect(conninfo(database_url), autocommit=True) as conn,
    ):
        services = cast("Services", Some(Once(PostgresIdempotencyKeys(pool), seal, uuid7)))
        async with client(serving(*routes, services=services)) as http:
            yield Counter(kitchen, http, conn, pool)


def is_replay(answer: httpx2.Response) -> bool:
    """Whether it was said before."""
    said = answer.headers.get("idempotency-replayed")
    assert said in {None, "true"}
    return said is not None


# ---------------------------------------------------------------------- what is repeated


async def test_the_first_answer_again(counter: Counter) -> None:
    """Status, body and type are the first's, to the letter, and it is said that this is a repeat."""
    first, second = await counter.order(), await counter.order()
    assert (first.status_code, first.json()["number"], is_replay(first)) == (201, 1, False)
    assert (second.status_code, second.content, is_replay(second)) == (201, first.content, True)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert counter.kitchen.called == 1


async def test_no_content_again(counter: Counter) -> None:
    """An answer without content is one too."""
    answers = [await counter.order("k", {}, "/api/client/dishes") for _ in range(2)]
    assert [(one.status_code, one.content, is_replay(one)) for one in answers] == [
        (204, b"", False),
        (204, b"", True),
    ]
    assert counter.kitchen.called == 1


async def test_a_refusal_again(counter: Counter) -> None:
    """What was refused stays refused, in the same words, though it would be possible by now."""
    counter.kitchen.failures = [Problem(Code.ALREADY_ACTIVE, "Something is open.", session_id=uuid4())]
    first, second = await counter.order(), await counter.order()
    assert (first.status_code, first.json()["code"]) == (409, "ALREADY_ACTIVE")
    assert (second.status_code, second.content, is_replay(second)) == (409, first.content, True)
    assert second.headers["content-type"] == "application/problem+json"
    assert counter.kitchen.called == 1


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("broken"),
        Busy("somebody else"),
        Problem(Code.UNAVAILABLE, "Not now."),
        Reply({"sorry": True}, status=502),
        Problem(Code.UNAUTHENTICATED, "Come in again."),
        Problem(Code.RATE_LIMITED, "Too often.", retry_after=1),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_what_says_nothing_of_the_command_is_not_kept(
    counter: Counter, failure: Exception | Reply
) -> None:
    """The next try runs at once, knows that it is not the first, and makes what the first would have made."""
    counter.kitchen.failures = [failure]
    first = await counter.order()
    assert first.status_code in {401, 429, 500, 502, 503}
    assert (await counter.keys()) == [(None, 1, False)]
    second, third = await counter.order(), await counter.order()
    assert (second.status_code, second.json()["again"], is_replay(second)) == (201, True, False)
    assert (third.content, is_replay(third)) == (second.content, True)
    effect = await (await counter.conn.execute("SELECT effect_id FROM idempotency_keys")).fetchone()
    assert effect == (UUID(second.json()["id"]),)


async def test_without_a_key(counter: Counter) -> None:
    """Every request is one of its own, and nothing is written."""
    answers = [await counter.order(None) for _ in range(2)]
    assert [one.json()["number"] for one in answers] == [1, 2]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert await counter.keys() == []


async def test_where_no_key_is_asked_for(counter: Counter) -> None:
    """A key is ignored there, whatever it looks like."""
    answers = [await counter.order("not a key", path="/api/client/plain") for _ in range(2)]
    assert [(one.status_code, one.json()["number"]) for one in answers] == [(201, 1), (201, 2)]
    assert await counter.keys() == []


async def test_a_key_is_somebodys(counter: Counter) -> None:
    """The same key of somebody else is another command."""
    assert (await counter.order(who=uuid4())).json()["number"] == 1
    assert (await counter.order(who=uuid4())).json()["number"] == 2


# ---------------------------------------------------------------------- what is refused


async def test_another_request_under_the_same_key(counter: Counter) -> None:
    """Another body, path or id is another request: refused, before and after the first was answered."""
    here = uuid4()
    await counter.order()
    others = [
        await counter.order(body={"minutes": 6}),
        await counter.order(body={"minutes": 5, "note": "please"}),
        await counter.order(path=f"{ORDERS}/{here}"),
        await counter.order(path="/api/client/hasty"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in others] == [(422, "IDEMPOTENCY_MISMATCH")] * 4
    await counter.order("other", path=f"{ORDERS}/{here}")
    assert (await counter.order("other", path=f"{ORDERS}/{uuid4()}")).status_code == 422
    assert is_replay(await counter.order("other", path=f"{ORDERS}/{str(here).upper()}"))
    assert counter.kitchen.called == 2


async def test_while_the_first_runs(counter: Counter) -> None:
    """A repeat does not wait: it hears at once that the first has not come to its end."""
    counter.kitchen.held = asyncio.Event()
    first = asyncio.create_task(counter.order())
    await eventually(lambda: _is(counter.kitchen.called == 1))
    second, other = await counter.order(), await counter.order(body={"minutes": 6})
    assert (second.status_code, second.json()["code"]) == (409, "IN_PROGRESS")
    assert (second.headers["retry-after"], is_replay(second)) == ("1", False)
    assert other.json()["code"] == "IDEMPOTENCY_MISMATCH"
    counter.kitchen.held.set()
    assert (await first).status_code == 201
    assert is_replay(await counter.order())
    assert counter.kitchen.called == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "\x7f", "ä", "k" * 256, "tab\there"])
async def test_no_such_key(counter: Counter, key: str) -> None:
    """A key is 1 to 255 visible characters of ASCII; another is refused before anything is done."""
    header = {**token(CUSTOMER), "Idempotency-Key": key}.items()
    raw = [(name.encode(), value.encode("latin-1")) for name, value in header]
    answer = await counter.http.post(ORDERS, json={"minutes": 5}, headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
    assert answer.json()["detail"] == "Idempotency-Key must be 1 to 255 visible ASCII characters."
    assert [error["path"] for error in answer.json()["errors"]] == ["$headers.Idempotency-Key"]
    assert (counter.kitchen.called, await counter.keys()) == (0, [])


async def test_longest_and_strangest_keys(counter: Counter) -> None:
    """Everything visible is allowed."""
    for key in ["!", "~" * 255, "\"'\\;--%s%(x)s{}"]:
        assert (await counter.order(key)).status_code == 201
        assert is_replay(await counter.order(key))


async def test_two_keys(counter: Counter) -> None:
    """One request has one key."""
    headers = [*token(CUSTOMER).items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await counter.http.post(ORDERS, json={"minutes": 5}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (422, "must be given once")


async def test_what_is_wrong_in_itself_uses_no_key(counter: Counter) -> None:
    """A wrong body, type or token is refused before the key counts; put right, it is the first."""
    for answer in (
        await counter.order(body={"minutes": 0}),
        await counter.order(body={"minutes": 5, "price": 0}),
        await counter.http.post(ORDERS, json={"minutes": 5}, headers={"Idempotency-Key": "k"}),
        await counter.http.post(ORDERS, content=b"minutes=5", headers=token(CUSTOMER)),
    ):
        assert answer.status_code in {401, 415, 422}
    assert await counter.keys() == []
    first = await counter.order()
    assert (first.status_code, is_replay(first)) == (201, False)


# ---------------------------------------------------------------------- what breaks


async def test_given_up(counter: Counter) -> None:
    """A try that takes too long is told off, comes to its end, and may then be made again."""
    counter.kitchen.held = asyncio.Event()
    answer = await counter.order(path="/api/client/hasty")
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    await eventually(lambda: _released(counter), seconds=2, what="not released")
    assert counter.kitchen.gone == 1
    counter.kitchen.held.set()
    again = await counter.order(path="/api/client/hasty")
    assert (again.status_code, again.json()["again"]) == (201, True)


async def test_a_try_that_never_ended(counter: Counter) -> None:
    """When its lease is over (its process was killed), the next takes its place and has its id."""
    counter.kitchen.failures = [RuntimeError("killed")]
    await counter.order()
    await counter.conn.execute(
        "UPDATE idempotency_keys SET leased_until = clock_timestamp() + interval '1 h'"
    )
    assert (await counter.order()).json()["code"] == "IN_PROGRESS"
    await counter.conn.execute("UPDATE idempotency_keys SET leased_until = clock_timestamp()")
    second = await counter.order()
    assert (second.status_code, second.json()["again"]) == (201, True)
    assert is_replay(await counter.order())


async def test_the_store_is_away_for_the_answer(counter: Counter) -> None:
    """The command is done and its caller told; the answer is kept as soon as that is possible."""
    counter.kitchen.held = asyncio.Event()
    first = asyncio.create_task(counter.order())
    await eventually(lambda: _is(counter.kitchen.called == 1))
    async with counter.conn.transaction():
        await counter.conn.execute("LOCK idempotency_keys")
        counter.kitchen.held.set()
        assert (await first).status_code == 201
    await eventually(lambda: _kept(counter))
    assert is_replay(await counter.order())


async def test_the_store_is_away(counter: Counter) -> None:
    """Nothing is begun that could not be told from a repeat."""
    await counter.pool.close()
    answer = await counter.order()
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    assert (await counter.order(None)).status_code == 201
    assert counter.kitchen.called == 1


async def _is(condition: object) -> bool:
    return bool(condition)


async def _released(counter: Counter) -> bool:
    return await counter.keys() == [(None, 1, False)]


async def _kept(counter: Counter) -> bool:
    return await counter.keys() == [(201, 1, False)]


# ---------------------------------------------------------------------- where a key may be asked for


@pytest.mark.parametrize(
    "options", [{"method": "PUT"}, {"who": ANYONE}, {"who": OPTIONAL}, {"query": Order}], ids=str
)
def test_a_key_needs_a_caller_and_a_post(options: dict[str, Any]) -> None:
    """Without a caller a key is nobody's; what a query says would not be compared."""
    made = {"method": "POST", "who": CUSTOMERS, "query": None, **options}
    endpoint = cast("Endpoint", None)
    with pytest.raises(ValueError, match="key"):
        Route(made["method"], ORDERS, endpoint, "X", made["who"], Made, query=made["query"], keyed=True)


# ---------------------------------------------------------------------- what "the same request" means

ROUTE = Route("POST", "/api/client/{id}/{word:str}", cast("Endpoint", None), "X", CUSTOMERS, keyed=True)
HERE = {"id": uuid4()}, {"word": "w"}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(texts, values, max_size=5)


def said(raw: bytes) -> bytes:
    """What a request with this body says."""
    return canonical(ROUTE, *HERE, members(raw, b"application/json"))


def shuffled(value: Any, order: Callable[[list[Any]], list[Any]]) -> Any:  # noqa: ANN401  whatever JSON holds
    """The same with the members of every object in another order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name], order) for name in order(list(value))}
    return [shuffled(one, order) for one in value] if isinstance(value, list) else value


@given(bodies, st.randoms(use_true_random=False), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_spelling_does_not_count(body: Any, chance: Any, ascii_only: bool, indent: Any) -> None:  # noqa: ANN401
    """Order, blanks and escapes do not change what a body says."""
    mixed = shuffled(body, lambda names: chance.sample(names, len(names)))
    spelled = json.dumps(mixed, ensure_ascii=ascii_only, indent=indent).encode()
    assert said(spelled) == said(json.dumps(body).encode())


@given(bodies, bodies)
def test_meaning_counts(one: Any, other: Any) -> None:  # noqa: ANN401
    """Two bodies say the same exactly when they hold the same values, of the same types."""
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (said(json.dumps(one).encode()) == said(json.dumps(other).encode())) == same


def test_no_body_and_an_empty_one() -> None:
    """Both say nothing."""
    assert said(b"") == said(b"{}") == said(b" { } ")


@given(st.lists(texts, min_size=2, max_size=2, unique=True))
def test_parts_do_not_run_into_each_other(words: list[str]) -> None:
    """What the path says cannot be taken for what the body says."""
    first, second = words
    ids = HERE[0]
    assert canonical(ROUTE, ids, {"word": first}, {"word": second}) != canonical(
        ROUTE, ids, {"word": second}, {"word": first}
    )
