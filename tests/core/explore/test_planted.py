"""Whatever is bent in a table, a plan or a reaction is found, and told by the shortest way to it."""

import pytest

from halobestie_core import chat, extension, pairing, payment, presence
from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession, SessionStatus, writing
from halobestie_core.chat import messages as of_chat
from halobestie_core.explore import Bounds, explore, invariants
from halobestie_core.extension import ExtensionStatus
from halobestie_core.extension.table import overdue as window_over
from halobestie_core.flow import books, news, plans
from halobestie_core.flow.reactions import REACTIONS, Then
from halobestie_core.flow.wishes import ActOnFailure, OpenPairing, RecordCapture
from halobestie_core.machine import Row, always, asked, the_time, to
from halobestie_core.pairing import RequestStatus
from halobestie_core.pairing import messages as of_pairing
from halobestie_core.pairing.table import below_capacity, general, in_time, offered, online
from halobestie_core.payment import PaymentStatus
from halobestie_core.payment import messages as of_payment
from halobestie_core.payment.table import past_its_deadline
from halobestie_core.presence import messages as of_presence
from support import bending
from support.bending import Bend, both, dropped, on, plan, reaction, rows

ALONE = Bounds(1, 1, brief=True)
SLOW = Bounds(1, 1)
BUSY = Bounds(1, 1, overlap=True, brief=True)
CHEAP = Bounds(1, 1, prices=("full", "cheap"), brief=True)
PAIR = Bounds(1, 2, brief=True)
CROWD = Bounds(2, 1, brief=True)
HOUSE = Bounds(2, 2, brief=True)

WINS = on(pairing.Accept, RequestStatus.ACCEPTED)
LAST_NO = on(pairing.Decline, RequestStatus.REJECTED)
GRACE_OVER = on(chat.TimeUp, SessionStatus.CLOSING, SessionStatus.ENDED)
STARTS = REACTIONS[of_pairing.PairingAccepted].then[1:]
NEVER = (always & ~always).called("never")


def no_of_one(row: Row) -> bool:
    """Pick the decline after which others may still answer."""
    return row.command is pairing.Decline and row.source is row.target


