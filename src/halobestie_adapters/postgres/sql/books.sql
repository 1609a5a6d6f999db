-- What must follow from the recorded moves, each query returning the rows that do not: the ledger, failures, captures,
-- histories, seals. Beside the invariants, which say what rows must be like among themselves; here it is when, from which
-- move, and unchanged since. What a decision writes bears the instant of its moves, which is what ties them together.

-- name: charges_follow_consumption
-- Each charge was made when its payment was consumed, for the chat or extension that used it, and each consumption made one.
SELECT coalesce(t.aggregate_id, l.payment_session_id) AS payment, t.version AS move, t.at AS consumed_at,
       l.id AS ledger_row, l.at AS charged_at, l.session_id, l.extension_id
FROM (SELECT aggregate_id, version, at FROM transitions WHERE machine = 'payment' AND command = 'consume') t
FULL JOIN (SELECT * FROM customer_transactions WHERE kind IN ('session', 'extension')) l
       ON l.payment_session_id = t.aggregate_id AND l.at = t.at
LEFT JOIN chat_sessions c ON c.payment_session_id = l.payment_session_id
LEFT JOIN session_extensions e ON e.payment_session_id = l.payment_session_id AND e.status = 'accepted'
WHERE t.aggregate_id IS NULL OR l.id IS NULL
   OR (l.session_id, l.extension_id) IS DISTINCT FROM (coalesce(c.id, e.session_id), e.id)

-- name: failures_follow_moves
-- Each payment's own failure row was written when the payment failed: with that cause, and with the request or extension that
-- held it then.
SELECT coalesce(t.aggregate_id, f.payment_session_id) AS payment, t.version AS move, t.at AS failed_at,
       f.id AS failure_row, f.created_at AS written_at, t.cause_tag AS moved_by, f.cause_tag AS recorded_as, f.amount
FROM (
    SELECT aggregate_id, version, at, cause_tag,
           CASE event WHEN 'payment_failed' THEN facts ->> 'detail' END AS detail
    FROM transitions
    WHERE machine = 'payment' AND to_state = 'failed_pairing' AND from_state <> 'failed_pairing'
) t
FULL JOIN (SELECT * FROM pairing_failures WHERE capture_id IS NULL) f
       ON f.payment_session_id = t.aggregate_id AND f.created_at = t.at
LEFT JOIN transitions h
       ON h.machine = 'payment' AND h.aggregate_id = t.aggregate_id AND h.version = t.version - 1
      AND h.command IN ('hold', 'fall_back')
LEFT JOIN payment_sessions p ON p.id = t.aggregate_id
LEFT JOIN pairing_requests r ON r.id = (h.facts ->> 'by')::uuid
WHERE t.aggregate_id IS NULL OR f.id IS NULL
   OR (f.cause_tag, f.cause_detail, f.amount, f.customer_id) IS DISTINCT FROM
      (t.cause_tag, t.detail, p.amount, p.customer_id)
   OR f.pairing_request_id IS DISTINCT FROM CASE WHEN NOT p.is_extension THEN (h.facts ->> 'by')::uuid END
   OR f.extension_id IS DISTINCT FROM CASE WHEN p.is_extension THEN (h.facts ->> 'by')::uuid END
   OR f.targeted_mitra_id IS DISTINCT FROM CASE WHEN r.id IS NULL THEN p.targeted_mitra_id ELSE r.targeted_mitra_id END

-- name: fallbacks_supersede
-- Each failure row was superseded when its payment fell back, and each fallback superseded one.
SELECT coalesce(t.aggregate_id, f.payment_session_id) AS payment, t.version AS move, t.at AS fell_back_at,
       f.id AS failure_row, f.superseded_at
FROM (SELECT aggregate_id, version, at FROM transitions WHERE machine = 'payment' AND command = 'fall_back') t
FULL JOIN (SELECT * FROM pairing_failures WHERE superseded_at IS NOT NULL) f
       ON f.payment_session_id = t.aggregate_id AND f.superseded_at = t.at
WHERE t.aggregate_id IS NULL OR f.id IS NULL

