-- What is planted, behind the back of every trigger and foreign key, and the invariant that must hear of it.
-- Paragraphs are planted one at a time. Words and people are those of world.sql.

-- heard by: m1_only_moves_of_the_tables

UPDATE transitions SET to_state = 'abandoned' WHERE aggregate_id = u('eka hesitates') AND version = 2;

UPDATE transitions SET command = 'open' WHERE aggregate_id = u('ani pays') AND version = 1;

UPDATE transitions SET cause_tag = 'late_payment' WHERE aggregate_id = u('gita seeks') AND version = 3;

UPDATE transitions SET cause_tag = NULL WHERE aggregate_id = u('gita pays') AND version = 4;

UPDATE transitions SET cause_tag = 'late_payment' WHERE aggregate_id = u('ani pays') AND version = 2;

-- heard by: m1_moves_follow_each_other

DELETE FROM transitions WHERE aggregate_id = u('ani pays') AND version = 2;

DELETE FROM transitions WHERE aggregate_id = u('ani pays') AND version = 1;

UPDATE transitions SET hash = sha256('x') WHERE aggregate_id = u('ani pays') AND version = 2;

UPDATE transitions SET from_state = 'expired' WHERE aggregate_id = u('ani pays') AND version = 4;

-- heard by: m1_rows_agree_with_their_moves

UPDATE payment_sessions SET version = 9 WHERE id = u('ani pays');

UPDATE pairing_requests SET status = 'cancelled', cause_tag = 'customer_cancelled' WHERE id = u('budi seeks');

UPDATE mitras SET is_online = false WHERE id = u('tini');

DELETE FROM transitions WHERE aggregate_id = u('fitri chats');

DELETE FROM session_extensions WHERE id = u('ani asks');

-- heard by: m1_counts_are_those_of_the_log

UPDATE report_progress SET counted_id = 3, closed_id = 3, seen_id = 3;

INSERT INTO transition_counts (grain, bucket, machine, from_state, command, to_state, event, cause_tag, count)
VALUES (0, to_timestamp(0), 'payment', '', 'create', 'pending', 'payment_created', '', 1);

-- heard by: m1_causes_agree

UPDATE payment_sessions SET cause_tag = 'operator_ended' WHERE id = u('dewi pays');

UPDATE pairing_failures SET cause_tag = 'operator_ended' WHERE id = u('failure dewi pays');

UPDATE payment_sessions SET cause_tag = 'late_payment' WHERE id = u('eka hesitates');

-- heard by: m2_held_by_what_is_open

UPDATE payment_sessions SET held_by = NULL WHERE id = u('citra pays');

UPDATE payment_sessions SET held_by = u('budi seeks') WHERE id = u('citra pays');

UPDATE payment_sessions SET held_by = u('budi seeks') WHERE id = u('budi pays');

-- heard by: m2_none_left_confirmed

UPDATE payment_sessions SET held_by = NULL, expires_at = ago(2) WHERE id = u('citra pays');

-- heard by: m3_failed_has_one_failure_row

DELETE FROM pairing_failures WHERE id = u('failure gita pays');

UPDATE pairing_failures SET superseded_at = NULL WHERE id = u('failure citra pays');

UPDATE pairing_failures SET amount = 1 WHERE id = u('failure gita pays');

UPDATE pairing_failures SET payment_session_id = u('ani pays') WHERE id = u('failure gita pays');

-- heard by: m3_failure_rows_are_of_their_payment

UPDATE pairing_failures SET customer_id = u('ani') WHERE id = u('failure gita pays');

UPDATE pairing_failures SET pairing_request_id = u('ani seeks') WHERE id = u('failure gita pays');

-- heard by: m4_consumed_became_minutes

DELETE FROM chat_sessions WHERE id = u('fitri chats');

UPDATE session_extensions SET status = 'cancelled' WHERE id = u('ani asks');

UPDATE payment_sessions SET status = 'confirmed' WHERE id = u('ani pays');

-- heard by: m5_consumed_is_charged_once

DELETE FROM customer_transactions WHERE id = u('charge fitri pays');

UPDATE customer_transactions SET amount = 9999 WHERE id = u('charge ani pays');

UPDATE customer_transactions SET kind = 'session' WHERE id = u('charge ani extends');

UPDATE customer_transactions SET customer_id = u('budi') WHERE id = u('charge ani pays');

INSERT INTO customer_transactions (id, payment_session_id, kind, amount, at)
VALUES (u('twice'), u('ani pays'), 'session', 10000, now());

INSERT INTO customer_transactions (id, payment_session_id, kind, amount, at)
VALUES (u('early'), u('eka pays'), 'session', 10000, now());

-- heard by: m6_failed_is_owed_once

DELETE FROM customer_transactions WHERE id = u('due gita pays');

DELETE FROM customer_transactions WHERE id = u('reversed citra pays');

