-- Data keys, when the key that wraps them is turned over.

-- name: next_keys
-- The keys behind a place, locked, so that nobody destroys one meanwhile.
SELECT session_id, author, key_id, wrapped_key
FROM chat_keys
WHERE destroyed_at IS NULL AND (session_id, author) > (%(session_id)s::uuid, %(author)s)
ORDER BY session_id, author
LIMIT %(limit)s
FOR NO KEY UPDATE

-- name: keep_wrapped
-- One key, wrapped anew.
UPDATE chat_keys SET key_id = %(key_id)s, wrapped_key = %(wrapped_key)s
WHERE session_id = %(session_id)s AND author = %(author)s AND destroyed_at IS NULL
