-- What is said in chats. A message locks the row of its chat and no other: it is no move, and everything else it touches
-- belongs to that chat. Texts are sealed before they come here.
--
-- Names begin with `chat_`: statements are prepared on connections that other files' statements share.

-- ------------------------------------------------------------------------------------------------------------- writing

-- name: chat_begin
-- Opens the transaction of one message.
BEGIN

-- name: chat_commit
-- Keeps everything.
COMMIT

-- name: chat_rollback
-- Keeps nothing.
ROLLBACK

-- name: chat_lock
-- The chat and its two sides, locked: who numbers a message, ends the chat or pauses it does so one after the other.
SELECT customer_id, mitra_id, status, closing_until, last_seq
FROM chat_sessions WHERE id = %(session_id)s FOR NO KEY UPDATE

-- name: chat_said
-- What this side said before under the same id.
SELECT seq, text_encrypted, sent_at
FROM chat_messages
WHERE session_id = %(session_id)s AND sender = %(author)s AND client_message_id = %(client_message_id)s

-- name: chat_key
-- The author's data key; with neither part once it was destroyed.
SELECT key_id, wrapped_key FROM chat_keys WHERE session_id = %(session_id)s AND author = %(author)s

-- name: chat_clock
-- The time, once the lock is held.
SELECT clock_timestamp()

-- name: chat_add_key
-- The first words of an author need a key.
INSERT INTO chat_keys (session_id, author, key_id, wrapped_key)
VALUES (%(session_id)s, %(author)s, %(key_id)s, %(wrapped_key)s)

-- name: chat_add_message
-- The message under its number.
INSERT INTO chat_messages (session_id, seq, sender, client_message_id, text_encrypted, sent_at)
VALUES (%(session_id)s, %(seq)s, %(author)s, %(client_message_id)s, %(sealed)s, %(sent_at)s)

-- name: chat_count
-- The chat's last number.
UPDATE chat_sessions SET last_seq = %(seq)s WHERE id = %(session_id)s

-- name: chat_tell
-- Both sides hear that there is a message, never what it says; the receiver by a push too, if they have no socket.
INSERT INTO outbox (kind, stream, audience, payload)
SELECT o.kind, o.stream, o.audience, o.payload
FROM ROWS FROM (
    jsonb_to_recordset(%(rows)s::jsonb) AS (kind text, stream text, audience jsonb, payload jsonb)
) WITH ORDINALITY AS o (kind, stream, audience, payload, place)
ORDER BY o.place

-- name: chat_ensure_key
-- A key for words that are kept elsewhere; one that is there stays. The chat's lock is held.
INSERT INTO chat_keys (session_id, author, key_id, wrapped_key)
SELECT id, %(author)s, %(key_id)s, %(wrapped_key)s
FROM chat_sessions WHERE id = %(session_id)s AND customer_id = %(customer_id)s
ON CONFLICT DO NOTHING

-- ------------------------------------------------------------------------------------------------------------- reading

-- name: chat_one
-- One message with its author's key.
SELECT m.session_id, m.seq, m.sender, m.client_message_id, m.text_encrypted, m.sent_at, k.key_id, k.wrapped_key
FROM chat_messages m
LEFT JOIN chat_keys k ON k.session_id = m.session_id AND k.author = m.sender
WHERE m.session_id = %(session_id)s AND m.seq = %(seq)s

-- name: chat_missed
-- What one person has not got yet, in each of the chats named that is theirs: one row without a message where there is none.
SELECT s.id AS session_id, s.last_seq, m.seq, m.sender, m.client_message_id, m.text_encrypted, m.sent_at,
       k.key_id, k.wrapped_key
FROM unnest(%(sessions)s::uuid[], %(after)s::bigint[]) AS asked (session_id, after_seq)
JOIN chat_sessions s
    ON s.id = asked.session_id AND (s.customer_id = %(customer_id)s::uuid OR s.mitra_id = %(mitra_id)s::uuid)
LEFT JOIN LATERAL (
    SELECT seq, sender, client_message_id, text_encrypted, sent_at
    FROM chat_messages
    WHERE session_id = s.id AND seq > asked.after_seq
    ORDER BY seq
    LIMIT %(limit)s
) m ON true
LEFT JOIN chat_keys k ON k.session_id = s.id AND k.author = m.sender
ORDER BY s.started_at, s.id, m.seq

-- name: chat_exists
-- Whether there is such a chat, whoever's it is.
SELECT EXISTS (SELECT FROM chat_sessions WHERE id = %(session_id)s)

-- name: chat_closing
-- The closing message with its author's key.
SELECT s.closing_message, k.key_id, k.wrapped_key
FROM chat_sessions s
LEFT JOIN chat_keys k ON k.session_id = s.id AND k.author = 'customer'
WHERE s.id = %(session_id)s

-- ----------------------------------------------------------------------------------------------------------- read marks

-- name: chat_read_by_customer
-- The customer's mark, if that moves it on; what was not said yet cannot be read.
UPDATE chat_sessions SET customer_read_seq = least(%(seq)s::bigint, last_seq)
WHERE id = %(session_id)s AND customer_id = %(person)s AND customer_read_seq < least(%(seq)s::bigint, last_seq)
RETURNING customer_read_seq AS seq, mitra_id AS other

-- name: chat_read_by_mitra
-- The mitra's mark, likewise.
UPDATE chat_sessions SET mitra_read_seq = least(%(seq)s::bigint, last_seq)
WHERE id = %(session_id)s AND mitra_id = %(person)s AND mitra_read_seq < least(%(seq)s::bigint, last_seq)
RETURNING mitra_read_seq AS seq, customer_id AS other

-- name: chat_marks
-- How far both have read.
SELECT customer_id, mitra_id, customer_read_seq, mitra_read_seq FROM chat_sessions WHERE id = %(session_id)s

-- ------------------------------------------------------------------------------------------------------------- history

-- name: chat_history_of_customer
-- One customer's chats before a place, the latest first, live ones too.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name,
       s.closing_message, k.key_id, k.wrapped_key, p.duration_minutes + (
           SELECT coalesce(sum(e.requested_duration_minutes), 0)::integer
           FROM session_extensions e WHERE e.session_id = s.id AND e.status = 'accepted'
       ) AS duration_minutes
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
JOIN payment_sessions p ON p.id = s.payment_session_id
LEFT JOIN chat_keys k ON k.session_id = s.id AND k.author = 'customer'
WHERE s.customer_id = %(person)s AND (s.started_at, s.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
ORDER BY s.started_at DESC, s.id DESC
LIMIT %(limit)s

-- name: chat_history_of_mitra
-- One mitra's chats that have ended, likewise.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name,
       s.closing_message, k.key_id, k.wrapped_key, p.duration_minutes + (
           SELECT coalesce(sum(e.requested_duration_minutes), 0)::integer
           FROM session_extensions e WHERE e.session_id = s.id AND e.status = 'accepted'
       ) AS duration_minutes
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
JOIN payment_sessions p ON p.id = s.payment_session_id
LEFT JOIN chat_keys k ON k.session_id = s.id AND k.author = 'customer'
WHERE s.mitra_id = %(person)s AND s.status = 'ended'
  AND (s.started_at, s.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
ORDER BY s.started_at DESC, s.id DESC
LIMIT %(limit)s
