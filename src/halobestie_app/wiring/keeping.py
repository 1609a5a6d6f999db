"""What is kept, for how long, and how people are forgotten, put together."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

from psycopg_pool import AsyncConnectionPool

from halobestie_adapters.postgres.erasure import PostgresErasures
from halobestie_adapters.postgres.retention import PostgresRetention
from halobestie_app.environment import Environment
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.erasing import Erasing
from halobestie_app.workers.housekeeping import Chore

_Sweep: TypeAlias = Callable[[timedelta, int], Awaitable[int]]


def erasing(
    pool: AsyncConnectionPool, desk: Desk | None = None, ended: Callable[[], None] | None = None
) -> Erasing:
    """Make the use cases of erasure; ``ended`` hears that log-ins have ended."""
    people = PostgresErasures(pool)
    return Erasing(people, desk) if ended is None else Erasing(people, desk, ended)


def retention(env: Environment, pool: AsyncConnectionPool) -> list[Chore]:
    """Say what is to be swept after how long."""
    kept = PostgresRetention(pool)
    days: tuple[tuple[str, _Sweep, int], ...] = (
        ("messages", kept.messages, env.retain_messages_days),
        ("bodies of webhooks", kept.webhook_bodies, env.retain_webhook_bodies_days),
        ("outbox", kept.outbox, env.retain_outbox_days),
        ("results of pushes", kept.push_results, env.retain_outbox_days),
        ("one-time codes", kept.codes, env.retain_otp_days),
        ("attempts at log-ins", kept.attempts, env.retain_otp_days),
        ("ended log-ins", kept.ended_log_ins, env.retain_sessions_days),
        ("unused log-ins", kept.unused_log_ins, env.retain_sessions_days),
    )
    return [_chore(name, sweep, timedelta(days=count)) for name, sweep, count in days]


def _chore(name: str, sweep: _Sweep, kept: timedelta) -> Chore:
    return Chore(name, lambda limit: sweep(kept, limit))
