-- Log-ins that ended, for the lists that every instance keeps. The fact itself stands in auth_sessions alone, and is written
-- there with its cause; both statements here only read it.

-- name: clock
-- The moment before the reading.
SELECT clock_timestamp()

-- name: ended
-- Whoever's log-in ended lately, the latest last.
SELECT id AS login, revoked_reason AS reason, revoked_at AS at
FROM auth_sessions
WHERE revoked_at IS NOT NULL AND revoked_at > coalesce(%(since)s::timestamptz, statement_timestamp() - %(reach)s::interval)
ORDER BY revoked_at
