"""Operators by chance: they settle failed money, shut mitras out and let them in, and turn settings."""

from collections.abc import Sequence
from uuid import UUID

from attrs import define

from halobestie_app.usecases import presence, refusals
from halobestie_app.usecases.perform import perform
from halobestie_core.flow import ActOnFailure
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.words import ActorType, OperatorAction
from support.chance import NOBODY, Choice, Kind
from support.lives import MITRAS, OPERATOR, Act, Life

TURNED: dict[str, tuple[object, ...]] = {
    "max_customers_per_mitra": (1, 2, 3),
    "pairing_wave_size": (0, 1, 2),
    "extension_timeout_seconds": (5, 10),
    "extension_default_action_on_timeout": ("auto_approve", "auto_reject"),
    "closure_grace_seconds": (0, 60),
    "mitra_stale_after_seconds": (30, 45, 300),
    "mitra_require_ping": (True, False),
}


@define
class AtTheDesk(Choice):
    """What operators do."""

    def kinds(self) -> Sequence[Kind]:
        """By what there is to be done."""
        failed = any(kept.action is None and kept.superseded_at is None for kept in self.tables.failures)
        out = any(one.listener.presence.is_blocked for one in self.tables.mitras.values())
        asked = any(one.is_pending for one in self.tables.extensions)
        return (
            (2, failed, self._settle),
            (0.5, True, self._shut_out),
            (5, out, self._let_in),
            (0.7, True, self._turn),
            (6 if asked else 0.5, True, self._policy),
        )

    def _settle(self) -> Act:
        row = self.one(
            kept.row.id for kept in self.tables.failures if kept.superseded_at is None or self.often(0.1)
        )
        which, action = row or NOBODY, self.random.choice(tuple(OperatorAction))
        return lambda life: settle(life, which, action)

    def _shut_out(self) -> Act:
        mitra = self.random.choice(MITRAS)
        return lambda life: presence.block(life.desk, OPERATOR, mitra, blocked=True)

    def _let_in(self) -> Act:
        out = self.one(
            one.named.id for one in self.tables.mitras.values() if one.listener.presence.is_blocked
        )
        mitra = out or self.random.choice(MITRAS)
        return lambda life: presence.block(life.desk, OPERATOR, mitra, blocked=False)

    def _turn(self) -> Act:
        key = self.random.choice(sorted(TURNED))
        value = self.random.choice(TURNED[key])
        return lambda life: life.turn(key, value)

    def _policy(self) -> Act:
        key = "extension_default_action_on_timeout"
        value = self.random.choice(TURNED[key])
        return lambda life: life.turn(key, value)


async def settle(life: Life, failure_id: UUID, action: OperatorAction) -> object:
    """Settle one row as the control center's desk does, which also reads it back."""

    def wish(loaded: Loaded) -> ActOnFailure:
        if loaded.evening.failure is None:
            raise refusals.not_found("failed pairing")
        return ActOnFailure(action, "by hand")

    actor = Actor(ActorType.OPERATOR, OPERATOR)
    return await perform(life.desk, Scope(failure_id=failure_id), wish, actor)
