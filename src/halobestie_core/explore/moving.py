"""The invariants that one move can break, a sentence per breach: of what one turn did, and with which facts.

The facts an ask carries are those of the house (who is here, with how many chats), not what the command
says of them.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from halobestie_core.chat import ChatSession
from halobestie_core.explore.night import MITRAS, NOW, Night
from halobestie_core.explore.reading import row_of
from halobestie_core.explore.telling import everybody_hears, later_is_left
from halobestie_core.explore.turning import Turn
from halobestie_core.extension import Extension, Silence
from halobestie_core.flow.decide import Moved, decide
from halobestie_core.flow.effects import (
    AskGateway,
    EntryKind,
    FailureActioned,
    FailureSuperseded,
    LedgerEntry,
    LiveChats,
)
from halobestie_core.flow.evening import Evening
from halobestie_core.flow.ledger import balance
from halobestie_core.flow.wishes import ActOnFailure, FallBackToBlast, RecordCapture
from halobestie_core.machine import CARRIED
from halobestie_core.pairing import Accept, AnswerKind, Decline, OfferStatus, PairingRequest
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.payment.messages import FellBack
from halobestie_core.words import TimeoutPolicy

_TICKING: Final = frozenset({"payment_clock", "search_clock", "chat_clock", "extension_clock"})
_CHARGES: Final = frozenset({EntryKind.SESSION, EntryKind.EXTENSION})


def every_move_is_a_row(turn: Turn) -> Iterator[str]:
    """M1: every move is the first row of its table that fits: status, event, cause, and what is told."""
    for move in turn.moves:
        row = row_of(move)
        if row is None:
            continue
        cause = getattr(move.command, "cause", None) if row.cause is CARRIED else row.cause
        made = (move.after.status, type(move.events[0]), move.events[0].cause, move.told)
        if made != (row.target, row.event, cause, row.told):
            yield f"moved {made} where the table says {row}"


def money_adds_up(turn: Turn) -> Iterator[str]:
    """M7: each transaction leaves as much captured as charged, owed and confirmed."""
    if turn.verdict is None:
        return
    sums = balance(turn.verdict.records)
    confirmed = sum(_confirmed(move.after) - _confirmed(move.before) for move in turn.moves)
    if sums.unaccounted != confirmed:
        yield f"unaccounted for {sums.unaccounted - confirmed} of {sums.captured} captured"


def _confirmed(paid: object) -> int:
    is_confirmed = isinstance(paid, PaymentSession) and paid.status is PaymentStatus.CONFIRMED
    return paid.amount if is_confirmed and isinstance(paid, PaymentSession) else 0


def charged_for_a_chat_alone(turn: Turn) -> Iterator[str]:
    """M5: money is charged in the transaction that begins a chat or accepts an extension, and in no other."""
    if turn.verdict is None:
        return
    charges = [r for r in turn.verdict.records if isinstance(r, LedgerEntry) and r.kind in _CHARGES]
    served = [
        move.after
        for move in turn.moves
        if isinstance(move.after, PairingRequest | Extension) and move.after.status.value == "accepted"
    ]
    if len(charges) != len(served):
        yield f"{len(charges)} charges for {len(served)} acceptances"


def foreign_money_moves_nothing(turn: Turn) -> Iterator[str]:
    """M9: money of a wrong amount, or of an invoice that is not ours, moves no payment."""
    if turn.ask.verb in {"odd_money", "foreign_money", "second_money", "news_again"} and turn.moves:
        yield f"{turn.ask.verb} moved {turn.moves[0].after.status}"


def fallback_uses_open_money_again(turn: Turn) -> Iterator[str]:
    """M13: a fallback uses the same money, while that is open to it; it makes no payment and no invoice."""
    if turn.verdict is None or not isinstance(turn.command, FallBackToBlast):
        return
    born = any(move.before is None and isinstance(move.after, PaymentSession) for move in turn.moves)
    if born or any(isinstance(effect, AskGateway) for effect in turn.verdict.effects):
        yield "a fallback made a payment or an invoice"
    for move in turn.moves:
        paid: Any = move.before
        if isinstance(move.events[0], FellBack) and not (paid.fallback_open and paid.fallback_until > NOW):
            yield "money is used again that was not open to it"


def failure_rows_are_set_once(turn: Turn) -> Iterator[str]:
    """M12: an operator acts on a failure row once; one that was acted on is never superseded."""
    if turn.verdict is None:
        return
    for record in turn.verdict.records:
        rows = [row for purse in turn.before.purses for row in (purse.row, purse.surplus) if row is not None]
        if isinstance(record, FailureActioned) and any(
            row.id == record.failure_id and row.operator_action is not None for row in rows
        ):
            yield "a failure row is acted on a second time"
        acted = any(row.invoice_id is None and row.operator_action is not None for row in rows)
        if isinstance(record, FailureSuperseded) and acted:
            yield "a failure row that was acted on is superseded"


def accepted_rightly(turn: Turn) -> Iterator[str]:
    """P3, P5, C1, C2: accepted in time, by a mitra who had been offered it, is online and below the cap."""
    for move in turn.moves:
        if not (isinstance(move.after, PairingRequest) and move.after.winner_mitra_id is not None):
            continue
        asked: Any = move.before
        ask = turn.ask
        who = move.after.winner_mitra_id
        if asked.deadline_at <= NOW:
            yield "accepted after the deadline"
        if asked.latest(who) is not OfferStatus.OFFERED:
            yield "accepted by a mitra who had no offer"
        if asked.targeted_mitra_id not in {None, who}:
            yield "accepted by another than the target"
        if ask.standing is None or not ask.standing.is_online:
            yield "accepted by a mitra who is offline"
        if ask.load >= ask.cap:
            yield f"accepted with {ask.load} chats under a cap of {ask.cap}"
        if not isinstance(turn.command, Accept) or turn.command.mitra_id != who:
            yield "accepted for somebody else"


def rejected_by_all(turn: Turn) -> Iterator[str]:
    """P4: rejected by all only if everybody offered it declined and no eligible mitra was unoffered."""
    for move in turn.moves:
        rejected = isinstance(move.after, PairingRequest) and move.after.cause_tag == "all_mitras_rejected"
        if not rejected:
            continue
        shown = {one for wave in move.after.waves for one in wave.mitra_ids}
        if any(move.after.latest(one) is not AnswerKind.DECLINED for one in shown):
            yield "rejected while somebody had not declined"
        if isinstance(turn.command, Decline) and turn.ask.flag:
            yield "rejected while an eligible mitra was not offered it"


def places_are_counted(turn: Turn) -> Iterator[str]:
    """P6: the places that are counted as taken and freed are those of the chats that began and ended."""
    if turn.verdict is None:
        return
    for mitra_id in MITRAS:
        counted = sum(
            record.change
            for record in turn.verdict.records
            if isinstance(record, LiveChats) and record.mitra_id == mitra_id
        )
        lived = _lives(turn.after, mitra_id) - _lives(turn.before, mitra_id)
        if counted != lived:
            yield f"{lived:+} live chats are counted as {counted:+}"


def _lives(night: Night, mitra_id: object) -> int:
    return int(night.live_mitra == mitra_id)


def nothing_open_is_lost(turn: Turn) -> Iterator[str]:
    """P1, M13: nothing takes the place of a search, a chat or an ordinary payment that is still open."""
    if turn.verdict is None:
        return
    evening = turn.verdict.before
    for move in turn.moves:
        if move.before is not None:
            continue
        after = move.after
        others: tuple[Any, ...] = (evening.open_request, evening.live_chat)
        ended = {one.after.id for one in turn.moves if one.after.status.value in _OVER}
        if isinstance(after, PairingRequest | ChatSession):
            lost = [one for one in others if one is not None and one.id not in ended]
            if lost:
                yield f"{type(after).__name__} begins beside {type(lost[0]).__name__}"
        if isinstance(after, PaymentSession) and not after.is_extension:
            yield from _lost_payment(turn)


_OVER: Final = frozenset({"accepted", "rejected", "auto_rejected", "expired", "cancelled", "ended"})


def _lost_payment(turn: Turn) -> Iterator[str]:
    if any(purse.payment.is_open for purse in turn.left):
        yield "a payment begins while another is open"


def nothing_fires_early(turn: Turn) -> Iterator[str]:
    """T2: the clock moves nothing whose time is not over."""
    if turn.ask.verb not in _TICKING:
        return
    for move in turn.moves[:1]:
        waiting: Any = move.before
        if waiting.wake_at is None or waiting.wake_at > NOW:
            yield f"the clock moved what waits until {waiting.wake_at}"


def paid_time_is_kept(turn: Turn) -> Iterator[str]:
    """H4, X4: a chat's end moves by the minutes paid and the pauses recorded; what remained is given back."""
    minutes = 0
    for move in turn.moves:
        if isinstance(move.after, Extension) and move.after.status.value == "accepted":
            minutes = move.after.requested_duration_minutes
    for move in turn.moves:
        before, after = move.before, move.after
        if not isinstance(after, ChatSession):
            continue
        if before is None:
            bought = next(
                purse.payment.duration_minutes for purse in (turn.before.purse,) if purse is not None
            )
            if after.expires_at - after.started_at != timedelta(minutes=bought):
                yield "a chat begins with other minutes than were paid"
            continue
        longer, pauses = after.expires_at - before.expires_at, after.paused - before.paused
        if longer != timedelta(minutes=minutes) + pauses:
            yield f"a chat is longer by {longer} for {minutes} minutes and pauses of {pauses}"
        resumed = before.remaining is not None and after.status.value == "active"
        if resumed and after.expires_at != NOW + before.remaining + timedelta(minutes=minutes):
            yield "a chat goes on with other time than remained"


