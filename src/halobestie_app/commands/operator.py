"""``halobestie operator``: accounts of the control center."""

import asyncio
import sys

import click

from halobestie_adapters.identity.passwords import Argon2Passwords
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.usecases.identity import AccountRefused
from halobestie_app.wiring import people
from halobestie_core.ports.identity import Operator


@click.group()
def operator() -> None:
    """Manage operators of the control center."""


@operator.command()
@click.option("--email", required=True, help="The address they log in with.")
def create(email: str) -> None:
    """Create an operator.

    The password (at least 12 characters) comes from standard input, or is asked for.
    """
    password = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\r\n")
    )
    env = stores.prepared()

    async def run() -> Operator:
        passwords = Argon2Passwords()
        try:
            async with stores.migrated_pool(env) as pool:
                return await people.operators(env, pool, passwords).create_operator(email, password)
        finally:
            passwords.close()

    try:
        made = asyncio.run(run())
    except AccountRefused as refused:
        raise CommandError(str(refused)) from None
    click.echo(f"operator {made.email} ({made.id})")
