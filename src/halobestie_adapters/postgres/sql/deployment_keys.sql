-- Keys that belong to this database, wrapped: a handful of rows, each written once and wrapped anew by hand.

-- name: keep
-- A key for this name, unless somebody was quicker.
INSERT INTO deployment_keys (name, key_id, wrapped_key) VALUES (%(name)s, %(key_id)s, %(wrapped_key)s)
ON CONFLICT (name) DO NOTHING

-- name: kept
-- The key of this name.
SELECT key_id, wrapped_key FROM deployment_keys WHERE name = %(name)s

-- name: lock_all
-- Every key, to be wrapped anew.
SELECT name, key_id, wrapped_key FROM deployment_keys ORDER BY name FOR UPDATE

-- name: rewrap
-- The same key, wrapped by another.
UPDATE deployment_keys SET key_id = %(key_id)s, wrapped_key = %(wrapped_key)s WHERE name = %(name)s