def silence_is_consent_rarely(turn: Turn) -> Iterator[str]:
    """X3: silence accepts an extension only under ``auto_approve``, of a mitra who could be reached."""
    for move in turn.moves:
        asked: Any = move.before
        accepted = isinstance(move.after, Extension) and move.after.status.value == "accepted"
        if not accepted or asked.deadline_at > NOW:
            continue
        ask = turn.ask
        if not (ask.policy is TimeoutPolicy.AUTO_APPROVE and ask.connected and ask.here):
            yield "silence was taken for consent"
        if not (isinstance(turn.command, Silence) and move.after.via_timeout):
            yield "an acceptance by silence does not say so"


def chat_is_its_requests(turn: Turn) -> Iterator[str]:
    """M4: a chat names the customer, payment and winner of the search that it came from."""
    for move in turn.moves:
        if not (isinstance(move.after, ChatSession) and move.before is None):
            continue
        won = next((one.after for one in turn.moves if isinstance(one.after, PairingRequest)), None)
        names = (move.after.customer_id, move.after.payment_session_id, move.after.mitra_id)
        if won is None or names != (won.customer_id, won.payment_session_id, won.winner_mitra_id):
            yield "a chat begins without the search that it belongs to"


def a_repeat_does_nothing(turn: Turn) -> Iterator[str]:
    """T5: the same command once more, late or after an unknown outcome, moves and books nothing."""
    if turn.verdict is None or isinstance(turn.command, RecordCapture):
        return  # money is known by its invoice before it is decided again
    again: Evening = turn.verdict.after
    if isinstance(turn.command, ActOnFailure):
        rows = [row for purse in turn.after.purses for row in (purse.row, purse.surplus) if row is not None]
        asked = turn.verdict.before.failure
        again = Evening(
            payment=again.payment, failure=next(r for r in rows if asked is not None and r.id == asked.id)
        )
    verdict = decide(again, turn.command, NOW)
    if isinstance(verdict, Moved):
        yield f"{type(turn.command).__name__} once more moved or booked something"


Law = Callable[[Turn], Iterator[str]]
MOVE_LAWS: Final[tuple[Law, ...]] = (
    every_move_is_a_row,
    money_adds_up,
    charged_for_a_chat_alone,
    foreign_money_moves_nothing,
    fallback_uses_open_money_again,
    failure_rows_are_set_once,
    accepted_rightly,
    rejected_by_all,
    places_are_counted,
    nothing_open_is_lost,
    nothing_fires_early,
    paid_time_is_kept,
    silence_is_consent_rarely,
    chat_is_its_requests,
    everybody_hears,
    later_is_left,
    a_repeat_does_nothing,
)


def breaches(turn: Turn) -> Iterator[tuple[str, str]]:
    """Yield the name of each broken law with what is wrong."""
    for law in MOVE_LAWS:
        for said in law(turn):
            yield law.__name__, said
