"""The invariants that one night can break, a sentence per breach: of its state, whatever led there.

The names in front are those of the list that the database's own queries check too.
"""

from collections.abc import Callable, Iterator
from typing import Final

from halobestie_core import extension, pairing, payment
from halobestie_core.chat import SessionStatus
from halobestie_core.chat.writing import why_not
from halobestie_core.explore.asking import EXTRA_TIER
from halobestie_core.explore.night import EXTRA, NOW, PAYMENT, Gateway, Night, Purse
from halobestie_core.extension import ExtensionStatus
from halobestie_core.flow import deadlines
from halobestie_core.pairing import AnswerKind
from halobestie_core.payment import PaymentStatus
from halobestie_core.words import RequestKind


def status_and_cause_agree(night: Night) -> Iterator[str]:
    """M1, P5: what failed has a cause and nothing else has one; what was closed has a cause or a winner."""
    for purse in night.purses:
        paid = purse.payment
        if (paid.status in payment.PAYMENT.failures) != (paid.cause_tag is not None):
            yield f"a payment is {paid.status} because of {paid.cause_tag}"
    asked = night.request
    if asked is not None:
        if (asked.status in pairing.PAIRING.failures) != (asked.cause_tag is not None):
            yield f"a search is {asked.status} because of {asked.cause_tag}"
        if (asked.winner_mitra_id is not None) != (asked.status is pairing.RequestStatus.ACCEPTED):
            yield f"a search is {asked.status}, won by {asked.winner_mitra_id}"
    prolonged = night.extension
    if prolonged is not None and (prolonged.status in extension.EXTENSION.failures) != (
        prolonged.cause_tag is not None
    ):
        yield f"an extension is {prolonged.status} because of {prolonged.cause_tag}"


def held_by_one_that_is_open(night: Night) -> Iterator[str]:
    """M2, M13, P2: a payment is held exactly while one search or extension that it pays for is open."""
    search = night.request if night.request is not None and night.request.is_open else None
    asked = night.extension if night.extension is not None and night.extension.is_pending else None
    for purse, slot in ((night.purse, PAYMENT), (night.extra, EXTRA)):
        mine = [one.id for one in (search, asked) if one is not None and one.payment_session_id == slot]
        held = [] if purse is None or purse.payment.held_by is None else [purse.payment.held_by]
        if mine != held:
            yield f"a payment is held by {len(held)}, open are {len(mine)}"
        if mine and purse is not None and purse.payment.status is not PaymentStatus.CONFIRMED:
            yield f"a payment is {purse.payment.status} under what it pays for"


def one_thing_at_a_time(night: Night) -> Iterator[str]:
    """P1: a customer has one open search or one live chat, never both."""
    if night.request is not None and night.request.is_open and night.live_mitra is not None:
        yield "a search is open while a chat goes on"


def failed_is_owed_once(night: Night) -> Iterator[str]:
    """M3, M6: failed money has one failure row that stands and one refund due; other money has neither."""
    for purse in night.purses:
        paid = purse.payment
        failed = paid.status is PaymentStatus.FAILED_PAIRING
        if purse.rows != failed:
            yield f"a payment is {paid.status} with {purse.rows} failure rows"
        if purse.due != paid.amount * failed:
            yield f"a payment of {paid.amount} is {paid.status} with {purse.due} due"
        acted = purse.row is not None and purse.row.operator_action is not None
        if purse.settled != (acted and paid.amount > 0):
            yield f"a refund due is settled {purse.settled} times, acted on: {acted}"
        if acted and paid.fallback_open:
            yield "an operator has acted, and the same money may still be used"


def surplus_is_owed_once(night: Night) -> Iterator[str]:
    """M3, M6: surplus money has a failure row and a refund due of its own."""
    for purse in night.purses:
        owed = 0 if purse.surplus is None else purse.surplus.amount
        if purse.surplus_due != owed:
            yield f"surplus of {owed} is owed as {purse.surplus_due}"


def spent_is_charged_once(night: Night) -> Iterator[str]:
    """M4, M5: consumed money served one chat or extension and was charged once, at its amount, 0 included."""
    for purse in night.purses:
        spent = purse.payment.status is PaymentStatus.CONSUMED
        if purse.charges != (purse.payment.amount,) * spent:
            yield f"a payment of {purse.payment.amount} is {purse.payment.status}, charged {purse.charges}"
        if purse.served != spent:
            yield f"a payment is {purse.payment.status} and served {purse.served}"


def no_rupiah_is_lost(night: Night) -> Iterator[str]:
    """M7: captured = charged + refund due + still confirmed."""
    captured = sum(purse.captured for purse in night.purses)
    charged = sum(sum(purse.charges) for purse in night.purses)
    due = sum(purse.due + purse.surplus_due for purse in night.purses)
    confirmed = sum(purse.confirmed for purse in night.purses)
    if captured != charged + due + confirmed:
        yield f"captured {captured}, charged {charged}, due {due}, confirmed {confirmed}"


