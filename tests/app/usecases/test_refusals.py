"""What the core refuses, as the API says it."""

from uuid import uuid4

import pytest

from halobestie_app.problems import Code
from halobestie_app.usecases import refusals
from halobestie_core.causes import Cause
from halobestie_core.machine import Refused
from halobestie_core.payment import Abandon
from halobestie_core.reasons import Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_code(reason: Reason) -> None:
    """A reason without a code would be an error 500 for somebody who did nothing wrong."""
    assert isinstance(refusals.CODES[reason], Code)


def test_a_refused_state_is_told_with_what_is_allowed() -> None:
    """Of what is allowed, only what a client can ask for is named."""

    class Paid:
        """Stands for a snapshot."""

        id, version = uuid4(), 1
        status = Reason.NOT_POSSIBLE  # any word will do

    told = refusals.problem(Refused(Paid(), Abandon(), Reason.NOT_POSSIBLE, ("abandon", "tick", "hold")))
    assert told.code is Code.INVALID_STATE
    assert told.members == {"state": "not_possible", "allowed": ["abandon"]}


def test_what_failed_says_why() -> None:
    """Whoever asks for something that has failed hears the cause, and its detail where there is one."""

    class Failed:
        """Stands for a snapshot."""

        cause_tag = Cause.PAYMENT_MISMATCH
        cause_detail: str | None = "amount"

    told = refusals.told(Reason.PAYMENT_EXPIRED, Failed())
    assert told.members == {"reason": "payment_mismatch", "cause_detail": "amount"}
    Failed.cause_detail = None
    assert refusals.told(Reason.REQUEST_CLOSED, Failed()).members == {"reason": "payment_mismatch"}
