-- The operators' queue of failed money. Nothing here takes a lock.
--
-- A list is read in three steps on one snapshot: how many there are, the ids of one page, their rows. How many there are says
-- which way to the page is short (failures.py chooses): by stretches of the index of kinds while what has to be merged is
-- little, else along the index in time, from the end that is nearer. Bounds of time are infinite where none was asked for.

-- name: begin
-- Opens a transaction in which every statement sees the same moment.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: end
-- Ends it; there was nothing to write.
COMMIT

-- name: count
-- How many rows there are of some kinds: one stretch of the index for each. (Of all kinds too: a plain count is planned as a
-- walk through the table, notes and all.)
SELECT coalesce(sum(stretch.n), 0)::bigint
FROM unnest(%(states)s::text[]) AS state(word), unnest(%(causes)s::text[]) AS cause(word),
     LATERAL (
         SELECT count(*) AS n FROM pairing_failures f
         WHERE f.state = state.word AND f.cause_tag = cause.word
           AND f.created_at >= %(begin)s::timestamptz AND f.created_at < %(end)s::timestamptz
     ) AS stretch

-- name: page_of_kinds
-- The ids of a page: each stretch gives as many as the page could need of it, and these few are merged.
SELECT stretch.id
FROM unnest(%(states)s::text[]) AS state(word), unnest(%(causes)s::text[]) AS cause(word),
     LATERAL (
         SELECT f.id, f.created_at FROM pairing_failures f
         WHERE f.state = state.word AND f.cause_tag = cause.word
           AND f.created_at >= %(begin)s::timestamptz AND f.created_at < %(end)s::timestamptz
         ORDER BY f.created_at DESC, f.id DESC
         LIMIT %(skip)s::bigint + %(take)s::bigint
     ) AS stretch
ORDER BY stretch.created_at DESC, stretch.id DESC
LIMIT %(take)s OFFSET %(skip)s

-- name: page_from_newest
-- The ids of a page, walking from the newest row. (Planned with its values, so that what is not asked for is not compared.)
SELECT id FROM pairing_failures
WHERE created_at >= %(begin)s::timestamptz AND created_at < %(end)s::timestamptz
  AND (%(any_state)s::boolean OR state = ANY (%(states)s::text[]))
  AND (%(any_cause)s::boolean OR cause_tag = ANY (%(causes)s::text[]))
ORDER BY created_at DESC, id DESC
LIMIT %(take)s OFFSET %(skip)s

-- name: page_from_oldest
-- The ids of a page, walking from the oldest row; they come the other way round.
SELECT id FROM pairing_failures
WHERE created_at >= %(begin)s::timestamptz AND created_at < %(end)s::timestamptz
  AND (%(any_state)s::boolean OR state = ANY (%(states)s::text[]))
  AND (%(any_cause)s::boolean OR cause_tag = ANY (%(causes)s::text[]))
ORDER BY created_at, id
LIMIT %(take)s OFFSET %(skip)s

-- name: sought_by_id
-- How many rows there are of one payment or customer, and the ids of a page of them.
WITH hits AS MATERIALIZED (
    SELECT f.id, f.created_at FROM pairing_failures f
    WHERE (f.payment_session_id = %(sought)s::uuid OR f.customer_id = %(sought)s::uuid)
      AND f.state = ANY (%(states)s::text[]) AND f.cause_tag = ANY (%(causes)s::text[])
      AND f.created_at >= %(begin)s::timestamptz AND f.created_at < %(end)s::timestamptz
)
SELECT (SELECT count(*) FROM hits) AS total,
       ARRAY(SELECT id FROM hits ORDER BY created_at DESC, id DESC LIMIT %(take)s OFFSET %(skip)s) AS ids

-- name: sought_by_phone
-- How many rows there are of the customer with this phone, and the ids of a page of them.
WITH hits AS MATERIALIZED (
    SELECT f.id, f.created_at FROM customers c JOIN pairing_failures f ON f.customer_id = c.id
    WHERE c.phone = %(sought)s::text
      AND f.state = ANY (%(states)s::text[]) AND f.cause_tag = ANY (%(causes)s::text[])
      AND f.created_at >= %(begin)s::timestamptz AND f.created_at < %(end)s::timestamptz
)
SELECT (SELECT count(*) FROM hits) AS total,
       ARRAY(SELECT id FROM hits ORDER BY created_at DESC, id DESC LIMIT %(take)s OFFSET %(skip)s) AS ids

-- name: sought_by_name
-- How many rows there are of customers whose name begins so, and the ids of a page of them. What means something to LIKE is
-- taken for itself.
WITH hits AS MATERIALIZED (
    SELECT f.id, f.created_at FROM customers c JOIN pairing_failures f ON f.customer_id = c.id
    WHERE lower(c.display_name) LIKE
          replace(replace(replace(lower(%(sought)s::text), '\', '\\'), '%%', '\%%'), '_', '\_') || '%%'
      AND f.state = ANY (%(states)s::text[]) AND f.cause_tag = ANY (%(causes)s::text[])
      AND f.created_at >= %(begin)s::timestamptz AND f.created_at < %(end)s::timestamptz
)
SELECT (SELECT count(*) FROM hits) AS total,
       ARRAY(SELECT id FROM hits ORDER BY created_at DESC, id DESC LIMIT %(take)s OFFSET %(skip)s) AS ids

-- name: rows
-- Some rows with their names, the newest first. A fallback is told while it is open, of the row that it would supersede:
-- surplus money has none, and money that has been used or dealt with has none any more.
SELECT f.id, f.payment_session_id, f.customer_id, c.display_name AS customer_name, f.targeted_mitra_id,
       m.display_name AS mitra_name, f.cause_tag, f.cause_detail, f.amount,
       CASE WHEN f.capture_id IS NULL AND f.state = 'open' AND p.fallback_open THEN p.fallback_until END AS fallback_until,
       f.operator_action, f.note, f.actioned_by, o.email AS operator_email, f.actioned_at, f.superseded_at, f.created_at
FROM pairing_failures f
LEFT JOIN payment_sessions p ON p.id = f.payment_session_id
LEFT JOIN customers c ON c.id = f.customer_id
LEFT JOIN mitras m ON m.id = f.targeted_mitra_id
LEFT JOIN cc_users o ON o.id = f.actioned_by
WHERE f.id = ANY (%(ids)s::uuid[])
ORDER BY f.created_at DESC, f.id DESC
