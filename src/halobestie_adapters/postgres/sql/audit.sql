-- The audit's reading: the log, and the rows that it made, each in the order of the ids, so that they can be laid side by side
-- without ever holding more than a few. `only`: of this aggregate alone; `since`: of those that moved since then.

-- name: snapshot
-- Everything is seen as it was at one moment, and nothing is changed.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: patience
-- An audit of a large log takes its time, with pauses for thinking.
SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '10min', true),
       set_config('TimeZone', 'UTC', true)

-- name: moves
-- How many moves of a machine there are to look at.
SELECT count(*) FROM transitions
WHERE machine = %(machine)s AND (%(only)s::uuid IS NULL OR aggregate_id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR aggregate_id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = %(machine)s AND t.at >= %(since)s))

-- name: entries
-- The log of a machine.
SELECT id AS place, machine, aggregate_id, version, from_state, to_state, command, event, cause_tag, actor_type, actor_id, at,
       facts, fingerprint, body, previous_hash, hash
FROM transitions
WHERE machine = %(machine)s AND (%(only)s::uuid IS NULL OR aggregate_id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR aggregate_id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = %(machine)s AND t.at >= %(since)s))
ORDER BY aggregate_id, version

-- name: payment
-- Payments.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, wake_at, version
FROM payment_sessions
WHERE (%(only)s::uuid IS NULL OR id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'payment' AND t.at >= %(since)s))
ORDER BY id

-- name: pairing
-- Requests.
SELECT id, customer_id, payment_session_id, kind, mode, duration_minutes, topic_sensitivity, created_at, deadline_at,
       timeout_seconds, targeted_mitra_id, wave_size, next_wave_at, status, cause_tag, cause_detail, winner_mitra_id,
       session_id, wake_at, version
FROM pairing_requests
WHERE (%(only)s::uuid IS NULL OR id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'pairing' AND t.at >= %(since)s))
ORDER BY id

-- name: waves
-- To whom requests were shown; the ids packed, as the driver would get them.
SELECT pairing_request_id, number, array_send(mitra_ids) AS mitra_ids, at
FROM pairing_waves
WHERE (%(only)s::uuid IS NULL OR pairing_request_id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR pairing_request_id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'pairing' AND t.at >= %(since)s))
ORDER BY pairing_request_id, number

-- name: answers
-- What became of single offers.
SELECT pairing_request_id, mitra_id, answer, at
FROM pairing_answers
WHERE (%(only)s::uuid IS NULL OR pairing_request_id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR pairing_request_id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'pairing' AND t.at >= %(since)s))
ORDER BY pairing_request_id, id

-- name: chat
-- Chats.
SELECT id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity, started_at, expires_at,
       remaining_seconds, paused_seconds, closing_until, ended_at, end_reason, status, wake_at, version
FROM chat_sessions
WHERE (%(only)s::uuid IS NULL OR id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'chat' AND t.at >= %(since)s))
ORDER BY id

-- name: extension
-- Extensions.
SELECT id, session_id, payment_session_id, requested_duration_minutes, requested_price, requested_at, deadline_at,
       timeout_seconds, status, cause_tag, via_timeout, responded_at, wake_at, version
FROM session_extensions
WHERE (%(only)s::uuid IS NULL OR id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'extension' AND t.at >= %(since)s))
ORDER BY id

-- name: presence
-- Mitras, as their presence.
SELECT id, is_online, last_heartbeat_at, blocked_at, version
FROM mitras
WHERE (%(only)s::uuid IS NULL OR id = %(only)s)
  AND (%(since)s::timestamptz IS NULL OR id IN (
      SELECT t.aggregate_id FROM transitions t WHERE t.machine = 'presence' AND t.at >= %(since)s))
ORDER BY id

-- name: lines
-- One aggregate's moves in their order, each with the name of whoever made it.
SELECT t.version, t.at, t.machine, t.from_state, t.to_state, t.command, t.event, t.cause_tag, t.actor_type, t.actor_id,
       coalesce(c.display_name, m.display_name, o.email) AS actor_name, t.facts, t.fingerprint, t.previous_hash, t.hash
FROM transitions t
LEFT JOIN customers c ON t.actor_type = 'customer' AND c.id = t.actor_id
LEFT JOIN mitras m ON t.actor_type = 'mitra' AND m.id = t.actor_id
LEFT JOIN cc_users o ON t.actor_type = 'cc_user' AND o.id = t.actor_id
WHERE t.machine = %(machine)s AND t.aggregate_id = %(only)s AND t.version > %(after)s
ORDER BY t.version
LIMIT %(limit)s

-- name: last_settled
-- The last row of the log below which none can appear any more: transactions that write moves last a few seconds.
SELECT id FROM transitions WHERE at < statement_timestamp() - interval '1 minute' ORDER BY id DESC LIMIT 1

-- name: hashes
-- Every row's hash up to one, in the order in which they were written.
SELECT id, hash FROM transitions WHERE id <= %(last)s ORDER BY id
