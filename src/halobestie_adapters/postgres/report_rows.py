"""Rows of counts made into a dashboard: no bucket, cause or state is left out. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from halobestie_core.causes import Cause
from halobestie_core.pairing import PAIRING
from halobestie_core.pairing.model import RequestStatus
from halobestie_core.payment import PaymentStatus
from halobestie_core.ports.reports import (
    Dashboard,
    LiveChats,
    OpenFailures,
    Presence,
    Searches,
    Series,
    Success,
    TimeToAccept,
    Window,
    Windows,
    seconds_of,
)

HOUR, DAY, WEEK = (60, 60), (900, 96), (3600, 168)
ALWAYS: Final = (0, 1)
GRAINS: Final = (ALWAYS, HOUR, DAY, WEEK)
"""What is asked for: seconds of a bucket, and how many buckets up to now."""

Row = Mapping[str, Any]


def assembled(
    live: Row, moves: Iterable[Row], surplus: Iterable[Row], waits: Iterable[Row], *, cap: int, complete: bool
) -> Dashboard:
    """Put together what the queries of one look have found."""
    moves, surplus, waits = tuple(moves), tuple(surplus), tuple(waits)
    hour, day, week = (_window(live["at"], *shape, moves, surplus, waits) for shape in (HOUR, DAY, WEEK))
    capacity = live["fresh"] * cap
    oldest = live["oldest_seconds"]
    return Dashboard(
        at=live["at"],
        complete=complete,
        presence=Presence(
            live["online"], live["fresh"], capacity, free=capacity - live["busy"], busy=live["busy"]
        ),
        searches=Searches(
            live["general"], live["returning"], oldest_seconds=None if oldest is None else max(0, int(oldest))
        ),
        chats=LiveChats(live["active"], live["extending"], live["closing"]),
        payments=_balance(row for row in moves if row["grain"] == 0 and row["machine"] == "payment"),
        quarantined_webhooks=live["quarantined"],
        open_failures=OpenFailures(live["failures"], live["amount"]),
        windows=Windows(hour, day, week),
    )


def _balance(rows: Iterable[Row]) -> dict[PaymentStatus, int]:
    """How many are in each state: those who ever entered it, less those who left."""
    now = dict.fromkeys(PaymentStatus, 0)
    for row in rows:
        count = sum(row["counts"])
        now[PaymentStatus(row["to_state"])] += count
        if row["from_state"]:
            now[PaymentStatus(row["from_state"])] -= count
    return now


def _window(
    at: datetime, grain: int, buckets: int, moves: Iterable[Row], surplus: Iterable[Row], waits: Iterable[Row]
) -> Window:
    accepted, failed = [0] * buckets, [0] * buckets
    causes = {cause: [0] * buckets for cause in Cause}
    states = {state: [0] * buckets for state in PaymentStatus}
    for row in moves:
        if row["grain"] != grain:
            continue
        if row["machine"] == "payment":
            state = PaymentStatus(row["to_state"])
            _add(states[state], row)
            if state is PaymentStatus.FAILED_PAIRING:
                _add(causes[Cause(row["cause_tag"])], row)
        elif row["to_state"] == RequestStatus.ACCEPTED:
            _add(accepted, row)
        elif row["to_state"] in PAIRING.failures:
            _add(failed, row)
    for row in surplus:
        if row["grain"] == grain:
            causes[Cause(row["cause_tag"])][row["place"]] += row["count"]
    whole = TimeToAccept(None, None)
    middles: list[float | None] = [None] * buckets
    slows: list[float | None] = [None] * buckets
    for row in waits:
        if row["grain"] != grain:
            continue
        took = TimeToAccept(seconds_of(row["middle"]), seconds_of(row["slow"]))
        if row["place"] is None:
            whole = took
        else:
            middles[row["place"]], slows[row["place"]] = took.p50, took.p95
    good, bad = sum(accepted), sum(failed)
    return Window(
        success=Success(good, bad, rate=round(good / (good + bad), 4) if good + bad else None),
        time_to_accept=whole,
        failures_by_cause={cause: sum(counts) for cause, counts in causes.items()},
        payments_by_state={state: sum(counts) for state, counts in states.items()},
        series=Series(
            starts_at=_begins(at, grain, buckets),
            bucket_seconds=grain,
            accepted=tuple(accepted),
            failed=tuple(failed),
            p50=tuple(middles),
            p95=tuple(slows),
            failures_by_cause={cause: tuple(counts) for cause, counts in causes.items()},
            payments_by_state={state: tuple(counts) for state, counts in states.items()},
        ),
    )


def _begins(at: datetime, grain: int, buckets: int) -> datetime:
    last = int(at.timestamp()) // grain * grain
    return datetime.fromtimestamp(last, UTC) - timedelta(seconds=grain * (buckets - 1))


def _add(series: list[int], row: Row) -> None:
    for place, count in zip(row["places"], row["counts"], strict=True):
        series[place] += count
