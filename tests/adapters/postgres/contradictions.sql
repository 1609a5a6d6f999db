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

-- heard by: m3_failures_follow_moves

UPDATE pairing_failures SET created_at = created_at + interval '1 second' WHERE id = u('failure gita pays');

UPDATE pairing_failures SET targeted_mitra_id = NULL WHERE id = u('failure citra pays');

UPDATE pairing_failures SET pairing_request_id = u('citra seeks') WHERE id = u('failure citra pays');

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

UPDATE customer_transactions SET customer_id = NULL WHERE id = u('charge ani pays');

-- heard by: m5_charges_follow_consumption

UPDATE customer_transactions SET session_id = u('fitri chats') WHERE id = u('charge ani pays');

UPDATE customer_transactions SET session_id = NULL WHERE id = u('charge ani pays');

UPDATE customer_transactions SET extension_id = u('ani asks more') WHERE id = u('charge ani extends');

UPDATE customer_transactions SET at = at + interval '1 second' WHERE id = u('charge ani pays');

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

-- heard by: m6_surplus_follows_its_capture

UPDATE pairing_failures SET cause_tag = 'duplicate_payment' WHERE id = u('failure dewi again');

UPDATE pairing_failures SET cause_tag = 'late_payment' WHERE id = u('failure stray');

UPDATE payment_captures SET recorded_at = ago(1) WHERE id = u('stray');

DELETE FROM payment_captures WHERE id = u('stray');

-- heard by: m6_fallbacks_supersede

UPDATE pairing_failures SET superseded_at = ago(1) WHERE id = u('failure citra pays');

UPDATE pairing_failures SET superseded_at = now() WHERE id = u('failure gita pays');

-- heard by: m6_ledger_follows_failures

UPDATE customer_transactions SET customer_id = NULL WHERE id = u('due gita pays');

UPDATE customer_transactions SET payment_session_id = u('ani pays') WHERE id = u('due gita pays');

UPDATE customer_transactions SET at = at + interval '1 second' WHERE id = u('refunded dewi');

-- heard by: m7_every_rupiah_is_somewhere

DELETE FROM payment_captures WHERE id = u('stray');

UPDATE payment_sessions SET status = 'abandoned' WHERE id = u('citra pays');

-- heard by: m7_every_payment_adds_up

UPDATE payment_captures SET payment_session_id = u('budi pays') WHERE id = u('capture ani pays');

UPDATE payment_captures SET payment_session_id = NULL WHERE id = u('capture ani pays');

UPDATE customer_transactions SET amount = 1 WHERE id = u('due budi pays');

-- heard by: m9_captures_follow_moves

UPDATE payment_captures SET currency = 'USD' WHERE id = u('capture ani pays');

UPDATE payment_captures SET amount = 9999 WHERE id = u('capture ani pays');

UPDATE payment_captures SET provider = 'xendit' WHERE id = u('capture ani pays');

UPDATE payment_captures SET recorded_at = ago(1) WHERE id = u('capture ani pays');

INSERT INTO payment_captures
SELECT u('twice'), provider, provider_invoice_id, payment_session_id, amount, currency, paid_at, recorded_at
FROM payment_captures WHERE id = u('capture ani pays');
UPDATE payment_captures SET recorded_at = ago(1) WHERE id = u('twice');

-- heard by: m9_captures_are_of_their_invoices

UPDATE payment_captures SET provider_invoice_id = 'foreign' WHERE id = u('capture ani pays');

UPDATE payment_captures SET provider_invoice_id = u('budi pays')::text WHERE id = u('capture ani pays');

INSERT INTO payment_captures
SELECT u('twice'), provider, provider_invoice_id, payment_session_id, amount, currency, paid_at, recorded_at
FROM payment_captures WHERE id = u('capture ani pays');

UPDATE payment_captures SET provider = 'xendit', provider_invoice_id = 'of budi' WHERE id = u('capture ani pays');
INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status)
VALUES ('xendit', 'of budi', u('budi pays'), 10000, 'paid');

-- heard by: m9_captured_invoices_are_known

UPDATE payment_captures SET provider = 'xendit', provider_invoice_id = 'foreign' WHERE id = u('capture ani pays');

-- heard by: m9_invoices_are_of_their_payments

UPDATE payment_sessions SET provider = 'xendit', provider_invoice_id = 'nowhere' WHERE id = u('eka pays');

