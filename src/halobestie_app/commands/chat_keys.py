"""``halobestie chat-keys``: turns over the key that wraps the keys of chats."""

import asyncio

import click

from halobestie_adapters.postgres import deployment_keys
from halobestie_adapters.postgres.chat_keys import PostgresChatKeys
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.wiring import outside, pricing
from halobestie_core.ports.messages import Rewrapped


@click.group()
def chat_keys() -> None:
    """Manage the keys that keep chat text secret.

    To turn the key of CHAT_ENCRYPTION_KEYS over: list the old key and the new one on every instance, then the
    new one first, then run rewrap, then list the new one alone.
    """


@chat_keys.command()
def rewrap() -> None:
    """Wrap the key of every chat and author, and the database's own, by the first key listed.

    The server may run meanwhile; to run it again does no harm.
    """
    env = stores.prepared()

    async def run() -> tuple[Rewrapped, int]:
        async with stores.migrated_pool(env) as pool:
            chats = await PostgresChatKeys(pool, outside.cipher(env)).rewrap()
            return chats, await deployment_keys.rewrap(pool, pricing.key_wrap(env))

    done, lost = asyncio.run(run())
    click.echo(f"{done.seen} keys, {done.rewrapped} wrapped anew")
    if done.lost:
        raise CommandError(f"{done.lost} of them cannot be opened by any key of CHAT_ENCRYPTION_KEYS")
    if lost:
        raise CommandError("the database's own key cannot be opened by any key of CHAT_ENCRYPTION_KEYS")
