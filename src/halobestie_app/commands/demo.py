"""``halobestie demo``: a whole server with people in it, and an evening to watch."""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, redirect_stdout, suppress
from random import Random
from typing import Final, TextIO, cast

import click
from attrs import evolve

from halobestie_adapters.embedded.layout import Folder, try_lock
from halobestie_app import development_secrets, log, running, wiring
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.commands.serve import served
from halobestie_app.demo import evening as evenings
from halobestie_app.demo.codes import Overheard
from halobestie_app.demo.people import ROBOTS, give_phone, is_at_work, settle
from halobestie_app.demo.place import Notes, Place, PlaceTrouble
from halobestie_app.demo.robots import Robot
from halobestie_app.demo.telling import Telling
from halobestie_app.demo.told import StoryBroken
from halobestie_app.demo.welcome import shown, welcome
from halobestie_app.environment import Environment, Gateway, OtpProvider, Role, changed
from halobestie_app.fakes.serving import ACCOUNT, FcmPlace, fcm_served
from halobestie_app.fakes.xendit_serving import FILE as BILLS
from halobestie_app.fakes.xendit_serving import XenditPlace, xendit_served
from halobestie_app.server import Address, Background
from halobestie_app.usecases.identity import Identity
from halobestie_core.ports.presence import Connections

ROBOTS_SECONDS: Final = 5.0
"""The welcome waits so long for the robots."""
CHOICE: Final = "PAYMENT_GATEWAY"
WEBHOOK: Final = "/api/webhooks/xendit"
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  only read here
"""Where to reach what listens on every address."""


@click.command()
@click.option("--evening", is_flag=True, help="Play one evening against the demo that runs, and tell it.")
@click.option("--reset", is_flag=True, help="Forget the demo's data; not while it runs.")
def demo(*, evening: bool, reset: bool) -> None:
    """Serve with sample log-ins and two robot mitras, so that one person alone can try everything.

    Data is kept in HALOBESTIE_DATA_DIR (.halobestie) and found again by the next start. People pay on a page
    of a stand-in for Xendit; with PAYMENT_GATEWAY=development, whoever confirms has paid.
    """
    if evening and reset:
        raise click.UsageError("--evening and --reset exclude each other")
    variables, stands_in = chosen_gateway(os.environ)
    env = stores.told(variables)
    if env.production:
        raise CommandError("HALOBESTIE_ENV: the demo is not for production")
    place = Place(env.data_dir)
    try:
        if reset:
            _forget(env, place)
        elif evening:
            _play(place)
        else:
            _serve(stores.prepared(variables), place, stands_in=stands_in)
    except PlaceTrouble as trouble:
        raise CommandError(str(trouble)) from None


# ----------------------------------------------------------------------------------------------- serving


def chosen_gateway(variables: Mapping[str, str]) -> tuple[Mapping[str, str], bool]:
    """Say whether the stand-in takes the money: unless a gateway is chosen, or is chosen without its key."""
    chosen = variables.get(CHOICE, "").strip()
    if chosen == Gateway.XENDIT and not variables.get("XENDIT_SECRET_KEY", "").strip():
        return {name: said for name, said in variables.items() if name != CHOICE}, True
    return variables, not chosen


def _serve(env: Environment, place: Place, *, stands_in: bool) -> None:
    if env.otp_provider is not OtpProvider.DEVELOPMENT:
        raise CommandError("OTP_PROVIDER: must be development; the robots read their codes where it prints")
    with place.running() as alone:
        if not alone:
            where = (place.read() or Notes()).public
            raise CommandError(f"a demo runs on {shown(env.data_dir)} already, at {where}")
        log.set_up(env.log_format, level=logging.WARNING)
        overheard = Overheard(sys.stdout)
        with redirect_stdout(cast("TextIO", overheard)):
            running.run(_lived(env, place, overheard, stands_in=stands_in))
            click.echo(f"\nStopped. The data stays in {shown(env.data_dir)}; `make demo` finds it again.")


async def _lived(env: Environment, place: Place, codes: Overheard, *, stands_in: bool) -> None:
    """Serve from the first start of the stores to the last good-bye, with whatever has to be stood in for."""
    async with AsyncExitStack() as stack:
        fcm, xendit = None, None
        if env.firebase_service_account_path is None:
            fcm = await stack.enter_async_context(fcm_served(env.data_dir))
            env = fcm.named_in(env)
        if stands_in:
            xendit = await stack.enter_async_context(xendit_served(env.data_dir))
            env = _with_address(xendit.named_in(env))
        await _inhabited(env, place, codes, fcm, xendit)