def heard_money_counts(night: Night) -> Iterator[str]:
    """M9, M10: money that was booked made its payment paid, and unpaid payments have no money booked."""
    for purse in night.purses:
        status = purse.payment.status
        unpaid = status in {PaymentStatus.PENDING, PaymentStatus.ABANDONED, PaymentStatus.EXPIRED}
        if purse.payment.amount > 0 and purse.heard is unpaid:
            yield f"a payment is {status}, its money is {'' if purse.heard else 'not '}booked"
        if purse.heard is not (purse.gateway is Gateway.BOOKED):
            yield f"the gateway's side is {purse.gateway}, the books say {purse.heard}"


def one_discount(night: Night) -> Iterator[str]:
    """M11: a discount is reserved while its payment may be used or was; never twice, never for more time."""
    for purse in night.purses:
        paid = purse.payment
        used = paid.is_open or paid.status is PaymentStatus.CONSUMED
        if purse.discount != (paid.is_first_session_discount and used):
            yield f"a payment is {paid.status} and reserves {purse.discount} discounts"
        if paid.is_first_session_discount and (paid.is_extension or night.had_session) and used:
            yield "a discount is used by who has no right to it"


def one_accepted(night: Night) -> Iterator[str]:
    """P3: a search is won exactly if one answer of one mitra accepts it; the target's, if there is one."""
    asked = night.request
    if asked is None:
        return
    accepted = [entry.mitra_id for entry in asked.answers if entry.answer is AnswerKind.ACCEPTED]
    if accepted != ([] if asked.winner_mitra_id is None else [asked.winner_mitra_id]):
        yield f"a search was accepted by {len(accepted)}, won by {asked.winner_mitra_id}"
    returning = asked.kind is RequestKind.RETURNING
    shown = {one for wave in asked.waves for one in wave.mitra_ids}
    if returning and not shown <= {asked.targeted_mitra_id}:
        yield "a returning request was shown to others"


def extends_while_asked(night: Night) -> Iterator[str]:
    """X1, X2, M13: a chat extends exactly while an extension waits, with its payment's minutes and price."""
    asked, live = night.extension, night.chat
    extending = live is not None and live.status is SessionStatus.EXTENDING
    if extending != (asked is not None and asked.is_pending):
        yield f"a chat is {None if live is None else live.status}, its extension {asked and asked.status}"
    if asked is None:
        return
    if (asked.requested_duration_minutes, asked.requested_price) != (EXTRA_TIER.minutes, EXTRA_TIER.price):
        yield "an extension differs from its payment"
    paid = night.extra
    spent = paid is not None and paid.payment.status is PaymentStatus.CONSUMED
    if (asked.status is ExtensionStatus.ACCEPTED) is not spent:
        yield f"an extension is {asked.status}, its payment {paid and paid.payment.status}"


def words_are_taken_in_time(night: Night) -> Iterator[str]:
    """H3: nothing can be written into a chat that is paused or over."""
    one = night.chat
    if one is None:
        return
    silent = one.status in {SessionStatus.EXTENDING, SessionStatus.ENDED}
    if silent and why_not(one.status, one.closing_until, NOW) is None:
        yield f"a chat is {one.status} and takes words"


def waiting_has_a_deadline(night: Night) -> Iterator[str]:
    """T1: what waits has a ``wake_at``, and nothing else has one."""
    others = (night.request, night.extension, night.chat)
    yield from deadlines.misdated(purse.payment for purse in night.purses)
    yield from deadlines.misdated(one for one in others if one is not None)


Law = Callable[[Night], Iterator[str]]
STATE_LAWS: Final[tuple[Law, ...]] = (
    status_and_cause_agree,
    held_by_one_that_is_open,
    one_thing_at_a_time,
    failed_is_owed_once,
    surplus_is_owed_once,
    spent_is_charged_once,
    no_rupiah_is_lost,
    heard_money_counts,
    one_discount,
    one_accepted,
    extends_while_asked,
    words_are_taken_in_time,
    waiting_has_a_deadline,
)
PURSE_LAWS: Final[tuple[Law, ...]] = (
    status_and_cause_agree,
    failed_is_owed_once,
    surplus_is_owed_once,
    spent_is_charged_once,
    no_rupiah_is_lost,
    heard_money_counts,
    one_discount,
)
"""Those that a payment alone can break; what is left behind is judged by them a last time."""


def breaches(night: Night) -> Iterator[tuple[str, str]]:
    """Yield the name of each broken law with what is wrong."""
    for law in STATE_LAWS:
        for said in law(night):
            yield law.__name__, said


def breaches_left_behind(purse: Purse) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a payment whose slot was taken."""
    for law in PURSE_LAWS:
        for said in law(Night(purse=purse)):
            yield law.__name__, said
