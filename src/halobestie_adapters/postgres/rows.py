"""Rows as the core's snapshots: one function per table, called with its columns by name. Knows no statement.

Made for `psycopg.rows.kwargs_row`. A query must select exactly the columns that its function wants, by their
names; one too many or too few is a TypeError that names it, and never a default that nobody meant. When a row
must wake (``wake_at``) is derived by the snapshot and not read. What is no snapshot is read by `class_row`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import attrs
from attrs import field, frozen

from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession, EndReason, SessionStatus
from halobestie_core.extension import Extension, ExtensionStatus
from halobestie_core.flow.availability import Listener
from halobestie_core.flow.evening import FailedMoney
from halobestie_core.flow.pricing import Buyer, Promotion, Tier, eligible_for
from halobestie_core.pairing import Answer, AnswerKind, PairingRequest, RequestStatus
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.presence import MitraPresence, PresenceStatus
from halobestie_core.words import Mode, OperatorAction, Provider, RequestKind, TopicSensitivity

T = TypeVar("T", bound=attrs.AttrsInstance)

_Readers: TypeAlias = Mapping[str, Callable[[Any], object]]
Column: TypeAlias = Any  # what the driver makes of a column

_MICROSECOND: Final = timedelta(microseconds=1)


def span(seconds: Decimal) -> timedelta:
    """A column of seconds, numeric(12, 6), as a span of time; exact."""
    return int(seconds.scaleb(6)) * _MICROSECOND


def seconds(span: timedelta) -> Decimal:
    """A span of time as a column of seconds; exact."""
    return Decimal(span // _MICROSECOND).scaleb(-6)


# ---------------------------------------------------------------------- how it is done

_PAYMENT: Final[_Readers] = {
    "mode": Mode,
    "provider": Provider,
    "status": PaymentStatus,
    "cause_tag": Cause,
}
_FAILURE: Final[_Readers] = {"operator_action": OperatorAction}
_REQUEST: Final[_Readers] = {
    "kind": RequestKind,
    "mode": Mode,
    "topic_sensitivity": TopicSensitivity,
    "status": RequestStatus,
    "cause_tag": Cause,
    "waves": tuple,
    "answers": tuple,
}
_ANSWER: Final[_Readers] = {"answer": AnswerKind}
_CHAT: Final[_Readers] = {
    "mode": Mode,
    "topic_sensitivity": TopicSensitivity,
    "remaining": span,
    "paused": span,
    "end_reason": EndReason,
    "status": SessionStatus,
}
_EXTENSION: Final[_Readers] = {"status": ExtensionStatus, "cause_tag": Cause}
_PRICED: Final[_Readers] = {"mode": Mode}

_FIELDS: Final[Mapping[type, frozenset[str]]] = {
    cls: frozenset(field.alias for field in attrs.fields(cls))
    for cls in (PaymentSession, FailedMoney, PairingRequest, Answer, ChatSession, Extension, Tier, Promotion)
}


def _made(cls: type[T], columns: dict[str, Column], readers: _Readers) -> T:
    """Read the columns that are more than their plain value, and make the snapshot; NULL is None."""
    fields = _FIELDS[cls]
    if columns.keys() != fields:
        lacking, unknown = sorted(fields - columns.keys()), sorted(columns.keys() - fields)
        raise TypeError(f"a row of {cls.__name__} lacks {lacking} and has unexpected {unknown}")
    for name, reader in readers.items():
        value = columns[name]
        if value is not None:
            columns[name] = reader(value)
    return cls(**columns)


# ---------------------------------------------------------------------- the tables


def payment_row(**columns: Column) -> PaymentSession:
    """A row of `payment_sessions`: every column but `wake_at`."""
    return _made(PaymentSession, columns, _PAYMENT)


def failure_row(**columns: Column) -> FailedMoney:
    """A row of `pairing_failures`, as far as decisions need it, with the invoice of its capture."""
    return _made(FailedMoney, columns, _FAILURE)


def action(operator_action: str | None) -> OperatorAction | None:
    """What an operator did with failed money; None while nobody did anything."""
    return None if operator_action is None else OperatorAction(operator_action)


def request_row(**columns: Column) -> PairingRequest:
    """A row of `pairing_requests`: every column but `wake_at`.

    Waves and answers are rows of their own: `waves` and `answers`, any iterables, are given if they were
    loaded.
    """
    columns.setdefault("waves", ())
    columns.setdefault("answers", ())
    return _made(PairingRequest, columns, _REQUEST)


def answer_row(**columns: Column) -> Answer:
    """A row of `pairing_answers`: `mitra_id`, `answer`, `at`."""
    return _made(Answer, columns, _ANSWER)


def chat_row(*, remaining_seconds: Decimal | None, paused_seconds: Decimal, **columns: Column) -> ChatSession:
    """A row of `chat_sessions`: every column but `wake_at`, the counters and the closing message."""
    return _made(ChatSession, {**columns, "remaining": remaining_seconds, "paused": paused_seconds}, _CHAT)


def extension_row(**columns: Column) -> Extension:
    """A row of `session_extensions`: every column but `wake_at`."""
    return _made(Extension, columns, _EXTENSION)


def presence_row(
    *,
    id: UUID,  # noqa: A002 - the column's name
    is_online: bool,
    last_heartbeat_at: datetime | None,
    blocked_at: datetime | None,
    version: int,
) -> MitraPresence:
    """A row of `mitras`, as their presence."""
    status = PresenceStatus.ONLINE if is_online else PresenceStatus.OFFLINE
    return MitraPresence(id, status, last_heartbeat_at, blocked_at, version)


def listener_row(*, live_chats: int, **columns: Column) -> Listener:
    """A row of `mitras`, as their presence (the columns of `presence_row`) and their load."""
    return Listener(presence_row(**columns), live_chats)


@frozen
class BuyerRow:
    """What pricing must know of a customer, and their phone, which it must not know."""

    buyer: Buyer = field(factory=Buyer)
    phone: str | None = field(default=None, repr=False)

    def claim(self, promotion: Promotion | None) -> str | None:
        """The phone to look for among those that had the promotion; None where that would decide nothing."""
        return self.phone if eligible_for(promotion, self.buyer) and self.buyer.phone_verified else None


def buyer_row(*, phone: str | None, **columns: Column) -> BuyerRow:
    """What the query `buyer` says of a customer."""
    return BuyerRow(Buyer(**columns), phone)


def tier_row(**columns: Column) -> Tier:
    """A row of `pricing_tiers` without `updated_at`, its `version_id` as `source_id`."""
    return _made(Tier, columns, _PRICED)


def promotion_row(**columns: Column) -> Promotion:
    """A row of `pricing_promotions` without `key` and `updated_at`, its `version_id` as `source_id`."""
    return _made(Promotion, columns, _PRICED)
