-- Thousands who came, talked, prolonged and left: ballast on which queries are explained. Needs world.sql before it.

INSERT INTO customers (id, display_name) SELECT u('c' || n), 'c' FROM generate_series(1, 6000) n;
INSERT INTO mitras (id, phone, display_name) SELECT u('m' || n), 'm' || n, 'm' FROM generate_series(1, 3000) n;
INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount,
                              status, provider, created_at, confirmed_at, consumed_at, expires_at, version)
SELECT u('p' || n), u('c' || n), 10000, 'chat', 5, false, false, 'consumed', 'development', now(), now(), now(), now(), 4
FROM generate_series(1, 6000) n;
INSERT INTO pairing_requests (id, customer_id, payment_session_id, kind, status, topic_sensitivity, mode, duration_minutes,
                              winner_mitra_id, session_id, created_at, deadline_at, timeout_seconds, version)
SELECT u('r' || n), u('c' || n), u('p' || n), 'general', 'accepted', 'normal', 'chat', 5, u('m' || n % 3000 + 1),
       u('s' || n), now(), now(), 60, 2
FROM generate_series(1, 6000) n;
INSERT INTO pairing_waves SELECT u('r' || n), 1, ARRAY[u('m' || n % 3000 + 1)], now() FROM generate_series(1, 6000) n;
INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)
SELECT u('r' || n), u('m' || n % 3000 + 1), 'accepted', now() FROM generate_series(1, 6000) n;
INSERT INTO chat_sessions (id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity,
                           status, started_at, expires_at, ended_at, end_reason, version)
SELECT u('s' || n), u('c' || n), u('m' || n % 3000 + 1), u('p' || n), u('r' || n), 'chat', 'normal', 'ended', now(), now(),
       now(), 'time_up', 3
FROM generate_series(1, 6000) n;
INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount,
                              status, provider, created_at, confirmed_at, consumed_at, expires_at, version)
SELECT u('xp' || n), u('c' || n), 10000, 'chat', 5, true, false, 'consumed', 'development', now(), now(), now(), now(), 4
FROM generate_series(1, 6000) n;
INSERT INTO session_extensions (id, session_id, payment_session_id, requested_duration_minutes, requested_price, status,
                                requested_at, deadline_at, timeout_seconds, responded_at, version)
SELECT u('x' || n), u('s' || n), u('xp' || n), 5, 10000, 'accepted', now(), now(), 10, now(), 2
FROM generate_series(1, 6000) n;
INSERT INTO pairing_failures (id, payment_session_id, customer_id, cause_tag, amount, superseded_at, created_at)
SELECT u('f' || n), u('p' || n), u('c' || n), 'no_mitra_available', 10000, now(), now() FROM generate_series(1, 6000) n;
ALTER TABLE chat_messages DISABLE TRIGGER USER; -- they talked before they left
INSERT INTO chat_messages SELECT u('s' || n), seq, 'customer', u(n || 'says' || seq), '', now()
FROM generate_series(1, 6000) n, generate_series(1, 3) seq;
ALTER TABLE chat_messages ENABLE TRIGGER USER;
INSERT INTO chat_keys (session_id, author, wrapped_key, key_id) SELECT u('s' || n), 'customer', '', 'k'
FROM generate_series(1, 6000) n;
