"""``halobestie simulate``: many customers and mitras at once on a server that runs, and what they saw."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from halobestie_app import log
from halobestie_app.commands import simulate_virtual, stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.demo.client import LOST, Client, Refused
from halobestie_app.demo.codes import Overheard
from halobestie_app.demo.crowd import Customer
from halobestie_app.demo.people import Mitra
from halobestie_app.demo.place import Place, PlaceTrouble
from halobestie_app.demo.robots import Robot
from halobestie_app.demo.tally import Tally
from halobestie_app.environment import Environment
from halobestie_app.usecases.identity import Identity
from halobestie_app.wiring import people
from halobestie_core.ports.identity import Person
from halobestie_core.words import UserType

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

ONLINE_SECONDS: Final = 10.0
"""Until the mitras must be there."""
END_SECONDS: Final = 20.0
"""For customers to end what they began."""
STEP_SECONDS: Final = 0.25

_Login = Callable[[], Coroutine[Any, Any, str]]


async def _nobody() -> bool:
    """Say for whom robots wait here."""
    return False


class _SimulatedMitra(Robot):
    """A robot who is logged in by us: nobody reads codes for so many."""

    def __init__(self, mitra: Mitra, place: Place, login: _Login, chance: Random) -> None:
        super().__init__(mitra, place, Overheard(sys.stdout), lambda _who, _what: None, chance, _nobody)
        self._login = login

    async def _log_in(self, client: Client) -> None:
        client.token = await self._login()


def _address(_context: click.Context, _option: click.Parameter, url: str | None) -> str | None:
    """Refuse what is no address of a server."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        fits = False
    if not fits:
        raise click.BadParameter("is an address like http://127.0.0.1:3000")
    return url


@click.command()
@click.option("--customers", default=10, show_default=True, type=click.IntRange(1, 1000))
@click.option("--mitras", default=5, show_default=True, type=click.IntRange(1, 500))
@click.option("--seconds", default=20, show_default=True, type=click.IntRange(1, 3600))
@click.option("--seed", default=1, show_default=True, help="Decides who does what.")
@click.option(
    "--url",
    callback=_address,
    help="The public address of the server; without it, of the demo that runs here.",
)
@click.option("--yes-anywhere", is_flag=True, help="Also against a server on another machine.")
@click.option("--virtual", is_flag=True, help="On no server: all of it in memory, under a virtual clock.")
@click.option("--steps", default=1, type=click.IntRange(1), help="With --virtual: seed after seed, so many.")
def simulate(
    *,
    customers: int,
    mitras: int,
    seconds: int,
    seed: int,
    url: str | None,
    yes_anywhere: bool,
    virtual: bool,
    steps: int,
) -> None:
    """Let customers pay, search and talk for a while, with mitras who listen, and print a summary.

    The mitras are registered in the database of this environment, which must be the server's. The exit status
    is 0 if somebody was paired and nothing happened that should not have.

    With --virtual nothing runs but this: the night of the seed is played in memory, with every fault by
    chance, and judged. The same seed is the same night.
    """
    if virtual:
        simulate_virtual.run(seed, steps)
        return
    env = stores.told()
    if env.production:
        raise CommandError("HALOBESTIE_ENV: no simulation in production")
    place = Place(env.data_dir)
    base = (url or _of_demo(place)).rstrip("/")
    if not (yes_anywhere or _is_here(base)):
        raise CommandError(f"{base} is not on this machine; --yes-anywhere if that is what you mean")
    log.set_up(env.log_format, level=logging.ERROR)
    asyncio.run(_reach(base))
    tally = Tally()
    asyncio.run(_run(stores.prepared(), place, base, (customers, mitras, seconds, seed), tally))
    for line in tally.lines():
        click.echo(line)
    if not tally.is_well:
        raise click.exceptions.Exit(1)