UPDATE payment_sessions SET provider = 'xendit', provider_invoice_id = 'of budi' WHERE id = u('eka pays');
INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status)
VALUES ('xendit', 'of budi', u('budi pays'), 10000, 'pending');

UPDATE payment_sessions SET provider = 'xendit', provider_invoice_id = 'its own', xendit_invoice_url = 'https://elsewhere'
WHERE id = u('eka pays');
INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, url, amount, status)
VALUES ('xendit', 'its own', u('eka pays'), 'https://there', 10000, 'pending');

-- heard by: m9_webhooks_count_once

INSERT INTO webhook_inbox (id, provider, provider_invoice_id, provider_status, body, received_at, applied_at)
SELECT u('webhook ' || n), 'xendit', 'invoice', 'PAID', '', now(), now() FROM generate_series(1, 2) AS n;

INSERT INTO webhook_inbox (id, provider, provider_invoice_id, provider_status, body, received_at, applied_at)
SELECT u('webhook ' || n), 'xendit', 'invoice', 'PAID', '', now(), CASE n WHEN 1 THEN now() END
FROM generate_series(1, 2) AS n;

INSERT INTO webhook_inbox (id, provider, body, received_at, applied_at, quarantined_at, quarantine_reason)
VALUES (u('webhook'), 'xendit', '', now(), now(), now(), 'unreadable');

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

DROP TRIGGER transitions_append_only ON transitions;
CREATE TRIGGER transitions_append_only BEFORE TRUNCATE ON transitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

DROP TRIGGER customer_transactions_append_only ON customer_transactions;
CREATE TRIGGER customer_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON customer_transactions
    FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION refuse_by_rule();

DROP TRIGGER customer_transactions_append_only ON customer_transactions;
CREATE TRIGGER customer_transactions_append_only BEFORE UPDATE OF amount OR DELETE OR TRUNCATE ON customer_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

DROP TRIGGER pairing_failures_set_once ON pairing_failures;
CREATE TRIGGER pairing_failures_set_once BEFORE UPDATE ON pairing_failures
    FOR EACH ROW WHEN (NEW.id <> OLD.id) EXECUTE FUNCTION seal_end();

CREATE OR REPLACE FUNCTION refuse_by_rule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;

-- heard by: m13_one_use_at_a_time

UPDATE pairing_requests SET status = 'pending' WHERE id = u('citra asks sari');

UPDATE pairing_requests SET payment_session_id = u('ani extends') WHERE id = u('ani seeks');

UPDATE payment_sessions SET customer_id = u('eka') WHERE id = u('gita pays');

-- heard by: m13_fallbacks_cost_nothing_new

INSERT INTO payment_sessions
SELECT p.* FROM payment_sessions q, jsonb_populate_record(q, jsonb_build_object('id', u('again'), 'created_at', (
    SELECT at FROM transitions WHERE command = 'fall_back'))) p
WHERE q.id = u('citra pays');

INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, amount, status)
VALUES ('xendit', 'again', u('citra pays'), 10000, 'pending');

INSERT INTO outbox (kind, stream, audience, payload)
VALUES ('invoice', 'payment:' || u('citra pays'), '{}', '{"step": "create"}');

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

-- heard by: h3_only_participants_hear

UPDATE outbox SET audience = jsonb_build_object('customer', u('budi')) WHERE payload ->> 'frame' = 'session_paused';

UPDATE outbox SET audience = jsonb_build_object('request', u('ani seeks')) WHERE payload ->> 'frame' = 'session_resumed';

UPDATE outbox SET audience = audience || jsonb_build_object('mitra', u('tini')) WHERE payload ->> 'frame' = 'message';

INSERT INTO outbox (kind, stream, audience, payload)
VALUES ('push', 'x', jsonb_build_object('mitra', u('tini')), jsonb_build_object('session_id', u('ani chats')));

INSERT INTO outbox (kind, stream, audience, payload)
VALUES ('frame', 'x', jsonb_build_object('mitra', u('tini')), jsonb_build_object('session_id', u('no chat')));

-- heard by: h4_time_adds_up

UPDATE chat_sessions SET expires_at = expires_at + interval '1 microsecond' WHERE id = u('ani chats');

UPDATE chat_sessions SET paused_seconds = 6.000001 WHERE id = u('ani chats');

UPDATE session_extensions SET status = 'rejected' WHERE id = u('ani asks');

-- heard by: h4_pauses_are_those_of_the_moves

UPDATE chat_sessions SET paused_seconds = paused_seconds + 3600, expires_at = expires_at + interval '1 hour'
WHERE id = u('ani chats');

