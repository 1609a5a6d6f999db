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

    ``mitra_ids``: for a blast, who is eligible (at most ``wave_size`` of them, if that is positive); for a returning
    request the target alone. ``target_*``: what the locks showed of the target.
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
    """The gateway took money. ``first``: none was recorded for this payment; ``matches``: amount, currency and id."""

    capture: Capture
    first: bool
    matches: bool
    timeout_minutes: int


@frozen
class ActOnFailure:
    """An operator deals with the payment's open failure row."""

    action: OperatorAction
    note: str | None = None