PLANTED: list[tuple[str, Bounds, Bend]] = [
    ("every_move_is_a_row", ALONE, bending.forget_causes),
    (
        "status_and_cause_agree",
        ALONE,
        rows("payment", on(payment.Tick, PaymentStatus.EXPIRED), cause=Cause.LATE_PAYMENT),
    ),
    ("held_by_one_that_is_open", ALONE, rows("payment", on(payment.Consume), sets={"consumed_at": the_time})),
    ("one_thing_at_a_time", BUSY, plan(OpenPairing, bending.beside_a_chat)),
    ("nothing_open_is_lost", BUSY, plan(OpenPairing, bending.beside_a_chat)),
    ("nothing_open_is_lost", ALONE, plan(payment.Create, bending.beside_another)),
    ("failed_is_owed_once", ALONE, reaction(of_payment.PaymentLapsed, writes=(books.refund_due,))),
    ("failed_is_owed_once", ALONE, reaction(of_payment.PaymentLapsed, writes=(books.failure_row,))),
    ("surplus_is_owed_once", SLOW, lambda patch: patch.setattr(plans, "_surplus", bending.owed_to_nobody)),
    ("spent_is_charged_once", ALONE, reaction(of_payment.PaymentConsumed, writes=(books.charge,) * 2)),
    ("no_rupiah_is_lost", ALONE, reaction(of_payment.PaymentPaidLate, writes=(books.failure_row,))),
    ("money_adds_up", ALONE, reaction(of_payment.PaymentPaidLate, writes=(books.failure_row,))),
    ("heard_money_counts", ALONE, plan(RecordCapture, bending.only_noted)),
    ("one_discount", CHEAP, reaction(of_payment.PaymentExpired, writes=())),
    ("accepted_rightly", ALONE, rows("request", WINS, guard=in_time & offered & below_capacity)),
    ("accepted_rightly", CROWD, rows("request", WINS, guard=in_time & offered & online)),
    ("accepted_rightly", HOUSE, rows("request", WINS, guard=in_time & offered & online)),
    ("accepted_rightly", ALONE, rows("request", WINS, guard=in_time & online & below_capacity)),
    (
        "one_accepted",
        ALONE,
        rows("request", WINS, sets={"winner_mitra_id": asked("mitra_id"), "session_id": asked("session_id")}),
    ),
    (
        "rejected_by_all",
        PAIR,
        both(dropped("request", no_of_one), rows("request", LAST_NO, guard=in_time & offered & general)),
    ),
    ("extends_while_asked", ALONE, reaction(of_chat.SessionEnded, then=())),
    ("words_are_taken_in_time", ALONE, lambda p: p.setitem(writing.SILENT, SessionStatus.EXTENDING, None)),
    ("waiting_has_a_deadline", ALONE, lambda p: p.setattr(ChatSession, "wake_at", property(lambda _: None))),
    ("charged_for_a_chat_alone", ALONE, reaction(of_payment.PaymentHeld, writes=(bending.charged_early,))),
    ("foreign_money_moves_nothing", ALONE, plan(RecordCapture, bending.believing)),
    ("fallback_uses_open_money_again", ALONE, reaction(of_payment.FellBack, tells=(news.create_invoice,))),
    ("fallback_uses_open_money_again", ALONE, rows("payment", on(payment.FallBack), guard=always)),
    ("failure_rows_are_set_once", SLOW, plan(ActOnFailure, bending.again_and_again)),
    ("places_are_counted", SLOW, reaction(of_chat.SessionEnded, writes=())),
    ("nothing_fires_early", ALONE, rows("payment", on(payment.Tick, PaymentStatus.EXPIRED), guard=always)),
    (
        "nothing_fires_early",
        ALONE,
        rows("payment", on(payment.Tick, PaymentStatus.CONFIRMED), guard=past_its_deadline),
    ),
    (
        "paid_time_is_kept",
        ALONE,
        rows(
            "chat",
            on(chat.ExtensionAccepted),
            sets={"expires_at": bending.in_two_minutes, "paused": bending.as_a_pause, "remaining": to(None)},
        ),
    ),
    (
        "paid_time_is_kept",
        ALONE,
        reaction(of_pairing.PairingAccepted, then=(Then("chat", bending.for_a_minute), *STARTS)),
    ),
    (
        "silence_is_consent_rarely",
        ALONE,
        rows("extension", on(extension.TimeUp, ExtensionStatus.ACCEPTED), guard=window_over),
    ),
    (
        "silence_is_consent_rarely",
        ALONE,
        rows("extension", on(extension.TimeUp, ExtensionStatus.ACCEPTED), sets={}),
    ),
    (
        "chat_is_its_requests",
        ALONE,
        reaction(of_pairing.PairingAccepted, then=(Then("chat", bending.for_a_stranger), *STARTS)),
    ),
    ("everybody_hears", ALONE, reaction(of_pairing.PairingAccepted, tells=())),
    ("everybody_hears", ALONE, reaction(of_pairing.PairingFailed, tells=())),
    ("everybody_hears", ALONE, reaction(of_pairing.PairingOpened, tells=())),
    ("everybody_hears", ALONE, reaction(of_payment.PaymentFailed, tells=())),
    ("later_is_left", ALONE, reaction(of_pairing.PairingOpened, later=())),
    ("later_is_left", ALONE, reaction(of_chat.SessionEnded, later=())),
    ("a_repeat_does_nothing", ALONE, rows("request", on(pairing.Offer), guard=in_time & general)),
    ("a_repeat_does_nothing", ALONE, plan(payment.Create, bending.beside_itself)),
    ("what_is_over_bars_nothing", ALONE, bending.blind_for_time),
    ("what_is_over_bars_nothing", ALONE, plan(payment.Create, bending.unless_there_was_one)),
    ("left_when_it_matters", ALONE, reaction(of_presence.WentOnline, later=())),
    ("left_when_it_matters", ALONE, reaction(of_presence.WentOffline, later=())),
    ("left_when_it_matters", ALONE, reaction(of_presence.MitraBlocked, later=())),
    ("swept_for_silence_alone", ALONE, rows("mitra", on(presence.Stale), guard=always)),
    ("decided_without_a_defect", ALONE, dropped("chat", on(chat.RequestExtension))),
    ("good_end_stays_reachable", ALONE, dropped("chat", GRACE_OVER)),
    ("time_alone_leads_on", ALONE, dropped("chat", GRACE_OVER)),
    (
        "time_alone_leads_on",
        ALONE,
        rows(
            "chat",
            GRACE_OVER,
            target=SessionStatus.ACTIVE,
            sets={"expires_at": bending.in_two_minutes, "closing_until": to(None)},
        ),
    ),
]


@pytest.mark.parametrize("law, bounds, bend", PLANTED, ids=[f"{n}-{one[0]}" for n, one in enumerate(PLANTED)])
def test_what_is_bent_is_found(law: str, bounds: Bounds, bend: Bend, monkeypatch: pytest.MonkeyPatch) -> None:
    """The law that guards it cries out, alone if need be, and the way there is told step by step."""
    bend(monkeypatch)
    bending.alone(monkeypatch, law)
    told = explore(bounds).story
    assert told is not None
    assert law in {name for name, _said in told.breaches}, told
    assert str(told).startswith("1. ")


def test_every_law_has_something_planted() -> None:
    """No law is there for show: each one was seen to be broken."""
    judged = {name for name, _says in invariants()} | {"decided_without_a_defect"}
    assert judged == {law for law, _bounds, _bend in PLANTED}


def test_the_story_is_the_shortest_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who did what, by name, up to the step that breaks something, and what is wrong then."""
    reaction(of_payment.PaymentPaidLate, writes=(books.failure_row,))(monkeypatch)
    told = str(explore(ALONE).story).splitlines()
    assert sorted(line[3:] for line in told[:3]) == [
        "Ayu begins a payment at the full price.",
        "Ayu pays at the gateway; nobody else knows yet.",
        "The time of Ayu's payment is over.",
    ]
    assert (
        told[3:]
        == [
            "4. News come from the gateway that Ayu has paid.",
            "Then money_adds_up is broken: unaccounted for 20000 of 20000 captured",
            "Then failed_is_owed_once is broken: a payment of 20000 is failed_pairing with 0 due",
        ][: len(told) - 3]
    )
