-- The operator-tunable settings: few rows, read often, changed by hand.

-- name: stored
-- Every setting there is.
SELECT key, value, updated_at FROM app_config ORDER BY key

-- name: begin
-- Opens a change.
BEGIN

-- name: lock
-- One change at a time. Settings are changed by hand, so a lock on the whole table costs nobody anything; reading goes on.
LOCK TABLE app_config IN SHARE ROW EXCLUSIVE MODE

-- name: write
-- Puts one value in place, with its history row. The instant always grows, for it is what the next writer must have seen.
WITH earlier AS (
    SELECT value, updated_at FROM app_config WHERE key = %(key)s
), written AS (
    INSERT INTO app_config (key, value, updated_at)
    VALUES (%(key)s, %(value)s, clock_timestamp())
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value,
        updated_at = greatest(excluded.updated_at, app_config.updated_at + interval '1 microsecond')
    RETURNING key, value, updated_at
), remembered AS (
    INSERT INTO app_config_history (key, change_kind, changed_by, at, before, after)
    SELECT w.key, CASE WHEN e.updated_at IS NULL THEN 'created' ELSE 'updated' END, %(author)s, w.updated_at, e.value, w.value
    FROM written w LEFT JOIN earlier e ON true
)
SELECT key, value, updated_at FROM written

-- name: house_changed
-- Has what is open offered to those who may be asked now.
INSERT INTO outbox (kind, stream, audience, payload)
VALUES ('later', 'house', '{}', '{"command": "house_changed"}')

-- name: commit
-- Ends it well.
COMMIT

-- name: rollback
-- Ends it as if it had never been.
ROLLBACK
