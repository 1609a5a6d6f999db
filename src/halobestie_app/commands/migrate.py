"""``halobestie migrate``: brings the database up to date."""

import asyncio

import click

from halobestie_app.commands import stores


@click.command()
def migrate() -> None:
    """Run the migrations that the database does not have yet. Safe to run from several places at once."""
    env = stores.prepared()

    async def run() -> list[str]:
        async with stores.opened(env) as urls:
            return await stores.up_to_date(urls)

    applied = asyncio.run(run())
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("the database is up to date")
