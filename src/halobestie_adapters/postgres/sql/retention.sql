-- What is kept for a time only. Each statement takes a batch, found by an index, of rows that nobody else is at. A batch is
-- found once: a join that looked for it again and again would lock and take more.

-- name: chats_to_purge
-- Chats that ended so long ago, locked.
SELECT id FROM chat_sessions
WHERE status = 'ended' AND purged_at IS NULL AND ended_at < statement_timestamp() - %(kept)s::interval
ORDER BY ended_at LIMIT %(limit)s
FOR NO KEY UPDATE SKIP LOCKED

-- name: destroy_keys
-- First of all nobody can read them.
UPDATE chat_keys SET wrapped_key = NULL, key_id = NULL, destroyed_at = clock_timestamp()
WHERE session_id = ANY (%(chats)s) AND destroyed_at IS NULL

-- name: delete_messages
-- Then they go, the oldest of each chat first.
WITH old AS MATERIALIZED (
    SELECT m.session_id, m.seq FROM chat_messages m WHERE m.session_id = ANY (%(chats)s)
    ORDER BY m.session_id, m.seq LIMIT %(limit)s
)
DELETE FROM chat_messages m USING old WHERE (m.session_id, m.seq) = (old.session_id, old.seq)

-- name: mark_purged
-- Those of which nothing is left; the rest have their turn next time.
UPDATE chat_sessions s SET purged_at = clock_timestamp(), closing_message = NULL
WHERE s.id = ANY (%(chats)s) AND NOT EXISTS (SELECT FROM chat_messages m WHERE m.session_id = s.id)

-- name: empty_webhooks
-- The row tells for ever that an event came; what else the gateway wrote is not needed. What is not dealt with yet stays.
WITH old AS MATERIALIZED (
    SELECT id FROM webhook_inbox
    WHERE received_at < statement_timestamp() - %(kept)s::interval AND octet_length(body) > 0
      AND (applied_at IS NOT NULL OR resolved_at IS NOT NULL)
    ORDER BY received_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE webhook_inbox x SET body = '' FROM old WHERE x.id = old.id

-- name: delete_outbox
-- What was sent long ago, among the oldest rows there are: no index on when it was sent, which every sending would pay for.
WITH oldest AS MATERIALIZED (
    SELECT id, sent_at FROM outbox ORDER BY id LIMIT %(limit)s
)
DELETE FROM outbox x USING oldest
WHERE x.id = oldest.id AND oldest.sent_at < statement_timestamp() - %(kept)s::interval

-- name: delete_push_results
-- Of pushes, device by device.
WITH old AS MATERIALIZED (
    SELECT outbox_id, installation_id FROM push_results
    WHERE at < statement_timestamp() - %(kept)s::interval ORDER BY at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM push_results x USING old
WHERE (x.outbox_id, x.installation_id) = (old.outbox_id, old.installation_id)

-- name: delete_codes
-- Phones that no code was asked for since.
WITH old AS MATERIALIZED (
    SELECT phone, user_type FROM otp_challenges
    WHERE touched_at < statement_timestamp() - %(kept)s::interval ORDER BY touched_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM otp_challenges x USING old WHERE (x.phone, x.user_type) = (old.phone, old.user_type)

-- name: delete_attempts
-- Addresses that no log-in was tried on since.
WITH old AS MATERIALIZED (
    SELECT email_hash FROM login_attempts
    WHERE tried_at < statement_timestamp() - %(kept)s::interval
      AND (locked_until IS NULL OR locked_until < statement_timestamp())
    ORDER BY tried_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM login_attempts x USING old WHERE x.email_hash = old.email_hash

-- name: delete_revoked
-- Log-ins that were ended.
WITH old AS MATERIALIZED (
    SELECT id FROM auth_sessions
    WHERE revoked_at IS NOT NULL AND revoked_at < statement_timestamp() - %(kept)s::interval
    ORDER BY revoked_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM auth_sessions x USING old WHERE x.id = old.id

-- name: delete_run_out
-- Log-ins that nobody used any more.
WITH old AS MATERIALIZED (
    SELECT id FROM auth_sessions
    WHERE revoked_at IS NULL AND expires_at < statement_timestamp() - %(kept)s::interval
    ORDER BY expires_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM auth_sessions x USING old WHERE x.id = old.id
