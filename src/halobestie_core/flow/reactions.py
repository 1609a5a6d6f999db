"""What follows what: the second table. Event -> sibling commands, records, who is told, commands for later.

The machines do not know each other; whatever couples them is a row here. An event with an empty row stands here on
purpose: nothing follows from it. Names of frames are those of the realtime contract.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from halobestie_core.chat import messages as chat_events
from halobestie_core.extension import messages as extension_events
from halobestie_core.flow import consequences as so
from halobestie_core.flow.effects import Effect, Later, Record
from halobestie_core.flow.evening import Evening
from halobestie_core.machine import Event, Moved
from halobestie_core.pairing import messages as pairing_events
from halobestie_core.payment import messages as payment_events
from halobestie_core.presence import messages as presence_events


@frozen
class Then:
    """A sibling command: to which slot of the evening, and who makes it."""

    slot: str
    command: Callable[[Evening, Any], object | None]


@frozen
class Reaction:
    """What follows one event, in the same transaction. A builder may answer ``None``: nothing, this time."""

    event: type[Event]
    then: tuple[Then, ...] = ()
    writes: tuple[Callable[[Evening, Any], Record | None], ...] = ()
    tells: tuple[Callable[[Evening, Any], Effect | None], ...] = ()
    later: tuple[Callable[[Evening, Any], Later | None], ...] = ()


_FAILED_MONEY = (so.failure_row, so.refund_due, so.return_discount)

_ROWS = (
    # -- payment
    Reaction(payment_events.PaymentCreated, tells=(so.create_invoice,)),
    Reaction(payment_events.PaymentConfirmed, tells=(so.customer_hears("payment_confirmed"),)),
    Reaction(payment_events.PaymentHeld),
    Reaction(payment_events.PaymentConsumed, writes=(so.charge,)),
    Reaction(payment_events.PaymentFailed, writes=_FAILED_MONEY, tells=(so.customer_hears_of_unused_failure,)),
    Reaction(payment_events.PaymentLapsed, writes=_FAILED_MONEY, tells=(so.customer_hears("payment_failed"),)),
    Reaction(payment_events.PaymentPaidLate, writes=_FAILED_MONEY, tells=(so.customer_hears("payment_late"),)),
    Reaction(
        payment_events.PaymentExpired,
        writes=(so.return_discount,),
        tells=(so.expire_invoice, so.customer_hears("payment_expired")),
    ),
    Reaction(
        payment_events.PaymentAbandoned,
        writes=(so.return_discount,),
        tells=(so.expire_invoice, so.customer_hears("payment_updated")),
    ),
    Reaction(payment_events.FellBack, writes=(so.supersede_failure, so.refund_reversed)),
    Reaction(
        payment_events.FallbackClosed,
        writes=(so.return_discount,),
        tells=(so.customer_hears("payment_updated"),),
    ),
    # -- pairing
    Reaction(pairing_events.PairingOpened, tells=(so.offered_hear_request,), later=(so.look_again,)),
    Reaction(pairing_events.OffersMade, tells=(so.offered_hear_request,)),
    Reaction(pairing_events.OfferWithdrawn, tells=(so.one_mitra_loses_request,)),
    Reaction(pairing_events.OfferDeclined),
    Reaction(
        pairing_events.PairingAccepted,
        then=(Then("chat", so.start_chat), Then("payment", so.consume)),
        tells=(so.customer_hears_paired, so.winner_hears_paired, so.losers_hear_taken),
    ),
    Reaction(
        pairing_events.PairingFailed,
        then=(Then("payment", so.fail_payment),),
        tells=(so.customer_hears_failure, so.offered_hear_closed),
    ),
    # -- chat
    Reaction(chat_events.SessionStarted, writes=(so.take_place,)),
    Reaction(chat_events.SessionPaused, tells=(so.customer_side("session_paused"),)),
    Reaction(chat_events.SessionProlonged, tells=(so.customer_side("session_resumed"), so.mitra_side("session_resumed"))),
    Reaction(chat_events.SessionResumed, tells=(so.customer_side("session_resumed"), so.mitra_side("session_resumed"))),
    Reaction(chat_events.SessionClosing, tells=(so.customer_side("session_closing"), so.mitra_side("session_closing"))),
    Reaction(
        chat_events.SessionEnded,
        then=(Then("extension", so.cancel_extension),),
        writes=(so.free_place,),
        tells=(so.customer_side("session_ended"), so.mitra_side("session_ended")),
        later=(so.chat_mitra_eligible,),
    ),
    # -- extension
    Reaction(extension_events.ExtensionAsked, tells=(so.mitra_hears_extension,)),
    Reaction(
        extension_events.ExtensionAccepted,
        then=(Then("extension_payment", so.consume), Then("chat", so.prolong_chat)),
        tells=(so.customer_hears_answer,),
    ),
    Reaction(
        extension_events.ExtensionRefused,
        then=(Then("extension_payment", so.fail_payment), Then("chat", so.resume_chat)),
        tells=(so.customer_hears_answer,),
    ),
    Reaction(extension_events.ExtensionCancelled, then=(Then("extension_payment", so.fail_payment),)),
    # -- presence
    Reaction(presence_events.MitraRegistered),
    Reaction(presence_events.WentOnline, later=(so.mitra_eligible,)),
    Reaction(presence_events.HeartbeatReceived),
    Reaction(presence_events.WentOffline, later=(so.mitra_away(None),)),
    Reaction(presence_events.WentStale, tells=(so.mitra_hears_presence("stale"),), later=(so.mitra_away("stale"),)),
    Reaction(
        presence_events.MitraBlocked,
        tells=(so.mitra_hears_presence("blocked"),),
        later=(so.mitra_away("blocked"), so.mitra_shut_out),
    ),
    Reaction(presence_events.MitraUnblocked),
)

REACTIONS: Final = {row.event: row for row in _ROWS}


def reaction_to(event: Event) -> Reaction:
    """Return the row of an event; an event without one is a defect, found by the tests."""
    return REACTIONS[type(event)]


__all__ = ["REACTIONS", "Moved", "Reaction", "Then", "reaction_to"]