UPDATE customer_transactions SET amount = 1 WHERE id = u('due gita pays');

INSERT INTO customer_transactions (id, payment_session_id, kind, amount, at, failure_id)
VALUES (u('twice'), u('gita pays'), 'refund_due', 10000, now(), u('failure gita pays'));

-- heard by: m6_failure_rows_agree_with_the_ledger

DELETE FROM customer_transactions WHERE id = u('refunded dewi');

UPDATE customer_transactions SET kind = 'credited' WHERE id = u('refunded dewi');

UPDATE pairing_failures SET operator_action = 'no_action' WHERE id = u('failure dewi pays');

UPDATE pairing_failures SET superseded_at = now() WHERE id = u('failure gita pays');

DELETE FROM customer_transactions WHERE id = u('due stray');

INSERT INTO customer_transactions (id, kind, amount, at, failure_id)
VALUES (u('unasked'), 'retained', 500, now(), u('failure stray'));

INSERT INTO customer_transactions (id, kind, amount, at, failure_id)
VALUES (u('both'), 'retained', 10000, now(), u('failure dewi pays'));

-- heard by: m6_surplus_is_owed

UPDATE pairing_failures SET amount = 1 WHERE id = u('failure stray');

UPDATE pairing_failures SET superseded_at = now() WHERE id = u('failure dewi again');

UPDATE pairing_failures SET payment_session_id = u('ani pays') WHERE id = u('failure dewi again');

-- heard by: m7_every_rupiah_is_somewhere

DELETE FROM payment_captures WHERE id = u('stray');

UPDATE payment_sessions SET status = 'abandoned' WHERE id = u('citra pays');

-- heard by: m7_every_payment_adds_up

UPDATE payment_captures SET payment_session_id = u('budi pays') WHERE id = u('capture ani pays');

UPDATE payment_captures SET payment_session_id = NULL WHERE id = u('capture ani pays');

UPDATE customer_transactions SET amount = 1 WHERE id = u('due budi pays');

-- heard by: m10_paid_is_booked

INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status, created_at)
VALUES ('xendit', 'paid and forgotten', u('ani pays'), 10000, 'paid', ago(11));

-- heard by: m8_price_has_a_source

UPDATE payment_sessions SET amount = 1 WHERE id = u('ani pays');

UPDATE payment_sessions SET duration_minutes = 60 WHERE id = u('ani pays');

UPDATE payment_sessions SET price_source_id = NULL WHERE id = u('ani pays');

UPDATE payment_sessions SET mode = 'call' WHERE id = u('ani pays');

UPDATE payment_sessions SET is_first_session_discount = false WHERE id = u('fitri pays');

UPDATE pricing_promotions_history SET after = after || '{"is_active": false}';

UPDATE pricing_promotions_history SET at = ago(50) WHERE id = u('promotion on');

UPDATE pricing_tiers_history SET at = p.created_at + interval '1 microsecond'
FROM payment_sessions p WHERE p.id = u('ani pays');

INSERT INTO pricing_tiers_history (id, tier_id, change_kind, at, before, after)
SELECT u('dearer'), h.tier_id, 'updated', p.created_at, h.after, h.after
FROM pricing_tiers_history h, payment_sessions p WHERE h.after ->> 'minutes' = '5' AND p.id = u('eka pays');

-- heard by: m11_one_discount_per_customer

UPDATE payment_sessions SET is_first_session_discount = true, customer_id = u('fitri') WHERE id = u('eka pays');

-- heard by: m11_claims_are_of_discounts

INSERT INTO discount_claims (phone_hmac, payment_session_id) VALUES ('\x00', u('ani pays'));

INSERT INTO discount_claims (phone_hmac, payment_session_id) VALUES ('\x00', u('fitri pays'));
UPDATE payment_sessions SET status = 'abandoned' WHERE id = u('fitri pays');

-- heard by: m11_extensions_cost_their_price

UPDATE payment_sessions SET amount = 0 WHERE id = u('ani extends');

UPDATE payment_sessions SET is_first_session_discount = true WHERE id = u('ani extends');

-- heard by: m12_guards_are_in_place

ALTER TABLE transitions DISABLE TRIGGER transitions_append_only;

DROP TRIGGER pairing_failures_set_once ON pairing_failures;

-- heard by: m13_one_use_at_a_time

UPDATE pairing_requests SET status = 'pending' WHERE id = u('citra asks sari');

UPDATE pairing_requests SET payment_session_id = u('ani extends') WHERE id = u('ani seeks');

UPDATE payment_sessions SET customer_id = u('eka') WHERE id = u('gita pays');

-- heard by: p1_one_thing_open_per_customer

UPDATE pairing_requests SET customer_id = u('ani') WHERE id = u('citra seeks');

-- heard by: p2_searched_for_money

