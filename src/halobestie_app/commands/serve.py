"""``halobestie serve``: the whole server, or chosen parts of it, in one process."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

import click

from halobestie_app import log, running, server, wiring
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.environment import Environment, Role, listening
from halobestie_app.server import Address, Background, CannotListen, Listener
from halobestie_app.usecases.till import RHYTHM, Rhythm

ALL = ",".join(Role)
STOP_SECONDS: Final = 10.0
"""From the signal to the end of the process, at the latest."""

Ready = Callable[[wiring.Parts, Mapping[str, Address]], Awaitable[None]]


@click.command()
@click.option("--role", default=ALL, show_default=True, help="Which parts to run, separated by commas.")
def serve(role: str) -> None:
    """Serve until interrupted. Stores that the environment does not name are embedded ones, started here."""
    roles = chosen(role)
    env = stores.prepared()
    log.set_up(env.log_format)
    running.run(served(env, roles, said))


def chosen(text: str) -> frozenset[Role]:
    """Read the roles asked for."""
    try:
        roles = frozenset(Role(word.strip()) for word in text.split(",") if word.strip())
    except ValueError:
        roles = frozenset()
    if not roles:
        raise click.BadParameter(f"is one or more of {ALL}", param_hint="--role")
    return roles


async def served(
    env: Environment,
    roles: frozenset[Role],
    ready: Ready,
    companions: Sequence[Background] = (),
    *,
    rhythm: Rhythm = RHYTHM,
) -> None:
    """Open the stores, migrate, serve, and close everything again.

    ``companions`` live meanwhile; ``rhythm``: how often the gateway is asked without news.
    """
    last_resort = running.LastResort()
    async with AsyncExitStack() as stack:
        stack.callback(last_resort.disarm)
        urls = await stack.enter_async_context(stores.opened(env))
        await stores.up_to_date(urls)
        database_url = await stores.as_server(urls)
        parts = await stack.enter_async_context(
            wiring.assembled(env, database_url, urls.valkey, roles, rhythm=rhythm)
        )
        binds = listening(env, roles)
        listeners = [
            Listener(role.value, parts.apps[role], bind.host, bind.port, parts.sockets.get(role, {}))
            for role, bind in binds.items()
        ]

        async def on_ready(addresses: Mapping[str, Address]) -> None:
            await ready(parts, addresses)

        async def on_drain() -> None:
            last_resort.arm(STOP_SECONDS)
            await parts.drain()

        try:
            await server.serve(
                listeners,
                on_ready=on_ready,
                on_drain=on_drain,
                background=(*parts.background, *companions),
            )
        except CannotListen as taken:
            variable = _variable(env, roles, Role(taken.listener.name))
            raise CommandError(f"{taken}; name another address in {variable}") from None


def _variable(env: Environment, roles: frozenset[Role], role: Role) -> str:
    """Which variable decides where a listener listens."""
    if env.port is not None and len(roles) == 1:
        return "PORT"
    return {Role.PUBLIC: "PUBLIC_BIND", Role.INTERNAL: "INTERNAL_BIND"}[role]


async def said(_parts: wiring.Parts, addresses: Mapping[str, Address]) -> None:
    """Say where the listeners are: for people, and for whoever started this with port 0."""
    for name, (host, port) in addresses.items():
        sys.stdout.write(f"{name} listener on http://{host}:{port}\n")
    sys.stdout.flush()
