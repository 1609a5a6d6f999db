-- The whole story of one payment, on one snapshot and in one round trip. Each statement is served by an index; what may grow
-- (answers to a blast, moves) is bounded. No statement here reads what was said in a chat, or gives a whole phone.

-- name: begin
-- Opens a transaction in which every statement sees the same moment.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: end
-- Ends it; there was nothing to write.
COMMIT

-- name: payment
-- The payment, with what an operator did with it if it failed.
SELECT p.id, p.customer_id, p.amount, p.mode, p.duration_minutes, p.is_extension, p.is_first_session_discount, p.status,
       p.held_by, p.cause_tag, p.cause_detail, p.targeted_mitra_id, p.provider, p.provider_invoice_id,
       p.xendit_invoice_url, p.price_source_id, p.created_at, p.confirmed_at, p.consumed_at, p.expires_at,
       p.fallback_until, p.fallback_open, p.version, f.operator_action
FROM payment_sessions p
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL AND f.superseded_at IS NULL
WHERE p.id = %(payment_id)s

-- name: customer
-- Whose it is; of the phone both ends.
SELECT c.id, c.display_name,
       left(c.phone, 5) || repeat('*', greatest(length(c.phone) - 8, 0)) || right(c.phone, 3) AS phone
FROM payment_sessions p JOIN customers c ON c.id = p.customer_id
WHERE p.id = %(payment_id)s

-- name: price_source
-- The version of a tier or a promotion that made the amount.
SELECT h.id, 'tier' AS kind, h.at, h.after AS version
FROM payment_sessions p JOIN pricing_tiers_history h ON h.id = p.price_source_id
WHERE p.id = %(payment_id)s
UNION ALL
SELECT h.id, h.key, h.at, h.after
FROM payment_sessions p JOIN pricing_promotions_history h ON h.id = p.price_source_id
WHERE p.id = %(payment_id)s

-- name: invoices
-- Every hosted page of it.
SELECT provider, invoice_id, url, amount, status, created_at, looked_at, next_look_at
FROM payment_invoices WHERE payment_session_id = %(payment_id)s
ORDER BY created_at, invoice_id

-- name: captures
-- The money that was taken for it.
SELECT id, provider, provider_invoice_id AS invoice_id, amount, currency, paid_at, recorded_at
FROM payment_captures WHERE payment_session_id = %(payment_id)s
ORDER BY recorded_at, id

-- name: ledger
-- What the ledger says of it.
SELECT id, kind, amount, at, failure_id, session_id, extension_id
FROM customer_transactions WHERE payment_session_id = %(payment_id)s
ORDER BY at, id

-- name: failures
-- Its rows in the operators' queue.
SELECT f.id, f.payment_session_id, f.customer_id, c.display_name AS customer_name, f.targeted_mitra_id,
       m.display_name AS mitra_name, f.cause_tag, f.cause_detail, f.amount,
       CASE WHEN f.capture_id IS NULL AND f.state = 'open' AND p.fallback_open THEN p.fallback_until END AS fallback_until,
       f.operator_action, f.note, f.actioned_by, o.email AS operator_email, f.actioned_at, f.superseded_at, f.created_at
FROM pairing_failures f
JOIN payment_sessions p ON p.id = f.payment_session_id
LEFT JOIN customers c ON c.id = f.customer_id
LEFT JOIN mitras m ON m.id = f.targeted_mitra_id
LEFT JOIN cc_users o ON o.id = f.actioned_by
WHERE f.payment_session_id = %(payment_id)s
ORDER BY f.created_at, f.id

-- name: requests
-- The searches that it paid for, with how far each went.
SELECT r.id, r.kind, r.status, r.cause_tag, r.cause_detail, r.targeted_mitra_id, m.display_name AS mitra_name, r.session_id,
       r.created_at, r.deadline_at, w.waves, w.offered, a.answered
FROM pairing_requests r
LEFT JOIN mitras m ON m.id = r.targeted_mitra_id
CROSS JOIN LATERAL (
    SELECT count(DISTINCT number) AS waves, count(DISTINCT offered.mitra_id) AS offered
    FROM pairing_waves LEFT JOIN LATERAL unnest(mitra_ids) AS offered(mitra_id) ON true
    WHERE pairing_request_id = r.id
) AS w
CROSS JOIN LATERAL (SELECT count(*) AS answered FROM pairing_answers WHERE pairing_request_id = r.id) AS a
WHERE r.payment_session_id = %(payment_id)s
ORDER BY r.created_at, r.id