-- name: ledger_follows_failures
-- Whatever the ledger says of a failure it says of its payment and customer, and at the instant at which that became of it.
SELECT l.id AS ledger_row, l.kind, l.at, l.failure_id AS failure_row, f.created_at, f.superseded_at, f.actioned_at
FROM customer_transactions l
LEFT JOIN pairing_failures f ON f.id = l.failure_id
WHERE l.kind NOT IN ('session', 'extension')
  AND ((l.payment_session_id, l.customer_id, l.session_id, l.extension_id)
       IS DISTINCT FROM (f.payment_session_id, f.customer_id, NULL, NULL)
       OR f.id IS NULL
       OR l.at IS DISTINCT FROM CASE l.kind WHEN 'refund_due' THEN f.created_at
                                            WHEN 'refund_reversed' THEN f.superseded_at
                                            ELSE f.actioned_at END)

-- name: captures_follow_moves
-- Each fitting capture was recorded when its payment moved by it: its amount, in rupiah, by its provider; and every move by
-- money that was captured has its capture.
SELECT coalesce(t.aggregate_id, c.payment_session_id) AS payment, t.version AS move, t.at AS moved_at,
       c.id AS capture_row, c.recorded_at, c.amount AS captured, p.amount
FROM (
    SELECT aggregate_id, version, at FROM transitions
    WHERE machine = 'payment' AND command IN ('confirm', 'late_payment') AND facts -> 'captured' = 'true'
) t
FULL JOIN (
    SELECT c.* FROM payment_captures c
    WHERE NOT EXISTS (SELECT FROM pairing_failures f WHERE f.capture_id = c.id)
) c ON c.payment_session_id = t.aggregate_id AND c.recorded_at = t.at
LEFT JOIN payment_sessions p ON p.id = t.aggregate_id
WHERE t.aggregate_id IS NULL OR c.id IS NULL
   OR (c.amount, c.currency, c.provider) IS DISTINCT FROM (p.amount, 'IDR', p.provider)

-- name: surplus_has_its_failure
-- The failure row of money beyond a payment's own was written with its capture, of its payment and customer, if it has any.
SELECT f.id AS failure_row, f.capture_id AS capture_row, f.cause_tag, f.amount, c.amount AS captured,
       f.created_at, c.recorded_at
FROM pairing_failures f
LEFT JOIN payment_captures c ON c.id = f.capture_id
LEFT JOIN payment_sessions p ON p.id = c.payment_session_id
WHERE f.capture_id IS NOT NULL
  AND (c.id IS NULL
       OR (f.created_at, f.payment_session_id, f.customer_id, f.amount)
          IS DISTINCT FROM (c.recorded_at, c.payment_session_id, p.customer_id, c.amount)
       OR num_nonnulls(f.pairing_request_id, f.extension_id, f.targeted_mitra_id) > 0
       OR CASE f.cause_tag WHEN 'duplicate_payment' THEN (c.amount, c.currency) IS DISTINCT FROM (p.amount, 'IDR')
                           ELSE f.cause_tag <> 'payment_mismatch' END)

-- name: actions_close_fallbacks
-- Where an operator's action closed a fallback, the recorded move names the same operator.
SELECT f.id AS failure_row, f.payment_session_id AS payment, t.version AS move, f.actioned_by, t.actor_type, t.actor_id
FROM pairing_failures f
JOIN transitions t ON t.machine = 'payment' AND t.aggregate_id = f.payment_session_id AND t.at = f.actioned_at
                  AND t.command = 'forfeit_fallback'
WHERE f.capture_id IS NULL AND (t.actor_type, t.actor_id) IS DISTINCT FROM ('cc_user', f.actioned_by)

-- name: tiers_are_their_history
-- Each version of a tier begins with the one before it, and the tier stands as its last version says.
SELECT h.tier_id AS tier, h.id AS version, h.at, h.change_kind
FROM (
    SELECT *, lag(after) OVER w AS earlier, lead(id) OVER w AS later
    FROM pricing_tiers_history WINDOW w AS (PARTITION BY tier_id ORDER BY at, id)
) h
FULL JOIN pricing_tiers t ON t.id = h.tier_id
WHERE h.id IS NULL
   OR (h.earlier IS NULL) <> (h.change_kind = 'created') OR h.before IS DISTINCT FROM h.earlier
   OR h.later IS NULL AND (
       (t.version_id, t.updated_at) IS DISTINCT FROM (h.id, h.at)
       OR h.after IS DISTINCT FROM jsonb_build_object(
           'id', t.id, 'mode', t.mode, 'minutes', t.minutes, 'price', t.price, 'sort_order', t.sort_order,
           'is_active', t.is_active))

