"""Every route of the published documents answers wrong requests as promised, and nothing changes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.ids import uuid7
from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType
from support.evening import House, at_once
from support.misuse import NOT_JSON, TOO_MUCH, Operation, bad_bodies, fits, good_body, operations
from support.people import Answer, Person
from support.server import SECRET
from support.waiting import eventually

pytestmark = pytest.mark.anyio

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
JSON = {"Content-Type": "application/json"}
NAMELESS = ("payment_session_id missing", "payment_session_id = None")
People = dict[str, Person]


@pytest.fixture(scope="module")
async def people(house: House) -> People:
    """One of each kind, each with something of their own going on."""
    ayu, budi = await house.customer(), await house.mitra()
    return {"customer": ayu, "mitra": budi, "cc_user": await house.operator()}


@pytest.fixture(scope="module")
async def routes(house: House) -> list[Operation]:
    """Every operation of both listeners."""
    found = []
    for base in (house.first.public, house.first.internal):
        found += operations((await house.ask("GET", f"{base}/openapi.json")).ok())
    assert len(found) > 40
    return found


@pytest.fixture(autouse=True)
async def nothing_changed(house: House, people: People, everything_holds: None) -> AsyncIterator[None]:
    """Whatever a test sends, every table is what it was."""

    async def told() -> bool:
        return bool(await house.value("SELECT count(*) FROM outbox WHERE sent_at IS NULL") == 0)

    await eventually(told, what="news of the beginning are on their way")
    before = await checksums(house)
    yield
    after = await checksums(house)
    assert {name for name in after if after[name] != before[name]} == set()


async def checksums(house: House) -> dict[str, str]:
    """One text per table that changes with any of its rows."""
    tables = [row["tablename"] for row in await house.rows(TABLES)]
    whole = "SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} AS t"
    return {name: await house.value(whole.format(name)) for name in tables}


def who(people: People, operation: Operation) -> Person:
    """Somebody who may call; for a route open to all, whoever lives on its listener."""
    kind = (
        operation.kinds[0] if operation.kinds else "cc_user" if "/internal" in operation.path else "customer"
    )
    return people[kind]


async def expect(told: list[str], what: str, answer: Answer, status: int | set[int], code: str) -> None:
    """Collect what was answered otherwise, so that one run shows all of it."""
    statuses = {status} if isinstance(status, int) else status
    body = answer.body if isinstance(answer.body, dict) else {}
    promised = {"type", "title", "status", "detail", "code"} <= body.keys()
    if (
        answer.status not in statuses
        or answer.code != code
        or not promised
        or body["status"] != answer.status
    ):
        told.append(f"{what}: {answer.status} {answer.body}")


async def test_without_a_token(house: House, people: People, routes: list[Operation]) -> None:
    """No token, a broken one, one that is past, one of the other listener: 401. Another kind of user: 403."""
    told: list[str] = []
    past = JwtTokens(KeyRing([SECRET.encode()]), Audience.PUBLIC)
    old = past.issue(
        UUID(people["customer"].id), UserType.CUSTOMER, uuid7(), datetime.now(UTC) - timedelta(hours=2)
    )
    for operation in [one for one in routes if one.kinds]:
        person = who(people, operation)
        base = house.first.internal if "/internal" in operation.path else house.first.public
        url = base + operation.filled
        foreign = people["customer" if "/internal" in operation.path else "cc_user"].token
        for header in (None, "Bearer nonsense", "Basic abc", f"Bearer {old}", f"Bearer {foreign}"):
            headers = {} if header is None else {"Authorization": header}
            answer = await house.ask(operation.method, url, headers=headers)
            await expect(told, f"{operation} {header}", answer, 401, "UNAUTHENTICATED")
        for kind, other in people.items():
            if kind not in operation.kinds and (kind == "cc_user") == ("/internal" in operation.path):
                answer = await other.ask(operation.method, operation.filled)
                await expect(told, f"{operation} by a {kind}", answer, 403, "FORBIDDEN")
        assert person.token
    assert not told, "\n".join(told)


async def test_bodies_that_are_not_json(people: People, routes: list[Operation]) -> None:
    """What is no JSON object is 422, another content type 415, more than 64 KiB 413."""
    told: list[str] = []
    for operation in [one for one in routes if one.takes_body]:
        person, path = who(people, operation), operation.filled
        for raw in NOT_JSON:
            answer = await person.ask(operation.method, path, content=raw, headers=JSON)
            await expect(told, f"{operation} {raw!r}", answer, {400, 422}, "VALIDATION_ERROR")
        answer = await person.ask(
            operation.method, path, content=b"a=1", headers={"Content-Type": "text/plain"}
        )
        await expect(told, f"{operation} as text", answer, 415, "UNSUPPORTED_MEDIA_TYPE")
        answer = await person.ask(operation.method, path, content=TOO_MUCH, headers=JSON)
        await expect(told, f"{operation} of 64 KiB", answer, 413, "TOO_LARGE")
    assert not told, "\n".join(told)


async def test_members_that_are_wrong(people: People, routes: list[Operation]) -> None:
    """Missing, foreign, of another type, out of bounds: 422, naming the member; 400 where promised."""
    told: list[str] = []
    sent = 0

    async def one(operation: Operation, wrong: str, body: object) -> None:
        answer = await who(people, operation).ask(operation.method, operation.filled, body)
        unnamed = "chat-requests" in operation.path and wrong in NAMELESS
        await expect(told, f"{operation} with {wrong}", answer, 400 if unnamed else 422, "VALIDATION_ERROR")
        if answer.status == 422 and not answer.body["errors"][0]["path"].startswith("$"):
            told.append(f"{operation} with {wrong}: no path in {answer.body}")

    work = []
    for operation in [each for each in routes if each.takes_body]:
        for wrong, body in bad_bodies(operation):
            sent += 1
            work.append(lambda operation=operation, wrong=wrong, body=body: one(operation, wrong, body))
    await at_once(work, 8)
    assert sent > 200
    assert not told, "\n".join(told)


async def test_queries_that_are_wrong(people: People, routes: list[Operation]) -> None:
    """A parameter of a wrong form is 422; one that nobody knows is ignored."""
    told: list[str] = []
    for operation in [one for one in routes if one.method == "GET" and one.query]:
        for name, schema in operation.query.items():
            for wrong in ("nobody", "-1", "1.5", "100000000000000000000"):
                number = int(wrong) if wrong.lstrip("-").isdigit() else wrong
                if not fits(operation, schema, number) and not fits(operation, schema, wrong):
                    answer = await who(people, operation).ask("GET", f"{operation.filled}?{name}={wrong}")
                    await expect(told, f"{operation}?{name}={wrong}", answer, 422, "VALIDATION_ERROR")
        answer = await who(people, operation).ask("GET", f"{operation.filled}?surprise=1")
        if answer.status >= 400 and not operation.has_id:
            told.append(f"{operation}?surprise=1: {answer.status} {answer.body}")
    assert not told, "\n".join(told)


async def test_things_that_do_not_exist(people: People, routes: list[Operation]) -> None:
    """An id of nothing is 404, and so is what is no id; a body about nothing too."""
    told: list[str] = []
    for operation in [one for one in routes if one.has_id]:
        body = good_body(operation) if operation.body else None
        seen = "?updated_at=2026-01-01T00:00:00Z" if "updated_at" in operation.query else ""
        answer = await who(people, operation).ask(operation.method, operation.filled + seen, body)
        if "extensions" not in operation.path:  # there other things are asked first
            await expect(told, f"{operation} of nothing", answer, 404, "NOT_FOUND")
        for wrong in ("nobody", "1", "%00", "{id}", str(uuid7()).replace("-", "")):
            path = "/".join(wrong if part.startswith("{") else part for part in operation.path.split("/"))
            answer = await who(people, operation).ask(operation.method, path, body)
            await expect(told, f"{operation} of {wrong}", answer, 404, "NOT_FOUND")
    for path in ("", "/returning", "/cancel"):
        body = {"payment_session_id": str(uuid7())} | (
            {"mitra_id": str(uuid7())} if path == "/returning" else {}
        )
        answer = await people["customer"].ask("POST", f"/api/client/chat-requests{path}", body)
        await expect(told, f"chat-requests{path} of nothing", answer, 404, "NOT_FOUND")
    assert not told, "\n".join(told)


async def test_other_methods_and_places(house: House, people: People, routes: list[Operation]) -> None:
    """A method that a path has not is 405 with what it has; neither listener serves the other's paths."""
    told: list[str] = []
    for path in {one.path for one in routes}:
        has = {one.method for one in routes if one.path == path}
        base = house.first.internal if "/internal" in path else house.first.public
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - has:
            answer = await house.ask(method, base + path.replace("{", "").replace("}", ""))
            if "{" not in path:
                await expect(told, f"{method} {path}", answer, 405, "METHOD_NOT_ALLOWED")
        other = house.first.public if "/internal" in path else house.first.internal
        if path.startswith(("/api", "/internal")):
            answer = await house.ask("GET", other + path)
            await expect(told, f"{path} on the other listener", answer, 404, "NOT_FOUND")
    assert not told, "\n".join(told)
