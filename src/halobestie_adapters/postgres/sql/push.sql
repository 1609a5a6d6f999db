-- Pushes that wait in the outbox, what became of them, and the devices they go to.

-- name: take_pushes
-- Takes rows that are due, for longer than one send may take: whoever dies with one leaves it to the next, while an extension's
-- ten seconds may still be running. (No lock but the row's own, and only for this statement.) A message that a newer one of the
-- same chat has overtaken is done: one push says as much as three.
WITH due AS MATERIALIZED (
    SELECT o.id, o.payload ->> 'type' = 'message' AND EXISTS (
        SELECT FROM outbox newer
        WHERE newer.stream = o.stream AND newer.sent_at IS NULL AND newer.id > o.id AND newer.kind = 'push'
          AND newer.payload @> jsonb_build_object('type', 'message', 'session_id', o.payload ->> 'session_id')
    ) AS overtaken
    FROM outbox o
    WHERE o.kind = 'push' AND o.sent_at IS NULL AND o.next_attempt_at <= statement_timestamp()
    ORDER BY o.next_attempt_at, o.id
    LIMIT %(limit)s
    FOR UPDATE OF o SKIP LOCKED
), taken AS (
    UPDATE outbox SET
        attempts = attempts + 1,
        next_attempt_at = clock_timestamp() + interval '6.5 seconds',
        sent_at = CASE WHEN due.overtaken THEN clock_timestamp() END,
        outcome = CASE WHEN due.overtaken THEN 'unneeded' END
    FROM due
    WHERE outbox.id = due.id
    RETURNING outbox.id, audience, payload, created_at, clock_timestamp() AS now, attempts, due.overtaken
)
SELECT id, audience, payload, created_at, now, attempts FROM taken WHERE NOT overtaken ORDER BY id

-- name: put_off
-- As if it had not been taken.
UPDATE outbox SET
    attempts = attempts - 1,
    next_attempt_at = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = %(row_id)s AND sent_at IS NULL

-- name: note_results
-- What became of a row at some devices.
INSERT INTO push_results (outbox_id, installation_id, fate, not_before)
SELECT %(row_id)s, r.installation_id, r.fate,
       CASE WHEN r.fate = 'waiting' THEN clock_timestamp() + make_interval(secs => r.after) END
FROM jsonb_to_recordset(%(results)s::jsonb) AS r (installation_id text, fate text, after double precision)
ON CONFLICT (outbox_id, installation_id)
DO UPDATE SET fate = excluded.fate, at = excluded.at, not_before = excluded.not_before

-- name: hold_on
-- A row with many devices is held while it is worked on.
UPDATE outbox SET next_attempt_at = clock_timestamp() + interval '6.5 seconds' WHERE id = %(row_id)s AND sent_at IS NULL

-- name: settle_push
-- Ends a round: the row waits for the soonest device that waits, else it is done. Devices whose time had come when the round began
-- and that wait still were not found any more.
WITH waiting AS (
    SELECT min(not_before) AS soonest FROM push_results
    WHERE outbox_id = %(row_id)s AND fate = 'waiting' AND not_before > %(looked_at)s
)
UPDATE outbox SET
    next_attempt_at = coalesce(soonest, next_attempt_at),
    sent_at = CASE WHEN soonest IS NULL THEN clock_timestamp() END,
    outcome = CASE
        WHEN soonest IS NOT NULL THEN NULL
        WHEN EXISTS (SELECT FROM push_results WHERE outbox_id = %(row_id)s AND fate = 'sent') THEN 'sent'
        ELSE %(otherwise)s
    END
FROM waiting
WHERE id = %(row_id)s AND sent_at IS NULL
RETURNING outcome, extract(epoch FROM next_attempt_at - clock_timestamp())::float8 AS next_in

-- name: nobody_waits
-- The window is over: devices that were to be tried again have missed it.
UPDATE push_results SET fate = 'missed', not_before = NULL, at = clock_timestamp()
WHERE outbox_id = %(row_id)s AND fate = 'waiting'

-- name: finish_push
-- Ends a row; one device that got it is enough for it to count as sent.
UPDATE outbox SET
    sent_at = clock_timestamp(),
    outcome = CASE
        WHEN EXISTS (SELECT FROM push_results WHERE outbox_id = %(row_id)s AND fate = 'sent') THEN 'sent'
        ELSE %(outcome)s
    END
WHERE id = %(row_id)s AND sent_at IS NULL

-- name: skip_pushes
-- Nobody needs these after all.
UPDATE outbox SET sent_at = clock_timestamp(), outcome = 'unneeded' WHERE id = ANY (%(row_ids)s) AND sent_at IS NULL

-- name: acknowledge
-- The frame was seen, so its push is not needed; found by the stream, of which few rows are unsent.
UPDATE outbox SET sent_at = clock_timestamp(), outcome = 'acked'
WHERE stream = %(stream)s AND sent_at IS NULL AND kind = 'push' AND payload ->> 'type' = %(frame)s
  AND %(object_id)s IN (payload ->> 'pairing_request_id', payload ->> 'extension_id')

-- name: lock_token
-- Two apps that bring the same token at once take turns.
SELECT pg_advisory_xact_lock(hashtextextended(%(token)s, 7))

-- name: take_token_away
-- A token moves with its installation: what had it before is no more.
DELETE FROM devices WHERE fcm_token = %(token)s AND installation_id <> %(installation_id)s

-- name: put_device
-- An installation belongs to whoever put it last.
INSERT INTO devices (installation_id, user_type, user_id, fcm_token, platform, login_id, updated_at)
VALUES (%(installation_id)s, %(user_type)s, %(user_id)s, %(token)s, %(platform)s, %(login_id)s, clock_timestamp())
ON CONFLICT (installation_id) DO UPDATE SET
    user_type = excluded.user_type, user_id = excluded.user_id, fcm_token = excluded.fcm_token,
    platform = excluded.platform, login_id = excluded.login_id, updated_at = excluded.updated_at

-- name: keep_newest
-- Nobody has more devices than a person may have; the ones not heard of for longest go.
DELETE FROM devices WHERE installation_id IN (
    SELECT installation_id FROM devices WHERE user_type = %(user_type)s AND user_id = %(user_id)s
    ORDER BY updated_at DESC, installation_id
    OFFSET %(most)s
)

-- name: forget_device
-- One's own only.
DELETE FROM devices
WHERE installation_id = %(installation_id)s AND user_type = %(user_type)s AND user_id = %(user_id)s

-- name: drop_device
-- It is no more, unless it came back with another token meanwhile.
DELETE FROM devices WHERE installation_id = %(installation_id)s AND fcm_token = %(token)s

-- name: devices_of
-- The devices of some users, by log-ins that live, but for those at which this row has nothing left to do, or not yet.
SELECT d.installation_id, d.user_type, d.user_id, d.platform, d.fcm_token
FROM devices d
JOIN auth_sessions a ON a.id = d.login_id AND a.revoked_at IS NULL AND a.expires_at > statement_timestamp()
LEFT JOIN push_results r ON r.outbox_id = %(row_id)s AND r.installation_id = d.installation_id
WHERE d.user_type = %(user_type)s AND d.user_id = ANY (%(user_ids)s)
  AND (r.fate IS NULL OR r.fate = 'waiting' AND r.not_before <= %(looked_at)s)
ORDER BY d.updated_at DESC, d.installation_id
