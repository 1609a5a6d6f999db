"""``halobestie reconcile``: asks the gateway about everything that could still bring money, now."""

import asyncio
import logging
from collections import Counter
from contextlib import AsyncExitStack
from typing import Final

import click

from halobestie_app import log
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.environment import Environment
from halobestie_app.usecases.reconciling import TROUBLE, Finding, everything
from halobestie_app.wiring.money import desk_alone

CONNECTIONS: Final = 6

WORDS: Final = {
    Finding.CONFIRMED: "paid, and confirmed now",
    Finding.LATE: "paid when the time was over: owed back",
    Finding.DUPLICATE: "paid a second time: owed back",
    Finding.ALREADY: "paid, as was known",
    Finding.NOT_PAID: "not paid",
    Finding.NO_INVOICE: "payments without an invoice",
    Finding.MISMATCH: "paid otherwise than was asked for: owed back, look at the failed pairings",
    Finding.FOREIGN: "paid for nobody: owed back, look at the failed pairings",
    Finding.UNREADABLE: "paid with a sum that is no whole number: look at the gateway",
    Finding.UNKNOWN: "not known to the gateway",
    Finding.AWAY: "not asked about: the gateway is away",
    Finding.REFUSED: "not asked about: the gateway refuses, look at the set-up",
    Finding.FAILED: "found, and not written down: look at the log, and try again",
}
"""Every finding in the order in which it is told."""


@click.command()
def reconcile() -> None:
    """Ask the gateway about every invoice that could still bring money, and book what it says.

    The servers do this by themselves, each invoice in its time; this is one whole pass now. It may run beside
    them, and twice. The exit status is 0 if all could be asked, and nothing was found that somebody has to
    look into.
    """
    env = stores.prepared()
    log.set_up(env.log_format, level=logging.WARNING)
    findings = asyncio.run(_run(env))
    if not findings:
        click.echo("nothing could still bring money")
    for finding, words in WORDS.items():
        if findings[finding]:
            click.echo(f"{findings[finding]:6} {words}")
    if any(findings[finding] for finding in TROUBLE):
        raise click.exceptions.Exit(1)


async def _run(env: Environment) -> Counter[Finding]:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(stores.migrated_pool(env, CONNECTIONS))
        desk = await desk_alone(env, pool, stack)
        if desk.till is None:
            raise CommandError("PAYMENT_GATEWAY: there are no invoices but at xendit")
        length = await desk.till.book.how_many(desk.till.rhythm.lasting)
        with click.progressbar(length=length, label="asking") as bar:
            return await everything(desk, desk.till, lambda _finding: bar.update(1))
