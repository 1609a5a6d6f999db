"""``halobestie mitra``: registers mitras."""

import asyncio

import click

from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.usecases.identity import AccountRefused
from halobestie_app.wiring import people
from halobestie_core.ports.identity import Person


@click.group()
def mitra() -> None:
    """Manage mitras."""


@mitra.command()
@click.option("--phone", required=True, help="Their phone, as +62...; codes are sent to it.")
@click.option("--name", required=True, help="The name customers see.")
def add(phone: str, name: str) -> None:
    """Register a mitra, who can then log in with a code."""
    env = stores.prepared()

    async def run() -> Person:
        async with stores.migrated_pool(env) as pool:
            return await people.identity(env, pool, None).add_mitra(phone, name)

    try:
        made = asyncio.run(run())
    except AccountRefused as refused:
        raise CommandError(str(refused)) from None
    click.echo(f"mitra {made.display_name} ({made.id})")
