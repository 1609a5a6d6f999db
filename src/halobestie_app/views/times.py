"""Clocks on screens: how much is left, in whole seconds. Reads no clock."""

from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)


def whole_seconds(left: timedelta) -> int:
    """Round up, so that a clock shows 0 only when nothing is left; never below 0."""
    return max(0, -(-left // SECOND))


def seconds_until(then: datetime, now: datetime) -> int:
    """Give the whole seconds from now to then, rounded up; 0 when it is past."""
    return whole_seconds(then - now)
