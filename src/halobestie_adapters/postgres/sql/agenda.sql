-- What waits for the clock, and the commands for later. Peeks take no lock; each is served by a partial index over what
-- still waits. The comparison uses statement_timestamp(), which the planner can look up in an index.

-- name: due
-- Rows whose time has come, not longer ago than `reach`; the longest overdue first. Far back, the index holds mostly dead
-- entries, which cost to step over: hence a short reach for the many looks, a long one for the few.
SELECT machine, id, wave_size FROM (
    (SELECT 'payment' AS machine, id, 0 AS wave_size, wake_at FROM payment_sessions
     WHERE wake_at <= statement_timestamp() AND wake_at > statement_timestamp() - %(reach)s::interval ORDER BY wake_at LIMIT %(limit)s)
    UNION ALL
    (SELECT 'pairing', id, CASE WHEN next_wave_at IS NULL THEN 0 ELSE wave_size END, wake_at FROM pairing_requests
     WHERE wake_at <= statement_timestamp() AND wake_at > statement_timestamp() - %(reach)s::interval ORDER BY wake_at LIMIT %(limit)s)
    UNION ALL
    (SELECT 'chat', id, 0, wake_at FROM chat_sessions
     WHERE wake_at <= statement_timestamp() AND wake_at > statement_timestamp() - %(reach)s::interval ORDER BY wake_at LIMIT %(limit)s)
    UNION ALL
    (SELECT 'extension', id, 0, wake_at FROM session_extensions
     WHERE wake_at <= statement_timestamp() AND wake_at > statement_timestamp() - %(reach)s::interval ORDER BY wake_at LIMIT %(limit)s)
) AS waiting
ORDER BY wake_at
LIMIT %(limit)s

-- name: next
-- How long until the next deadline (null: nothing waits).
SELECT least(
    (SELECT wake_at FROM payment_sessions WHERE wake_at > statement_timestamp() ORDER BY wake_at LIMIT 1),
    (SELECT wake_at FROM pairing_requests WHERE wake_at > statement_timestamp() ORDER BY wake_at LIMIT 1),
    (SELECT wake_at FROM chat_sessions WHERE wake_at > statement_timestamp() ORDER BY wake_at LIMIT 1),
    (SELECT wake_at FROM session_extensions WHERE wake_at > statement_timestamp() ORDER BY wake_at LIMIT 1)
) - clock_timestamp()

-- name: stale
-- Online mitras who were not heard of for longer than the threshold.
SELECT 'presence' AS machine, id FROM mitras
WHERE is_online AND (last_heartbeat_at IS NULL OR last_heartbeat_at < statement_timestamp() - %(silence)s::interval)
LIMIT %(limit)s

-- name: take_later
-- Takes unsent commands for a moment, longer at each try; first those for which somebody waits who does not know it.
-- (No lock but the row's own, and only for this statement.)
WITH waiting AS MATERIALIZED (
    SELECT id FROM outbox
    WHERE kind = 'later' AND sent_at IS NULL AND next_attempt_at <= statement_timestamp()
    ORDER BY payload ->> 'command' <> ALL (%(urgent)s::text[]), next_attempt_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET
    attempts = o.attempts + 1,
    next_attempt_at = clock_timestamp() + least(interval '1.5 seconds' * power(2, o.attempts), interval '1 minute')
FROM waiting WHERE o.id = waiting.id
RETURNING o.id, o.payload

-- name: offer_everywhere
-- Instead of "this mitra became eligible": one offer per open general request that they are not shown already. Whoever is
-- not here any more needs none; a mitra's return writes a command of its own.
WITH mine AS (
    UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(row_id)s AND sent_at IS NULL RETURNING 1
)
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'later', 'offer:' || r.id, '{}', jsonb_build_object(
    'command', 'offer', 'request_id', r.id, 'mitra_id', m.id
)
FROM pairing_requests r, mitras m, mine
WHERE r.status = 'pending' AND r.kind = 'general' AND m.id = %(mitra_id)s AND m.is_online AND m.blocked_at IS NULL
  AND (
      NOT EXISTS (SELECT FROM pairing_waves w WHERE w.pairing_request_id = r.id AND m.id = ANY (w.mitra_ids))
      OR 'withdrawn' = (
          SELECT a.answer FROM pairing_answers a
          WHERE a.pairing_request_id = r.id AND a.mitra_id = m.id ORDER BY a.id DESC LIMIT 1
      )
  )
ORDER BY r.id

-- name: withdraw_everywhere
-- Instead of "this mitra went away": one command per open request that was shown to them.
WITH mine AS (
    UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(row_id)s AND sent_at IS NULL RETURNING 1
)
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'later', 'withdraw:' || r.id, '{}', jsonb_build_object(
    'command', 'withdraw', 'request_id', r.id, 'mitra_id', %(mitra_id)s::uuid, 'detail', %(detail)s::text
)
FROM pairing_requests r, mine
WHERE r.status = 'pending' AND (
    r.targeted_mitra_id = %(mitra_id)s
    OR EXISTS (SELECT FROM pairing_waves w WHERE w.pairing_request_id = r.id AND %(mitra_id)s = ANY (w.mitra_ids))
)
ORDER BY r.id

-- name: end_chats_of
-- Instead of "this mitra was shut out": one command per live chat of theirs.
WITH mine AS (
    UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(row_id)s AND sent_at IS NULL RETURNING 1
)
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'later', 'end_chat:' || c.id, '{}', jsonb_build_object('command', 'end_chat', 'session_id', c.id)
FROM chat_sessions c, mine
WHERE c.mitra_id = %(mitra_id)s AND c.status IN ('active', 'extending', 'closing')
ORDER BY c.id

-- name: look_again_everywhere
-- Instead of "the rules of eligibility changed": every open general request looks again, at everybody. Who may be asked only
-- now belongs to no wave, and the last wave may be over.
WITH mine AS (
    UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(row_id)s AND sent_at IS NULL RETURNING 1
)
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'later', 'look_again:' || r.id, '{}', jsonb_build_object(
    'command', 'look_again', 'request_id', r.id, 'whom', 'everybody'
)
FROM pairing_requests r, mine WHERE r.status = 'pending' AND r.kind = 'general'
ORDER BY r.id

-- name: withdraw_gone
-- One command for each mitra who is shown this request and is not here (any more). The opening reads who is eligible before
-- it commits, and whoever left in that very gap left before there was an offer to withdraw.
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'later', 'withdraw:' || r.id, '{}', jsonb_build_object(
    'command', 'withdraw', 'request_id', r.id, 'mitra_id', m.id, 'detail', NULL
)
FROM pairing_requests r
JOIN pairing_waves w ON w.pairing_request_id = r.id
CROSS JOIN unnest(w.mitra_ids) AS shown (id)
JOIN mitras m ON m.id = shown.id
WHERE r.id = %(request_id)s AND r.status = 'pending' AND r.kind = 'general'
  AND (NOT m.is_online OR m.blocked_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM pairing_answers a WHERE a.pairing_request_id = r.id AND a.mitra_id = m.id)
GROUP BY r.id, m.id
ORDER BY m.id

-- name: dismiss
-- A later command that has nothing left to do.
UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(row_id)s AND sent_at IS NULL
