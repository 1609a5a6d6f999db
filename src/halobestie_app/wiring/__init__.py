"""Puts the parts together: the one place that picks concrete adapters. Decides nothing.

Built in one direction: the ground (stores and what is kept fresh from them), commands, services, sockets,
then listeners and loops. Everything that is news goes through the desk's ``saved``, called after each
commit; it nudges whoever carries the news on, and none of them is needed for it to be true.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from attrs import frozen
from starlette.types import ASGIApp

from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_adapters.postgres.history import PostgresHistories
from halobestie_adapters.postgres.messages import PostgresMessages
from halobestie_adapters.postgres.pricing import PostgresPrices
from halobestie_adapters.postgres.pushes import PostgresDevices
from halobestie_app.environment import Environment, Role
from halobestie_app.http import health, internal, pages, public, returning
from halobestie_app.http import metrics as scraping
from halobestie_app.http.listener import Extras, make_app
from halobestie_app.http.principal import Bearers
from halobestie_app.server import Background
from halobestie_app.services import Services
from halobestie_app.usecases.talking import Talking
from halobestie_app.usecases.till import RHYTHM, Rhythm
from halobestie_app.wiring.auditing import auditing
from halobestie_app.wiring.back_office import back_office, mitras
from halobestie_app.wiring.commands import Commands, commands
from halobestie_app.wiring.failures import failure_desk
from halobestie_app.wiring.ground import Ground, ground
from halobestie_app.wiring.keeping import erasing, retention
from halobestie_app.wiring.observing import looking, sweeping, watching
from halobestie_app.wiring.once import chores, once
from halobestie_app.wiring.outside import cipher
from halobestie_app.wiring.people import chores as identity_chores
from halobestie_app.wiring.people import id_tokens, identity, operators, otp_sender
from halobestie_app.wiring.probes import migrations, postgres
from halobestie_app.wiring.sockets import sockets
from halobestie_app.wiring.web import web
from halobestie_app.workers.erasures import Erasures
from halobestie_app.workers.housekeeping import Housekeeping
from halobestie_app.ws.endpoint import SocketEndpoint
from halobestie_app.ws.protocol import SERVED_BY


@frozen
class Parts:
    """A whole server, not yet listening.

    An application per listener, loops, and what to do when it is time to go.
    """

    services: Services
    apps: Mapping[Role, ASGIApp]
    sockets: Mapping[Role, Mapping[str, Any]]
    background: tuple[Background, ...]
    drain: Callable[[], Awaitable[None]]


@asynccontextmanager
async def assembled(
    env: Environment,
    database_url: str,
    valkey_url: str,
    roles: frozenset[Role] = frozenset(Role),
    *,
    rhythm: Rhythm = RHYTHM,
) -> AsyncIterator[Parts]:
    """Build a server on two stores, and close what was opened when it is over.

    The database must be migrated. Raises `BadVariable`.
    """
    async with AsyncExitStack() as stack:
        base = await ground(env, database_url, valkey_url, stack)
        acting = await commands(base, stack, rhythm)
        services = await _services(base, acting, stack)
        live = sockets(base, services.identity.log_ins.tokens, services.talking)
        unconfigured = ("push",) if env.firebase_service_account_path is None else ()
        gate = health.Gate(
            postgres(base.pool), migrations(base.pool), base.link.probe, unconfigured, base.gone.condition
        )
        apps = _apps(base, services, gate, live.endpoint)
        loops = (
            *base.loops,
            *acting.loops(roles),
            *live.loops(roles),
            *watching(base.pool, services.reports, base.metrics, roles),
            *_sweeping(base, services, roles),
        )

        async def drain() -> None:
            gate.stop()
            services.streams.drain()
            await live.hub.drain()

        serving = {role: apps[role] for role in apps if role in roles}
        yield Parts(services, serving, {Role.PUBLIC: SERVED_BY}, loops, drain)


async def _services(base: Ground, acting: Commands, stack: AsyncExitStack) -> Services:
    env, pool, gone, metrics = base.env, base.pool, base.gone, base.metrics
    passwords = Argon2Passwords()
    stack.callback(passwords.close)
    codes, others = await otp_sender(env, stack, metrics), await id_tokens(env, stack, metrics)
    return Services(
        desk=acting.desk,
        once=once(env, pool, metrics.replayed),
        identity=identity(env, pool, codes, gone.ended, others),
        operators=operators(env, pool, passwords, gone.ended),
        talking=Talking(PostgresMessages(pool, cipher(env)), base.reads, base.relay.nudge),
        availability=base.board,
        beats=base.beats,
        devices=PostgresDevices(pool),
        settings=base.settings,
        prices=PostgresPrices(pool),
        histories=PostgresHistories(pool),
        environment=env,
        metrics=metrics,
        **looking(pool, metrics, base.house),
        failures=failure_desk(pool, acting.desk, env.otp_country_codes),
        mitras=mitras(pool, acting.desk, env.otp_country_codes),
        back_office=back_office(pool),
        audits=auditing(pool),
        erasing=erasing(pool, acting.desk, gone.tell),
        inbox=acting.money.inbox,
        door=acting.money.door,
    )


def _sweeping(base: Ground, services: Services, roles: frozenset[Role]) -> tuple[Background, ...]:
    """Whatever is kept for a time only goes where workers run, and whoever asked to be forgotten."""
    if Role.WORKER not in roles:
        return ()
    pool = base.pool
    small = [*chores(pool), *sweeping(pool), *identity_chores(pool)]
    return (
        Housekeeping([*small, *retention(base.env, pool)]).run,
        Erasures(services.erasing).run,
    )


def _apps(
    base: Ground, services: Services, gate: health.Gate, endpoint: SocketEndpoint
) -> dict[Role, ASGIApp]:
    env, gone = base.env, base.gone
    outside = Extras(
        mounted=(*endpoint.routes(), *returning.ROUTES, *web(env, pages.PUBLIC)),
        origins=env.cors_origins_public,
        watch=services.metrics.watching("public"),
        strict_transport=env.production,
        rates=base.rates,
    )
    inside = Extras(
        mounted=(*scraping.routes(services.metrics), *web(env, pages.INTERNAL)),
        origins=env.cors_origins_internal,
        watch=services.metrics.watching("internal"),
        strict_transport=env.production,
        rates=base.rates,
    )
    people = Bearers(services.identity.log_ins.tokens, gone.refuses)
    staff = Bearers(services.operators.log_ins.tokens, gone.refuses)
    return {
        Role.PUBLIC: make_app(public.PUBLIC, public.ROUTES, services, people, gate, outside),
        Role.INTERNAL: make_app(internal.INTERNAL, internal.ROUTES, services, staff, gate, inside),
    }
