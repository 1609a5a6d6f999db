-- Counts of moves: kept, and read together with what of the log is not counted yet. And the figures of this moment.

-- name: begin
-- Opens one round of counting.
BEGIN

-- name: commit
-- Ends it well.
COMMIT

-- name: rollback
-- Ends it as if it had never been.
ROLLBACK

-- name: progress
-- Claims the counting, unless somebody else counts; says whether the next ids can be counted, and whether they were closed on
-- another server (a copy of the database begins its transaction ids anew, and ours would be waited for in vain).
SELECT p.counted_id, p.closed_id, p.seen_id,
       p.closed_xid IS NULL OR pg_snapshot_xmin(pg_current_snapshot()) >= p.closed_xid AS over,
       p.closed_xid IS NOT NULL AND p.closed_xid > pg_snapshot_xmax(pg_current_snapshot()) AS foreign,
       (SELECT coalesce(max(id), 0) FROM transitions) AS last_id
FROM report_progress p
FOR UPDATE SKIP LOCKED

-- name: close_anew
-- Waits for this server's transactions instead of another's.
UPDATE report_progress SET closed_xid = pg_snapshot_xmax(pg_current_snapshot())

-- name: close
-- What was seen at the look before can be counted when all who now write are done; what is seen now is next.
UPDATE report_progress
SET closed_id = seen_id, closed_xid = pg_snapshot_xmax(pg_current_snapshot()), seen_id = greatest(seen_id, %(last_id)s)

-- name: count_moves
-- Counts the next ids, so many at most.
WITH progress AS MATERIALIZED (
    SELECT counted_id, least(closed_id, counted_id + %(most)s) AS upto FROM report_progress
), moves AS MATERIALIZED (
    SELECT t.machine, coalesce(t.from_state, '') AS from_state, t.command, t.to_state, t.event,
           coalesce(t.cause_tag, '') AS cause_tag, t.aggregate_id, t.at
    FROM transitions t
    WHERE t.id > (SELECT counted_id FROM progress) AND t.id <= (SELECT upto FROM progress)
), grains (grain) AS (
    VALUES (0), (60), (900), (3600)
), counted AS (
    INSERT INTO transition_counts AS c (grain, bucket, machine, from_state, command, to_state, event, cause_tag, count)
    SELECT g.grain, bucket_of(g.grain, m.at), m.machine, m.from_state, m.command, m.to_state, m.event, m.cause_tag, count(*)
    FROM moves m CROSS JOIN grains g
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT (grain, bucket, machine, from_state, command, to_state, event, cause_tag)
    DO UPDATE SET count = c.count + excluded.count
), waits AS (
    INSERT INTO acceptance_times AS a (grain, bucket, step, count)
    SELECT g.grain, bucket_of(g.grain, m.at), acceptance_step(m.at - born.at), count(*)
    FROM moves m
    JOIN transitions born ON born.machine = 'pairing' AND born.aggregate_id = m.aggregate_id AND born.version = 1
    CROSS JOIN grains g
    WHERE m.machine = 'pairing' AND m.to_state = 'accepted' AND m.from_state <> 'accepted'
    GROUP BY 1, 2, 3
    ON CONFLICT (grain, bucket, step) DO UPDATE SET count = a.count + excluded.count
)
UPDATE report_progress r SET counted_id = p.upto FROM progress p RETURNING r.counted_id

-- name: prune_counts
-- The finer grains are drawn for a week at most.
DELETE FROM transition_counts
WHERE ctid = ANY (ARRAY (
    SELECT c.ctid FROM transition_counts c
    WHERE c.grain IN (60, 900) AND c.bucket < statement_timestamp() - interval '8 days'
    LIMIT %(most)s))

-- name: prune_times
-- The same.
DELETE FROM acceptance_times
WHERE ctid = ANY (ARRAY (
    SELECT a.ctid FROM acceptance_times a
    WHERE a.grain IN (60, 900) AND a.bucket < statement_timestamp() - interval '8 days'
    LIMIT %(most)s))

-- name: complete
-- Whether all that is not counted yet will be read (`most` ids at most are).
SELECT coalesce((SELECT max(id) FROM transitions), 0) <= counted_id + %(most)s AS complete FROM report_progress

