"""``halobestie erase``: has a customer forgotten."""

import asyncio
import logging
from uuid import UUID

import click

from halobestie_app import log
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.problems import Problem
from halobestie_app.wiring.keeping import erasing
from halobestie_core.ports.erasure import Erased
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import SYSTEM
from halobestie_core.words import UserType

_LONGEST = 500


@click.command()
@click.option("--customer", type=click.UUID, required=True, help="Whose id.")
@click.option("--reason", required=True, help="Why; kept for ever, so it should name nobody.")
def erase(customer: UUID, reason: str) -> None:
    """Have a customer forgotten: who they are and what they said. Money stays, under an id that is nobody's.

    While a payment, a request or a chat of theirs is open it waits, and a server does it afterwards.
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= _LONGEST:
        raise click.BadParameter(f"is 1 to {_LONGEST} characters", param_hint="--reason")
    env = stores.prepared()
    log.set_up(env.log_format, level=logging.WARNING)

    async def run() -> Erased:
        async with stores.migrated_pool(env) as pool:
            return await erasing(pool).ask(User(UserType.CUSTOMER, customer), SYSTEM, reason)

    try:
        done = asyncio.run(run())
    except Problem as refused:
        raise CommandError(refused.detail) from None
    if done is Erased.DONE:
        click.echo(f"customer {customer} is erased")
    else:
        click.echo(f"customer {customer} has something open, and is erased once it is over")
