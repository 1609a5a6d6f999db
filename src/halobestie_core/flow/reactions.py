"""What follows what: the second table. Event -> sibling commands, records, who is told, commands for later.

The machines do not know each other; whatever couples them is a row here. An event with an empty row
stands here on purpose: nothing follows from it. Names of frames are those of the realtime contract.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from halobestie_core.chat import messages as chat_events
from halobestie_core.extension import messages as extension_events
from halobestie_core.flow import books, news, siblings
from halobestie_core.flow.effects import Effect, Later, Record
from halobestie_core.flow.evening import Evening
from halobestie_core.machine import Event
from halobestie_core.pairing import messages as pairing_events
from halobestie_core.payment import messages as payment_events
from halobestie_core.presence import messages as presence_events


@frozen
class Then:
    """A sibling command: to which slot of the evening, and who makes it.

    ``fits(sibling, move)``: whether that slot holds the very aggregate the move is about; money must not
    be consumed, nor a chat prolonged, because something else lay in the slot. An opening has nothing to
    compare.
    """

    slot: str
    command: Callable[[Evening, Any], object | None]
    fits: Callable[[Any, Any], bool] | None = None


@frozen
class Reaction:
    """What follows one event, in the same transaction. A builder may answer ``None``: nothing, this time."""

    event: type[Event]
    then: tuple[Then, ...] = ()
    writes: tuple[Callable[[Evening, Any], Record | None], ...] = ()
    tells: tuple[Callable[[Evening, Any], Effect | None], ...] = ()
    later: tuple[Callable[[Evening, Any], Later | None], ...] = ()


def _both(frame: str) -> tuple[Callable[[Evening, Any], Effect], ...]:
    return news.customer_side(frame), news.mitra_side(frame)


_FAILED_MONEY = (books.failure_row, books.refund_due, books.return_discount)

_ROWS = (
    # -- payment
    Reaction(payment_events.PaymentCreated, writes=(books.claim_discount,), tells=(news.create_invoice,)),
    Reaction(payment_events.PaymentConfirmed, tells=(news.customer_hears("payment_confirmed"),)),
    Reaction(payment_events.PaymentHeld),
    Reaction(payment_events.PaymentConsumed, writes=(books.charge,)),
    Reaction(
        payment_events.PaymentFailed, writes=_FAILED_MONEY, tells=(news.customer_hears_of_unused_failure,)
    ),
    Reaction(
        payment_events.PaymentLapsed, writes=_FAILED_MONEY, tells=(news.customer_hears("payment_failed"),)
    ),
    Reaction(
        payment_events.PaymentPaidLate, writes=_FAILED_MONEY, tells=(news.customer_hears("payment_late"),)
    ),
    Reaction(
        payment_events.PaymentExpired,
        writes=(books.return_discount,),
        tells=(news.expire_invoice, news.customer_hears("payment_expired")),
    ),
    Reaction(
        payment_events.PaymentAbandoned,
        writes=(books.return_discount,),
        tells=(news.expire_invoice, news.customer_hears("payment_updated")),
    ),
    Reaction(payment_events.FellBack, writes=(books.supersede_failure, books.refund_reversed)),
    Reaction(
        payment_events.FallbackClosed,
        writes=(books.return_discount,),
        tells=(news.customer_hears("payment_updated"),),
    ),
    # -- pairing
    Reaction(
        pairing_events.PairingOpened,
        tells=(news.offered_hear_request, news.offered_get_push),
        later=(news.look_again,),
    ),
    Reaction(
        pairing_events.OffersMade,
        tells=(news.offered_hear_request, news.offered_get_push),
        later=(news.look_again_at_wave,),
    ),
    Reaction(pairing_events.OfferWithdrawn, tells=(news.one_mitra_loses_request,)),
    Reaction(pairing_events.OfferDeclined),
    Reaction(
        pairing_events.PairingAccepted,
        then=(Then("chat", siblings.start_chat), Then("payment", siblings.consume, siblings.is_its_payment)),
        tells=(
            news.customer_hears_paired,
            news.customer_gets_paired_push,
            news.winner_hears_paired,
            news.losers_hear_taken,
        ),
    ),
    Reaction(
        pairing_events.PairingFailed,
        then=(Then("payment", siblings.fail_payment, siblings.is_its_payment),),
        tells=(news.customer_hears_failure, news.offered_hear_closed),
    ),
    # -- chat
    Reaction(chat_events.SessionStarted, writes=(books.take_place,)),
    Reaction(chat_events.SessionPaused, tells=(news.customer_side("session_paused"),)),
    Reaction(chat_events.SessionProlonged, tells=_both("session_resumed")),
    Reaction(chat_events.SessionResumed, tells=_both("session_resumed")),
    Reaction(chat_events.SessionClosing, tells=_both("session_closing")),
    Reaction(
        chat_events.SessionEnded,
        then=(Then("extension", siblings.cancel_extension, siblings.is_its_extension),),
        writes=(books.free_place,),
        tells=_both("session_ended"),
        later=(news.chat_mitra_eligible,),
    ),
    # -- extension
    Reaction(
        extension_events.ExtensionAsked, tells=(news.mitra_hears_extension, news.mitra_gets_extension_push)
    ),
    Reaction(
        extension_events.ExtensionAccepted,
        then=(
            Then("extension_payment", siblings.consume, siblings.is_its_payment),
            Then("chat", siblings.prolong_chat, siblings.is_its_chat),
        ),
        tells=(news.customer_hears_answer, news.customer_gets_answer_push),
    ),
    Reaction(
        extension_events.ExtensionRefused,
        then=(
            Then("extension_payment", siblings.fail_payment, siblings.is_its_payment),
            Then("chat", siblings.resume_chat, siblings.is_its_chat),
        ),
        tells=(news.customer_hears_answer, news.customer_gets_answer_push),
    ),
    Reaction(
        extension_events.ExtensionCancelled,
        then=(Then("extension_payment", siblings.fail_payment, siblings.is_its_payment),),
    ),
    # -- presence
    Reaction(presence_events.MitraRegistered),
    Reaction(presence_events.WentOnline, later=(news.mitra_eligible,)),
    Reaction(presence_events.HeartbeatReceived),
    Reaction(
        presence_events.WentOffline,
        tells=(news.mitra_hears_presence("switched_off"),),  # on their other devices
        later=(news.mitra_away(None),),
    ),
    Reaction(
        presence_events.WentStale,
        tells=(news.mitra_hears_presence("stale"),),
        later=(news.mitra_away("stale"),),
    ),
    Reaction(
        presence_events.MitraBlocked,
        tells=(news.mitra_hears_presence("blocked"),),
        later=(news.mitra_away("blocked"), news.mitra_shut_out),
    ),
    Reaction(presence_events.MitraUnblocked),
)

REACTIONS: Final = {row.event: row for row in _ROWS}


def reaction_to(event: Event) -> Reaction:
    """Return the row of an event; an event without one is a defect, found by the tests."""
    return REACTIONS[type(event)]
