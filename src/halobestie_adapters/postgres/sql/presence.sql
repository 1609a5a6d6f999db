-- Who may be offered a request, all at once; and heartbeats, many at once.

-- name: picture
-- The ids of all eligible mitras in order, 16 bytes each, and when they were looked at. One walk over those who are online.
SELECT statement_timestamp() AS as_of, coalesce(string_agg(uuid_send(id), ''::bytea ORDER BY id), ''::bytea) AS packed
FROM mitras
WHERE is_online AND blocked_at IS NULL AND live_chats < %(cap)s
  AND (NOT %(require_ping)s OR last_heartbeat_at >= statement_timestamp() - make_interval(secs => %(stale_after)s))

-- name: write_heartbeats
-- Nobody is waited for: a row that somebody holds is reported, and tried again with the next batch. A heartbeat never turns
-- the clock back. Whoever was stale and is heard of again is offered what is open, as if they had just come online.
WITH heard AS (
    SELECT h.id, h.at FROM unnest(%(ids)s::uuid[], %(ats)s::timestamptz[]) AS h (id, at)
), held AS MATERIALIZED (
    SELECT id, last_heartbeat_at FROM mitras
    WHERE id = ANY (%(ids)s::uuid[]) AND is_online
    ORDER BY id
    FOR NO KEY UPDATE SKIP LOCKED
), written AS (
    UPDATE mitras m SET last_heartbeat_at = greatest(m.last_heartbeat_at, heard.at)
    FROM held JOIN heard ON heard.id = held.id
    WHERE m.id = held.id
    RETURNING m.id
), revived AS (
    INSERT INTO outbox (kind, stream, audience, payload)
    SELECT 'later', 'mitra_became_eligible:' || id, '{}',
           jsonb_build_object('command', 'mitra_became_eligible', 'mitra_id', id)
    FROM held
    WHERE %(require_ping)s AND last_heartbeat_at < statement_timestamp() - make_interval(secs => %(stale_after)s)
    ORDER BY id
    RETURNING 1
)
SELECT (SELECT count(*) FROM revived) AS revived,
       ARRAY (SELECT m.id FROM mitras m
              WHERE m.id = ANY (%(ids)s::uuid[]) AND m.is_online AND NOT EXISTS (SELECT FROM held WHERE held.id = m.id)
             ) AS busy
