"""What can be asked of a payment session (imperatives) and what happens to one (past participles)."""

from uuid import UUID

from attrs import frozen

from halobestie_core.causes import Cause
from halobestie_core.machine import Event
from halobestie_core.words import Mode, Provider


@frozen
class Create:
    """Begin a payment session; price and minutes are already the server's own."""

    id: UUID
    customer_id: UUID
    amount: int
    mode: Mode
    duration_minutes: int
    is_extension: bool
    is_first_session_discount: bool
    timeout_minutes: int
    price_source_id: UUID | None = None
    targeted_mitra_id: UUID | None = None
    provider: Provider = Provider.NONE


@frozen
class Confirm:
    """The customer confirms, or the gateway says paid. ``captured``: money was really taken."""

    captured: bool
    timeout_minutes: int
    from_gateway: bool = False


@frozen
class LatePayment:
    """Money arrived for a payment that may already be over."""

    timeout_minutes: int
    captured: bool = True


@frozen
class Abandon:
    """The customer goes back before paying, or starts another payment, or can be given no page to pay on."""


@frozen
class Hold:
    """An opening request (or a new extension) takes the payment into use."""

    by: UUID
    for_extension: bool


@frozen
class Consume:
    """The minutes were delivered: the holder succeeded."""


@frozen
class Fail:
    """The holder failed, or the customer cancelled a paid session."""

    cause: Cause
    detail: str | None = None


@frozen
class FallBack:
    """The same money is used for a new general blast. ``actioned``: an operator already dealt with it."""

    by: UUID
    actioned: bool


@frozen
class ForfeitFallback:
    """A new payment was begun, or an operator acted: the old money is not used again."""


@frozen
class Tick:
    """The clock looks at the deadline."""


class PaymentCreated(Event):
    """A payment session was begun."""


class PaymentConfirmed(Event):
    """It is paid (or free and confirmed) and may be used."""


class PaymentHeld(Event):
    """A request or an extension uses it now."""


class PaymentConsumed(Event):
    """It became minutes of a chat."""


class PaymentFailed(Event):
    """Its holder failed, or it was cancelled after paying."""


class PaymentLapsed(Event):
    """It was paid but not used in time."""


class PaymentPaidLate(Event):
    """Money came for it when it was already over."""


class PaymentExpired(Event):
    """It was not paid in time."""


class PaymentAbandoned(Event):
    """The customer left it before paying."""


class FellBack(Event):
    """The same money goes into a general blast."""


class FallbackClosed(Event):
    """The money can no longer be used again; it waits for an operator."""
