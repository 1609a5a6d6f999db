"""``halobestie explore``: visits every state of the composed machines, and tells what broke. No server."""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from halobestie_app.commands.failing import CommandError
from halobestie_core.explore import PROOF, Bounds, Explored, explore, figures, invariants, markdown
from halobestie_core.explore.bounds import MOST
from halobestie_core.explore.walk import Progress

_MEBIBYTE: Final = 1 << (20 if sys.platform == "darwin" else 10)  # of what getrusage counts in
_SIZE: Final = click.IntRange(1, MOST)


@click.command("explore")
@click.option("--customers", type=_SIZE, help="How many customers; without sizes, all that prove the whole.")
@click.option("--mitras", type=_SIZE, help="How many mitras.")
@click.option("--waves", is_flag=True, help="Let blasts go out in waves of one mitra.")
@click.option("--overlap", is_flag=True, help="Let a new payment be begun while a chat goes on.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write what was found to FILE.md or FILE.json.",
)
def explore_command(
    *, customers: int | None, mitras: int | None, waves: bool, overlap: bool, report: Path | None
) -> None:
    """Visit every state that customers and mitras can bring about together, and judge each one and each move.

    The moves are those of the functions that the server runs. The exit status is 1, with the shortest way to
    it told as a story, if something is broken.
    """
    if report is not None and report.suffix not in {".md", ".json"}:
        raise CommandError("--report wants a name that ends in .md or .json")
    several = _wanted(customers, mitras, waves=waves, overlap=overlap)
    found = [_explored(bounds) for bounds in several]
    data = figures(one for one, _seconds in found)
    for entry, (_one, seconds) in zip(data["explorations"], found, strict=True):
        entry["seconds"] = round(seconds, 1)
    data["mebibytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MEBIBYTE
    _say(data)
    if report is not None:
        text = json.dumps(data, indent=2) + "\n" if report.suffix == ".json" else markdown(data)
        report.write_text(text, encoding="utf-8")
    if not data["held"]:
        raise click.exceptions.Exit(1)


def _wanted(customers: int | None, mitras: int | None, *, waves: bool, overlap: bool) -> tuple[Bounds, ...]:
    if customers is None and mitras is None:
        if waves or overlap:
            raise CommandError("--waves and --overlap want --customers and --mitras")
        return PROOF
    return (Bounds.of(customers or 1, mitras or 1, waves=waves, overlap=overlap),)


def _explored(bounds: Bounds) -> tuple[Explored, float]:
    begun = time.monotonic()
    with _progress(f"{bounds.customers} x {bounds.mitras}") as progress:
        found = explore(bounds, progress)
    seconds = time.monotonic() - begun
    click.echo(
        f"{found.name}: {found.states:,} states, {found.edges:,} edges, {found.depth} deep, "
        f"{found.decisions:,} decisions, {seconds:.1f} s"
    )
    if found.story is not None:
        click.echo(str(found.story))
    return found, seconds


@contextmanager
def _progress(name: str) -> Iterator[Progress | None]:
    """Say on a terminal how far it is; how far there is to go, nobody knows before the end."""
    if not sys.stderr.isatty():
        yield None
        return

    def say(states: int, done: int, depth: int) -> None:
        bar = "#" * (30 * done // states)
        click.echo(f"\r{name} [{bar:<30}] {states:,} states, {depth} deep", nl=False, err=True)

    yield say
    click.echo(f"\r{'':78}\r", nl=False, err=True)


def _say(data: dict[str, Any]) -> None:
    taken, never = len(data["taken"]), len(data["never_taken"])
    click.echo(f"{len(invariants())} invariants judged, {data['mebibytes']} MiB")
    click.echo(f"taken: {taken} of {taken + never} rows, repeats, refusals and reasons")
    for one in data["never_taken"]:
        click.echo(f"  never: {one['of']} {one['entry']} ({one['because']})")