UPDATE payment_sessions SET status = 'consumed' WHERE id = u('citra pays');

UPDATE payment_sessions SET held_by = NULL WHERE id = u('citra pays');

-- heard by: p3_accepted_once_by_the_winner

DELETE FROM pairing_answers WHERE pairing_request_id = u('ani seeks');

UPDATE pairing_requests SET winner_mitra_id = u('tini') WHERE id = u('ani seeks');

UPDATE pairing_requests SET kind = 'returning', targeted_mitra_id = u('tini') WHERE id = u('ani seeks');

INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)
VALUES (u('ani seeks'), u('tini'), 'accepted', ago(6.5));

INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)
VALUES (u('budi seeks'), u('tini'), 'accepted', ago(6.5));

-- heard by: p3_winner_had_been_offered_it

UPDATE pairing_waves SET mitra_ids = ARRAY[u('tini')] WHERE pairing_request_id = u('ani seeks');

UPDATE pairing_waves SET at = ago(6) WHERE pairing_request_id = u('ani seeks');

UPDATE pairing_answers SET answer = 'accepted' WHERE pairing_request_id = u('gita seeks');
UPDATE pairing_answers SET mitra_id = u('sari') WHERE pairing_request_id = u('gita seeks');
UPDATE pairing_answers SET answer = 'withdrawn'
WHERE id = (SELECT min(id) FROM pairing_answers
WHERE pairing_request_id = u('gita seeks'));

-- heard by: p3_chat_is_of_its_request

UPDATE chat_sessions SET mitra_id = u('tini') WHERE id = u('ani chats');

UPDATE pairing_requests SET session_id = u('fitri chats') WHERE id = u('ani seeks');

DELETE FROM chat_sessions WHERE id = u('fitri chats');

UPDATE pairing_requests SET status = 'cancelled', session_id = NULL WHERE id = u('ani seeks');

-- heard by: p4_all_had_declined

DELETE FROM pairing_waves WHERE pairing_request_id = u('gita seeks');

DELETE FROM pairing_answers WHERE pairing_request_id = u('gita seeks') AND mitra_id = u('tini');

UPDATE pairing_answers SET answer = 'withdrawn' WHERE pairing_request_id = u('gita seeks') AND mitra_id = u('tini');

INSERT INTO pairing_waves VALUES (u('gita seeks'), 2, ARRAY[u('sari')], ago(6.85));

-- heard by: p4_nobody_was_left

UPDATE transitions SET facts = '{"eligible_left": true}' WHERE aggregate_id = u('gita seeks');

UPDATE transitions SET facts = '{}' WHERE aggregate_id = u('gita seeks');

-- heard by: p5_answered_in_time

UPDATE pairing_requests SET deadline_at = ago(6.6) WHERE id = u('ani seeks');

UPDATE pairing_answers SET at = now() WHERE pairing_request_id = u('gita seeks');

-- heard by: p5_closed_by_a_cause_or_a_winner

UPDATE pairing_requests SET cause_tag = NULL WHERE id = u('gita seeks');

UPDATE pairing_requests SET cause_tag = 'customer_cancelled' WHERE id = u('citra seeks');

UPDATE pairing_requests SET cause_tag = 'customer_cancelled' WHERE id = u('ani seeks');

-- heard by: p6_live_chats_counted

UPDATE mitras SET live_chats = 2 WHERE id = u('sari');

UPDATE mitras SET live_chats = 1 WHERE id = u('tini');

-- heard by: c1_below_the_cap_at_each_accept

UPDATE app_config_history SET after = '0' WHERE key = 'max_customers_per_mitra';

-- heard by: c2_nobody_accepts_offline

UPDATE transitions SET to_state = 'offline' WHERE machine = 'presence' AND aggregate_id = u('sari');

-- heard by: c2_facts_allowed_each_accept

UPDATE transitions SET facts = facts || '{"online": false}' WHERE command = 'accept';

UPDATE transitions SET facts = facts || '{"cap": 2}' WHERE command = 'accept';

UPDATE transitions SET facts = facts - 'live_chats' WHERE command = 'accept';

-- heard by: c2_nobody_blocked_talks

UPDATE mitras SET is_online = false, blocked_at = ago(1), version = version + 1 WHERE id = u('sari');

-- heard by: c3_none_stale_online

UPDATE app_config SET updated_at = ago(60);
UPDATE mitras SET last_heartbeat_at = ago(1) WHERE id = u('tini');

-- heard by: h1_messages_without_a_gap

UPDATE chat_sessions SET last_seq = 3 WHERE id = u('ani chats');

UPDATE chat_messages SET seq = 3 WHERE seq = 2;

DELETE FROM chat_messages WHERE seq = 1;

DELETE FROM chat_messages;

-- heard by: h1_said_once