-- name: edges
-- How often each edge was taken since the beginning.
WITH progress AS MATERIALIZED (
    SELECT counted_id FROM report_progress
), taken AS (
    SELECT machine, from_state, command, to_state, event, cause_tag, count FROM transition_counts WHERE grain = 0
    UNION ALL
    SELECT machine, coalesce(from_state, ''), command, to_state, event, coalesce(cause_tag, ''), count(*)
    FROM transitions
    WHERE id > (SELECT counted_id FROM progress) AND id <= (SELECT counted_id FROM progress) + %(most)s
    GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT machine, nullif(from_state, '') AS from_state, command, to_state, event, nullif(cause_tag, '') AS cause_tag,
       sum(count)::bigint AS count
FROM taken
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2 NULLS FIRST, 3, 4, 5, 6

-- name: live
-- The figures of this moment: walks over those who are online and over what is open, by the indexes that hold nothing else.
SELECT statement_timestamp() AS at, m.*, s.*, c.*, f.*,
       (SELECT count(*) FROM webhook_inbox WHERE quarantined_at IS NOT NULL AND resolved_at IS NULL) AS quarantined
FROM (
    SELECT count(*) AS online, count(*) FILTER (WHERE here) AS fresh,
           coalesce(sum(least(live_chats, %(cap)s)) FILTER (WHERE here), 0)::bigint AS busy
    FROM (
        SELECT live_chats,
               NOT %(require_ping)s
               OR last_heartbeat_at >= statement_timestamp() - make_interval(secs => %(stale_after)s) AS here
        FROM mitras
        WHERE is_online AND blocked_at IS NULL
    ) one
) m, (
    SELECT count(*) FILTER (WHERE kind = 'general') AS general, count(*) FILTER (WHERE kind = 'returning') AS returning,
           extract(epoch FROM statement_timestamp() - min(created_at))::double precision AS oldest_seconds
    FROM pairing_requests
    WHERE status = 'pending' AND wake_at IS NOT NULL
) s, (
    SELECT count(*) FILTER (WHERE status = 'active') AS active, count(*) FILTER (WHERE status = 'extending') AS extending,
           count(*) FILTER (WHERE status = 'closing') AS closing
    FROM chat_sessions
    WHERE status IN ('active', 'extending', 'closing')
) c, (
    SELECT count(*) AS failures, coalesce(sum(amount), 0)::bigint AS amount
    FROM pairing_failures
    WHERE operator_action IS NULL AND superseded_at IS NULL
) f

-- name: moves
-- What entered each state, by window and by bucket within it; of all time also what left it. `place` counts buckets from 0.
-- Each window is one stretch of the counts' key, looked up by itself (hence OFFSET, which keeps the planner from joining them).
WITH progress AS MATERIALIZED (
    SELECT counted_id FROM report_progress
), windows AS MATERIALIZED (
    SELECT grain, bucket_of(grain, %(at)s) - make_interval(secs => grain * (buckets - 1)) AS begins,
           CASE WHEN grain = 0 THEN 'infinity' ELSE bucket_of(grain, %(at)s) + make_interval(secs => grain) END AS ends
    FROM unnest(%(grains)s::integer[], %(buckets)s::integer[]) AS w (grain, buckets)
), tail AS MATERIALIZED (
    SELECT machine, coalesce(from_state, '') AS from_state, to_state, coalesce(cause_tag, '') AS cause_tag, at
    FROM transitions
    WHERE id > (SELECT counted_id FROM progress) AND id <= (SELECT counted_id FROM progress) + %(most)s
      AND machine IN ('payment', 'pairing')
), moves AS (
    SELECT w.grain, w.begins, c.machine, c.from_state, c.to_state, c.cause_tag, c.bucket, c.count
    FROM windows w
    CROSS JOIN LATERAL (
        SELECT * FROM transition_counts c
        WHERE c.grain = w.grain AND c.bucket >= w.begins AND c.bucket < w.ends AND c.machine IN ('payment', 'pairing')
        OFFSET 0
    ) c
    UNION ALL
    SELECT w.grain, w.begins, t.machine, t.from_state, t.to_state, t.cause_tag, bucket_of(w.grain, t.at), 1
    FROM windows w
    JOIN tail t ON t.at >= w.begins AND t.at < w.ends
), placed AS (
    SELECT grain, machine, CASE WHEN grain = 0 THEN from_state ELSE '' END AS from_state, to_state,
           CASE WHEN grain = 0 THEN '' ELSE cause_tag END AS cause_tag,
           CASE WHEN grain = 0 THEN 0 ELSE (extract(epoch FROM bucket - begins) / grain)::integer END AS place,
           sum(count)::bigint AS count
    FROM moves
    WHERE from_state <> to_state
    GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT grain, machine, from_state, to_state, cause_tag, array_agg(place) AS places, array_agg(count) AS counts
FROM placed
GROUP BY 1, 2, 3, 4, 5

-- name: surplus
-- Failures of money beyond a payment's own, which no machine moved for, in the same windows.
SELECT w.grain, f.cause_tag, (extract(epoch FROM bucket_of(w.grain, f.created_at) - w.begins) / w.grain)::integer AS place,
       count(*) AS count
FROM (
    SELECT grain, buckets, bucket_of(grain, %(at)s) - make_interval(secs => grain * (buckets - 1)) AS begins
    FROM unnest(%(grains)s::integer[], %(buckets)s::integer[]) AS g (grain, buckets)
    WHERE grain > 0
) w
JOIN pairing_failures f ON f.created_at >= w.begins AND f.created_at < w.begins + make_interval(secs => w.grain * w.buckets)
WHERE f.capture_id IS NOT NULL
GROUP BY 1, 2, 3

-- name: waits
-- The middle and the slow end of the time to accept, as steps of the histogram: of each window (no place) and of each bucket.
WITH progress AS MATERIALIZED (
    SELECT counted_id FROM report_progress
), windows AS MATERIALIZED (
    SELECT grain, bucket_of(grain, %(at)s) - make_interval(secs => grain * (buckets - 1)) AS begins,
           bucket_of(grain, %(at)s) + make_interval(secs => grain) AS ends
    FROM unnest(%(grains)s::integer[], %(buckets)s::integer[]) AS w (grain, buckets)
    WHERE grain > 0
), tail AS MATERIALIZED (
    SELECT m.at, acceptance_step(m.at - born.at) AS step
    FROM transitions m
    JOIN transitions born ON born.machine = 'pairing' AND born.aggregate_id = m.aggregate_id AND born.version = 1
    WHERE m.id > (SELECT counted_id FROM progress) AND m.id <= (SELECT counted_id FROM progress) + %(most)s
      AND m.machine = 'pairing' AND m.to_state = 'accepted' AND m.from_state <> 'accepted'
), waits AS (
    SELECT w.grain, w.begins, a.bucket, a.step, a.count::integer AS count -- sums of longer ones are slow
    FROM windows w
    CROSS JOIN LATERAL (
        SELECT * FROM acceptance_times a
        WHERE a.grain = w.grain AND a.bucket >= w.begins AND a.bucket < w.ends
        OFFSET 0
    ) a
    UNION ALL
    SELECT w.grain, w.begins, bucket_of(w.grain, t.at), t.step, 1
    FROM windows w
    JOIN tail t ON t.at >= w.begins AND t.at < w.ends
), running AS (
    SELECT grain, bucket, begins, step,
           sum(count) OVER (PARTITION BY grain, bucket ORDER BY step) AS upto,
           sum(count) OVER (PARTITION BY grain, bucket) AS total
    FROM waits
    UNION ALL
    SELECT grain, NULL, NULL, step,
           sum(count) OVER (PARTITION BY grain ORDER BY step), sum(count) OVER (PARTITION BY grain)
    FROM (SELECT grain, step, sum(count) AS count FROM waits GROUP BY grain, step) whole
)
SELECT grain, (extract(epoch FROM bucket - min(begins)) / grain)::integer AS place,
       min(step) FILTER (WHERE upto * 2 >= total) AS middle, min(step) FILTER (WHERE upto * 20 >= total * 19) AS slow
FROM running
GROUP BY grain, bucket

-- name: outbox_ages
-- For how long the longest waiting row of each kind has been due, in seconds; one look at the head of each index. A row that
-- was put off is not due.
SELECT kind, greatest(extract(epoch FROM statement_timestamp() - since), 0)::double precision AS seconds
FROM (VALUES
    ('frame', (SELECT next_attempt_at FROM outbox WHERE sent_at IS NULL AND kind = 'frame' ORDER BY next_attempt_at, id LIMIT 1)),
    ('push', (SELECT next_attempt_at FROM outbox WHERE sent_at IS NULL AND kind = 'push' ORDER BY next_attempt_at, id LIMIT 1)),
    ('invoice', (SELECT next_attempt_at FROM outbox WHERE sent_at IS NULL AND kind = 'invoice' ORDER BY next_attempt_at, id LIMIT 1)),
    ('later', (SELECT next_attempt_at FROM outbox WHERE sent_at IS NULL AND kind = 'later' ORDER BY next_attempt_at, id LIMIT 1))
) AS oldest (kind, since)
WHERE since IS NOT NULL