UPDATE chat_sessions SET paused_seconds = 1, expires_at = expires_at + interval '1 second' WHERE id = u('fitri chats');

UPDATE chat_sessions SET remaining_seconds = 217 WHERE id = u('ani chats');

UPDATE transitions SET at = at - interval '1 microsecond'
WHERE aggregate_id = u('ani chats') AND version = 2;

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

UPDATE transitions SET command = 'time_up', facts = facts || '{"policy": "auto_reject"}'
WHERE machine = 'extension' AND to_state = 'accepted';

UPDATE transitions SET command = 'time_up', facts = facts || '{"ws_connected": false}'
WHERE machine = 'extension' AND to_state = 'accepted';

UPDATE session_extensions SET deadline_at = ago(2.9) WHERE id = u('ani asks');

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

UPDATE pairing_requests SET next_wave_at = ago(0.1) WHERE id = u('citra seeks');

UPDATE session_extensions SET wake_at = now() WHERE id = u('ani asks');

UPDATE chat_sessions SET wake_at = now() WHERE id = u('fitri chats');

-- heard by: t2_nothing_fired_early

UPDATE payment_sessions SET expires_at = now() WHERE id = u('eka hesitates');

UPDATE pairing_requests SET deadline_at = now() WHERE id = u('budi seeks');

UPDATE chat_sessions SET expires_at = now() WHERE id = u('fitri chats');

UPDATE session_extensions SET via_timeout = true WHERE id = u('ani asks');

UPDATE transitions SET at = ago(21) WHERE aggregate_id = u('eka hesitates') AND version = 2;
UPDATE payment_sessions SET status = 'failed_pairing', cause_tag = 'late_payment', version = 3
WHERE id = u('eka hesitates');

UPDATE transitions SET command = 'tick', event = 'fallback_closed' WHERE aggregate_id = u('budi pays') AND version = 4;

-- heard by: t2_no_chat_was_cut_short

UPDATE transitions SET at = ago(51.6) WHERE aggregate_id = u('fitri chats') AND version = 3;

UPDATE transitions SET facts = '{"grace_seconds": 600}' WHERE aggregate_id = u('fitri chats') AND version = 2;

UPDATE transitions SET at = at - interval '3 minutes' WHERE aggregate_id = u('fitri chats') AND version = 2;
UPDATE transitions SET command = 'end' WHERE aggregate_id = u('fitri chats') AND version = 3;
UPDATE chat_sessions SET end_reason = 'customer_ended' WHERE id = u('fitri chats');

UPDATE transitions SET command = 'time_up', to_state = 'closing', at = ago(4) WHERE aggregate_id = u('ani chats') AND version = 2;

-- heard by: t3_nothing_overdue

UPDATE payment_sessions SET wake_at = ago(1) WHERE id = u('eka pays');

UPDATE session_extensions SET wake_at = ago(1) WHERE id = u('ani asks more');

-- heard by: t4_whoever_must_hear_is_told

DELETE FROM outbox;

DELETE FROM outbox WHERE payload ->> 'frame' = 'payment_confirmed' AND payload ->> 'payment_session_id' = u('ani pays')::text;

DELETE FROM outbox WHERE payload ->> 'frame' = 'session_paused' AND created_at = ago(0);

DELETE FROM outbox WHERE payload ->> 'frame' = 'session_ended' AND audience ? 'mitra';

DELETE FROM outbox WHERE payload ->> 'frame' = 'chat_request' AND payload ->> 'pairing_request_id' = u('citra seeks')::text;

DELETE FROM outbox WHERE payload ->> 'frame' = 'message' AND audience ? 'mitra' AND payload ->> 'seq' = '2';

DELETE FROM outbox WHERE payload ->> 'command' = 'look_again' AND payload ->> 'request_id' = u('budi seeks')::text;

DELETE FROM outbox
WHERE id = (SELECT max(id) FROM outbox WHERE payload ->> 'command' = 'mitra_became_eligible' AND payload ->> 'mitra_id' = u('sari')::text);

UPDATE payment_sessions SET provider = 'xendit' WHERE id = u('eka hesitates');

-- heard by: t4_nothing_unsent

INSERT INTO outbox (kind, stream, audience, payload, next_attempt_at) VALUES ('later', 'x', '{}', '{}', ago(1));

-- heard by: a1_nobody_shut_out_is_logged_in

