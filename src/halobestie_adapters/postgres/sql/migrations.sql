-- The queries of the migration runner itself.

-- name: try_lock
-- Takes the session lock of all migrations, or says at once that somebody has it. The number is arbitrary and ours.
SELECT pg_try_advisory_lock(7250415023117042001)

-- name: unlock
-- Gives the lock back.
SELECT pg_advisory_unlock(7250415023117042001)

-- name: create_log
-- The record of what has run.
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)

-- name: has_log
-- Whether anything was ever run here.
SELECT to_regclass('schema_migrations') IS NOT NULL

-- name: read_log
-- What has run, in order.
SELECT name, checksum FROM schema_migrations ORDER BY name

-- name: record
-- Notes that a file has run, in the transaction that ran it.
INSERT INTO schema_migrations (name, checksum) VALUES (%(name)s, %(checksum)s)

-- name: unhurried
-- A migration may take long; it may not wait long for a lock, because everybody else would queue behind it.
SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '5s', true)
