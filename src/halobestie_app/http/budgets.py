"""How often each route may be called: the figures, and what somebody who has spent theirs hears.

A budget is a person's where a token says who it is, else an address'. It knows neither Redis nor a route.
What is not here: codes and log-ins, counted in PostgreSQL by their use cases. See docs/decisions/budgets.md.
"""

from math import ceil
from typing import TYPE_CHECKING, Final
from uuid import UUID

from halobestie_app.http.address import Networks, counted_client
from halobestie_app.http.principal import Principal
from halobestie_app.problems import Code, Problem
from halobestie_core.ports.budgets import Budget, Budgets, BudgetsHere

if TYPE_CHECKING:
    from starlette.types import Scope

REQUESTS: Final = Budget("requests", 600, 60)
"""Of everything that has no budget of its own, together."""
SIGN_UPS: Final = Budget("sign_ups", 600, 60)
"""People who come in without proving anything."""
REFRESHES: Final = Budget("refreshes", 6000, 60)
"""Who it is, only the database knows; so an address is counted, and a whole network may share one."""
POLLS: Final = Budget("polls", 11, 2, shared=False)
"""Five a second, and one for clocks that tremble; counted in this process, for this is asked most of all."""
WRONG_TOKENS: Final = Budget("wrong_tokens", 600, 60)
"""Wrong tokens of the gateway; right ones have no budget."""
HANDSHAKES: Final = Budget("handshakes", 600, 60, shared=False)
"""Sockets of an address that came to no valid token, and, apart from those, sockets of a user."""

TOO_OFTEN: Final = "That was too often."
"""What every refusal for a budget begins with."""


class Rates:
    """What one listener counts. ``trusted``: the networks of our own proxies."""

    def __init__(self, shared: Budgets, here: BudgetsHere, trusted: Networks = ()) -> None:
        self._shared = shared
        self._here = here
        self._trusted = trusted

    def spend_here(self, budget: Budget, principal: Principal | None, scope: "Scope") -> None:
        """Take one of a budget that is not shared. Raises `Problem` RATE_LIMITED."""
        who = counted_client(scope, self._trusted) if principal is None else principal.counted_as
        if wait := self._here.spend_now(budget, who):
            raise too_many(wait)

    def handshake(self, scope: "Scope") -> str:
        """Count a socket that somebody opens; under what it was. Raises `Problem` RATE_LIMITED."""
        address = counted_client(scope, self._trusted)
        if wait := self._here.spend_now(HANDSHAKES, address):
            raise too_many(wait)
        return address

    def came_in(self, address: str, user_id: UUID) -> bool:
        """Count a socket as its user's and no longer as its address'; False when they open too many.

        ``address`` is empty where it was not counted.
        """
        if address:
            self._here.give_back(HANDSHAKES, address)
        return not self._here.spend_now(HANDSHAKES, str(user_id))

    async def spend(self, budget: Budget, principal: Principal | None, scope: "Scope") -> None:
        """Take one of any budget. Raises `Problem` RATE_LIMITED."""
        if not budget.shared:
            self.spend_here(budget, principal, scope)
            return
        who = counted_client(scope, self._trusted) if principal is None else principal.counted_as
        if wait := await self._shared.spend(budget, who):
            raise too_many(wait)


def too_many(wait: float) -> Problem:
    """Make the refusal: come again after ``wait`` seconds, rounded up."""
    seconds = max(1, ceil(wait))
    return Problem(Code.RATE_LIMITED, f"{TOO_OFTEN} Come again in {seconds} s.", retry_after=seconds)
