"""Health: what makes an instance ready, and what it survives."""

import asyncio

import pytest

from halobestie_app.http import health
from halobestie_app.http.health import Condition, Gate, routes
from support.listening import Standing, client, serving

pytestmark = pytest.mark.anyio


class Stores:
    """Three things that are well or not, as a test says."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        self.gate = Gate(self.probe("postgres"), self.probe("migrations"), self.probe("redis"))

    def probe(self, name: str) -> health.Probe:
        """A probe of one of them."""

        async def look() -> str | None:
            return self.wrong.get(name)

        return look


async def test_a_process_that_answers_is_up() -> None:
    """``/healthz`` asks nobody."""
    app = serving(*routes(Standing(Condition(reasons=("Nothing works.",)))))
    async with client(app) as http:
        answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_or_the_reason() -> None:
    """200, 200 and what is missing, or 503 and why."""
    standing = Standing()
    async with client(serving(*routes(standing))) as http:
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            200,
            {"status": "ready", "degraded": [], "unconfigured": []},
        )
        standing.now = Condition(degraded=("redis",))
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["degraded"]) == (200, ["redis"])
        standing.now = Condition(unconfigured=("push",))
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["unconfigured"]) == (200, ["push"])
        standing.now = Condition(reasons=("Migration 0002 is missing.",))
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
        assert answer.json()["detail"] == "Migration 0002 is missing."
        assert answer.json()["reasons"] == ["Migration 0002 is missing."]


async def test_without_postgres_or_migrations_nothing_is_ready() -> None:
    """At the start and later, for nothing can be done without them."""
    stores = Stores()
    assert await stores.gate.condition() == Condition()
    stores.wrong = {"postgres": "No PostgreSQL.", "migrations": "Old."}
    assert await stores.gate.condition() == Condition(reasons=("No PostgreSQL.", "Old."))
    stores.wrong = {}
    assert await stores.gate.condition() == Condition()


async def test_redis_must_have_been_there_once() -> None:
    """Before it was first reached the instance is kept out; a later loss is lived with."""
    stores = Stores()
    stores.wrong = {"redis": "No Redis."}
    assert await stores.gate.condition() == Condition(reasons=("No Redis.",))
    stores.wrong = {}
    assert await stores.gate.condition() == Condition()
    stores.wrong = {"redis": "No Redis."}
    assert await stores.gate.condition() == Condition(degraded=("redis",))
    stores.wrong = {"redis": "No Redis.", "postgres": "No PostgreSQL."}
    assert await stores.gate.condition() == Condition(reasons=("No PostgreSQL.",))


async def test_an_instance_that_stops_is_not_ready() -> None:
    """Whatever its stores say."""
    stores = Stores()
    stores.gate.stop()
    assert await stores.gate.condition() == Condition(reasons=("This instance is stopping.",))


async def test_a_probe_that_hangs_or_breaks_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readiness never waits for a store, and never repeats a driver's words."""
    monkeypatch.setattr(health, "PATIENCE", 0.01)

    async def hangs() -> str | None:
        await asyncio.Event().wait()
        return None

    async def breaks() -> str | None:
        raise OSError("password=hunter2 at 10.0.0.7")

    async def well() -> str | None:
        return None

    condition = await Gate(hangs, breaks, well).condition()
    assert condition.reasons == (
        "PostgreSQL does not answer within 0.01 seconds.",
        "migrations cannot be looked at.",
    )
