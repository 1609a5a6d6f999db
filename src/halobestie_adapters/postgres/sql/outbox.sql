-- Frames that wait in the outbox. Whatever else waits there has readers of its own.

-- name: claim_frames
-- The oldest unsent frames that nobody else is sending. One whose stream has an earlier unsent frame outside this claim waits:
-- somebody is sending that one, and a stream keeps its order. The floor spares walking over the dead entries of frames sent long ago.
WITH claimed AS MATERIALIZED (
    SELECT id, stream, audience, payload, created_at
    FROM outbox
    WHERE kind = 'frame' AND sent_at IS NULL
      AND next_attempt_at > %(floor)s AND next_attempt_at <= statement_timestamp()
    ORDER BY next_attempt_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
SELECT c.id, c.stream, c.audience, c.payload, c.created_at, EXISTS (
    SELECT FROM outbox earlier
    WHERE earlier.stream = c.stream AND earlier.sent_at IS NULL AND earlier.kind = 'frame' AND earlier.id < c.id
      AND NOT EXISTS (SELECT FROM claimed other WHERE other.id = earlier.id)
) AS waits
FROM claimed c
ORDER BY c.id

-- name: looked_at
-- When the claim in the same pipeline was made.
SELECT statement_timestamp()

-- name: frames_sent
-- They went out.
UPDATE outbox SET sent_at = clock_timestamp(), attempts = attempts + 1 WHERE id = ANY (%(ids)s)

-- name: recent_frames
-- The frames of the last seconds, sent or not, for these people or for whoever was offered a request. By id, of which only the
-- newest are looked at: nothing is indexed by age alone.
SELECT id, stream, audience, payload, created_at
FROM outbox
WHERE kind = 'frame'
  AND id > (SELECT coalesce(max(id), 0) FROM outbox) - 50000
  AND created_at > statement_timestamp() - make_interval(secs => %(seconds)s)
  AND (audience ->> 'customer' = ANY (%(customers)s::text[])
       OR audience ->> 'mitra' = ANY (%(mitras)s::text[])
       OR audience ->> 'request' IS NOT NULL AND cardinality(%(mitras)s::text[]) > 0)
ORDER BY id