def _of_demo(place: Place) -> str:
    try:
        notes = place.read()
    except PlaceTrouble as trouble:
        raise CommandError(str(trouble)) from None
    if notes is None or notes.public is None or not place.is_running():
        raise CommandError("no demo runs here; name a server by --url, or start one: make demo")
    return notes.public


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


async def _reach(base: str) -> None:
    try:
        async with Client(base) as client:
            await client.get("/healthz")
    except (Refused, *LOST) as lost:
        raise CommandError(f"no server answers at {base} ({type(lost).__name__})") from None


async def _run(
    env: Environment, place: Place, base: str, size: tuple[int, int, int, int], tally: Tally
) -> None:
    customers, mitras, seconds, seed = size
    async with stores.migrated_pool(env) as pool:
        identity = people.identity(env, pool, None)
        logins = [_login(identity, await _person(identity, n)) for n in range(mitras)]
        robots = [
            _SimulatedMitra(Mitra(_name(n), _phone(n)), place, login, Random(f"{seed} mitra {n}"))  # noqa: S311  a seed
            for n, login in enumerate(logins)
        ]
        lives = [asyncio.create_task(robot.live(base)) for robot in robots]
        try:
            await _all_online(robots, base)
            stop = asyncio.Event()
            crowd = [
                asyncio.create_task(
                    Customer(f"Pelanggan {n + 1}", Random(f"{seed} customer {n}"), tally, stop).live(base)  # noqa: S311  a seed
                )
                for n in range(customers)
            ]
            await _watched(seconds, tally)
            stop.set()
            await _ended(crowd, tally)
        finally:
            for life in lives:
                life.cancel()
            await asyncio.gather(*lives, return_exceptions=True)
            for login in logins:
                await _offline(base, login)


async def _all_online(robots: Sequence[Robot], base: str) -> None:
    try:
        async with asyncio.timeout(ONLINE_SECONDS):
            for robot in robots:
                await robot.online.wait()
    except TimeoutError:
        raise CommandError(
            f"the mitras cannot come online at {base}; is it the server of this environment's database?"
        ) from None


async def _watched(seconds: int, tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with _bar(seconds, tally) as bar:
        while (spent := loop.time() - begun) < seconds:
            bar.update(max(0, int(spent * 1000) - bar.pos), bar.pos)
            await asyncio.sleep(min(STEP_SECONDS, seconds - spent))
        bar.update(seconds * 1000 - bar.pos)


def _bar(seconds: int, tally: Tally) -> "ProgressBar[int]":
    def paired(_: object) -> str:
        return f"{tally.pairings} pairings"

    return click.progressbar(length=seconds * 1000, label="simulating", item_show_func=paired)


async def _ended(crowd: Sequence[asyncio.Task[None]], tally: Tally) -> None:
    _, late = await asyncio.wait(crowd, timeout=END_SECONDS)
    for life in late:
        life.cancel()
    if late:
        tally.troubles["customers who did not end"] += len(late)
    for outcome in await asyncio.gather(*crowd, return_exceptions=True):
        if isinstance(outcome, Exception):
            tally.troubles[type(outcome).__name__] += 1


def _name(number: int) -> str:
    return f"Simulasi {number + 1}"


def _phone(number: int) -> str:
    return f"+62811999{number:04}"


async def _person(identity: Identity, number: int) -> Person:
    async with identity.store.unit() as unit:
        known = await unit.person_by_phone(UserType.MITRA, _phone(number))
    return known or await identity.add_mitra(_phone(number), _name(number))


def _login(identity: Identity, mitra: Person) -> _Login:
    async def login() -> str:
        async with identity.store.unit() as unit:
            return (await identity.log_ins.open(unit, mitra, await unit.now())).access_token

    return login


async def _offline(base: str, login: _Login) -> None:
    """So that nobody is offered to them any more; a server that is gone finds out by their silence."""
    with suppress(Refused, *LOST):
        async with Client(base) as client:
            client.token = await login()
            await client.put("/api/mitra/status", {"is_online": False})