-- name: answers
-- What mitras said to these searches, the first hundred to each.
SELECT r.id AS request_id, a.mitra_id, m.display_name AS mitra_name, a.answer, a.at
FROM pairing_requests r
CROSS JOIN LATERAL (
    SELECT id, mitra_id, answer, at FROM pairing_answers WHERE pairing_request_id = r.id ORDER BY id LIMIT 100
) AS a
JOIN mitras m ON m.id = a.mitra_id
WHERE r.payment_session_id = %(payment_id)s
ORDER BY a.id

-- name: session
-- The chat that it paid for, or that it was to prolong; without a word of it.
SELECT s.id, s.mitra_id, m.display_name AS mitra_name, s.status, s.pairing_request_id, s.started_at, s.expires_at,
       s.ended_at, s.end_reason, s.last_seq AS messages
FROM chat_sessions s JOIN mitras m ON m.id = s.mitra_id
WHERE s.id = coalesce((SELECT id FROM chat_sessions WHERE payment_session_id = %(payment_id)s),
                      (SELECT session_id FROM session_extensions WHERE payment_session_id = %(payment_id)s))

-- name: extensions
-- The wishes for more minutes: that of the payment itself, or all those of its chat.
SELECT e.id, e.payment_session_id, e.status, e.cause_tag, e.via_timeout, e.requested_duration_minutes AS duration_minutes,
       e.requested_price AS price, e.requested_at, e.deadline_at, e.responded_at
FROM session_extensions e
WHERE e.id IN (SELECT id FROM session_extensions WHERE payment_session_id = %(payment_id)s
               UNION ALL
               SELECT x.id FROM chat_sessions s JOIN session_extensions x ON x.session_id = s.id
               WHERE s.payment_session_id = %(payment_id)s)
ORDER BY e.requested_at, e.id

-- name: webhooks
-- What its gateway sent of its invoices, without the bodies.
SELECT w.id, w.provider, w.provider_invoice_id AS invoice_id, w.provider_status AS status, w.received_at, w.applied_at,
       w.quarantined_at, w.quarantine_reason, w.resolved_at, w.attempts
FROM (SELECT provider, invoice_id FROM payment_invoices WHERE payment_session_id = %(payment_id)s
      UNION
      SELECT provider, provider_invoice_id FROM payment_captures WHERE payment_session_id = %(payment_id)s) AS ours
JOIN webhook_inbox w ON w.provider = ours.provider AND w.provider_invoice_id = ours.invoice_id
ORDER BY w.received_at, w.id

-- name: timeline
-- Every move of the payment and of what it was used for, in the order of time; moves of one instant as they were written.
WITH about AS (
    SELECT 'payment' AS machine, %(payment_id)s::uuid AS id
    UNION ALL
    SELECT 'pairing', id FROM pairing_requests WHERE payment_session_id = %(payment_id)s
    UNION ALL
    SELECT 'chat', id FROM chat_sessions WHERE payment_session_id = %(payment_id)s
    UNION ALL
    SELECT 'chat', session_id FROM session_extensions WHERE payment_session_id = %(payment_id)s
    UNION ALL
    SELECT 'extension', id FROM session_extensions WHERE payment_session_id = %(payment_id)s
    UNION ALL
    SELECT 'extension', x.id FROM chat_sessions s JOIN session_extensions x ON x.session_id = s.id
    WHERE s.payment_session_id = %(payment_id)s
)
SELECT t.at, t.machine, t.aggregate_id, t.from_state, t.to_state, t.command, t.event, t.cause_tag, t.actor_type, t.actor_id,
       coalesce(c.display_name, m.display_name, o.email) AS actor_name, count(*) OVER () AS moves
FROM about
JOIN transitions t ON t.machine = about.machine AND t.aggregate_id = about.id
LEFT JOIN customers c ON t.actor_type = 'customer' AND c.id = t.actor_id
LEFT JOIN mitras m ON t.actor_type = 'mitra' AND m.id = t.actor_id
LEFT JOIN cc_users o ON t.actor_type = 'cc_user' AND o.id = t.actor_id
ORDER BY t.at, t.id
LIMIT 1000
