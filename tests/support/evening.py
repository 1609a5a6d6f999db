"""A house: one database, the instances that serve it, the people who go there, and a look behind the scenes.

What people do goes through the public contract. What a test arranges (a payment that has grown old) or
looks up (how many rows there are) goes through `sql`, past the program.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx2
from argon2 import PasswordHasher
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from halobestie_adapters.identity.jwt import JwtTokens
from halobestie_adapters.identity.keys import KeyRing
from halobestie_adapters.ids import uuid7
from halobestie_adapters.postgres.invariants import check
from halobestie_app.http.budgets import TOO_OFTEN
from halobestie_core.ports.identity import Audience
from halobestie_core.words import UserType
from support.marks import Secrets
from support.people import PASSWORD, Answer, Customer, Json, Mitra, Operator, Person
from support.server import SECRET, SERVE, Instance
from support.silence import WAITING, Silence, held_at
from support.sockets import Socket

T = TypeVar("T")
PAUSE = 0.2
CONVERGED = 5.0
"""Seconds within which everything that holds "in the end" has to hold."""


@cache
def _hash() -> str:
    """Of `PASSWORD`; one hash is as slow as it should be, and hundreds would be too slow."""
    return PasswordHasher().hash(PASSWORD)


class House:
    """Open one with `opened`; close it with `close`."""

    def __init__(self, database_url: str, valkey_url: str, folder: Path) -> None:
        self.database_url = database_url
        self.valkey_url = valkey_url
        self.folder = folder
        self.instances: list[Instance] = []
        self.sockets: list[Socket] = []
        self._staff: list[Mitra] = []
        self._boss: Operator | None = None
        self.expected_trouble: str | tuple[str, ...] = ()
        """What a log may tell of, where a test makes trouble on purpose: such lines hold (one of) this."""
        self.program: tuple[str, ...] = SERVE
        self.secrets = Secrets()
        self.silence = Silence()
        self._tokens = JwtTokens(KeyRing([SECRET.encode()]), Audience.PUBLIC)
        self._phones = 0

    async def opened(self, instances: int = 1, **variables: str) -> "House":
        """Start the instances and wait until they take work."""
        self.sql = await AsyncConnection.connect(self.database_url, autocommit=True, row_factory=dict_row)
        self.http = httpx2.AsyncClient(
            trust_env=False,
            timeout=15,
            limits=httpx2.Limits(max_connections=200, max_keepalive_connections=200, keepalive_expiry=60),
        )
        for _ in range(instances):
            instance = Instance(self.database_url, self.valkey_url, self.folder, **variables)
            instance.program = self.program
            instance.start()
            self.instances.append(instance)
        for instance in self.instances:
            await asyncio.to_thread(instance.wait)
        return self

    async def close(self) -> None:
        """Stop everything, whatever of it does not stop well; our loop goes on meanwhile."""
        async with AsyncExitStack() as stack:
            for instance in self.instances:
                stack.push_async_callback(asyncio.to_thread, instance.close)
            stack.push_async_callback(self.sql.close)
            stack.push_async_callback(self.http.aclose)
            stack.push_async_callback(self.hang_up)

    async def hang_up(self) -> None:
        """Close every socket that is still open."""
        while self.sockets:
            await self.sockets.pop().close()

    async def goes_home(self) -> None:
        """Everybody leaves: the next story begins with nobody online, and no socket open."""
        await self.hang_up()
        here = await self.rows("SELECT id FROM mitras WHERE is_online")
        ids = {str(row["id"]) for row in here}
        await at_once([mitra.via(self.first).leaves for mitra in self._staff if mitra.id in ids])

    def killed(self) -> None:
        """End every instance by ``kill -9``."""
        for instance in self.instances:
            instance.kill()

    def started(self) -> None:
        """Start those that do not run, and wait until they take work."""
        for instance in self.instances:
            if not instance.is_running:
                instance.start()
        for instance in self.instances:
            instance.wait()

    @property
    def first(self) -> Instance:
        """The instance that people talk to unless told otherwise."""
        return self.instances[0]

    # ------------------------------------------------------------------------------------------ people

    async def ask(self, method: str, url: str, body: Json = None, **options: Any) -> Answer:  # noqa: ANN401
        """One request, whoever asks; again in a moment for as long as somebody's budget is spent."""
        if body is not None:
            options["json"] = body
        answer = await self.http.request(method, url, **options)
        while answer.status_code == 429 and str(answer.json().get("detail")).startswith(TOO_OFTEN):
            await asyncio.sleep(PAUSE)  # what is spent comes back by time alone
            answer = await self.http.request(method, url, **options)
        self.http.cookies.clear()
        said = answer.json() if answer.content else None
        self.secrets.note([body, said])
        self.secrets.bearer(options.get("headers", {}).get("Authorization", ""))
        if answer.status_code >= 400:
            self.silence.refusals.append(answer.text)
        return Answer(answer.status_code, said)

    async def customer(self, name: str = "Ayu") -> Customer:
        """Somebody who comes in through the front door."""
        url = f"{self.first.public}/api/shared/auth/anonymous"
        tokens = (await self.ask("POST", url, {"display_name": name})).ok(201)
        return Customer(self, self.first, tokens["user"]["id"], tokens["access_token"])

    async def mitra(self, name: str = "Budi") -> Mitra:
        """A mitra who was registered, and logged in with the code that came to their phone."""
        phone = await self.registers(name)
        url = f"{self.first.public}/api/mitra/auth/otp"
        (await self.ask("POST", f"{url}/request", {"phone": phone})).ok(202)
        code = await asyncio.to_thread(self.first.code_for, phone)
        tokens = (await self.ask("POST", f"{url}/verify", {"phone": phone, "code": code})).ok()
        self._staff.append(Mitra(self, self.first, tokens["user"]["id"], tokens["access_token"]))
        return self._staff[-1]

    async def registers(self, name: str) -> str:
        """Register a mitra; gives the phone."""
        phone = self._phone()
        insert = "INSERT INTO mitras (id, phone, display_name) VALUES (%s, %s, %s)"
        await self.sql.execute(insert, (uuid7(), phone, name))
        return phone

    async def mitras(self, count: int, *, online: bool = True) -> list[Mitra]:
        """Many at once, with tokens of our own making; online through the contract."""
        rows = [(uuid7(), self._phone(), f"Mitra {number}") for number in range(count)]
        async with self.sql.cursor() as cursor:
            await cursor.executemany("INSERT INTO mitras (id, phone, display_name) VALUES (%s, %s, %s)", rows)
        made = [Mitra(self, self._turn(at), str(row[0]), self.token(row[0])) for at, row in enumerate(rows)]
        self._staff += made
        if online:
            await at_once([mitra.comes for mitra in made])
        return made

    async def customers(self, count: int) -> list[Customer]:
        """Many at once, with tokens of our own making."""
        ids = [uuid7() for _ in range(count)]
        async with self.sql.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO customers (id, display_name) VALUES (%s, 'Many')", [(id_,) for id_ in ids]
            )
        return [
            Customer(self, self._turn(at), str(id_), self.token(id_, UserType.CUSTOMER))
            for at, id_ in enumerate(ids)
        ]

    def token(self, user_id: UUID, kind: UserType = UserType.MITRA) -> str:
        """What logging in would give."""
        token = self._tokens.issue(user_id, kind, uuid7(), datetime.now(UTC))
        self.secrets.bearer(token)
        return token

    @staticmethod
    def as_id(person: Person) -> UUID:
        """Somebody's id, as one."""
        return UUID(person.id)

    async def operator(self) -> Operator:
        """An operator, logged in with a password."""
        email = await self.employs()
        url = f"{self.first.internal}/internal/auth/login"
        while (  # noqa: ASYNC110  the server says nothing when a budget has come back
            answer := await self.ask("POST", url, {"email": email, "password": PASSWORD})
        ).status == 429:
            await asyncio.sleep(3)  # so many a minute may log in from one address
        tokens = answer.ok()
        return Operator(self, self.first, tokens["user"]["id"], tokens["access_token"])

    async def employs(self) -> str:
        """Make an operator as the command line does; gives the address they log in with, by `PASSWORD`."""
        id_, email = uuid7(), f"operator{uuid7().hex}@halobestie.example"
        await self.rows(
            "INSERT INTO cc_users (id, email, password_hash) VALUES (%s, %s, %s)", id_, email, _hash()
        )
        await self.rows(
            """
            INSERT INTO operator_changes (subject_type, subject_id, change_kind, after)
            VALUES ('cc_user', %s, 'created', jsonb_build_object('email', %s::text))""",
            id_,
            email,
        )
        return email

    def command(self, *words: str, input_: str = "", status: int = 0) -> str:
        """Run the command line on this house's stores; gives what it printed."""
        done = subprocess.run(  # noqa: S603  our own interpreter and program
            [sys.executable, "-m", "halobestie_app", *words],
            env=self.first.environment,
            input=input_,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    async def settings(self, **values: Json) -> dict[str, Json]:
        """Change settings as an operator does; in force everywhere when this returns what was before."""
        if self._boss is None:
            self._boss = await self.operator()
        before = await self._in_force(self._boss)
        (await self._boss.change(**values)).ok()
        for instance in self.instances:
            now = await self._in_force(self._boss.via(instance))
            assert now | values == now
        return {key: before[key] for key in values}

    @asynccontextmanager
    async def having(self, **values: Json) -> AsyncIterator[None]:
        """Have other settings for a while."""
        before = await self.settings(**values)
        try:
            yield
        finally:
            await self.settings(**before)

    @staticmethod
    async def _in_force(operator: Operator) -> dict[str, Json]:
        return {row["key"]: row["value"] for row in (await operator.get("/internal/config"))["rows"]}

    def _phone(self) -> str:
        self._phones += 1
        phone = f"+62812{self._phones:08}"
        self.secrets.note({"phone": phone})
        return phone

    def _turn(self, number: int) -> Instance:
        return self.instances[number % len(self.instances)]

    # ---------------------------------------------------------------------------- behind the scenes

    async def rows(self, statement: str, *parameters: object) -> list[dict[str, Any]]:
        """What a statement finds (or does)."""
        cursor = await self.sql.execute(statement, parameters)
        return await cursor.fetchall() if cursor.description else []

    async def value(self, statement: str, *parameters: object) -> Any:  # noqa: ANN401  whatever is selected
        """The one value that a statement finds."""
        ((found,),) = [row.values() for row in await self.rows(statement, *parameters)]
        return found

    async def moves(self, id_: str) -> list[str]:
        """The recorded moves of one aggregate, as ``command > state (cause)``."""
        found = await self.rows(
            "SELECT command, to_state, cause_tag FROM transitions WHERE aggregate_id = %s ORDER BY version",
            id_,
        )
        return [
            f"{row['command']} > {row['to_state']}" + (f" ({row['cause_tag']})" if row["cause_tag"] else "")
            for row in found
        ]

    async def states(self, id_: str) -> list[str]:
        """The states that one aggregate went through, one per recorded move."""
        return [move.split(" > ")[1] for move in await self.moves(id_)]

    async def complaints(self, *, eventual: bool = True) -> list[str]:
        """Every invariant that does not hold."""
        async with await AsyncConnection.connect(self.database_url, autocommit=True) as connection:
            return [str(violation) for violation in await check(connection, eventual=eventual)]

    async def is_sound(self) -> None:
        """What must hold at every commit holds; what must in the end does soon; no log tells of trouble."""
        broken = await self.complaints(eventual=False)
        assert not broken, "\n".join(broken)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CONVERGED
        while left := await self.complaints():
            assert loop.time() < deadline, "\n".join(left)
            await asyncio.sleep(0.05)
        trouble = [line for instance in self.instances for line in instance.trouble()]
        expected = self.expected_trouble
        expected = (expected,) if isinstance(expected, str) else expected
        trouble = [line for line in trouble if not any(text in line for text in expected)]
        assert not trouble, "\n".join(trouble[:20])

    async def keeps_secrets(self) -> None:
        """Nothing that was said or given to people of this test is where it has no business."""
        for instance in self.instances:
            self.secrets.heard(instance.printed)
        spots = self.silence.said(self.instances)
        spots["Redis"] = await asyncio.to_thread(held_at, self.valkey_url)
        spots["the outbox"] = self.silence.waits(await self.rows(WAITING, self.silence.last_row))
        for instance in [one for one in self.instances if one.is_running and one.internal]:
            spots["the metrics"] = (await self.http.get(f"{instance.internal}/metrics")).text
        found = [f"{one} in {spot}" for spot, text in spots.items() for one in self.secrets.found_in(text)]
        assert not found, "\n".join(found)


async def at_once(work: Iterable[Callable[[], Awaitable[T]]], hands: int = 16) -> list[T]:
    """Do everything, so many at a time; the results in the order of the work."""
    waiting = list(enumerate(work))
    results: dict[int, T] = {}
    waiting.reverse()

    async def hand() -> None:
        while waiting:
            number, one = waiting.pop()
            results[number] = await one()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(hands, len(waiting))):
            group.create_task(hand())
    return [results[number] for number in range(len(results))]


async def together(*asked: Awaitable[T]) -> Sequence[T]:
    """Send all of these before any is answered."""
    return await asyncio.gather(*asked)
