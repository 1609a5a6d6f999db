"""Poisoned texts in every string and id of every route: taken as texts, or refused, and nothing else."""

import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from attrs import frozen

from halobestie_adapters.ids import uuid7
from halobestie_core.words import UserType
from support.evening import House
from support.matrix import OPERATORS, Row, Target, filled
from support.matrix_rows import HOOKS, ROWS
from support.misuse import Operation, fits, operations
from support.people import Answer, Json
from support.poison import CONFUSED, TEXTS
from support.town import Side, Town, failed, idle, quarantined, talking
from support.townhall import SETTINGS, issuers, town, variables, xendit
from support.walk import is_internal, located, wanted

__all__ = ["SETTINGS", "issuers", "town", "variables", "xendit"]

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

SLOW = 4.5
"""Seconds: whoever makes the server or a store sleep, sleeps five."""
SCHEMA = """
SELECT md5(string_agg(c.relname || c.relkind::text || coalesce(a.attname, ''), ',' ORDER BY c.oid, a.attnum))
FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'public'::regnamespace"""
ENDLESS = "GET /internal/dashboard/stream"
DEEP = b'{"a":' * 5000 + b"1" + b"}" * 5000
"""More levels than anybody needs."""


async def documented(house: House) -> dict[str, Operation]:
    """Every operation of both documents."""
    found: dict[str, Operation] = {}
    for base in (house.first.public, house.first.internal):
        for one in operations((await house.ask("GET", f"{base}/openapi.json")).ok()):
            found[str(one)] = one
    return found


