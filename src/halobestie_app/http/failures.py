"""The operators' routes over failed money. Holds no rule of its own."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from attrs import field, frozen
from attrs.validators import and_, ge, le, max_len, optional

from halobestie_app.http.body import invalid
from halobestie_app.http.route import OPERATORS, Call, Plain, Route
from halobestie_app.problems import Code
from halobestie_app.usecases import refusals
from halobestie_app.usecases.failures import AlreadyActionedError, sought
from halobestie_app.views.failures import FailedPairing, FailedPairings, failed_pairing, failed_pairings
from halobestie_app.views.stories import PaymentStory, payment_story
from halobestie_core.causes import Cause
from halobestie_core.flow.evening import FailureStatus
from halobestie_core.ports.failures import Wanted
from halobestie_core.wire import FieldError
from halobestie_core.words import OperatorAction

JAKARTA: Final = timezone(timedelta(hours=7))
"""Without summer time, and so without a machine's table of time zones."""

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+ -]\d\d:\d\d)", re.ASCII)
_EXAMPLES: Final = "must be a day such as 2026-01-31 or an instant such as 2026-01-31T23:59:59Z"

# ---------------------------------------------------------------------- what comes in


@frozen
class FailuresQuery:
    """Which rows, and which part of them.

    Dates are instants (RFC 3339) or days of Asia/Jakarta, both inclusive; ``q`` is the id of a payment or a
    customer, a phone, or how a customer's name begins.
    """

    cause_tags: tuple[Cause, ...] = ()
    date_from: str | None = None
    date_to: str | None = None
    state: tuple[FailureStatus, ...] = ()
    q: str | None = field(default=None, validator=optional(max_len(100)))
    limit: int = field(default=50, validator=and_(ge(1), le(200)))
    offset: int = field(default=0, validator=ge(0))


@frozen
class FailureAction:
    """What was done with the money."""

    action: OperatorAction
    note: str | None = field(default=None, validator=optional(max_len(1000)))


def _bounds(query: FailuresQuery) -> tuple[datetime | None, datetime | None]:
    """Give the first moment, and the first one that is too late."""
    errors: list[FieldError] = []
    bounds: list[datetime | None] = []
    for name, text, is_end in (("date_from", query.date_from, False), ("date_to", query.date_to, True)):
        try:
            bounds.append(_moment(text, is_end=is_end) if text else None)  # a form may send its blanks too
        except ValueError:
            errors.append({"path": f"$.{name}", "message": _EXAMPLES})
    if errors:
        raise invalid(errors)
    begin, end = bounds
    return begin, end


def _moment(text: str, *, is_end: bool) -> datetime:
    """Read a day or an instant; of an end, give the next moment after it. Raises ValueError."""
    try:
        if _DAY.fullmatch(text):
            day = datetime.fromisoformat(text).replace(tzinfo=JAKARTA)
            return (day + timedelta(days=is_end)).astimezone(UTC)
        if _INSTANT.fullmatch(text):
            # A plus sign that was sent as it is arrives as a blank. The store keeps microseconds.
            at = datetime.fromisoformat(text.replace(" ", "+").upper())
            return (at + timedelta(microseconds=is_end)).astimezone(UTC)
    except OverflowError:
        pass  # a day at either end of the calendar has none behind it
    raise ValueError(text)


# ---------------------------------------------------------------------- the queue


async def list_failures(call: Call[None, FailuresQuery]) -> FailedPairings:
    """A page of failed money, the newest first."""
    query, desk = call.query, call.services.failures
    begin, end = _bounds(query)
    wanted = Wanted(
        causes=query.cause_tags, states=query.state, begin=begin, end=end, sought=sought(query.q, desk.phones)
    )
    return failed_pairings(*await desk.failures.page(wanted, query.limit, query.offset))


async def act_on_failure(call: Call[FailureAction, None]) -> FailedPairing:
    """Say what was done with the money, once."""
    try:
        seen = await call.services.failures.act(
            call.caller.user_id, call.path["id"], call.body.action, call.body.note
        )
    except AlreadyActionedError as settled:
        settled.members["current"] = failed_pairing(settled.row)
        raise
    return failed_pairing(seen)


async def read_story(call: Plain) -> PaymentStory:
    """Everything that was ever recorded of one payment."""
    story = await call.services.failures.stories.of_payment(call.path["id"])
    if story is None:
        raise refusals.not_found("payment session")
    return payment_story(story)


# ---------------------------------------------------------------------- the table

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET",
        "/internal/failed-pairings",
        list_failures,
        "Failed money, with what was done about it",
        OPERATORS,
        FailedPairings,
        query=FailuresQuery,
    ),
    Route(
        "POST",
        "/internal/failed-pairings/{id}/action",
        act_on_failure,
        "Say what was done with failed money; once",
        OPERATORS,
        FailedPairing,
        body=FailureAction,
        problems=(Code.NOT_FOUND, Code.ALREADY_ACTIONED, Code.INVALID_STATE),
        keyed=True,
    ),
    Route(
        "GET",
        "/internal/payments/{id}",
        read_story,
        "The whole story of one payment",
        OPERATORS,
        PaymentStory,
        problems=(Code.NOT_FOUND,),
    ),
)