def _with_address(env: Environment) -> Environment:
    """Let people come back from the hosted page to a page of ours, where its address is known by now."""
    if env.public_url is not None or env.public_bind.port == 0:
        return env
    return changed(env, public_url=_url((env.public_bind.host, env.public_bind.port)))


async def _inhabited(
    env: Environment, place: Place, codes: Overheard, fcm: FcmPlace | None, xendit: XenditPlace | None
) -> None:
    """Serve, with the robots as companions. ``fcm``, ``xendit``: the stand-ins, as far as there are any."""
    telling = Telling()
    begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    chance = Random()  # noqa: S311  how long somebody thinks is no secret
    people: list[tuple[Identity, Connections]] = []

    async def yields() -> bool:
        return bool(people) and await is_at_work(*people[0])

    robots = [Robot(mitra, place, codes, telling.done, chance, yields) for mitra in ROBOTS]
    if env.database_url is None or env.valkey_url is None:
        click.echo("Starting PostgreSQL and Redis; the first time takes a few seconds ...")

    async def ready(parts: wiring.Parts, addresses: Mapping[str, Address]) -> None:
        notes = evolve(
            place.read() or Notes(), public=_url(addresses["public"]), internal=_url(addresses["internal"])
        )
        place.write(notes)
        await settle(parts.services.identity, parts.services.operators, notes.password)
        people.append((parts.services.identity, parts.services.desk.connections))
        if fcm is not None:
            await give_phone(parts.services.identity, parts.services.devices)
        if xendit is not None:
            xendit.tell(str(notes.public), WEBHOOK)
        begun.set_result(str(notes.public))

    async def greet(_: asyncio.Event) -> None:
        await begun
        with suppress(TimeoutError):
            async with asyncio.timeout(ROBOTS_SECONDS):
                for robot in robots:
                    await robot.online.wait()
        here = all(robot.online.is_set() for robot in robots)
        welcome(
            telling,
            place.read() or Notes(),
            env.data_dir,
            robots_are_here=here,
            inbox=None if fcm is None else fcm.url,
            invoices=None if xendit is None else xendit.url,
        )

    def companion(robot: Robot) -> Background:
        async def live(stop: asyncio.Event) -> None:
            life = asyncio.create_task(robot.live(await begun))
            await stop.wait()
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)

        return live

    await served(env, frozenset(Role), ready, [greet, *map(companion, robots)])


def _url(address: Address) -> str:
    host, port = address
    return f"http://{EVERYWHERE.get(host, f'[{host}]' if ':' in host else host)}:{port}"


# ----------------------------------------------------------------------------------------------- the rest


def _play(place: Place) -> None:
    notes = place.read()
    if notes is None or notes.public is None or not place.is_running():
        raise CommandError(f"no demo runs on {shown(place.folder)}; start one in another terminal: make demo")
    try:
        asyncio.run(evenings.play(notes.public, Telling()))
    except StoryBroken as broken:
        raise CommandError(f"the evening did not go as it should: {broken}") from None


def _forget(env: Environment, place: Place) -> None:
    with place.running() as alone:
        if not alone:
            raise CommandError(f"a demo runs on {shown(env.data_dir)}; stop it first (Ctrl-C)")
        _forget_stores(Folder.of(env.data_dir))
        for name in (development_secrets.FILE, ACCOUNT, BILLS):
            (env.data_dir / name).unlink(missing_ok=True)
        place.forget()
    with suppress(OSError):  # somebody else keeps something there
        env.data_dir.rmdir()
    click.echo(f"The demo's data in {shown(env.data_dir)} is forgotten.")
    for variable, named in (("DATABASE_URL", env.database_url), ("VALKEY_URL", env.valkey_url)):
        if named is not None:
            click.echo(f"{variable} names a store of your own, which is left as it is.")


def _forget_stores(folder: Folder) -> None:
    if not folder.root.exists():
        return
    try:
        with try_lock(folder.start_lock) as nobody_starts, try_lock(folder.lock) as nobody_runs:
            if not (nobody_starts and nobody_runs):
                raise CommandError(f"somebody uses the stores in {shown(folder.root)}; stop them first")
            shutil.rmtree(folder.root)
    except OSError as wrong:
        raise CommandError(f"{shown(folder.root)} cannot be removed: {wrong}") from None