UPDATE chat_messages SET sender = 'mitra', client_message_id = u('message 2');

-- heard by: h2_messages_have_their_key

DELETE FROM chat_keys WHERE author = 'mitra';

-- heard by: h3_no_words_into_silence

UPDATE chat_messages SET sent_at = (
    SELECT at + interval '5.5 seconds' FROM transitions WHERE aggregate_id = u('ani chats') AND version = 2)
WHERE seq = 2;

UPDATE chat_messages SET sent_at = now() + interval '1 hour' WHERE seq = 2;

-- heard by: h4_time_adds_up

UPDATE chat_sessions SET expires_at = expires_at + interval '1 microsecond' WHERE id = u('ani chats');

UPDATE chat_sessions SET paused_seconds = 6.000001 WHERE id = u('ani chats');

UPDATE session_extensions SET status = 'rejected' WHERE id = u('ani asks');

-- heard by: h4_none_active_past_its_end

UPDATE chat_sessions SET status = 'active', wake_at = ago(1) WHERE id = u('ani chats');

UPDATE chat_sessions SET status = 'closing', wake_at = ago(1) WHERE id = u('ani chats');

-- heard by: x1_extending_has_one_pending

UPDATE chat_sessions SET status = 'active' WHERE id = u('ani chats');

UPDATE session_extensions SET status = 'pending' WHERE id = u('ani asks');

DELETE FROM session_extensions WHERE id = u('ani asks more');

-- heard by: x2_extension_is_its_payment

UPDATE session_extensions SET requested_price = 1 WHERE id = u('ani asks');

UPDATE session_extensions SET requested_duration_minutes = 12 WHERE id = u('ani asks');

UPDATE payment_sessions SET customer_id = u('eka') WHERE id = u('ani extends');

-- heard by: x3_silence_charges_only_the_reachable

UPDATE session_extensions SET via_timeout = true;
UPDATE transitions SET facts = facts || '{"ws_connected": false}' WHERE machine = 'extension';

UPDATE session_extensions SET via_timeout = true;
UPDATE transitions SET facts = facts || '{"online": false}' WHERE machine = 'extension';

UPDATE session_extensions SET via_timeout = true;
UPDATE transitions SET facts = facts || '{"policy": "auto_reject"}' WHERE machine = 'extension';

-- heard by: x4_accepted_prolongs_once

DELETE FROM transitions WHERE machine = 'chat' AND command = 'extension_accepted';

UPDATE transitions SET facts = '{"minutes": 10}' WHERE machine = 'chat' AND command = 'extension_accepted';

UPDATE transitions SET at = at + interval '1 second' WHERE machine = 'chat' AND command = 'extension_accepted';

UPDATE session_extensions SET status = 'rejected' WHERE id = u('ani asks');

UPDATE session_extensions SET requested_duration_minutes = 10 WHERE id = u('ani asks');

-- heard by: t1_waiting_rows_wake

UPDATE payment_sessions SET wake_at = NULL WHERE id = u('eka pays');

UPDATE payment_sessions SET wake_at = now() WHERE id = u('citra pays');

UPDATE payment_sessions SET wake_at = wake_at + interval '1 second' WHERE id = u('budi pays');

UPDATE pairing_requests SET next_wave_at = now() WHERE id = u('citra seeks');

UPDATE session_extensions SET wake_at = now() WHERE id = u('ani asks');

UPDATE chat_sessions SET wake_at = now() WHERE id = u('fitri chats');

-- heard by: t2_nothing_fired_early

UPDATE payment_sessions SET expires_at = now() WHERE id = u('eka hesitates');

UPDATE pairing_requests SET deadline_at = now() WHERE id = u('budi seeks');

UPDATE chat_sessions SET expires_at = now() WHERE id = u('fitri chats');

UPDATE session_extensions SET via_timeout = true WHERE id = u('ani asks');

-- heard by: t3_nothing_overdue

UPDATE payment_sessions SET wake_at = ago(1) WHERE id = u('eka pays');

UPDATE session_extensions SET wake_at = ago(1) WHERE id = u('ani asks more');

-- heard by: t4_nothing_unsent

INSERT INTO outbox (kind, stream, audience, payload, next_attempt_at) VALUES ('later', 'x', '{}', '{}', ago(1));

-- heard by: a1_nobody_shut_out_is_logged_in

WITH shut_out AS (UPDATE mitras SET is_online = false, blocked_at = now(), version = version + 1 WHERE id = u('tini'))
INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at, absolute_expires_at)
VALUES (u('log-in'), 'mitra', u('tini'), sha256('x'), now(), now(), now(), now());

WITH shut_out AS (UPDATE cc_users SET disabled_at = now() WHERE id = u('operator'))
INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at, absolute_expires_at)
VALUES (u('log-in'), 'cc_user', u('operator'), sha256('x'), now(), now(), now(), now());