WITH shut_out AS (UPDATE mitras SET is_online = false, blocked_at = now(), version = version + 1 WHERE id = u('tini'))
INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at, absolute_expires_at)
VALUES (u('log-in'), 'mitra', u('tini'), sha256('x'), now(), now(), now(), now());

WITH shut_out AS (UPDATE cc_users SET disabled_at = now() WHERE id = u('operator'))
INSERT INTO auth_sessions (id, user_type, user_id, token_hash, created_at, rotated_at, expires_at, absolute_expires_at)
VALUES (u('log-in'), 'cc_user', u('operator'), sha256('x'), now(), now(), now(), now());

-- heard by: a2_codes_have_their_end

INSERT INTO otp_challenges (phone, user_type, failures, failed_at) VALUES ('+62', 'customer', 6, now());

INSERT INTO otp_challenges (phone, user_type, failures) VALUES ('+62', 'customer', 5);

INSERT INTO otp_challenges (phone, user_type, code_hash, sends) VALUES ('+62', 'mitra', sha256('1'), ARRAY[now()]);

INSERT INTO otp_challenges (phone, user_type, code_hash, code_expires_at, sends)
VALUES ('+62', 'mitra', sha256('1'), now() + interval '6 minutes', ARRAY[now()]);

INSERT INTO otp_challenges (phone, user_type, code_hash, code_expires_at)
VALUES ('+62', 'mitra', sha256('1'), now() + interval '5 minutes');

-- heard by: a4_operators_are_their_history

UPDATE cc_users SET disabled_at = now();

INSERT INTO operator_changes (subject_type, subject_id, change_kind) VALUES ('cc_user', u('operator'), 'disabled');

UPDATE cc_users SET disabled_at = now();
INSERT INTO operator_changes (subject_type, subject_id, change_kind)
VALUES ('cc_user', u('operator'), 'disabled'), ('cc_user', u('operator'), 'enabled');

-- heard by: a4_changes_have_their_author

UPDATE pricing_promotions_history SET changed_by = NULL;

INSERT INTO app_config_history (key, change_kind, at, before, after)
SELECT key, 'updated', now(), value, value FROM app_config WHERE key = 'pairing_wave_size';

INSERT INTO pricing_tiers_history (id, tier_id, change_kind, at, after) VALUES (u('new'), u('tier'), 'created', now(), '{}');

INSERT INTO operator_changes (subject_type, subject_id, change_kind) VALUES ('mitra', u('sari'), 'renamed');

UPDATE pairing_failures SET actioned_by = NULL WHERE id = u('failure dewi pays');

INSERT INTO webhook_inbox (id, provider, body, received_at, resolved_at) VALUES (u('webhook'), 'xendit', '', now(), now());

UPDATE transitions SET command = 'block', actor_type = 'mitra', actor_id = u('sari') WHERE machine = 'presence';

-- heard by: a4_actions_close_fallbacks

UPDATE transitions SET command = 'forfeit_fallback', at = ago(5), actor_type = 'cc_user', actor_id = u('somebody')
WHERE aggregate_id = u('dewi pays') AND version = 3;

-- heard by: a4_settings_are_their_history

UPDATE app_config SET value = '7' WHERE key = 'pairing_wave_size';

INSERT INTO app_config (key, value, updated_at) VALUES ('new', '1', now());

DELETE FROM app_config_history WHERE key = 'pairing_wave_size';

INSERT INTO app_config_history (key, change_kind, changed_by, at, before, after)
SELECT key, 'updated', u('operator'), now() + interval '1 second', '5', '7' FROM app_config WHERE key = 'pairing_wave_size';
UPDATE app_config SET value = '7', updated_at = now() + interval '1 second' WHERE key = 'pairing_wave_size';

-- heard by: a4_tiers_are_their_history

UPDATE pricing_tiers SET price = 1 WHERE minutes = 5;

UPDATE pricing_tiers SET is_active = false WHERE minutes = 60;

DELETE FROM pricing_tiers_history WHERE after ->> 'minutes' = '60';

INSERT INTO pricing_tiers_history (id, tier_id, change_kind, changed_by, at, before, after)
SELECT u('stale'), id, 'updated', u('operator'), now(), '{"price": 1}', '{"price": 2}' FROM pricing_tiers WHERE minutes = 5;

-- heard by: a4_promotions_are_their_history

UPDATE pricing_promotions SET price = 1;

UPDATE pricing_promotions_history SET before = '{}' WHERE id = u('promotion on');

DELETE FROM pricing_promotions_history WHERE change_kind = 'created';
