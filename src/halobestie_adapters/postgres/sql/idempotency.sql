-- Keys of commands that may come twice. Every statement is a transaction of its own: no lock outlives it.

-- name: claim
-- Begins a try, if it may begin: of a new key, of one as good as forgotten, or after a try that is over without an answer.
-- No row: somebody is at it, or was.
INSERT INTO idempotency_keys AS k (caller_type, caller_id, key, request_hash, effect_id, created_at, leased_until)
VALUES (
    %(caller_type)s, %(caller_id)s, %(key)s, %(hash)s, %(effect_id)s, clock_timestamp(),
    clock_timestamp() + %(lease)s::interval
)
ON CONFLICT (caller_type, caller_id, key) DO UPDATE SET
    request_hash = EXCLUDED.request_hash,
    leased_until = EXCLUDED.leased_until,
    status = NULL,
    answer = NULL,
    effect_id = CASE WHEN k.created_at > clock_timestamp() - %(kept)s::interval THEN k.effect_id ELSE EXCLUDED.effect_id END,
    tries = CASE WHEN k.created_at > clock_timestamp() - %(kept)s::interval THEN k.tries + 1 ELSE 1 END,
    created_at = CASE WHEN k.created_at > clock_timestamp() - %(kept)s::interval THEN k.created_at ELSE EXCLUDED.created_at END
WHERE k.leased_until <= clock_timestamp() AND (
    (k.status IS NULL AND k.request_hash = ANY (%(hashes)s))
    OR k.created_at <= clock_timestamp() - %(kept)s::interval
)
RETURNING k.effect_id, k.tries

-- name: look
-- What is known of a key that could not be claimed.
SELECT request_hash = ANY (%(hashes)s) AS same, status, answer FROM idempotency_keys
WHERE caller_type = %(caller_type)s AND caller_id = %(caller_id)s AND key = %(key)s

-- name: keep
-- The answer of a try, unless another try has begun since.
UPDATE idempotency_keys SET status = %(status)s, answer = %(answer)s, leased_until = clock_timestamp()
WHERE caller_type = %(caller_type)s AND caller_id = %(caller_id)s AND key = %(key)s
  AND effect_id = %(effect_id)s AND tries = %(tries)s AND status IS NULL

-- name: release
-- A try is over without an answer that is worth repeating; the next may begin.
UPDATE idempotency_keys SET leased_until = clock_timestamp()
WHERE caller_type = %(caller_type)s AND caller_id = %(caller_id)s AND key = %(key)s
  AND effect_id = %(effect_id)s AND tries = %(tries)s AND status IS NULL

-- name: purge
-- Forgets the oldest of what is kept long enough. Several instances share the work.
WITH old AS MATERIALIZED (
    SELECT caller_type, caller_id, key FROM idempotency_keys
    WHERE created_at <= statement_timestamp() - %(kept)s::interval AND leased_until <= statement_timestamp()
    ORDER BY created_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
DELETE FROM idempotency_keys k USING old
WHERE k.caller_type = old.caller_type AND k.caller_id = old.caller_id AND k.key = old.key
