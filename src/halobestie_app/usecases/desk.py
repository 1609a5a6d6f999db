"""The desk: everything a use case works with, handed to it by the wiring. Knows no adapter."""

from collections.abc import Callable
from uuid import UUID

from attrs import frozen

from halobestie_app.usecases.till import Till
from halobestie_core.flow.availability import House
from halobestie_core.flow.decide import Moved
from halobestie_core.ports.gateway import Gateway
from halobestie_core.ports.presence import Connections
from halobestie_core.ports.reads import Reads
from halobestie_core.ports.store import Look, Store
from halobestie_core.settings import Settings


@frozen
class Desk:
    """What use cases share.

    ``settings`` gives those in force now. ``cadence`` is the heartbeat cadence in seconds, fixed by the
    deployment. ``saved`` is called after every commit, to nudge whoever carries news further; it must not
    fail or wait. ``till``: where payments are paid on invoices; ``None`` where the gateway has none.
    """

    store: Store
    reads: Reads
    gateway: Gateway
    connections: Connections
    settings: Callable[[], Settings]
    cadence: int
    new_id: Callable[[], UUID]
    saved: Callable[[Moved], None]
    till: Till | None = None

    @property
    def house(self) -> House:
        """The rules of eligibility in force now."""
        return House.of(self.settings(), self.cadence)

    def look(self, *, limit: int = 0, unoffered_of: UUID | None = None) -> Look:
        """Ask for the eligible mitras under the rules in force now."""
        return Look(self.house, limit, unoffered_of)
