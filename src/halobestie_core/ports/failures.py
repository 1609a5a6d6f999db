"""The operators' queue of failed money, as a port. Reading alone: a row is acted on through the store."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.flow.evening import FailureStatus
from halobestie_core.ports.store import Named
from halobestie_core.words import OperatorAction


@frozen
class FailureSeen:
    """One row of the queue; ``amount`` in whole rupiah. Money that matches nobody has no customer.

    ``fallback_until``: the payment's, while this row and the fallback are open; ``None`` for surplus money.
    An operator is named by their e-mail.
    """

    id: UUID
    payment_session_id: UUID | None
    customer: Named | None
    targeted_mitra: Named | None
    cause_tag: Cause
    cause_detail: str | None
    amount: int
    fallback_until: datetime | None
    operator_action: OperatorAction | None
    note: str | None
    actioned_by: Named | None
    actioned_at: datetime | None
    superseded_at: datetime | None
    created_at: datetime


@frozen
class Id:
    """A payment's or a customer's."""

    value: UUID


@frozen
class Phone:
    """A customer's, written as E.164."""

    value: str


@frozen
class NameBegins:
    """How a customer's name begins, in whatever case."""

    value: str


Sought: TypeAlias = Id | Phone | NameBegins


@frozen(kw_only=True)
class Wanted:
    """Which rows: of any of these causes and states (none named: all), from ``begin`` to before ``end``."""

    causes: Collection[Cause] = ()
    states: Collection[FailureStatus] = ()
    begin: datetime | None = None
    end: datetime | None = None
    sought: Sought | None = None


class Failures(Protocol):
    """The queue. Raises the store's errors."""

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[Sequence[FailureSeen], int]:
        """Return a page of what is wanted, the newest first, and how many there are in all."""
        ...

    async def one(self, failure_id: UUID) -> FailureSeen | None:
        """Return one row."""
        ...
