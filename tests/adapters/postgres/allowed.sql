-- What needs no new version and breaks no rule: heartbeats, counters, invoices, operator columns, retention, and
-- instants that are moved by hand.

-- may be: always

UPDATE mitras SET last_heartbeat_at = now(), live_chats = 2, display_name = 'Sari';

UPDATE chat_sessions SET last_seq = 9, customer_read_seq = 8, mitra_read_seq = 1 WHERE id = u('ani chats');

UPDATE payment_sessions SET provider_invoice_id = 'x', xendit_invoice_url = 'https://x' WHERE id = u('eka pays');

UPDATE payment_sessions SET expires_at = now(), wake_at = now() WHERE id = u('eka pays');

UPDATE pairing_failures SET superseded_at = now() WHERE id = u('failure gita pays');

UPDATE pairing_failures SET operator_action = 'no_action', actioned_by = u('operator'), actioned_at = now()
WHERE id = u('failure stray');

UPDATE app_config SET value = '30' WHERE key = 'payment_session_timeout_minutes';

DELETE FROM outbox;

DELETE FROM chat_messages;

DELETE FROM discount_claims;
