-- Webhooks: kept raw, taken for a while, applied or put aside.

-- name: keep
-- One row per invoice and status; what could not be read has neither, and is kept each time.
INSERT INTO webhook_inbox (
    id, provider, provider_invoice_id, provider_status, external_id, amount, paid_amount, currency, body, received_at
) VALUES (
    %(id)s, %(provider)s, %(invoice_id)s, %(status)s, %(external_id)s, %(amount)s, %(paid_amount)s, %(currency)s, %(body)s,
    clock_timestamp()
)
ON CONFLICT ON CONSTRAINT webhook_inbox_one_per_event DO NOTHING

-- name: due
-- Takes deliveries that wait, for longer than the gateway may take to answer. (No lock but the row's own, and only for this
-- statement.)
WITH waiting AS MATERIALIZED (
    SELECT id FROM webhook_inbox
    WHERE provider = %(provider)s AND applied_at IS NULL AND quarantined_at IS NULL
      AND next_attempt_at <= statement_timestamp()
    ORDER BY next_attempt_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE webhook_inbox w SET attempts = w.attempts + 1, next_attempt_at = clock_timestamp() + interval '15 seconds'
FROM waiting WHERE w.id = waiting.id
RETURNING w.id, w.body, w.received_at, w.attempts AS attempt, clock_timestamp() AS now

-- name: put_off
-- Again later.
UPDATE webhook_inbox SET next_attempt_at = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = %(id)s AND applied_at IS NULL AND quarantined_at IS NULL

-- name: applied
-- Nothing left to do.
UPDATE webhook_inbox SET applied_at = clock_timestamp()
WHERE id = %(id)s AND applied_at IS NULL AND quarantined_at IS NULL

-- name: quarantine
-- Somebody has to look.
UPDATE webhook_inbox SET quarantined_at = clock_timestamp(), quarantine_reason = %(reason)s
WHERE id = %(id)s AND applied_at IS NULL AND quarantined_at IS NULL

-- name: set_aside
-- Something that nobody delivered, and a person has to look at.
INSERT INTO webhook_inbox (
    id, provider, provider_invoice_id, provider_status, external_id, amount, paid_amount, currency, body, received_at,
    quarantined_at, quarantine_reason
)
SELECT %(id)s, %(provider)s, %(invoice_id)s, %(status)s, %(external_id)s, %(amount)s, %(paid_amount)s, %(currency)s, %(body)s,
       clock_timestamp(), clock_timestamp(), %(reason)s
WHERE NOT EXISTS (
    SELECT FROM webhook_inbox
    WHERE provider = %(provider)s AND provider_invoice_id = %(invoice_id)s AND quarantine_reason = %(reason)s
)
ON CONFLICT ON CONSTRAINT webhook_inbox_one_per_event DO NOTHING

-- name: page
-- Deliveries in some states, the latest first. Each state is looked up by itself, so that a few in quarantine are found among a
-- million that were applied.
SELECT w.id,
       CASE WHEN w.resolved_at IS NOT NULL THEN 'resolved' WHEN w.quarantined_at IS NOT NULL THEN 'quarantined'
            WHEN w.applied_at IS NOT NULL THEN 'applied' ELSE 'waiting' END AS state,
       w.provider_invoice_id AS invoice_id, w.external_id, w.provider_status AS status, w.amount, w.paid_amount, w.currency,
       w.quarantine_reason AS reason, w.attempts, w.received_at, w.applied_at, w.quarantined_at,
       w.resolved_by AS resolver_id, o.email AS resolver_email, w.resolved_at, w.resolve_note AS note
FROM (
    (SELECT id FROM webhook_inbox WHERE %(waiting)s::boolean AND applied_at IS NULL AND quarantined_at IS NULL
     ORDER BY received_at DESC, id DESC LIMIT %(reach)s)
    UNION ALL
    (SELECT id FROM webhook_inbox WHERE %(applied)s::boolean AND applied_at IS NOT NULL
     ORDER BY received_at DESC, id DESC LIMIT %(reach)s)
    UNION ALL
    (SELECT id FROM webhook_inbox WHERE %(quarantined)s::boolean AND quarantined_at IS NOT NULL AND resolved_at IS NULL
     ORDER BY received_at DESC, id DESC LIMIT %(reach)s)
    UNION ALL
    (SELECT id FROM webhook_inbox WHERE %(resolved)s::boolean AND resolved_at IS NOT NULL
     ORDER BY received_at DESC, id DESC LIMIT %(reach)s)
) AS found
JOIN webhook_inbox w ON w.id = found.id
LEFT JOIN cc_users o ON o.id = w.resolved_by
ORDER BY w.received_at DESC, w.id DESC
LIMIT %(limit)s OFFSET %(offset)s

-- name: how_many
-- How many there are in some states; each part is served by an index alone. (Only what was in quarantine is resolved.)
SELECT (SELECT count(*) FROM webhook_inbox
        WHERE %(waiting)s::boolean AND applied_at IS NULL AND quarantined_at IS NULL)
     + (SELECT count(*) FROM webhook_inbox WHERE %(applied)s::boolean AND applied_at IS NOT NULL)
     + (SELECT count(*) FROM webhook_inbox
        WHERE %(quarantined)s::boolean AND quarantined_at IS NOT NULL AND resolved_at IS NULL)
     + (SELECT count(*) FROM webhook_inbox WHERE %(resolved)s::boolean AND resolved_at IS NOT NULL)

-- name: filed
-- One delivery.
SELECT w.id,
       CASE WHEN w.resolved_at IS NOT NULL THEN 'resolved' WHEN w.quarantined_at IS NOT NULL THEN 'quarantined'
            WHEN w.applied_at IS NOT NULL THEN 'applied' ELSE 'waiting' END AS state,
       w.provider_invoice_id AS invoice_id, w.external_id, w.provider_status AS status, w.amount, w.paid_amount, w.currency,
       w.quarantine_reason AS reason, w.attempts, w.received_at, w.applied_at, w.quarantined_at,
       w.resolved_by AS resolver_id, o.email AS resolver_email, w.resolved_at, w.resolve_note AS note
FROM webhook_inbox w
LEFT JOIN cc_users o ON o.id = w.resolved_by
WHERE w.id = %(id)s

-- name: resolve
-- An operator dealt with it; written once.
UPDATE webhook_inbox SET resolved_at = clock_timestamp(), resolved_by = %(by)s, resolve_note = %(note)s
WHERE id = %(id)s AND quarantined_at IS NOT NULL AND resolved_at IS NULL
