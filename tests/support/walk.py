"""Walks the authorisation matrix: asks every cell of a row at a real server and keeps what was answered."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
from attrs import define, field, frozen
from websockets.exceptions import ConnectionClosed

from halobestie_adapters.ids import uuid7
from halobestie_core.words import UserType
from support.matrix import MITRAS, Caller, Expected, Row, Target, filled, status
from support.people import Json
from support.sockets import Socket
from support.town import Side, Town, fresh_phone

# What may not change by asking in vain: all but what counts tries, or is told by others meanwhile.
_TABLES = (
    *("customers", "mitras", "cc_users", "external_identities", "devices", "operator_changes", "erasures"),
    *("payment_sessions", "payment_captures", "discount_claims", "customer_transactions", "pairing_failures"),
    *("pairing_requests", "pairing_waves", "pairing_answers", "chat_sessions", "chat_messages", "chat_keys"),
    *("session_extensions", "transitions", "app_config", "app_config_history", "pricing_tiers"),
    *("pricing_tiers_history", "pricing_promotions", "pricing_promotions_history"),
)
_SUM = """
SELECT '{0}' AS name, coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS sum FROM {0} AS t"""


@frozen
class Cell:
    """One question, what it should have been answered, and what it was."""

    row: Row
    caller: Caller
    target: Target
    expected: Expected
    status: int
    body: Json
    text: str
    own: Side
    other: Side

    @property
    def is_as_declared(self) -> bool:
        """Whether the answer is what the row says."""
        code = self.body.get("code") if isinstance(self.body, dict) else None
        if self.status != status(self.expected):
            return False
        return isinstance(self.expected, int) or code == self.expected

    def __str__(self) -> str:
        wanted = self.expected if isinstance(self.expected, int) else self.expected.value
        return f"{self.row.route} by {self.caller} on {self.target}: {wanted}, not {self.status} {self.text}"


@define
class Walk:
    """Everything that was asked, and what changed where nothing should have."""

    town: Town
    cells: list[Cell] = field(factory=list)
    changed: list[str] = field(factory=list)

    async def row(self, row: Row) -> None:
        """Ask every cell of a row, those in vain first; they change nothing."""
        sides = await self.town.side(), await self.town.side()
        for side in sides:
            await row.situation(self.town, side)
            if row.afresh is not None:
                await row.afresh(self.town, side)
        before = await digests(self.town)
        still = True
        for caller, target in row.cells():
            in_vain = not isinstance(row.expects(caller, target), int)
            if still and not in_vain:
                still = False
                await self._compare(row, before)
            await self._ask(row, sides, caller, target)
        if still:
            await self._compare(row, before)
        await self.town.empty(*sides)
        for situation in row.more:
            sides = await self.town.side(), await self.town.side()
            for side in sides:
                await situation(self.town, side)
            for caller in row.let_in:
                await self._ask(row, sides, caller, Target.OWN)
            await self.town.empty(*sides)

    async def _compare(self, row: Row, before: Mapping[str, str]) -> None:
        after = await digests(self.town)
        self.changed += [f"{row.route}: {name}" for name in after if after[name] != before.get(name)]

    async def _ask(self, row: Row, sides: Sequence[Side], caller: Caller, target: Target) -> None:
        own, other = reversed(sides) if caller.is_b else sides
        if row.afresh is not None and isinstance(row.expects(caller, target), int):
            await row.afresh(self.town, own)
        ids = wanted(row, own, other, target)
        token = self.token(row, own, caller)
        if row.method == "WS":
            code, body = await spoken(self.town, token, ids["session"])
            text = str(body)
        else:
            code, body, text = await sent(self.town, row, ids, token)
        expected = row.expects(caller, target)
        self.cells.append(Cell(row, caller, target, expected, code, body, text, own, other))

    def token(self, row: Row, own: Side, caller: Caller) -> str | None:
        """What this caller shows."""
        town = self.town
        person, kind = town.house.as_id(own.customer), UserType.CUSTOMER
        if is_internal(row):
            person, kind = town.house.as_id(town.boss), UserType.OPERATOR
        elif row.let_in == MITRAS:
            person, kind = town.house.as_id(own.mitra), UserType.MITRA
        match caller:
            case Caller.NOBODY:
                return None
            case Caller.CUSTOMER_A | Caller.CUSTOMER_B:
                return own.customer.token
            case Caller.MITRA_A | Caller.MITRA_B:
                return own.mitra.token
            case Caller.OPERATOR:
                return town.boss.token
            case Caller.EXPIRED:
                return town.token(person, kind, at=town.past())
            case Caller.REVOKED:
                return town.token(person, kind, login=town.ended)
            case Caller.WRONG_AUDIENCE:
                return town.readdressed(town.token(person, kind))


def is_internal(row: Row) -> bool:
    """Whether the internal listener serves it."""
    return row.path.startswith(("/internal", "/metrics"))


def wanted(row: Row, own: Side, other: Side, target: Target) -> dict[str, Any]:
    """The ids of what is tried on."""
    ids = {"phone": fresh_phone(), "new": str(uuid7())}
    ids |= (other if target is Target.OTHERS else own).ids
    if target is Target.ABSENT and row.about is not None:
        ids[row.about] = str(uuid7())
    return ids


def located(row: Row, ids: Mapping[str, Any]) -> str:
    """The path and query with these ids."""
    words = {"{aggregate}": "payment", "{result}": "success"}
    named = ids.get(row.about or "")
    parts = [words.get(part, named) if "{" in part else part for part in row.path.split("/")]
    query = f"?{row.query.format(**ids)}".replace("+", "%2B") if row.query else ""
    return "/".join(str(part) for part in parts) + query


async def sent(town: Town, row: Row, ids: Mapping[str, Any], token: str | None) -> tuple[int, Json, str]:
    """Ask by HTTP."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if row.path.startswith("/internal/auth/"):
        headers["Cookie"] = town.cookie
    url = (town.house.first.internal if is_internal(row) else town.house.first.public) + located(row, ids)
    body = None if row.body is None else filled(row.body, ids)
    if row.streams:
        async with town.house.http.stream(row.method, url, headers=headers) as stream:
            if stream.status_code == 200:
                async for line in stream.aiter_lines():
                    if line.startswith("data:"):
                        break
                return 200, None, line
            text = (await stream.aread()).decode()
            return stream.status_code, httpx2.Response(200, text=text).json(), text
    answer = await town.house.http.request(row.method, url, json=body, headers=headers)
    town.house.http.cookies.clear()
    kind = answer.headers.get("content-type", "")
    return answer.status_code, answer.json() if "json" in kind else None, answer.text


async def spoken(town: Town, token: str | None, session: str) -> tuple[int, Json]:
    """Say something on a socket; an answer as HTTP would have given it."""
    socket = await Socket.dialled(town.house.first.public, token)
    try:
        with contextlib.suppress(ConnectionClosed):  # it may be quicker than we
            await socket.send("message", session_id=session, client_message_id=str(uuid7()), text="halo")
        while not {"message_ack", "error"} & {frame["type"] for frame in socket.frames}:
            if await socket.news():
                return {4401: 401, 4403: 403}[await socket.closed() or 0], {"code": "UNAUTHENTICATED"}
        said = next(frame for frame in socket.frames if frame["type"] in ("message_ack", "error"))
        if said["type"] == "message_ack":
            return 201, said
        return {"FORBIDDEN": 403, "NOT_FOUND": 404, "UNAUTHENTICATED": 401}[said["code"]], said
    finally:
        await socket.close()


async def digests(town: Town) -> dict[str, str]:
    """One text per table that changes with any of its rows."""
    found = await town.house.rows(" UNION ALL ".join(_SUM.format(name) for name in _TABLES))
    return {row["name"]: row["sum"] for row in found}
