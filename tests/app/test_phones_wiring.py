"""Which phones operators can register and look for: those that codes are sent to."""

from typing import Any, cast

from halobestie_app.wiring.back_office import mitras
from halobestie_app.wiring.failures import failure_desk

NOTHING = cast("Any", None)
SERVED = (62, 65)


def test_operators_know_the_phones_that_are_served() -> None:
    """A country that people may come in from is one of the operators' too."""
    for made in (mitras(NOTHING, NOTHING, SERVED), failure_desk(NOTHING, NOTHING, SERVED)):
        assert made.phones.normalise("+65 8123 4567") == "+6581234567"
