"""Operators: they settle failed money, shut mitras out and let them in, end chats, and turn settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import define

from halobestie_app.simulation.habits import Act, idle, live, pick
from halobestie_app.simulation.instance import Instance
from halobestie_app.simulation.town import Town
from halobestie_app.simulation.weather import Fault, likely
from halobestie_app.usecases import chats, presence, refusals
from halobestie_app.usecases.perform import Done, perform
from halobestie_app.usecases.settings import Wish
from halobestie_core.flow import ActOnFailure
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.words import ActorType, OperatorAction

PAUSE: Final = 2.5
CHOICES: Final[dict[str, tuple[object, ...]]] = {
    "max_customers_per_mitra": (1, 2, 3),
    "pairing_wave_size": (0, 1, 2),
    "pairing_blast_timeout_seconds": (5, 15, 30),
    "returning_chat_confirmation_timeout_seconds": (5, 10),
    "extension_timeout_seconds": (5, 8),
    "extension_default_action_on_timeout": ("auto_approve", "auto_reject"),
    "closure_grace_seconds": (0, 3, 20),
    "payment_session_timeout_minutes": (1, 2),
    "mitra_require_ping": (True, True, False),
    "mitra_stale_after_seconds": (5, 12, 30),
}
"""The settings that are turned, and to what: short, so that an evening sees the end of everything."""


@define
class Operator:
    """One of them."""

    town: Town
    id: UUID

    async def live(self) -> None:
        """Until the town closes."""
        await live(self.town, PAUSE, self.choose, self._wakes)

    def _wakes(self) -> Sequence[datetime]:
        return [
            one.fallback_until
            for one in self.town.tables.payments
            if one.fallback_open and one.fallback_until
        ]

    def choose(self) -> Act | None:
        """Choose by what there is."""
        tables = self.town.tables
        turning = self.town.outside.weather.has(Fault.SETTINGS)
        out = any(one.listener.presence.is_blocked for one in tables.mitras.values())
        return pick(
            self.town.chance,
            (
                (2, self._settle),
                (0.5, self._shut_out),
                (3 if out else 0.1, self._let_in),
                (0.5, self._end),
                (4 if turning else 0, self._turn),
                (2 if turning else 0, self._reprice),
                (4, idle),
            ),
        )

    async def _settle(self) -> None:
        chance, rows = self.town.chance, list(self.town.tables.failures)
        young = [one for one in rows if one.action is None and one.superseded_at is None]
        some = young if young and likely(chance, 0.7) else rows
        if not some:
            return
        which, action = chance.choice(some).row.id, chance.choice(tuple(OperatorAction))
        await self.town.ask(lambda here, _key: settle(here, self.id, which, action))

    async def _shut_out(self) -> None:
        await self._block(blocked=True)

    async def _let_in(self) -> None:
        await self._block(blocked=False)

    async def _block(self, *, blocked: bool) -> None:
        mitra = self.town.chance.choice(self.town.mitras)
        await self.town.ask(lambda here, _key: presence.block(here.desk, self.id, mitra, blocked=blocked))

    async def _end(self) -> None:
        chance, every = self.town.chance, list(self.town.tables.chats)
        live_ones = [one for one in every if one.is_live]
        some = live_ones if live_ones and likely(chance, 0.9) else every
        if some:
            which = chance.choice(some).id
            await self.town.ask(lambda here, _key: chats.end_by_operator(here.desk, self.id, which, "a rule"))

    async def _turn(self) -> None:
        key = self.town.chance.choice(sorted(CHOICES))
        wish = Wish(key, self.town.chance.choice(CHOICES[key]), "$.value")
        await self.town.ask(lambda here, _key: here.settings.change((wish,), self.id))

    async def _reprice(self) -> None:
        """Edit the price list, as the catalogue would: nobody is kept waiting, and nothing can fail."""
        self.town.prices.edit(self.town.chance, self.town.new_key())


async def settle(here: Instance, operator_id: UUID, failure_id: UUID, action: OperatorAction) -> Done:
    """Settle one row, as the control center's desk does (which also reads it back)."""

    def wish(loaded: Loaded) -> ActOnFailure:
        if loaded.evening.failure is None:
            raise refusals.not_found("failed pairing")
        return ActOnFailure(action)

    actor = Actor(ActorType.OPERATOR, operator_id)
    outcome = await perform(here.desk, Scope(failure_id=failure_id), wish, actor)
    if outcome.refused is not None:
        raise refusals.problem(outcome.refused)
    return outcome


__all__ = ["CHOICES", "Operator", "settle"]
