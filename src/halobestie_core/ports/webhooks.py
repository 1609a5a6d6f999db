"""What a gateway's webhook says, once it is read. A hint only: the gateway is asked before money moves.

Knows neither the gateway's spelling nor where the body is kept.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

from halobestie_core.ports.gateway import InvoiceStatus


@frozen
class Notice:
    """One delivery that could be read.

    ``said`` is the gateway's own word for the status (`InvoiceStatus.UNKNOWN`: a word that we do not know).
    The sums are whole units of ``currency``; ``paid_amount`` is None where the body names none. ``exact`` is
    False when it named a sum that is no whole number, or none at all for ``amount``: then both are None.
    """

    invoice_id: str
    external_id: str
    status: InvoiceStatus
    said: str
    amount: int | None
    currency: str
    paid_amount: int | None = None
    exact: bool = True


class Why(StrEnum):
    """Why a body could not be read, for the quarantine's column and its counter."""

    NOT_JSON = "not_json"
    NOT_AN_INVOICE = "not_an_invoice"


@frozen
class Unreadable:
    """A body that is no notice. ``detail`` names the member that is wrong, never what it holds."""

    reason: Why
    detail: str


ReadNotice: TypeAlias = Callable[[bytes], Notice | Unreadable]
"""Whoever knows the gateway's spelling; it never raises, whatever the bytes are."""
