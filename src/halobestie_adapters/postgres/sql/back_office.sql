-- What operators look at beside money. Mitras are a few thousand rows, chats that go on are found by a partial index.

-- name: begin
-- Opens a transaction in which every statement sees the same moment.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: end
-- Ends it; there was nothing to write.
COMMIT

-- name: clock
-- The moment of reading, by the store's clock.
SELECT statement_timestamp()

-- name: mitra
-- One mitra with everything.
SELECT id, phone, display_name, is_online, last_heartbeat_at, blocked_at, live_chats, version, created_at
FROM mitras WHERE id = %(mitra_id)s

-- name: mitras
-- A page of mitras by name. Who is blocked counts as nothing else.
SELECT id, phone, display_name, is_online, last_heartbeat_at, blocked_at, live_chats, version, created_at
FROM mitras
WHERE (%(name)s::text IS NULL AND %(digits)s::text IS NULL
       OR position(lower(%(name)s) in lower(display_name)) > 0 OR position(%(digits)s in phone) > 0)
  AND (cardinality(%(standings)s::text[]) = 0
       OR CASE WHEN blocked_at IS NOT NULL THEN 'blocked' WHEN is_online THEN 'online' ELSE 'offline' END
          = ANY (%(standings)s::text[]))
ORDER BY lower(display_name), id
LIMIT %(limit)s OFFSET %(offset)s

-- name: mitra_count
-- How many there are of which that is a page.
SELECT count(*)
FROM mitras
WHERE (%(name)s::text IS NULL AND %(digits)s::text IS NULL
       OR position(lower(%(name)s) in lower(display_name)) > 0 OR position(%(digits)s in phone) > 0)
  AND (cardinality(%(standings)s::text[]) = 0
       OR CASE WHEN blocked_at IS NOT NULL THEN 'blocked' WHEN is_online THEN 'online' ELSE 'offline' END
          = ANY (%(standings)s::text[]))

-- name: live_chats
-- Chats that go on, the oldest first, with both names and how the mitra stands.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name,
       m.is_online, m.last_heartbeat_at, m.blocked_at, m.live_chats, m.version AS mitra_version
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.status IN ('active', 'extending', 'closing')
  AND (%(mitras)s::uuid[] IS NULL OR s.mitra_id = ANY (%(mitras)s::uuid[]))
ORDER BY s.started_at, s.id
LIMIT %(limit)s OFFSET %(offset)s

-- name: live_chat_count
-- How many chats go on of which that is a page.
SELECT count(*) FROM chat_sessions
WHERE status IN ('active', 'extending', 'closing') AND (%(mitras)s::uuid[] IS NULL OR mitra_id = ANY (%(mitras)s::uuid[]))

-- name: in_chats
-- Who has a chat that goes on: a few numbers of each mitra, however many chats theirs are.
SELECT id, is_online, last_heartbeat_at, blocked_at, live_chats, version
FROM mitras
WHERE id IN (SELECT mitra_id FROM chat_sessions WHERE status IN ('active', 'extending', 'closing'))

-- name: pending_extensions
-- Every extension that waits for an answer: each does so for seconds.
SELECT e.id, e.session_id, e.payment_session_id, e.requested_duration_minutes, e.requested_price, e.requested_at,
       e.deadline_at, e.timeout_seconds, e.status, e.cause_tag, e.via_timeout, e.responded_at, e.version,
       s.customer_id, c.display_name AS customer_name, s.mitra_id, m.display_name AS mitra_name
FROM session_extensions e
JOIN chat_sessions s ON s.id = e.session_id
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE e.status = 'pending'