-- name: promotions_are_their_history
-- So it is with promotions.
SELECT h.key AS promotion, h.id AS version, h.at, h.change_kind
FROM (
    SELECT *, lag(after) OVER w AS earlier, lead(id) OVER w AS later
    FROM pricing_promotions_history WINDOW w AS (PARTITION BY key ORDER BY at, id)
) h
FULL JOIN pricing_promotions p ON p.key = h.key
WHERE h.id IS NULL
   OR (h.earlier IS NULL) <> (h.change_kind = 'created') OR h.before IS DISTINCT FROM h.earlier
   OR h.later IS NULL AND (
       (p.version_id, p.updated_at) IS DISTINCT FROM (h.id, h.at)
       OR h.after IS DISTINCT FROM jsonb_build_object(
           'key', p.key, 'is_active', p.is_active, 'mode', p.mode, 'minutes', p.minutes, 'price', p.price,
           'label', p.label, 'requires_phone', p.requires_phone))

-- name: settings_are_their_history
-- And with settings.
SELECT coalesce(h.key, s.key) AS setting, h.id AS version, h.at, h.change_kind
FROM (
    SELECT *, lag(after) OVER w AS earlier, lead(id) OVER w AS later
    FROM app_config_history WINDOW w AS (PARTITION BY key ORDER BY at, id)
) h
FULL JOIN app_config s ON s.key = h.key
WHERE h.id IS NULL
   OR (h.earlier IS NULL) <> (h.change_kind = 'created') OR h.before IS DISTINCT FROM h.earlier
   OR h.later IS NULL AND (s.value, s.updated_at) IS DISTINCT FROM (h.after, h.at)

-- name: seals_hold
-- What was written once still says what it said then.
SELECT relation, id
FROM (
    SELECT 'payment_captures' AS relation, id::text, seal, seal_of(to_jsonb(x) - 'seal') AS made FROM payment_captures x
    UNION ALL
    SELECT 'customer_transactions', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM customer_transactions x
    UNION ALL
    SELECT 'pricing_tiers_history', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM pricing_tiers_history x
    UNION ALL
    SELECT 'pricing_promotions_history', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM pricing_promotions_history x
    UNION ALL
    SELECT 'app_config_history', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM app_config_history x
    UNION ALL
    SELECT 'operator_changes', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM operator_changes x
    UNION ALL
    SELECT 'pairing_failures', id::text, seal,
           seal_of(to_jsonb(x) - ARRAY['seal', 'end_seal', 'state', 'operator_action', 'note', 'actioned_by',
                                       'actioned_at', 'superseded_at'])
    FROM pairing_failures x
    UNION ALL
    SELECT 'pairing_failures', id::text, end_seal,
           CASE WHEN num_nonnulls(operator_action, note, actioned_by, actioned_at, superseded_at) > 0
                THEN seal_of(to_jsonb(x) - ARRAY['seal', 'end_seal', 'state']) END
    FROM pairing_failures x
) sealed
WHERE seal IS DISTINCT FROM made

-- name: invoices_are_of_their_payments
-- The invoice that a payment was given is one that was made for it, and shows the page that was made for it.
SELECT p.id AS payment, p.provider, p.provider_invoice_id, p.xendit_invoice_url, i.payment_session_id AS made_for, i.url
FROM payment_sessions p
LEFT JOIN payment_invoices i ON i.provider = p.provider AND i.invoice_id = p.provider_invoice_id
WHERE num_nonnulls(p.provider_invoice_id, p.xendit_invoice_url) > 0
  AND (i.payment_session_id, i.url, i.amount) IS DISTINCT FROM (p.id, p.xendit_invoice_url, p.amount)
