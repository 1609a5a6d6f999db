"""A pairing request and its offers: one attempt to find a mitra. Knows no payment and no presence.

Offers are not stored one by one. A *wave* names the mitras who were shown the request at one moment, an
*answer* is what one of them said; a mitra's latest entry is what counts. A blast to a thousand mitras is one
wave.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.words import Mode, RequestKind, TopicSensitivity


class RequestStatus(StrEnum):
    """Where the search stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    AUTO_REJECTED = "auto_rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class AnswerKind(StrEnum):
    """What a mitra's entry says (``withdrawn`` is written for them, not by them)."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class OfferStatus(StrEnum):
    """What became of one offer, as that mitra would see it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    MISSED = "missed"
    RESCINDED = "rescinded"
    WITHDRAWN = "withdrawn"


@frozen
class Wave:
    """The mitras to whom the request was shown at one moment; any set will do, also a packed one."""

    number: int
    mitra_ids: AbstractSet[UUID]
    at: datetime


@frozen
class Answer:
    """One mitra's entry."""

    mitra_id: UUID
    answer: AnswerKind
    at: datetime


@frozen
class PairingRequest:
    """One attempt as it stands at ``version``; ``deadline_at`` is fixed when it opens."""

    id: UUID
    customer_id: UUID
    payment_session_id: UUID
    kind: RequestKind
    mode: Mode
    duration_minutes: int
    topic_sensitivity: TopicSensitivity
    created_at: datetime
    deadline_at: datetime
    timeout_seconds: int
    targeted_mitra_id: UUID | None = None
    wave_size: int = 0
    next_wave_at: datetime | None = None
    waves: tuple[Wave, ...] = ()
    answers: tuple[Answer, ...] = ()
    status: RequestStatus = RequestStatus.PENDING
    cause_tag: Cause | None = None
    cause_detail: str | None = None
    winner_mitra_id: UUID | None = None
    session_id: UUID | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether an answer can still change it."""
        return self.status is RequestStatus.PENDING

    @property
    def wake_at(self) -> datetime | None:
        """The earlier of the next wave and the deadline; ``None`` once closed."""
        if not self.is_open:
            return None
        return self.deadline_at if self.next_wave_at is None else min(self.next_wave_at, self.deadline_at)

    def latest(self, mitra_id: UUID) -> AnswerKind | OfferStatus | None:
        """Return this mitra's latest entry (``OfferStatus.OFFERED`` for a wave), ``None`` if never offered.

        An answer follows its offer, so at the same instant an answer counts for more than a wave, except that
        a withdrawal at the very instant of a wave came before it.
        """
        offered_at = max((wave.at for wave in self.waves if mitra_id in wave.mitra_ids), default=None)
        mine = [answer for answer in self.answers if answer.mitra_id == mitra_id]
        if offered_at is None:
            return None
        if not mine or mine[-1].at < offered_at:
            return OfferStatus.OFFERED
        if mine[-1].answer is AnswerKind.WITHDRAWN and mine[-1].at == offered_at:
            return OfferStatus.OFFERED
        return mine[-1].answer

    def offerable(self, mitra_ids: AbstractSet[UUID]) -> frozenset[UUID]:
        """Return those of the mitras who were never offered it, or whose offer was withdrawn."""
        if not self.waves:
            return frozenset(mitra_ids)
        return frozenset(m for m in mitra_ids if self.latest(m) in {None, AnswerKind.WITHDRAWN})

    def all_others_declined(self, mitra_id: UUID) -> bool:
        """Return whether every mitra ever offered it, except this one, declined last."""
        answered = {answer.mitra_id for answer in self.answers}
        # One undecided mitra is enough to say no: mitras without any answer are found without asking each.
        others = (m for wave in self.waves for m in wave.mitra_ids if m != mitra_id)
        return all(m in answered and self.latest(m) is AnswerKind.DECLINED for m in others)

    def offer_to(self, mitra_id: UUID) -> OfferStatus | None:
        """Return what became of this mitra's offer, or ``None`` if there never was one."""
        entry = self.latest(mitra_id)
        if entry is None or entry in {AnswerKind.ACCEPTED, AnswerKind.DECLINED, AnswerKind.WITHDRAWN}:
            return None if entry is None else OfferStatus(entry.value)
        if self.cause_tag is Cause.TARGETED_MITRA_OFFLINE:
            return OfferStatus.WITHDRAWN
        return _UNANSWERED[self.status]


# What an unanswered offer became when the request ended so; a target who left is the exception above.
_UNANSWERED = {
    RequestStatus.PENDING: OfferStatus.OFFERED,
    RequestStatus.ACCEPTED: OfferStatus.RESCINDED,
    RequestStatus.REJECTED: OfferStatus.WITHDRAWN,
    RequestStatus.AUTO_REJECTED: OfferStatus.MISSED,
    RequestStatus.EXPIRED: OfferStatus.MISSED,
    RequestStatus.CANCELLED: OfferStatus.WITHDRAWN,
}
