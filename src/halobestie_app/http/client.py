"""The customer's routes up to paying: who is there, what it costs, payments. Holds no rule of its own."""

import asyncio
from typing import Final
from uuid import UUID

from attrs import field, frozen
from attrs.validators import and_, ge, le

from halobestie_app.http.body import invalid
from halobestie_app.http.budgets import POLLS
from halobestie_app.http.route import CUSTOMERS, Call, Plain, Route
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import billing, payments
from halobestie_app.views.payments import PaymentSession, PaymentSessions, payment_session
from halobestie_app.views.prices import PriceList, price_list
from halobestie_core.words import Mode

# ---------------------------------------------------------------------- what comes in


@frozen
class AvailabilityQuery:
    """Whether anybody is there, or this mitra too."""

    mitra_id: UUID | None = None


@frozen
class PriceQuery:
    """Which price list."""

    mode: Mode = Mode.CHAT


@frozen
class PageQuery:
    """Which part of a list."""

    limit: int = field(default=50, validator=and_(ge(1), le(200)))
    offset: int = field(default=0, validator=ge(0))


@frozen
class PaymentWanted:
    """A block of minutes to pay for; what it costs is for the server to say."""

    duration_minutes: int = field(validator=and_(ge(1), le(1440)))
    mode: Mode = Mode.CHAT
    tier_id: UUID | None = None
    targeted_mitra_id: UUID | None = None
    is_extension: bool = False


# ---------------------------------------------------------------------- what goes out


@frozen
class MitraAvailability:
    """How many mitras could be asked now."""

    available: bool
    count: int


@frozen
class TargetAvailability(MitraAvailability):
    """The same, and whether one of them is the one asked for."""

    target_available: bool


# ---------------------------------------------------------------------- looking around


async def mitra_availability(call: Call[None, AvailabilityQuery]) -> MitraAvailability:
    """From memory alone: this is polled."""
    picture = call.services.availability
    count = picture.count()
    if count is None:
        raise _unknown()
    if call.query.mitra_id is None:
        return MitraAvailability(count > 0, count)
    target = picture.is_eligible(call.query.mitra_id)
    if target is None:
        raise _unknown()
    return TargetAvailability(count > 0, count, target)


def _unknown() -> Problem:
    return Problem(Code.UNAVAILABLE, "Nobody knows at this moment who is there.", retry_after=1)


async def pricing(call: Call[None, PriceQuery]) -> PriceList:
    """What a chat costs this customer."""
    found = await call.services.desk.reads.prices(call.caller.user_id)
    return price_list(found, call.query.mode)


async def extension_pricing(call: Call[None, PriceQuery]) -> PriceList:
    """What more minutes cost."""
    found = await call.services.desk.reads.prices(call.caller.user_id)
    return price_list(found, call.query.mode, is_extension=True)


# ---------------------------------------------------------------------- paying


async def create_payment(call: Call[PaymentWanted, None]) -> PaymentSession:
    """A new payment, priced by the server."""
    began, wanted = asyncio.get_running_loop().time(), call.body
    if wanted.is_extension and wanted.targeted_mitra_id is not None:
        message = "must not be given for an extension"
        raise invalid([{"path": "$.targeted_mitra_id", "message": message}])
    new = payments.NewPayment(
        duration_minutes=wanted.duration_minutes,
        mode=wanted.mode,
        tier_id=wanted.tier_id,
        targeted_mitra_id=wanted.targeted_mitra_id,
        is_extension=wanted.is_extension,
    )
    desk = call.services.desk
    begun = await payments.create(desk, call.caller.user_id, new, call.attempt)
    return payment_session(await billing.bill(desk, begun, since=began))


async def list_payments(call: Call[None, PageQuery]) -> PaymentSessions:
    """The caller's payments, the latest first."""
    page, total = await call.services.desk.reads.payments(
        call.caller.user_id, call.query.limit, call.query.offset
    )
    return PaymentSessions(tuple(payment_session(seen) for seen in page), total)


async def read_payment(call: Plain) -> PaymentSession:
    """One of the caller's payments."""
    return payment_session(await payments.read(call.services.desk, call.caller.user_id, call.path["id"]))


async def confirm_payment(call: Plain) -> PaymentSession:
    """The money is there, says the customer; the gateway is asked."""
    return payment_session(await payments.confirm(call.services.desk, call.caller.user_id, call.path["id"]))


async def cancel_payment(call: Plain) -> PaymentSession:
    """The customer goes back before paying."""
    return payment_session(await payments.cancel(call.services.desk, call.caller.user_id, call.path["id"]))


# ---------------------------------------------------------------------- the table

_UNPAID: Final = (Code.NOT_FOUND, Code.INVALID_STATE, Code.PAYMENT_EXPIRED)

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/api/client/mitra-availability",
        mitra_availability,
        "Is anybody there, or this mitra",
        CUSTOMERS,
        MitraAvailability | TargetAvailability,
        query=AvailabilityQuery,
        problems=(Code.UNAVAILABLE,),
        bound=None,
        budget=POLLS,
    ),
    Route(
        "GET",
        "/api/client/chat/pricing",
        pricing,
        "What this customer pays",
        CUSTOMERS,
        PriceList,
        query=PriceQuery,
    ),
    Route(
        "GET",
        "/api/client/chat/extension-pricing",
        extension_pricing,
        "What more minutes cost",
        CUSTOMERS,
        PriceList,
        query=PriceQuery,
    ),
    Route(
        "POST",
        "/api/client/payment-sessions",
        create_payment,
        "Begin a payment; a pending one is abandoned",
        CUSTOMERS,
        PaymentSession,
        status=201,
        body=PaymentWanted,
        problems=(Code.NOT_FOUND, Code.UNKNOWN_TIER, Code.ALREADY_ACTIVE, Code.SESSION_NOT_ACTIVE),
        keyed=True,
    ),
    Route(
        "GET",
        "/api/client/payment-sessions",
        list_payments,
        "Own payments, the latest first",
        CUSTOMERS,
        PaymentSessions,
        query=PageQuery,
    ),
    Route(
        "GET",
        "/api/client/payment-sessions/{id}",
        read_payment,
        "One payment",
        CUSTOMERS,
        PaymentSession,
    ),
    Route(
        "POST",
        "/api/client/payment-sessions/{id}/confirm",
        confirm_payment,
        "Confirm a payment that is free, or settled at the gateway",
        CUSTOMERS,
        PaymentSession,
        problems=(*_UNPAID, Code.PAYMENT_NOT_SETTLED),
        keyed=True,
    ),
    Route(
        "POST",
        "/api/client/payment-sessions/{id}/cancel",
        cancel_payment,
        "Go back before paying",
        CUSTOMERS,
        PaymentSession,
        problems=_UNPAID,
        keyed=True,
    ),
)
