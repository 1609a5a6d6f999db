-- What must never be, tried on the world of world.sql one paragraph at a time, and the rule that must refuse it.

-- rule: payment_captures_append_only

UPDATE payment_captures SET amount = 1;

DELETE FROM payment_captures;

-- rule: customer_transactions_append_only

UPDATE customer_transactions SET amount = 1;

DELETE FROM customer_transactions;

TRUNCATE customer_transactions;

-- rule: transitions_append_only

UPDATE transitions SET facts = '{}';

DELETE FROM transitions WHERE false;

TRUNCATE transitions;

-- rule: pricing_tiers_history_append_only

DELETE FROM pricing_tiers_history;

-- rule: pricing_promotions_history_append_only

UPDATE pricing_promotions_history SET at = now();

-- rule: app_config_history_append_only

TRUNCATE app_config_history;

-- rule: pairing_failures_never_deleted

DELETE FROM pairing_failures;

TRUNCATE pairing_failures CASCADE;

-- rule: pairing_failures_set_once

UPDATE pairing_failures SET amount = 1 WHERE id = u('failure gita pays');

UPDATE pairing_failures SET superseded_at = now() WHERE id = u('failure citra pays');

UPDATE pairing_failures SET superseded_at = NULL WHERE id = u('failure citra pays');

UPDATE pairing_failures SET operator_action = 'credited' WHERE id = u('failure dewi pays');

UPDATE pairing_failures SET note = 'another' WHERE id = u('failure dewi pays');

-- rule: payment_sessions_version_grows

UPDATE payment_sessions SET version = version - 1;

UPDATE payment_sessions SET status = 'abandoned', wake_at = NULL WHERE id = u('eka pays');

UPDATE payment_sessions SET held_by = u('x') WHERE id = u('citra pays');

-- rule: pairing_requests_version_grows

UPDATE pairing_requests SET status = 'cancelled', cause_tag = 'customer_cancelled', wake_at = NULL
WHERE id = u('citra seeks');

-- rule: chat_sessions_version_grows

UPDATE chat_sessions SET paused_seconds = 7 WHERE id = u('ani chats');

-- rule: session_extensions_version_grows

UPDATE session_extensions SET status = 'accepted', wake_at = NULL WHERE id = u('ani asks more');

-- rule: mitras_version_grows

UPDATE mitras SET is_online = false;

UPDATE mitras SET version = 1;

-- rule: pricing_tiers_key_fixed

UPDATE pricing_tiers SET minutes = 7 WHERE minutes = 5;

-- rule: payment_sessions_free_only_by_promotion

UPDATE payment_sessions SET amount = 0, version = 9 WHERE id = u('eka pays');

-- rule: payment_sessions_extension_full_price

UPDATE payment_sessions SET is_first_session_discount = true, version = 9 WHERE id = u('ani extends');

-- rule: payment_sessions_held_when_confirmed

UPDATE payment_sessions SET held_by = u('x'), version = 9 WHERE id = u('eka pays');

-- rule: payment_sessions_fallback_of_failure

UPDATE payment_sessions SET fallback_open = true, version = 9 WHERE id = u('eka pays');

-- rule: pairing_requests_returning_has_target

UPDATE pairing_requests SET targeted_mitra_id = NULL, version = 9 WHERE id = u('citra asks sari');

-- rule: pairing_failures_actioned_or_superseded

UPDATE pairing_failures SET superseded_at = now() WHERE id = u('failure dewi pays');

-- rule: customer_transactions_about_something

INSERT INTO customer_transactions (id, kind, amount, at) VALUES (u('x'), 'refund_due', 1, now());

INSERT INTO customer_transactions (id, kind, amount, at, failure_id)
VALUES (u('x'), 'session', 1, now(), u('failure stray'));
