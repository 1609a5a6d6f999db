"""``halobestie simulate --virtual``: nights of the whole server in memory, one seed after the other."""

import time
from collections import Counter

import click
from attrs import define, field

from halobestie_app.simulation import Fault, Report, night
from halobestie_app.simulation.floors import OUT_OF_REACH, SOME, missing, wanted

TOLD: int = 25
"""So many of the last moves are told of a night that went wrong."""


@define
class _Sum:
    nights: int = 0
    steps: int = 0
    turns: int = 0
    seconds: float = 0.0
    faults: Counter[Fault] = field(factory=Counter)
    met: Counter[str] = field(factory=Counter)

    def play(self, seed: int) -> Report:
        """Play one night more. Exits with 1 at a breach."""
        report = night(seed)
        self._add(report)
        if report.breaches:
            _tell_breach(report)
            raise click.exceptions.Exit(1)
        return report

    def _add(self, report: Report) -> None:
        self.nights += 1
        self.steps += report.steps
        self.turns += report.turns
        self.seconds += report.seconds
        self.faults.update(report.faults)
        self.met += report.taken + report.refusals


def run(seed: int, steps: int) -> None:
    """Play the night of ``seed``, and those after it until there were so many steps. Exits 1 at a breach."""
    total, began, worked = _Sum(), time.perf_counter(), time.process_time()
    report = total.play(seed)
    while total.steps < steps:
        report = total.play(seed + total.nights)
    _tell(seed, total, time.perf_counter() - began, time.process_time() - worked)
    if total.nights == 1:
        click.echo(f"fingerprint {report.fingerprint}")
        return
    left = missing(total.met, total.steps)
    for one in left:
        click.echo(f"met too seldom: {one}")
    if left and total.steps >= SOME:
        raise click.exceptions.Exit(1)


def _tell(seed: int, total: _Sum, took: float, worked: float) -> None:
    last = seed + total.nights - 1
    click.echo(f"seeds {seed} to {last}: {total.steps:,} steps in {total.nights:,} nights, no breach")
    click.echo(
        f"{total.turns:,} turns of the loop, {total.seconds / 3600:,.1f} virtual hours,"
        f" {took:,.1f} s, {total.steps / max(worked, 0.001):,.0f} steps per second of one core"
    )
    met = sum(1 for one in wanted() if total.met[one])
    every = met + sum(1 for one in wanted() if not total.met[one])
    click.echo(f"{met} of {every} rows and refusals met; {len(OUT_OF_REACH)} more are out of reach here")
    click.echo("faults: " + ", ".join(f"{fault} {number}" for fault, number in sorted(total.faults.items())))


def _tell_breach(report: Report) -> None:
    click.echo(
        f"seed {report.seed}, after {report.steps} steps; faults: {', '.join(report.faults) or 'none'}"
    )
    for breach in report.breaches:
        click.echo(f"BREACH {breach}")
    click.echo("the last moves:")
    for line in report.trace[-TOLD:]:
        click.echo(f"  {line}")
    click.echo(f"once more: halobestie simulate --virtual --seed {report.seed}")


__all__ = ["run"]
