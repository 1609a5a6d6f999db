"""A turn: one ask put to a night and decided by the very function that the server calls. Judges nothing."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from attrs import evolve, field, frozen

from halobestie_core import machine
from halobestie_core.explore import settled
from halobestie_core.explore.ask import Ask, Wish
from halobestie_core.explore.night import (
    BYGONE,
    CHAT,
    EXTENSION,
    EXTRA,
    NEWS,
    NOW,
    PAYMENT,
    REQUEST,
    Gateway,
    Night,
    Purse,
)
from halobestie_core.explore.passing import EVERY
from halobestie_core.explore.posting import fitting, posted
from halobestie_core.extension import ExtensionStatus
from halobestie_core.flow.decide import Moved, decide
from halobestie_core.flow.effects import AskGateway, InvoiceStep
from halobestie_core.machine import Ignored, Refused
from halobestie_core.pairing import PairingRequest
from halobestie_core.payment import PaymentSession

_SLOT_IDS: Final = (PAYMENT, REQUEST, CHAT, EXTENSION, EXTRA)


@frozen
class Turn:
    """What one ask did to a night: before, after, the verdict, and what was left behind.

    ``after`` is canonical and holds only what was loaded or made; ``left`` are payments whose slot was taken
    by a new one, as they stood then. Without a ``verdict`` time passed, or the gateway did something.
    """

    ask: Ask
    before: Night
    after: Night
    verdict: Moved | None = None
    command: object = None
    evening: object = None
    born: frozenset[UUID] = frozenset()
    left: tuple[Purse, ...] = ()

    @property
    def moves(self) -> tuple[machine.Moved[Any], ...]:
        """The moves of the machines, in order."""
        return () if self.verdict is None else self.verdict.moves


@frozen
class Unmoved:
    """What one ask met when nothing moved."""

    ask: Ask
    wish: Wish
    verdict: Ignored[Any] | Refused[Any]


def take(night: Night, ask: Ask) -> Turn | Unmoved | None:
    """Put one ask to what it loads of a night; ``None`` if it has no subject there."""
    made = EVERY[ask.verb].make(night, ask)
    if made is None:
        return None
    if isinstance(made, Night):
        return Turn(ask, night, made)
    verdict = decide(made.evening, made.command, NOW)
    if not isinstance(verdict, Moved):
        return Unmoved(ask, made, verdict)
    return _Turning(night, ask, verdict).turn(made)


@frozen
class _Turning:
    """The night after a verdict, slot by slot."""

    night: Night
    ask: Ask
    verdict: Moved
    latest: dict[UUID, Any] = field(init=False)
    born: frozenset[UUID] = field(init=False)
    names: dict[UUID, UUID] = field(init=False)

    def __attrs_post_init__(self) -> None:
        moves = self.verdict.moves
        latest = {move.after.id: move.after for move in moves}
        born = frozenset(slot for slot in _SLOT_IDS if NEWS[slot] in latest)
        names = {slot: BYGONE[slot] if slot in born else slot for slot in _SLOT_IDS}
        names |= {NEWS[slot]: slot for slot in born}
        for name, value in (("latest", latest), ("born", born), ("names", names)):
            object.__setattr__(self, name, value)

    def turn(self, made: Wish) -> Turn:
        """Return the turn."""
        night, left = self.night, []
        after: dict[str, Any] = {}
        for slot, own in (("purse", PAYMENT), ("extra", EXTRA)):
            purse = getattr(night, slot)
            if purse is not None:
                purse = self._moved(purse, own)
            if own in self.born:
                left += [] if purse is None else [self._settled(purse, BYGONE[own])]
                purse = self._moved(Purse(self.latest[NEWS[own]]), NEWS[own])
            after[slot] = None if purse is None else self._settled(purse, own)
        for slot, own in (("request", REQUEST), ("chat", CHAT), ("extension", EXTENSION)):
            raw = self.latest.get(NEWS[own], self.latest.get(own))
            after[slot] = getattr(night, slot) if raw is None else self._canonical(slot, raw)
        if PAYMENT in self.born:
            after["request"] = self._still_open(after["request"])
        return Turn(
            self.ask,
            night,
            Night(**after, had_session=night.had_session),
            self.verdict,
            made.command,
            made.evening,
            self.born,
            tuple(left),
        )

    def _still_open(self, request: PairingRequest | None) -> PairingRequest | None:
        """Leave a search behind with the payment that it was for; one that is open stays, and is judged."""
        return request if request is not None and request.is_open else None

    def _canonical(self, slot: str, raw: Any) -> object:  # noqa: ANN401 - whatever lives in that slot
        return getattr(settled, slot)(raw, self.names)

    def _settled(self, purse: Purse, own: UUID) -> Purse:
        return evolve(purse, payment=settled.payment(purse.payment, self.names, own))

    def _moved(self, purse: Purse, own: UUID) -> Purse:
        paid: PaymentSession = self.latest.get(own, purse.payment)
        purse = evolve(posted(purse, own, self.verdict.records), payment=paid)
        purse = evolve(purse, served=purse.served + self._served(own))
        if AskGateway(InvoiceStep.CREATE, own) in self.verdict.effects:
            purse = evolve(purse, gateway=Gateway.OPEN)
        if own == self._paid and fitting(self.verdict.records):
            purse = evolve(purse, gateway=Gateway.BOOKED, heard=True)
        return purse

    @property
    def _paid(self) -> UUID | None:
        return self.verdict.before.payment.id if self.verdict.before.payment is not None else None

    def _served(self, own: UUID) -> int:
        return sum(1 for paid in _paying(self.verdict.moves) if paid == own)


def _paying(moves: Iterable[machine.Moved[Any]]) -> Iterable[UUID]:
    """Yield the payment of every chat that began, and of every extension that was accepted."""
    for move in moves:
        begun = move.before is None and move.after.id == NEWS[CHAT]
        if begun or move.after.status is ExtensionStatus.ACCEPTED:
            yield move.after.payment_session_id
