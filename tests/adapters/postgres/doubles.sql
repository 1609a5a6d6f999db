-- What may be there once, tried a second time on the world of world.sql, and the word for what is in its way.

-- clash: request_open

SELECT searched('again', 'citra pays', now());

-- clash: session_live

UPDATE chat_sessions SET customer_id = u('ani'), status = 'active', ended_at = NULL, end_reason = NULL,
    wake_at = now(), version = 9
WHERE id = u('fitri chats');

-- clash: extension_pending

SELECT asked('again', 'ani chats', 'eka pays', now());

-- clash: extension_for_payment

UPDATE session_extensions SET payment_session_id = u('ani extends'), version = 9 WHERE id = u('ani asks more');

-- clash: chat_for_payment

UPDATE chat_sessions SET payment_session_id = u('ani pays'), version = 9 WHERE id = u('fitri chats');

-- clash: chat_for_request

UPDATE chat_sessions SET pairing_request_id = u('ani seeks'), version = 9 WHERE id = u('fitri chats');

-- clash: failure_open

INSERT INTO pairing_failures (id, payment_session_id, customer_id, cause_tag, amount, created_at)
VALUES (u('again'), u('gita pays'), u('gita'), 'late_payment', 1, now());

-- clash: discount_reserved

INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension,
    is_first_session_discount, status, provider, created_at, expires_at, wake_at, version)
VALUES (u('again'), u('fitri'), 0, 'chat', 5, false, true, 'pending', 'none', now(), now(), now(), 1);

-- clash: payment_open

SELECT paid('again', 'budi', now());

-- clash: capture_known

INSERT INTO payment_captures VALUES (u('again'), 'xendit', 'stray', NULL, 500, 'IDR', now(), now());

-- clash: charged

INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, session_id)
VALUES (u('again'), u('ani'), u('ani pays'), 'session', 10000, now(), u('ani chats'));

-- clash: ledger_entry_known

INSERT INTO customer_transactions (id, kind, amount, at, failure_id)
VALUES (u('again'), 'retained', 10000, now(), u('failure dewi pays'));

-- clash: request_accepted

INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)
VALUES (u('ani seeks'), u('tini'), 'accepted', now());

-- clash: message_known

INSERT INTO chat_messages VALUES (u('ani chats'), 3, 'customer', u('message 1'), '', now());

-- clash: sequence_taken

INSERT INTO chat_messages VALUES (u('ani chats'), 2, 'customer', u('message 3'), '', now());

-- clash: tier_exists

INSERT INTO pricing_tiers
SELECT u('again'), mode, minutes, price, sort_order, is_active, updated_at, version_id FROM pricing_tiers;
