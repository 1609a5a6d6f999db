"""Every race that has a name: what must hold after it, and the tests that show it. A table; knows no test.

``free``: many at once, as many rounds as ``RACE_ROUNDS`` says (`support.rounds`), the first of them in full.
``forced``: one before the other, both ways; what `support.race_orders` forces is not repeated here.
"""

from typing import Final

from attrs import frozen

ORDERS_TEST: Final = "app/usecases/test_race_orders.py::test_forced_orders"

A: Final = "acceptance/test_"
U: Final = "app/usecases/test_"
R: Final = "app/workers/test_relay_races.py::test_"


@frozen
class Race:
    """One race by its name; tests as ``folder/file.py::name`` below ``tests``."""

    name: str
    holds: str
    free: tuple[str, ...]
    forced: tuple[str, ...] = ()


RACES: Final = (
    Race(
        "accept/accept (two mitras)",
        "one wins, the others hear that it is taken; one chat, one charge",
        (f"{A}races.py::test_eight_mitras_accept",),
        (f"{A}forced_orders.py::test_two_accepts_in_order",),
    ),
    Race(
        "accept/accept (the same mitra twice)",
        "both taps get the same chat",
        (f"{A}races.py::test_the_same_mitra_accepts_twice",),
    ),
    Race(
        "accept/accept (one mitra, two requests, one place)",
        "one chat; the other hears that the mitra is full",
        (f"{A}races.py::test_one_mitra_two_requests_one_place",),
    ),
    Race(
        "accept/time-out",
        "accepted before the end by the database's clock, read under the locks, or not at all",
        (f"{A}races.py::test_accept_against_the_window",),
        (
            f"{A}forced_orders.py::test_an_accept_that_waited_past_the_end",
            f"{A}forced_orders.py::test_a_decline_that_waited_past_the_end",
            f"{U}race_orders.py::test_an_accept_paused_beyond_the_window",
        ),
    ),
    Race(
        "accept/cancel",
        "a chat, which the cancellation names; or cancelled, money owed back, and the accept is told",
        (f"{A}races.py::test_accept_against_cancel",),
        (
            f"{A}forced_orders.py::test_accept_then_cancel",
            f"{A}forced_orders.py::test_cancel_then_accept",
        ),
    ),
    Race(
        "opening a request/payment expiry",
        "the search holds the payment, or the payment has failed and the caller is told",
        (
            f"{A}races_of_starts.py::test_opening_against_expiry",
            f"{A}races_of_starts.py::test_confirming_against_expiry",
            f"{A}races_of_starts.py::test_two_starts_at_once",
        ),
        (f"{A}forced_orders.py::test_a_search_that_waited_past_the_end",),
    ),
    Race(
        "the last two declines together",
        "whoever is last ends the search, once",
        (f"{A}races_of_starts.py::test_the_last_two_declines_together",),
    ),
    Race(
        "decline/late joiner",
        "all have said no, by the facts recorded with it; or it goes on with whoever came in time",
        (f"{U}presence_races.py::test_the_last_decline_against_a_late_joiner",),
        (f"{U}presence_races.py::test_the_last_decline_and_a_late_joiner_in_order",),
    ),
    Race(
        "targeted decline, time-out, fallback and cancel",
        "the request ends once, with one cause; a fallback begins one search, on the same money",
        (f"{U}presence_races.py::test_a_targeted_request_and_its_fallback",),
    ),
    Race(
        "fallback twice",
        "one search on the same money",
        (f"{A}races_of_starts.py::test_fallback_twice",),
    ),
    Race(
        "fallback/operator action",
        "exactly one of them has the money; the other hears what became of it",
        (f"{A}failed_money.py::test_action_against_fallback",),
        ("app/usecases/test_failures.py::test_fallback_first_then_action",),
    ),
    Race(
        "webhook/expiry",
        "confirmed, or late and owed back in one row; never expired with money taken",
        (
            f"{U}collecting.py::test_money_against_the_clock",
            f"{U}money_races.py::test_webhook_against_expiry",
        ),
        (
            f"{U}money_orders.py::test_webhook_and_clock_after_the_deadline",
            f"{U}money_orders.py::test_webhook_in_time_decided_after_it",
            f"{U}money_pauses.py::test_paused_after_the_deadline",
        ),
    ),
    Race(
        "webhook/abandon",
        "confirmed, and going back is refused; or abandoned, and the money is owed back",
        (
            f"{U}collecting.py::test_money_against_going_back",
            f"{U}money_races.py::test_webhook_against_going_back",
            f"{U}money_races.py::test_making_an_invoice_against_going_back",
        ),
        (
            f"{U}money_orders.py::test_webhook_then_going_back",
            f"{U}money_orders.py::test_going_back_then_webhook",
            f"{U}money_pauses.py::test_paused",
        ),
    ),
    Race(
        "duplicate webhooks on two instances",
        "one row, applied once, confirmed once",
        (
            f"{U}money_races.py::test_the_same_webhook_on_two_instances",
            f"{U}collecting.py::test_two_invoices_paid_at_once",
            f"{U}collecting.py::test_nobodys_invoice_heard_of_by_many",
            f"{U}money_races.py::test_an_errand_that_two_run",
        ),
        (f"{U}money_pauses.py::test_paused",),
    ),
    Race(
        "webhook/confirm/reconciler",
        "the money is booked once, and all agree",
        (
            f"{U}money_races.py::test_webhook_confirm_reconciler_and_reading",
            f"{U}collecting.py::test_one_invoice_heard_of_by_many",
        ),
        (
            f"{U}money_orders.py::test_the_same_webhook_confirm_and_reconciler",
            f"{U}money_pauses.py::test_paused",
        ),
    ),
    Race(
        "heartbeat/stale",
        "a heartbeat that landed first wins; nobody is swept twice, nobody swept is online",
        (f"{U}presence_races.py::test_heartbeat_against_stale", f"{U}blocking.py::test_block_and_heartbeat"),
        (f"{U}presence_races.py::test_heartbeat_and_sweep_in_order",),
    ),
    Race(
        "offline/accept",
        "who accepts is online at that commit; whoever was quicker to leave hears so",
        (f"{A}races.py::test_accept_against_going_offline", f"{U}blocking.py::test_block_and_accept"),
    ),
    Race(
        "extension accept, reject, time-out and session end",
        "one decision, one charge or one refund, and nobody is told otherwise",
        (f"{U}extension_races.py::test_two_sides", f"{U}extension_races.py::test_asking_while_the_chat_ends"),
        (f"{U}extension_races.py::test_forced_orders",),
    ),
    Race(
        "two extension requests",
        "one extension; the other payment stays free, and its owner hears that one waits",
        (f"{U}extension_races.py::test_two_requests",),
    ),
    Race(
        "extension/chat expiry",
        "the clock never closes what is paused; a payment held in time does not lapse",
        (
            f"{U}extension_races.py::test_asking_while_the_paid_time_runs_out",
            f"{U}extension_races.py::test_asking_while_the_payment_runs_out",
        ),
    ),
    Race(
        "message/end",
        "a message is kept with its number, or refused for good; never a word after the end",
        (
            "adapters/postgres/test_messages.py::test_message_and_end",
            f"{U}blocking.py::test_operators_and_the_customer_end_a_chat",
        ),
    ),
    Race(
        "the same message on two sockets",
        "one message with one number, for both who sent it",
        (
            "adapters/postgres/test_messages.py::test_the_same_message_on_two_sockets",
            "adapters/postgres/test_messages.py::test_everybody_talks_at_once",
        ),
    ),
    Race(
        "refresh/refresh",
        "one successor, which works; nobody is logged out",
        (
            f"{A}races_of_identity.py::test_refresh_against_refresh",
            f"{A}races_of_identity.py::test_a_replayed_grandparent",
        ),
        (
            "app/test_identity_races.py::test_refresh_before_refresh",
            "app/test_identity_pauses.py::test_refresh_paused_before_refresh",
        ),
    ),
    Race(
        "refresh/log-out",
        "in the end neither the token nor a successor from meanwhile is worth anything",
        (f"{A}races_of_identity.py::test_refresh_against_log_out", f"{U}blocking.py::test_block_and_log_in"),
        (
            "app/test_identity_races.py::test_refresh_before_log_out_and_after",
            "app/test_identity_pauses.py::test_refresh_and_log_out_paused",
        ),
    ),
    Race(
        "verify/verify",
        "a code is accepted once, and the phone has one account",
        (f"{A}races_of_identity.py::test_verify_against_verify",),
        (
            "app/test_identity_races.py::test_verify_before_verify",
            "app/test_identity_pauses.py::test_verify_paused_before_verify",
        ),
    ),
    Race(
        "config change inside a window",
        "a window keeps the length it began with; what silence means is read at its end, and recorded",
        (
            f"{U}presence_races.py::test_the_window_is_changed_while_searches_open",
            f"{U}extension_races.py::test_the_policy_changes_at_the_end",
        ),
        (
            f"{U}presence_races.py::test_a_window_keeps_its_length",
            f"{U}extensions.py::test_the_policy_is_that_of_the_end",
        ),
    ),
    Race(
        "cap lowered while chats run",
        "what runs goes on; each accept was below the cap it was judged by, which is recorded",
        (
            f"{U}presence_races.py::test_the_cap_is_lowered_while_chats_run",
            f"{A}races.py::test_the_cap_is_lowered_while_chats_run",
        ),
        (f"{U}presence_races.py::test_the_cap_is_lowered_while_one_accepts",),
    ),
    Race(
        "pricing edit/payment creation",
        "each payment was made at a price in force at that very moment",
        (
            f"{U}price_races.py::test_pricing_edit_against_payment_creation",
            f"{U}price_races.py::test_promotion_edit_against_payment_creation",
        ),
        (
            f"{U}price_races.py::test_an_edit_waits_for_who_read_the_price",
            f"{U}price_races.py::test_who_pays_waits_for_the_edit",
        ),
    ),
    Race(
        "two discounted payments at once",
        "one holds the discount, the other gave it back; one per customer and phone",
        (
            f"{U}first_session.py::test_two_payments_at_once",
            f"{U}first_session.py::test_a_payment_against_its_confirmation",
            f"{U}first_session.py::test_a_phone_that_moves_while_both_pay",
            f"{A}races_of_starts.py::test_two_payments_at_once",
        ),
        (f"{U}first_session.py::test_a_claim_that_is_not_committed_yet",),
    ),
    Race(
        "operator action twice",
        "one record of one action, one line in the ledger; who was second is shown it",
        (
            f"{A}failed_money.py::test_two_operators_differ",
            f"{A}failed_money.py::test_two_operators_agree",
            f"{U}catalogue.py::test_two_operators_change_one_tier",
            f"{U}catalogue.py::test_two_operators_change_the_promotion",
            f"{U}catalogue.py::test_two_operators_add_the_same_tier",
            f"{U}catalogue.py::test_an_order_against_a_price",
        ),
    ),
    Race(
        "two sweepers",
        "each deadline fires once, whoever looks",
        (f"{U}presence_races.py::test_many_sweepers",),
    ),
    Race(
        "two relays",
        "each frame is published once, each stream in order",
        (f"{R}many_relays",),
        (
            f"{R}a_relay_that_holds_frames_while_another_looks",
            "adapters/postgres/test_frame_outbox.py::test_two_relays",
        ),
    ),
    Race(
        "crash between commit and publish",
        "nothing is lost or out of order; another instance publishes it, once",
        (f"{R}relays_that_die", f"{R}relays_that_are_cut_off_anywhere"),
        (f"{R}a_crash_at_a_named_point",),
    ),
    Race(
        "crash between publish and mark",
        "it comes again under the same number, in order",
        (f"{R}relays_that_die",),
        (f"{R}a_crash_at_a_named_point",),
    ),
    Race(
        "one key at two servers",
        "a command that is sent twice has one effect and one answer",
        (f"{A}idempotency.py::test_one_key_at_two_servers",),
        (f"{A}idempotency.py::test_while_the_first_runs",),
    ),
)
