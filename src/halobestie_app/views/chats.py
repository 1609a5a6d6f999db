"""A chat and its extensions as both sides see them. Knows no message."""

from datetime import datetime
from uuid import UUID

from attrs import asdict, frozen

from halobestie_app.views.people import Person, person
from halobestie_app.views.times import whole_seconds
from halobestie_core.causes import Cause
from halobestie_core.chat import EndReason, SessionStatus
from halobestie_core.extension import Extension as Asked
from halobestie_core.extension import ExtensionStatus
from halobestie_core.ports.reads import ExtensionSeen, SessionSeen
from halobestie_core.words import Mode, TimeoutPolicy, TopicSensitivity


@frozen
class Session:
    """One timed conversation. ``seconds_left`` of paid time (frozen when extending), or of grace."""

    id: UUID
    status: SessionStatus
    mode: Mode
    topic_sensitivity: TopicSensitivity
    customer: Person
    mitra: Person
    started_at: datetime
    expires_at: datetime
    closing_until: datetime | None
    seconds_left: int
    ended_at: datetime | None
    end_reason: EndReason | None
    version: int


@frozen
class Extension:
    """One paid request to prolong a chat; ``price`` in whole rupiah."""

    id: UUID
    session_id: UUID
    payment_session_id: UUID
    status: ExtensionStatus
    cause_tag: Cause | None
    via_timeout: bool
    duration_minutes: int
    price: int
    default_action: TimeoutPolicy
    requested_at: datetime
    deadline_at: datetime
    timeout_seconds: int
    responded_at: datetime | None
    version: int


@frozen
class PendingExtension(Extension):
    """An extension as the mitra sees it who is to answer."""

    customer: Person


def session(seen: SessionSeen, now: datetime) -> Session:
    """Show a chat."""
    chat = seen.session
    return Session(
        id=chat.id,
        status=chat.status,
        mode=chat.mode,
        topic_sensitivity=chat.topic_sensitivity,
        customer=person(seen.customer),
        mitra=person(seen.mitra),
        started_at=chat.started_at,
        expires_at=chat.expires_at,
        closing_until=chat.closing_until,
        seconds_left=whole_seconds(chat.time_left(now)),
        ended_at=chat.ended_at,
        end_reason=chat.end_reason,
        version=chat.version,
    )


@frozen
class PendingExtensions:
    """Those that wait for one mitra's answer."""

    rows: tuple[PendingExtension, ...]
    total: int


def extension(asked: Asked, policy: TimeoutPolicy) -> Extension:
    """Show an extension; ``policy`` is what silence means at this moment."""
    return Extension(
        id=asked.id,
        session_id=asked.session_id,
        payment_session_id=asked.payment_session_id,
        status=asked.status,
        cause_tag=asked.cause_tag,
        via_timeout=asked.via_timeout,
        duration_minutes=asked.requested_duration_minutes,
        price=asked.requested_price,
        default_action=policy,
        requested_at=asked.requested_at,
        deadline_at=asked.deadline_at,
        timeout_seconds=asked.timeout_seconds,
        responded_at=asked.responded_at,
        version=asked.version,
    )


def pending_extension(seen: ExtensionSeen, policy: TimeoutPolicy) -> PendingExtension:
    """Show an extension to the mitra."""
    members = asdict(extension(seen.extension, policy), recurse=False)
    return PendingExtension(**members, customer=person(seen.customer))
