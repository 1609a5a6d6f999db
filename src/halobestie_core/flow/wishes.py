"""Wishes: what can be asked of a whole evening, beyond the commands of its machines. Facts ride inside them.

Any machine's own command is a wish too; it goes to the slot that holds its aggregate.
"""

from collections.abc import Set as AbstractSet
from uuid import UUID

from attrs import frozen

from halobestie_core.flow.effects import Capture
from halobestie_core.words import OperatorAction, RequestKind, TopicSensitivity


@frozen
class OpenPairing:
    """Search for a mitra with the confirmed payment of this evening.

    ``mitra_ids``: who is eligible for a blast (at most ``wave_size`` of them, if that is positive); a
    returning request is shown to its target alone. ``target_*``: what the locks showed of the target.
    """

    id: UUID
    timeout_seconds: int
    kind: RequestKind = RequestKind.GENERAL
    topic_sensitivity: TopicSensitivity = TopicSensitivity.NORMAL
    mitra_ids: AbstractSet[UUID] = frozenset()
    wave_size: int = 0
    targeted_mitra_id: UUID | None = None
    target_gone: bool = False
    target_full: bool = False
    target_detail: str | None = None


@frozen
class FallBackToBlast:
    """Use the same money once more, for a general blast."""

    id: UUID
    timeout_seconds: int
    mitra_ids: AbstractSet[UUID] = frozenset()
    wave_size: int = 0
    topic_sensitivity: TopicSensitivity = TopicSensitivity.NORMAL


@frozen
class CancelSearch:
    """The customer gives up a confirmed payment, searching or not."""


@frozen
class AskExtension:
    """Prolong the live chat with ``extension_payment``."""

    id: UUID
    timeout_seconds: int


@frozen
class RecordCapture:
    """The gateway took money, for the evening's payment or, where there is none, for nobody that we know.

    ``first``: no matching capture of this payment was recorded before. ``matches``: the invoice is ours
    (amount and currency are compared here). ``known``: this very invoice is recorded already; money comes
    twice, its news often.
    """

    capture: Capture
    first: bool
    matches: bool
    timeout_minutes: int
    known: bool = False


@frozen
class ActOnFailure:
    """An operator deals with the failure row that the evening holds: a payment's own, or of surplus money."""

    action: OperatorAction
    note: str | None = None
