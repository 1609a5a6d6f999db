"""``halobestie audit``: whether everything recorded is what was decided, and is still what it was."""

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

import click
from attrs import define, field
from psycopg import AsyncConnection

from halobestie_adapters.errors import StoreError
from halobestie_adapters.postgres.auditing import MACHINES, Scope
from halobestie_adapters.postgres.errors import translated
from halobestie_adapters.postgres.migrations import pending
from halobestie_adapters.postgres.pool import conninfo
from halobestie_adapters.postgres.verifying import Anchor, Report
from halobestie_adapters.postgres.verifying import verify as verified
from halobestie_app.commands import stores
from halobestie_app.commands.failing import CommandError
from halobestie_app.environment import Environment
from halobestie_app.usecases.auditing import MACHINE_OF

_SEVERAL: Final = {
    "payment": "payments",
    "pairing": "requests",
    "chat": "chats",
    "extension": "extensions",
    "presence": "mitras",
}


class Instant(click.ParamType[datetime]):
    """An instant or a day as ISO 8601; without a zone it is meant in UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401 - click's own signature
        """Read it, or say what is expected."""
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no instant such as 2026-01-31 or 2026-01-31T23:59:59Z", param, ctx)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


class Anchored(click.ParamType[Anchor]):
    """An anchor as an audit printed it."""

    name = "anchor"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Anchor:  # noqa: ANN401 - click's own signature
        """Read it, or say what is expected."""
        found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", str(value))
        if found is None:
            self.fail(f"{value!r} is no anchor as an audit prints it", param, ctx)
        return Anchor(int(found[1]), found[2])


@click.group()
def audit() -> None:
    """Look into what was recorded."""


@audit.command()
@click.option(
    "--aggregate",
    type=click.Choice(sorted(MACHINE_OF)),
    metavar="KIND",
    help=f"Only these: {', '.join(MACHINES)}, or the name of their table.",
)
@click.option("--id", "only", type=click.UUID, help="Only this one (with --aggregate).")
@click.option("--since", type=Instant(), help="Only what moved since then, each from its beginning.")
@click.option(
    "--anchor",
    "anchors",
    type=Anchored(),
    multiple=True,
    help="What an earlier audit printed, kept elsewhere; may be given several times.",
)
def verify(
    aggregate: str | None, only: UUID | None, since: datetime | None, anchors: tuple[Anchor, ...]
) -> None:
    """Decide every recorded move anew and compare with the rows.

    Checks the hash chains, decides each move by the tables, compares the end with the rows, and asks whether
    ledger, failures, captures and histories follow from it. A server may run meanwhile. Names the first
    difference; the exit status is 1 if there is one. Asked for some aggregates only, it does not look at the
    books, which are of one piece.

    Whoever owns the database could write all of it anew, hashes and all. Against that there is the anchor at
    the end: keep it elsewhere, and give it to a later audit.
    """
    if only is not None and aggregate is None:
        raise click.UsageError("--id needs --aggregate")
    machines = MACHINES if aggregate is None else (MACHINE_OF[aggregate],)
    scopes = tuple(Scope(machine, only, since) for machine in machines)
    began = monotonic()
    report = asyncio.run(_run(stores.told(), scopes, anchors, books=aggregate is None))
    _tell(report, monotonic() - began)
    if only is not None and not report.counted[0].aggregates:
        raise CommandError(f"there is no {aggregate} {only}")
    if report.first is not None:
        click.echo(f"\nThe first difference:\n{report.first}")
        if report.different > 1:
            click.echo(f"There are {report.different} in all.")
        raise click.exceptions.Exit(1)
    click.echo("\nEverything is as it was decided.")
    if report.anchor is not None:
        click.echo(f"Anchor of the log until a minute ago: {report.anchor}")


async def _run(
    env: Environment, scopes: tuple[Scope, ...], anchors: tuple[Anchor, ...], *, books: bool
) -> Report:
    async with stores.opened(env) as urls:
        try:
            with translated():
                conn = await AsyncConnection.connect(conninfo(urls.owner), autocommit=True)
            async with conn:
                missing = await pending(conn)
                if missing:
                    raise CommandError(
                        f"migrations are missing: {', '.join(missing)}; run: halobestie migrate"
                    )
                with _shown() as bar:
                    return await verified(conn, scopes, bar, books=books, anchors=anchors)
        except StoreError as failed:
            raise CommandError(f"the database cannot be read: {failed}") from None


def _tell(report: Report, seconds: float) -> None:
    for counted in report.counted:
        line = f"{counted.aggregates:>12,} {_SEVERAL[counted.machine]:10} {counted.moves:>14,} moves"
        if counted.other_versions:
            line += f", {counted.other_versions:,} decided by another version of the table"
        click.echo(line)
    if report.questions:
        click.echo(f"{report.questions:>12,} questions about ledger, failures, captures, histories and rows")
    moves = sum(counted.moves for counted in report.counted)
    click.echo(f"in {seconds:.1f} s, {moves / max(seconds, 0.001):,.0f} moves per second")


# -- progress ------------------------------------------------------------------------------------------------


@define
class _Bar:
    """Shows on a terminal how far it is, one bar after the other; elsewhere nothing."""

    _bar: Any = field(default=None)

    def begin(self, what: str, length: int) -> None:
        """Begin a bar."""
        self.end()
        if sys.stderr.isatty():
            self._bar = click.progressbar(length=length, label=f"{what:9}", file=sys.stderr)
            self._bar.__enter__()

    def advance(self, by: int) -> None:
        """Let it grow."""
        if self._bar is not None:
            self._bar.update(by)

    def end(self) -> None:
        """End the bar that is shown, if any."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None


@contextmanager
def _shown() -> Iterator[_Bar]:
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.end()