class Asker:
    """Asks one route in its situation; keeps what should not have happened."""

    def __init__(self, town: Town, row: Row, side: Side, told: list[str]) -> None:
        self.town, self.row, self.side, self.told = town, row, side, told
        self.statuses = Counter[int]()
        self._base = town.house.first.internal if is_internal(row) else town.house.first.public

    async def token(self) -> str:
        """A fresh log-in of somebody who is let in."""
        house = self.town.house
        if self.row.let_in == OPERATORS:
            return (await self.town.operator()).token
        if self.row.path.startswith("/api/mitra/"):
            return self.town.token(house.as_id(self.side.mitra), UserType.MITRA)
        return self.town.token(house.as_id(self.side.customer), UserType.CUSTOMER)

    async def ask(self, what: str, token: str, path: str, **options: Any) -> Answer | None:  # noqa: ANN401
        """Ask; note an answer that is none of those that a wrong or strange request may get."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        began = time.monotonic()
        answer = await self.town.house.http.request(
            self.row.method, self._base + path, headers=headers, **options
        )
        self.town.house.http.cookies.clear()
        self.statuses[answer.status_code] += 1
        took = time.monotonic() - began
        if answer.status_code >= 500 or took > SLOW or "set-cookie" in answer.headers:
            self.told.append(f"{self.row.route} {what}: {answer.status_code} in {took:.1f} s {answer.text}")
        if "json" not in answer.headers.get("content-type", "json"):
            return None
        return Answer(answer.status_code, answer.json() if answer.content else None)


def members(operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every member of a body, with its schema."""
    schema: Mapping[str, Any] = operation.body or {}
    while "$ref" in schema:
        schema = operation.schemas[schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", {}).items()


def is_id(schema: Mapping[str, Any]) -> bool:
    """Whether a member is an id."""
    return any(one.get("format") == "uuid" for one in (schema, *schema.get("anyOf", ())))


@frozen
class Good:
    """A request that would be right, to be spoilt in one place."""

    token: str
    path: str
    body: dict[str, Any]


async def in_the_path(asker: Asker, good: Good) -> None:
    """Every text as every part of the path that is a parameter."""
    row = asker.row
    for at, part in [one for one in enumerate(row.path.split("/")) if "{" in one[1]]:
        # An app may call its installation by any word of letters and digits; ids are ids.
        fine = {200, 204, 404, 422} if "installation" in part else {404}
        for name, text in TEXTS.items():
            parts = good.path.partition("?")[0].split("/")
            parts[at] = quote(text, safe="")
            answer = await asker.ask(f"{name} as {part}", good.token, "/".join(parts), json=good.body or None)
            if answer is not None and answer.status not in fine:
                asker.told.append(f"{row.route} with {name} as {part}: {answer.status}")


async def in_the_query(asker: Asker, operation: Operation, good: Good) -> None:
    """Every text as every parameter, and as one that nobody knows."""
    if asker.row.method != "GET":
        return
    for parameter in (*operation.query, "surprise"):
        for name, text in TEXTS.items():
            query = f"{good.path.partition('?')[0]}?{parameter}={quote(text, safe='')}"
            await asker.ask(f"{name} as ?{parameter}", good.token, query)


async def in_the_body(asker: Asker, operation: Operation, good: Good) -> None:
    """Every text, and everything else that JSON has, in the place of every member."""
    route = asker.row.route
    for member, schema in members(operation):
        for what, value in [*TEXTS.items(), *((repr(value)[:30], value) for value in CONFUSED)]:
            body = {**good.body, member: value}
            answer = await asker.ask(f"{what} as {member}", good.token, good.path, json=body)
            if answer is None:
                continue
            if answer.status < 300 and not fits(operation, schema, value) and "object" not in str(schema):
                asker.told.append(f"{route} took {what} as {member}")
            if is_id(schema) and value is not None and answer.status not in (400, 404, 422, 429):
                asker.told.append(f"{route} with {what} as the id {member}: {answer.status}")


async def beside_the_body(asker: Asker, good: Good) -> None:
    """Members that nobody knows, and a depth that nobody needs."""
    row = asker.row
    if row.method == "GET" or row in HOOKS:
        return
    for name, text in TEXTS.items():
        body = {**good.body, text: text}
        answer = await asker.ask(f"a member called {name}", good.token, good.path, json=body)
        if answer is not None and answer.status < 300:
            asker.told.append(f"{row.route} took a member called {name}")
    await asker.ask("deep", good.token, good.path, content=DEEP, headers={"Content-Type": "application/json"})


async def poisoned(asker: Asker, operation: Operation) -> None:
    """One route, with every text in every place."""
    row = asker.row
    ids = wanted(row, asker.side, asker.side, Target.OWN)
    good = Good(await asker.token(), located(row, ids), {} if row.body is None else filled(row.body, ids))
    await in_the_path(asker, good)
    await in_the_query(asker, operation, good)
    await in_the_body(asker, operation, good)
    await beside_the_body(asker, good)


async def test_every_text_everywhere(house: House, town: Town) -> None:
    """No answer is 500 or above, nothing sleeps, no id is taken that is none, and no table is gone."""
    found = await documented(house)
    before = await house.value(SCHEMA)
    told: list[str] = []
    statuses = Counter[int]()
    for row in [one for one in ROWS if one.route in found and one.route != ENDLESS]:
        side = await town.side()
        for situation in (row.situation, row.afresh):
            if situation is not None:
                await situation(town, side)
        asker = Asker(town, row, side, told)
        await poisoned(asker, found[row.route])
        statuses += asker.statuses
        await town.empty(side)
    print(dict(sorted(statuses.items())))  # noqa: T201  shown by `pytest -rP`
    assert not told, f"{len(told)}\n" + "\n".join(told[:60])
    assert await house.value(SCHEMA) == before
    assert statuses.total() > 5000


# -------------------------------------------------------------------------------------- coming back


async def chat_text(town: Town, side: Side, text: str) -> Json:
    """Say it."""
    path = f"/api/shared/chat/{side.ids['session']}/messages"
    said = await side.customer.ask("POST", path, {"client_message_id": str(uuid7()), "text": text})
    if said.status != 201:
        return said
    rows = (await side.mitra.get(f"{path}?limit=200"))["rows"]
    return next(row["text"] for row in rows if row["seq"] == said.body["seq"])


async def last_words(town: Town, side: Side, text: str) -> Json:
    """End with it."""
    path = f"/api/client/chat/sessions/{side.ids['session']}/end"
    end = await side.customer.ask("POST", path, {"closing_message": text})
    if end.status != 200:
        return end
    return (await side.mitra.get("/api/mitra/chat/history"))["rows"][0]["closing_message"]


async def name(town: Town, side: Side, text: str) -> Json:
    """Be called so."""
    named = await side.customer.ask("PATCH", "/api/shared/me", {"display_name": text[:40]})
    return (await side.customer.get("/api/shared/me"))["display_name"] if named.status == 200 else named


async def note(town: Town, side: Side, text: str) -> Json:
    """Say so about failed money."""
    acted = await town.boss.act({"id": side.ids["failure"]}, "refunded", text)
    if acted.status != 200:
        return acted
    return (await town.boss.failures({"id": side.ids["payment"]}))[0]["note"]


async def resolution(town: Town, side: Side, text: str) -> Json:
    """Say so about a webhook."""
    path = f"/internal/webhooks/{side.ids['webhook']}/resolve"
    done = await town.boss.ask("POST", path, {"note": text})
    return done.body["note"] if done.status == 200 else done


PLACES = {
    "a message": (chat_text, talking, False),
    "a closing message": (last_words, talking, True),
    "a name": (name, idle, False),
    "a note on failed money": (note, failed, True),
    "a note on a webhook": (resolution, quarantined, True),
}


def given_back(text: str, place: str) -> set[str]:
    """What may come back: a name is cut by the test, and spelled in one way where Unicode has two."""
    if place == "a name":
        return {unicodedata.normalize("NFC", text[:40]).strip()}
    return {text, text.strip()}


@pytest.mark.parametrize("place", PLACES)
async def test_what_comes_back(town: Town, place: str) -> None:
    """A text that was taken is given back as it was; one that cannot be kept is refused with 422."""
    put, situation, once = PLACES[place]
    side = await town.side()
    await situation(town, side)
    changed = {}
    for what, text in TEXTS.items():
        if once:
            side = await town.side()
            await situation(town, side)
        back = await put(town, side, text)
        if isinstance(back, Answer):
            if (back.status, back.code) != (422, "VALIDATION_ERROR"):
                changed[what] = back.body
        elif back not in given_back(text, place):
            changed[what] = back
        if once:
            await town.empty(side)
    assert not changed
    if not once:
        await town.empty(side)
