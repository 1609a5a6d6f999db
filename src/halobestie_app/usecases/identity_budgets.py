"""How often codes may be asked for and log-ins tried, beyond what one phone or e-mail address may: pure.

It does not know a store or an address. These budgets are counted in PostgreSQL, because what they protect
(other people's phones, what messages cost, passwords) must be protected while Redis is away, too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import frozen

from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.identity import Spent

EVERYBODY: Final = "everybody"
"""Under what the daily cap is counted."""
NOWHERE: Final = "unknown"
"""Under what is counted what came from no address that we know."""


@frozen
class Limits:
    """The budgets in force."""

    codes_per_address: Budget
    codes_per_day: Budget
    log_ins_per_address: Budget


def limits(*, production: bool, daily_cap: int) -> Limits:
    """The budgets of a deployment; ``daily_cap``: codes that are sent on one day, to everybody."""
    return Limits(
        Budget("codes_per_address", 30 if production else 200, 600),
        Budget("codes_per_day", daily_cap, 24 * 3600),
        Budget("log_ins_per_address", 20, 60),
    )


def wait_for(budget: Budget, spent: Spent) -> timedelta:
    """How long until there is something of a budget again; zero: what was just spent was there."""
    if spent.count <= budget.limit:
        return timedelta()
    return max(timedelta(seconds=1), spent.began_at + timedelta(seconds=budget.seconds) - spent.at)
