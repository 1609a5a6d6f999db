-- What must always hold, said in SQL. Each query returns the rows that break it, hence none.
--
-- A description begins with S, "at every commit", or E and a time: "within that time, once faults stop and the workers run".
-- The letter and number before each name are those of the list of guarantees. `moves` is a JSON list of the rows of the
-- core's tables: machine, from_state, command, to_state, cause_tag (null: none), carried (any cause, but one).

-- ------------------------------------------------------------------------------------------------------ money

-- name: m1_only_moves_of_the_tables
-- S. Every recorded move is one that its machine's table has, with that row's cause.
SELECT t.machine, t.aggregate_id, t.version, t.from_state, t.command, t.to_state, t.cause_tag
FROM transitions t
WHERE NOT EXISTS (
    SELECT FROM jsonb_to_recordset(%(moves)s::jsonb)
        AS m (machine text, from_state text, command text, to_state text, cause_tag text, carried boolean)
    WHERE m.machine = t.machine AND m.command = t.command AND m.to_state = t.to_state
      AND m.from_state IS NOT DISTINCT FROM t.from_state
      AND CASE WHEN m.carried THEN t.cause_tag IS NOT NULL ELSE m.cause_tag IS NOT DISTINCT FROM t.cause_tag END)

-- name: m1_moves_follow_each_other
-- S. The moves of one aggregate are numbered without a gap; each starts where the one before ended and carries its hash.
SELECT machine, aggregate_id, version, from_state, before_version, before_state
FROM (
    SELECT t.*,
           lag(version) OVER earlier AS before_version,
           lag(to_state) OVER earlier AS before_state,
           lag(hash) OVER earlier AS before_hash
    FROM transitions t
    WINDOW earlier AS (PARTITION BY machine, aggregate_id ORDER BY version)
) moves
WHERE CASE
    WHEN before_version IS NULL THEN version <> 1 AND NOT (machine = 'presence' AND version = 2)
    ELSE version <> before_version + 1 OR from_state IS DISTINCT FROM before_state
         OR previous_hash IS DISTINCT FROM before_hash
    END

-- name: m1_rows_agree_with_their_moves
-- S. Every aggregate stands where its last recorded move left it. (Who was never moved since registration may have none.)
SELECT machine, id, a.status, a.version, l.to_state AS last_state, l.version AS last_version
FROM (
    SELECT 'payment' AS machine, id, status, version FROM payment_sessions
    UNION ALL SELECT 'pairing', id, status, version FROM pairing_requests
    UNION ALL SELECT 'chat', id, status, version FROM chat_sessions
    UNION ALL SELECT 'extension', id, status, version FROM session_extensions
    UNION ALL SELECT 'presence', id, CASE WHEN is_online THEN 'online' ELSE 'offline' END, version FROM mitras
) a
FULL JOIN (
    SELECT DISTINCT ON (machine, aggregate_id) machine, aggregate_id AS id, version, to_state
    FROM transitions
    ORDER BY machine, aggregate_id, version DESC
) l USING (machine, id)
WHERE (a.status, a.version) IS DISTINCT FROM (l.to_state, l.version)
  AND NOT (machine = 'presence' AND l.version IS NULL AND a.version = 1)

-- name: m1_counts_are_those_of_the_log
-- S. As far as moves were counted for reports, each edge was counted as often as the log has it.
SELECT machine, from_state, command, to_state, event, cause_tag, counted.count, logged.count AS in_the_log
FROM (
    SELECT machine, from_state, command, to_state, event, cause_tag, count FROM transition_counts WHERE grain = 0
) counted
FULL JOIN (
    SELECT machine, coalesce(from_state, '') AS from_state, command, to_state, event, coalesce(cause_tag, '') AS cause_tag,
           count(*) AS count
    FROM transitions
    WHERE id <= (SELECT counted_id FROM report_progress)
    GROUP BY 1, 2, 3, 4, 5, 6
) logged USING (machine, from_state, command, to_state, event, cause_tag)
WHERE counted.count IS DISTINCT FROM logged.count

-- name: m1_causes_agree
-- S. A failed payment's cause is that of its last move, and of its failure row; nothing else has one.
SELECT p.id, p.status, p.cause_tag, t.cause_tag AS moved_by, f.cause_tag AS recorded_as
FROM payment_sessions p
LEFT JOIN LATERAL (
    SELECT cause_tag FROM transitions
    WHERE machine = 'payment' AND aggregate_id = p.id AND cause_tag IS NOT NULL
    ORDER BY version DESC LIMIT 1
) t ON true
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL AND f.superseded_at IS NULL
WHERE (p.status = 'failed_pairing') <> (p.cause_tag IS NOT NULL)
   OR p.status = 'failed_pairing' AND (t.cause_tag IS DISTINCT FROM p.cause_tag OR f.cause_tag IS DISTINCT FROM p.cause_tag)

-- name: m2_held_by_what_is_open
-- S. A payment is held exactly when one open request or pending extension uses it, and by that one.
SELECT p.id, p.status, p.held_by, h.id AS open_holder
FROM payment_sessions p
FULL JOIN (
    SELECT id, payment_session_id FROM pairing_requests WHERE status = 'pending'
    UNION ALL SELECT id, payment_session_id FROM session_extensions WHERE status = 'pending'
) h ON h.payment_session_id = p.id
WHERE p.held_by IS DISTINCT FROM h.id OR p.held_by IS NOT NULL AND p.status <> 'confirmed'

-- name: m2_none_left_confirmed
-- E 60 s. No payment stays confirmed past its deadline unless it is held.
SELECT id, customer_id, expires_at
FROM payment_sessions
WHERE status = 'confirmed' AND held_by IS NULL AND expires_at < statement_timestamp() - interval '60 seconds'

-- name: m3_failed_has_one_failure_row
-- S. A payment has failed exactly when it has one un-superseded failure row of its own, of its amount.
SELECT p.id, p.status, p.amount, count(f.id) AS rows
FROM payment_sessions p
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL AND f.superseded_at IS NULL
GROUP BY p.id
HAVING count(f.id) <> CASE p.status WHEN 'failed_pairing' THEN 1 ELSE 0 END OR bool_or(f.amount <> p.amount)

-- name: m3_failures_follow_moves
-- S. Each payment's own failure row was written when the payment failed: with that cause, and with the request or extension that
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

-- name: m3_failure_rows_are_of_their_payment
-- S. A failure row names the customer of its payment, and a request or extension of that payment.
SELECT f.id, f.payment_session_id, f.customer_id, f.pairing_request_id, f.extension_id
FROM pairing_failures f
JOIN payment_sessions p ON p.id = f.payment_session_id
LEFT JOIN pairing_requests r ON r.id = f.pairing_request_id
LEFT JOIN session_extensions e ON e.id = f.extension_id
WHERE f.customer_id IS DISTINCT FROM p.customer_id
   OR r.payment_session_id <> p.id OR e.payment_session_id <> p.id

-- name: m4_consumed_became_minutes
-- S. A consumed payment has exactly one chat session, or, for an extension, one accepted extension; no other has any.
SELECT p.id, p.status, p.is_extension,
       (SELECT count(*) FROM chat_sessions c WHERE c.payment_session_id = p.id) AS chats,
       (SELECT count(*) FROM session_extensions e
        WHERE e.payment_session_id = p.id AND e.status = 'accepted') AS extensions
FROM payment_sessions p
WHERE (SELECT count(*) FROM chat_sessions c WHERE c.payment_session_id = p.id)
      <> CASE WHEN p.status = 'consumed' AND NOT p.is_extension THEN 1 ELSE 0 END
   OR (SELECT count(*) FROM session_extensions e WHERE e.payment_session_id = p.id AND e.status = 'accepted')
      <> CASE WHEN p.status = 'consumed' AND p.is_extension THEN 1 ELSE 0 END

-- name: m5_consumed_is_charged_once
-- S. A consumed payment has exactly one charge, of exactly its amount (0 included); no other has any.
SELECT p.id, p.status, p.amount, count(t.id) AS charges, sum(t.amount) AS charged
FROM payment_sessions p
LEFT JOIN customer_transactions t ON t.payment_session_id = p.id AND t.kind IN ('session', 'extension')
GROUP BY p.id
HAVING count(t.id) <> CASE p.status WHEN 'consumed' THEN 1 ELSE 0 END
    OR bool_or(t.id IS NOT NULL
               AND (t.amount, t.customer_id, t.kind) IS DISTINCT FROM
                   (p.amount, p.customer_id, CASE WHEN p.is_extension THEN 'extension' ELSE 'session' END))

-- name: m5_charges_follow_consumption
-- S. Each charge was made when its payment was consumed, for the chat or extension that used it, and each consumption made one.
SELECT coalesce(t.aggregate_id, l.payment_session_id) AS payment, t.version AS move, t.at AS consumed_at,
       l.id AS ledger_row, l.at AS charged_at, l.session_id, l.extension_id
FROM (SELECT aggregate_id, version, at FROM transitions WHERE machine = 'payment' AND command = 'consume') t
FULL JOIN (SELECT * FROM customer_transactions WHERE kind IN ('session', 'extension')) l
       ON l.payment_session_id = t.aggregate_id AND l.at = t.at
LEFT JOIN chat_sessions c ON c.payment_session_id = l.payment_session_id
LEFT JOIN session_extensions e ON e.payment_session_id = l.payment_session_id AND e.status = 'accepted'
WHERE t.aggregate_id IS NULL OR l.id IS NULL
   OR (l.session_id, l.extension_id) IS DISTINCT FROM (coalesce(c.id, e.session_id), e.id)

-- name: m6_failed_is_owed_once
-- S. A failed payment above 0 has exactly one refund due that is not reversed, of its amount; no other has any.
SELECT p.id, p.status, p.amount,
       count(t.id) FILTER (WHERE t.kind = 'refund_due') AS due,
       count(t.id) FILTER (WHERE t.kind = 'refund_reversed') AS reversed
FROM payment_sessions p
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL
LEFT JOIN customer_transactions t ON t.failure_id = f.id AND t.kind IN ('refund_due', 'refund_reversed')
GROUP BY p.id
HAVING count(t.id) FILTER (WHERE t.kind = 'refund_due') - count(t.id) FILTER (WHERE t.kind = 'refund_reversed')
       <> CASE WHEN p.status = 'failed_pairing' AND p.amount > 0 THEN 1 ELSE 0 END
    OR bool_or(t.id IS NOT NULL AND (t.amount, t.payment_session_id) IS DISTINCT FROM (p.amount, p.id))

-- name: m6_failure_rows_agree_with_the_ledger
-- S. A failure above 0 is owed once; reversed exactly when superseded, settled exactly as the operator acted, never both.
SELECT f.id, f.payment_session_id, f.amount, f.operator_action, f.superseded_at,
       array_agg(t.kind ORDER BY t.kind) FILTER (WHERE t.id IS NOT NULL) AS entries
FROM pairing_failures f
LEFT JOIN customer_transactions t ON t.failure_id = f.id
WHERE f.amount > 0
GROUP BY f.id
HAVING count(t.id) FILTER (WHERE t.kind = 'refund_due' AND t.amount = f.amount) <> 1
    OR count(t.id) FILTER (WHERE t.kind = 'refund_reversed' AND t.amount = f.amount)
       <> CASE WHEN f.superseded_at IS NULL THEN 0 ELSE 1 END
    OR array_agg(t.kind) FILTER (WHERE t.kind IN ('refunded', 'credited', 'retained'))
       IS DISTINCT FROM CASE f.operator_action WHEN 'no_action' THEN ARRAY['retained']
                                               ELSE ARRAY[f.operator_action] END
       AND (f.operator_action IS NOT NULL OR bool_or(t.kind IN ('refunded', 'credited', 'retained')))
    OR bool_or(t.amount <> f.amount)

-- name: m6_surplus_is_owed
-- S. The failure row of a surplus capture is of that capture's payment and amount, and is never superseded.
SELECT f.id, f.capture_id, f.amount, c.amount AS captured, f.superseded_at
FROM pairing_failures f
JOIN payment_captures c ON c.id = f.capture_id
WHERE f.amount <> c.amount OR f.superseded_at IS NOT NULL
   OR f.payment_session_id IS DISTINCT FROM c.payment_session_id

-- name: m6_surplus_follows_its_capture
-- S. The failure row of money beyond a payment's own was written with its capture, of its payment and customer, if it has any.
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

-- name: m6_fallbacks_supersede
-- S. Each failure row was superseded when its payment fell back, and each fallback superseded one.
SELECT coalesce(t.aggregate_id, f.payment_session_id) AS payment, t.version AS move, t.at AS fell_back_at,
       f.id AS failure_row, f.superseded_at
FROM (SELECT aggregate_id, version, at FROM transitions WHERE machine = 'payment' AND command = 'fall_back') t
FULL JOIN (SELECT * FROM pairing_failures WHERE superseded_at IS NOT NULL) f
       ON f.payment_session_id = t.aggregate_id AND f.superseded_at = t.at
WHERE t.aggregate_id IS NULL OR f.id IS NULL

-- name: m6_ledger_follows_failures
-- S. Whatever the ledger says of a failure it says of its payment and customer, and at the instant at which that became of it.
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

-- name: m7_every_rupiah_is_somewhere
-- S. Over the whole database, captured is charged, or owed back (settled or not), or still confirmed.
SELECT *
FROM (
    SELECT (SELECT coalesce(sum(amount), 0) FROM payment_captures) AS captured,
           coalesce(sum(amount) FILTER (WHERE kind IN ('session', 'extension')), 0) AS charged,
           coalesce(sum(amount) FILTER (WHERE kind = 'refund_due'), 0)
           - coalesce(sum(amount) FILTER (WHERE kind = 'refund_reversed'), 0) AS owed,
           (SELECT coalesce(sum(amount), 0) FROM payment_sessions WHERE status = 'confirmed') AS confirmed
    FROM customer_transactions
) sums
WHERE captured <> charged + owed + confirmed

-- name: m7_every_payment_adds_up
-- S. So it is for every payment by itself, surplus captures (which have their own failure rows) left aside.
SELECT *
FROM (
    SELECT p.id, p.status, p.amount,
           (SELECT coalesce(sum(c.amount), 0) FROM payment_captures c
            WHERE c.payment_session_id = p.id
              AND NOT EXISTS (SELECT FROM pairing_failures f WHERE f.capture_id = c.id)) AS captured,
           (SELECT coalesce(sum(CASE t.kind WHEN 'refund_reversed' THEN - t.amount ELSE t.amount END), 0)
            FROM customer_transactions t
            LEFT JOIN pairing_failures f ON f.id = t.failure_id
            WHERE t.payment_session_id = p.id AND f.capture_id IS NULL
              AND t.kind IN ('session', 'extension', 'refund_due', 'refund_reversed')) AS accounted
    FROM payment_sessions p
) sums
WHERE captured <> accounted + CASE status WHEN 'confirmed' THEN amount ELSE 0 END

-- name: m9_captures_follow_moves
-- S. Each fitting capture was recorded when its payment moved by it: its amount, in rupiah, by its provider; and every move by
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

-- name: m9_captures_are_of_their_invoices
-- S. What paid for a payment came by an invoice of that payment (at development the payment is its own invoice), once.
SELECT c.id AS capture_row, c.provider, c.provider_invoice_id, c.payment_session_id AS payment,
       i.payment_session_id AS made_for, c.times
FROM (
    SELECT *, count(*) OVER (PARTITION BY provider, provider_invoice_id) AS times FROM payment_captures
) c
LEFT JOIN payment_invoices i ON i.provider = c.provider AND i.invoice_id = c.provider_invoice_id
WHERE c.times > 1
   OR NOT EXISTS (SELECT FROM pairing_failures f WHERE f.capture_id = c.id)
      AND (i.payment_session_id <> c.payment_session_id
           OR c.provider = 'development' AND c.provider_invoice_id <> c.payment_session_id::text)

-- name: m9_captured_invoices_are_known
-- E 60 s. The invoice of every capture that paid for something is in our book. (Its money is written down first.)
SELECT c.id AS capture_row, c.provider_invoice_id, c.payment_session_id AS payment, c.recorded_at
FROM payment_captures c
LEFT JOIN payment_invoices i ON i.provider = c.provider AND i.invoice_id = c.provider_invoice_id
WHERE c.provider <> 'development' AND i.invoice_id IS NULL
  AND c.recorded_at < statement_timestamp() - interval '60 seconds'
  AND NOT EXISTS (SELECT FROM pairing_failures f WHERE f.capture_id = c.id)

-- name: m9_invoices_are_of_their_payments
-- S. The invoice that a payment was given is one that was made for it, and if it shows a page, that invoice's. (Whose invoice
-- came when it was over shows none.)
SELECT p.id AS payment, p.provider, p.provider_invoice_id, p.xendit_invoice_url, i.payment_session_id AS made_for, i.url
FROM payment_sessions p
LEFT JOIN payment_invoices i ON i.provider = p.provider AND i.invoice_id = p.provider_invoice_id
WHERE num_nonnulls(p.provider_invoice_id, p.xendit_invoice_url) > 0
  AND ((i.payment_session_id, i.amount) IS DISTINCT FROM (p.id, p.amount)
       OR p.xendit_invoice_url IS NOT NULL AND p.xendit_invoice_url IS DISTINCT FROM i.url)

-- name: m9_webhooks_count_once
-- S. A webhook's key, its invoice and status, is kept once, hence applied once; what is in quarantine was not applied.
SELECT provider, provider_invoice_id, provider_status, count(*) AS kept, count(applied_at) AS applied
FROM webhook_inbox
WHERE num_nonnulls(provider_invoice_id, provider_status) = 2 OR num_nonnulls(applied_at, quarantined_at) = 2
GROUP BY provider, provider_invoice_id, provider_status
HAVING count(*) > 1 OR bool_or(num_nonnulls(applied_at, quarantined_at) = 2)

-- name: m10_paid_is_booked
-- E 600 s. What the gateway called paid is in our books, unless nobody could read how much it is.
SELECT provider, invoice_id, payment_session_id, created_at
FROM payment_invoices i
WHERE status = 'paid' AND amount > 0 AND created_at < statement_timestamp() - interval '600 seconds'
  AND NOT EXISTS (
      SELECT FROM payment_captures c WHERE c.provider = i.provider AND c.provider_invoice_id = i.invoice_id
  )

-- name: m8_price_has_a_source
-- S. Mode, minutes and amount are those of a tier's (or, discounted, the promotion's) version in force at creation.
-- Exactly: who changes a price lets those finish who have read it, and keeps the others waiting, so the instants are in order.
SELECT p.id, p.mode, p.duration_minutes, p.amount, p.is_first_session_discount, p.price_source_id, p.created_at
FROM payment_sessions p
WHERE NOT EXISTS (
    SELECT FROM (
        SELECT id, tier_id::text AS of, at, after, false AS promotion FROM pricing_tiers_history
        UNION ALL SELECT id, key, at, after, true FROM pricing_promotions_history
    ) s
    WHERE s.id = p.price_source_id AND s.promotion = p.is_first_session_discount
      AND (s.after ->> 'price')::bigint = p.amount
      AND (s.after ->> 'minutes')::integer = p.duration_minutes
      AND s.after ->> 'mode' = p.mode
      AND (s.after ->> 'is_active')::boolean
      AND s.at <= p.created_at
      AND NOT EXISTS (
          SELECT FROM (
              SELECT tier_id::text AS of, at FROM pricing_tiers_history
              UNION ALL SELECT key, at FROM pricing_promotions_history
          ) later
          WHERE later.of = s.of AND later.at > s.at AND later.at <= p.created_at))

-- name: m11_one_discount_per_customer
-- S. A customer has at most one reserved or spent first-session discount.
SELECT customer_id, count(*) AS discounts
FROM payment_sessions
WHERE is_first_session_discount AND (status IN ('pending', 'confirmed', 'consumed') OR fallback_open)
GROUP BY customer_id
HAVING count(*) > 1

-- name: m11_claims_are_of_discounts
-- S. A phone is remembered only with a first-session discount that is reserved or spent.
SELECT d.payment_session_id, p.status, p.is_first_session_discount
FROM discount_claims d JOIN payment_sessions p ON p.id = d.payment_session_id
WHERE NOT (p.is_first_session_discount AND (p.status IN ('pending', 'confirmed', 'consumed') OR p.fallback_open))

-- name: m11_extensions_cost_their_price
-- S. An extension is never discounted and never free.
SELECT id, customer_id, amount, is_first_session_discount
FROM payment_sessions
WHERE is_extension AND (is_first_session_discount OR amount = 0)

-- name: m12_guards_are_in_place
-- S. The triggers that keep ledger, failures, moves and histories from being changed or deleted are there, enabled, and
-- refuse all that they were made to refuse.
SELECT g.relation, g.name, t.tgtype AS fires_on, t.tgenabled AS enabled, p.proname AS calls
FROM (VALUES
    ('payment_captures', 'payment_captures_append_only', 'statement update delete truncate'),
    ('pairing_failures', 'pairing_failures_set_once', 'row update'),
    ('pairing_failures', 'pairing_failures_never_deleted', 'statement delete truncate'),
    ('customer_transactions', 'customer_transactions_append_only', 'statement update delete truncate'),
    ('pricing_tiers_history', 'pricing_tiers_history_append_only', 'statement update delete truncate'),
    ('pricing_promotions_history', 'pricing_promotions_history_append_only', 'statement update delete truncate'),
    ('app_config_history', 'app_config_history_append_only', 'statement update delete truncate'),
    ('operator_changes', 'operator_changes_append_only', 'statement update delete truncate'),
    ('erasures', 'erasures_append_only', 'statement update delete truncate'),
    ('transitions', 'transitions_append_only', 'statement update delete truncate')
) g (relation, name, refuses)
LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(g.relation) AND t.tgname = g.name
LEFT JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.oid IS NULL OR t.tgenabled NOT IN ('O', 'A')
   -- What a trigger fires on is a sum: 1 per row, 2 before, 8 deleting, 16 updating, 32 truncating.
   OR t.tgtype <> CASE g.refuses WHEN 'row update' THEN 1 + 2 + 16
                                 WHEN 'statement delete truncate' THEN 2 + 8 + 32
                                 ELSE 2 + 8 + 16 + 32 END
   OR cardinality(t.tgattr::smallint[]) > 0 -- only where it concerns these columns
   OR (t.tgqual IS NOT NULL) <> (g.refuses = 'row update') -- only when
   OR p.proname <> 'refuse_by_rule' OR position('RAISE EXCEPTION' IN p.prosrc) = 0

-- name: m13_one_use_at_a_time
-- S. A payment backs at most one open request or pending extension, of its own kind and customer.
SELECT p.id, p.is_extension, count(*) AS uses
FROM payment_sessions p
JOIN (
    SELECT payment_session_id, customer_id, status = 'pending' AS open, false AS extends FROM pairing_requests
    UNION ALL
    SELECT e.payment_session_id, c.customer_id, e.status = 'pending', true
    FROM session_extensions e JOIN chat_sessions c ON c.id = e.session_id
) u ON u.payment_session_id = p.id
GROUP BY p.id
HAVING count(*) FILTER (WHERE u.open) > 1 OR bool_or(u.extends <> p.is_extension OR u.customer_id <> p.customer_id)

-- name: m13_fallbacks_cost_nothing_new
-- S. A fallback creates no payment, and nobody makes an invoice for a payment that was past waiting for its money. (One
-- that was being made while the money came may appear so many seconds later, or be learned of by asking.)
SELECT t.aggregate_id AS payment, t.at AS fell_back_at, n.id AS new_payment, i.invoice_id AS new_invoice,
       i.created_at, o.id AS errand
FROM (
    SELECT aggregate_id, at, command FROM transitions
    WHERE machine = 'payment' AND (command = 'fall_back' OR to_state = 'failed_pairing' AND from_state <> 'failed_pairing')
) t
JOIN payment_sessions p ON p.id = t.aggregate_id
LEFT JOIN payment_sessions n ON t.command = 'fall_back' AND n.customer_id = p.customer_id AND n.created_at = t.at
LEFT JOIN payment_invoices i
       ON i.payment_session_id = p.id AND i.looked_at IS NULL AND i.created_at > t.at + interval '60 seconds'
LEFT JOIN outbox o
       ON o.kind = 'invoice' AND o.stream = 'payment:' || p.id AND o.payload ->> 'step' = 'create' AND o.created_at > t.at
WHERE num_nonnulls(n.id, i.invoice_id, o.id) > 0

-- ------------------------------------------------------------------------------------------------------ pairing

-- name: p1_one_thing_open_per_customer
-- S. A customer has at most one open request or live chat, and a payment at most one open request.
SELECT customer_id, array_agg(id) AS open
FROM (
    SELECT id, customer_id FROM pairing_requests WHERE status = 'pending'
    UNION ALL SELECT id, customer_id FROM chat_sessions WHERE status IN ('active', 'extending', 'closing')
) o
GROUP BY customer_id
HAVING count(*) > 1

-- name: p2_searched_for_money
-- S. An open request's payment is confirmed and held by it.
SELECT r.id, r.payment_session_id, p.status, p.held_by
FROM pairing_requests r
JOIN payment_sessions p ON p.id = r.payment_session_id
WHERE r.status = 'pending' AND (p.status <> 'confirmed' OR p.held_by IS DISTINCT FROM r.id)

-- name: p3_accepted_once_by_the_winner
-- S. A request is accepted exactly when it has one accepting answer, by its winner; a returning one only by its target.
SELECT r.id, r.kind, r.status, r.winner_mitra_id, r.targeted_mitra_id, array_agg(a.mitra_id) AS accepted_by
FROM pairing_requests r
LEFT JOIN pairing_answers a ON a.pairing_request_id = r.id AND a.answer = 'accepted'
GROUP BY r.id
HAVING count(a.id) <> CASE r.status WHEN 'accepted' THEN 1 ELSE 0 END
    OR bool_or(a.mitra_id IS DISTINCT FROM r.winner_mitra_id)
    OR r.status = 'accepted' AND r.kind = 'returning' AND r.winner_mitra_id IS DISTINCT FROM r.targeted_mitra_id

-- name: p3_winner_had_been_offered_it
-- S. Who accepted had been shown the request, and had neither declined nor been withdrawn since.
SELECT a.pairing_request_id, a.mitra_id, a.at
FROM pairing_answers a
WHERE a.answer = 'accepted' AND NOT EXISTS (
    SELECT FROM pairing_waves w
    WHERE w.pairing_request_id = a.pairing_request_id AND a.mitra_id = ANY (w.mitra_ids) AND w.at <= a.at
      AND NOT EXISTS (
          SELECT FROM pairing_answers b
          WHERE b.pairing_request_id = a.pairing_request_id AND b.mitra_id = a.mitra_id AND b.id < a.id
            AND (b.at > w.at OR b.at = w.at AND b.answer <> 'withdrawn')))

-- name: p3_chat_is_of_its_request
-- S. The chat of an accepted request is with its winner, on its payment, for its customer.
SELECT r.id, r.session_id, c.id AS chat
FROM pairing_requests r
FULL JOIN chat_sessions c ON c.pairing_request_id = r.id
WHERE r.status = 'accepted' AND c.id IS NULL
   OR c.id IS NOT NULL
      AND (r.session_id, r.winner_mitra_id, r.payment_session_id, r.customer_id)
          IS DISTINCT FROM (c.id, c.mitra_id, c.payment_session_id, c.customer_id)

-- name: p4_all_had_declined
-- S. A request ends as "all rejected" only if somebody was offered it, and the latest entry of everybody offered is a no.
SELECT r.id
FROM pairing_requests r
WHERE r.cause_tag = 'all_mitras_rejected' AND (
    NOT EXISTS (SELECT FROM pairing_waves w WHERE w.pairing_request_id = r.id AND cardinality(w.mitra_ids) > 0)
    OR EXISTS (
        SELECT FROM pairing_waves w
        CROSS JOIN LATERAL unnest(w.mitra_ids) AS m (id)
        WHERE w.pairing_request_id = r.id
          AND (SELECT a.answer = 'declined' AND a.at >= w.at
               FROM pairing_answers a
               WHERE a.pairing_request_id = r.id AND a.mitra_id = m.id
               ORDER BY a.id DESC LIMIT 1) IS NOT TRUE))

-- name: p4_nobody_was_left
-- S. Nor, by the facts recorded with the move, was an eligible mitra left who had not been offered it.
SELECT aggregate_id, version, facts
FROM transitions
WHERE machine = 'pairing' AND cause_tag = 'all_mitras_rejected' AND facts -> 'eligible_left' IS DISTINCT FROM 'false'

-- name: p5_answered_in_time
-- S. Nothing was accepted or declined at or after the deadline.
SELECT r.id, r.deadline_at, a.mitra_id, a.answer, a.at
FROM pairing_requests r
JOIN pairing_answers a ON a.pairing_request_id = r.id
WHERE a.answer IN ('accepted', 'declined') AND a.at >= r.deadline_at

-- name: p5_closed_by_a_cause_or_a_winner
-- S. A closed request has one cause or one winner, an open one neither.
SELECT id, status, cause_tag, winner_mitra_id
FROM pairing_requests
WHERE num_nonnulls(cause_tag, winner_mitra_id) <> CASE status WHEN 'pending' THEN 0 ELSE 1 END

-- name: p6_live_chats_counted
-- S. Each mitra's count of live chats is the number of live chats.
SELECT m.id, m.live_chats, count(c.id) AS counted
FROM mitras m
LEFT JOIN chat_sessions c ON c.mitra_id = m.id AND c.status IN ('active', 'extending', 'closing')
GROUP BY m.id
HAVING m.live_chats <> count(c.id)

-- ------------------------------------------------------------------------------------------------------ capacity, presence

-- name: c1_below_the_cap_at_each_accept
-- S. When a chat began, its mitra's live chats, itself included, did not exceed the cap then in force.
-- A changed cap reaches every instance within ten seconds; until then either value is in force.
SELECT c.id, c.mitra_id, c.started_at, n.live, k.cap
FROM chat_sessions c
CROSS JOIN LATERAL (
    SELECT count(*) AS live FROM chat_sessions o
    WHERE o.mitra_id = c.mitra_id AND o.started_at <= c.started_at
      AND (o.ended_at IS NULL OR o.ended_at > c.started_at)
) n
CROSS JOIN LATERAL (
    SELECT greatest(
        (SELECT max((after #>> '{}')::integer) FROM app_config_history
         WHERE key = 'max_customers_per_mitra' AND at > c.started_at - interval '10 seconds' AND at <= c.started_at),
        (SELECT (after #>> '{}')::integer FROM app_config_history
         WHERE key = 'max_customers_per_mitra'
           AND (at <= c.started_at - interval '10 seconds' OR change_kind = 'created')
         ORDER BY at DESC, id DESC LIMIT 1)) AS cap
) k
WHERE n.live > k.cap

-- name: c2_nobody_accepts_offline
-- S. When a request was accepted, its winner's last recorded move of presence had left them online.
SELECT a.pairing_request_id, a.mitra_id, a.at, t.to_state
FROM pairing_answers a
CROSS JOIN LATERAL (
    SELECT to_state FROM transitions
    WHERE machine = 'presence' AND aggregate_id = a.mitra_id AND at <= a.at
    ORDER BY version DESC LIMIT 1
) t
WHERE a.answer = 'accepted' AND t.to_state <> 'online'

-- name: c2_facts_allowed_each_accept
-- S. By the facts recorded with it, each accept was by a mitra online and below the cap (C1 and C2, as the guards saw it).
SELECT aggregate_id, version, facts
FROM transitions
WHERE machine = 'pairing' AND to_state = 'accepted'
  AND (facts -> 'online' IS DISTINCT FROM 'true'
       OR ((facts ->> 'live_chats')::integer < (facts ->> 'cap')::integer) IS NOT TRUE)

-- name: c2_nobody_blocked_talks
-- E 5 s. Whoever is blocked has no chat that goes on.
SELECT s.id, s.mitra_id, m.blocked_at
FROM mitras m
JOIN chat_sessions s ON s.mitra_id = m.id AND s.status IN ('active', 'extending', 'closing')
WHERE m.blocked_at < statement_timestamp() - interval '5 seconds'

-- name: c3_none_stale_online
-- E stale + 5 s. With pings required, nobody is online without a fresh heartbeat. (A threshold below the usual cadence of
-- 30 s counts as that.)
SELECT m.id, m.last_heartbeat_at
FROM mitras m
CROSS JOIN (
    SELECT greatest((value #>> '{}')::integer, 30) + 5 AS seconds, updated_at
    FROM app_config WHERE key = 'mitra_stale_after_seconds'
) s
JOIN app_config r ON r.key = 'mitra_require_ping' AND (r.value #>> '{}')::boolean
WHERE m.is_online
  AND greatest(m.last_heartbeat_at, s.updated_at, r.updated_at)
      < statement_timestamp() - make_interval(secs => s.seconds)

-- ------------------------------------------------------------------------------------------------------ chats, extensions

-- name: h1_messages_without_a_gap
-- S. A chat's messages are numbered without a gap up to its last. (Retention destroys the keys of a chat that ended, and
-- then removes its messages, the oldest first; a purged chat has none.)
SELECT c.id, c.last_seq, count(m.seq) AS messages, min(m.seq) AS first, max(m.seq) AS last
FROM chat_sessions c
LEFT JOIN chat_messages m ON m.session_id = c.id
GROUP BY c.id
HAVING max(m.seq) <> c.last_seq OR count(m.seq) <> max(m.seq) - min(m.seq) + 1
    OR count(m.seq) < c.last_seq AND c.purged_at IS NULL
       AND (c.status <> 'ended' OR EXISTS (
               SELECT FROM chat_keys k WHERE k.session_id = c.id AND k.destroyed_at IS NULL))
    OR count(m.seq) > 0 AND c.purged_at IS NOT NULL

-- name: h1_said_once
-- S. Nobody said the same message twice.
SELECT session_id, sender, client_message_id, count(*) AS times
FROM chat_messages
GROUP BY session_id, sender, client_message_id
HAVING count(*) > 1

-- name: h2_messages_have_their_key
-- S. Every message that was kept can be read: its author's key is there, unless it was destroyed on purpose.
SELECT m.session_id, m.sender, count(*) AS messages
FROM chat_messages m
WHERE NOT EXISTS (SELECT FROM chat_keys k WHERE k.session_id = m.session_id AND k.author = m.sender)
GROUP BY m.session_id, m.sender

-- name: h3_no_words_into_silence
-- S. Nothing was said in a chat that was paused or had ended. (A move that waits for a message has looked at the clock
-- before it waited, which is never for more than five seconds.)
SELECT m.session_id, m.seq, m.sent_at, t.to_state, t.at
FROM chat_messages m
CROSS JOIN LATERAL (
    SELECT to_state, at FROM transitions
    WHERE machine = 'chat' AND aggregate_id = m.session_id AND at < m.sent_at
    ORDER BY version DESC LIMIT 1
) t
WHERE t.to_state IN ('extending', 'ended') AND t.at < m.sent_at - interval '5 seconds'

-- name: h3_only_participants_hear
-- S. Frames and pushes of a chat are addressed to its customer or its mitra alone.
SELECT o.id, o.kind, o.audience, o.payload ->> 'session_id' AS chat, c.customer_id, c.mitra_id
FROM outbox o
LEFT JOIN chat_sessions c ON c.id::text = o.payload ->> 'session_id'
WHERE o.kind IN ('frame', 'push') AND o.payload ->> 'session_id' IS NOT NULL
  AND (o.audience IN (jsonb_build_object('customer', c.customer_id), jsonb_build_object('mitra', c.mitra_id))) IS NOT TRUE

-- name: h4_time_adds_up
-- S. A chat's end is its start, its paid minutes (accepted extensions included) and its recorded pauses.
SELECT c.id, c.status, c.started_at, c.expires_at, c.paused_seconds, m.minutes
FROM chat_sessions c
CROSS JOIN LATERAL (
    SELECT ((SELECT p.duration_minutes FROM payment_sessions p WHERE p.id = c.payment_session_id)
            + coalesce((SELECT sum(p.duration_minutes)
                        FROM session_extensions e JOIN payment_sessions p ON p.id = e.payment_session_id
                        WHERE e.session_id = c.id AND e.status = 'accepted'), 0))::integer AS minutes
) m
WHERE c.expires_at
      IS DISTINCT FROM c.started_at + make_interval(mins => m.minutes) + c.paused_seconds * interval '1 second'

-- name: h4_pauses_are_those_of_the_moves
-- S. A chat was paused for as long as its moves say, from asking for more time until the answer, and what is left of a
-- pause that lasts is what was left when it began. An answer makes the end the later of: the end so far, moved by the pause,
-- and the answer itself (time that was over does not grow); then it adds its minutes. Unrolled, that is a running maximum. (A chat
-- whose start was moved by hand is for the audit, which lays it beside the log.)
SELECT c.id, c.status, c.started_at, c.paused_seconds, s.paused, c.remaining_seconds, s.remaining
FROM chat_sessions c
JOIN (
    SELECT id, extract(epoch FROM greatest(first_end, max(restart)) + sum(longer) - first_end - sum(minutes)) AS paused,
           extract(epoch FROM greatest(
               greatest(first_end, max(restart)) + sum(longer) - max(asked_at), interval '0')) AS remaining
    FROM (
        SELECT *, CASE WHEN answered THEN at + minutes - sum(longer) OVER (PARTITION BY id ORDER BY version) END AS restart
        FROM (
            SELECT c.id, t.version, t.at, c.started_at + make_interval(mins => p.duration_minutes) AS first_end,
                   t.minutes IS NOT NULL AS answered, coalesce(t.minutes, interval '0') AS minutes,
                   coalesce(t.at - t.asked_at + t.minutes, interval '0') AS longer,
                   CASE WHEN c.status = 'extending' THEN t.at END AS asked_at
            FROM chat_sessions c
            JOIN payment_sessions p ON p.id = c.payment_session_id
            JOIN (
                SELECT aggregate_id, version, at, lag(at) OVER w AS asked_at, first_value(at) OVER w AS born_at,
                       CASE WHEN from_state = 'extending' AND to_state = 'active'
                            THEN make_interval(mins => coalesce((facts ->> 'minutes')::integer, 0)) END AS minutes
                FROM transitions
                WHERE machine = 'chat'
                WINDOW w AS (PARTITION BY aggregate_id ORDER BY version)
            ) t ON t.aggregate_id = c.id AND t.born_at = c.started_at
        ) answers
    ) running
    GROUP BY id, first_end
) s ON s.id = c.id
WHERE c.paused_seconds <> s.paused OR c.status = 'extending' AND c.remaining_seconds IS DISTINCT FROM s.remaining

-- name: h4_none_active_past_its_end
-- E 1 s. No chat stays active past its end, none closing past its grace.
SELECT id, status, wake_at
FROM chat_sessions
WHERE status IN ('active', 'closing') AND wake_at < statement_timestamp() - interval '1 second'

-- name: x1_extending_has_one_pending
-- S. A chat is extending exactly when it has one pending extension.
SELECT c.id, c.status, count(e.id) AS pending
FROM chat_sessions c
LEFT JOIN session_extensions e ON e.session_id = c.id AND e.status = 'pending'
GROUP BY c.id
HAVING count(e.id) <> CASE c.status WHEN 'extending' THEN 1 ELSE 0 END

-- name: x2_extension_is_its_payment
-- S. Minutes, price and customer of an extension are its payment's.
SELECT e.id, e.requested_duration_minutes, e.requested_price, p.duration_minutes, p.amount, p.customer_id
FROM session_extensions e
JOIN payment_sessions p ON p.id = e.payment_session_id
JOIN chat_sessions c ON c.id = e.session_id
WHERE (e.requested_duration_minutes, e.requested_price, c.customer_id)
      IS DISTINCT FROM (p.duration_minutes, p.amount, p.customer_id)

-- name: x3_silence_charges_only_the_reachable
-- S. What was accepted by the clock, or at all after its window, is marked so; that was only under auto_approve, with a live
-- socket and online, by the facts recorded with the move.
SELECT e.id, e.via_timeout, e.deadline_at, t.command, t.at, t.facts
FROM session_extensions e
LEFT JOIN transitions t ON t.machine = 'extension' AND t.aggregate_id = e.id AND t.to_state = 'accepted'
WHERE e.status = 'accepted'
  AND (e.via_timeout IS DISTINCT FROM (t.command <> 'accept' OR t.at >= e.deadline_at)
       OR (e.via_timeout OR t.command <> 'accept' OR t.at >= e.deadline_at)
          AND (t.facts ->> 'policy', t.facts -> 'ws_connected', t.facts -> 'online')
              IS DISTINCT FROM ('auto_approve', 'true'::jsonb, 'true'::jsonb))

-- name: x4_accepted_prolongs_once
-- S. Each accepted extension prolonged its chat once, at that very moment and by its minutes; nothing else ever did. (That
-- the end then is the right one, the sum of time says.)
SELECT a.id AS extension, a.at AS accepted_at, a.minutes, c.id AS chat, c.at AS prolonged_at, c.by
FROM (
    SELECT e.id, e.session_id, e.requested_duration_minutes AS minutes, t.at
    FROM session_extensions e
    LEFT JOIN transitions t ON t.machine = 'extension' AND t.aggregate_id = e.id AND t.to_state = 'accepted'
    WHERE e.status = 'accepted'
) a
FULL JOIN (
    SELECT aggregate_id AS id, at, (facts ->> 'minutes')::integer AS by
    FROM transitions
    WHERE machine = 'chat' AND command = 'extension_accepted'
) c ON c.id = a.session_id AND c.at = a.at
WHERE a.minutes IS DISTINCT FROM c.by

-- ------------------------------------------------------------------------------------------------------ deadlines, delivery

-- name: t1_waiting_rows_wake
-- S. Every waiting row wakes at exactly its deadline; no other row wakes at all.
SELECT relation, id, status, wake_at, deadline
FROM (
    SELECT 'payment_sessions' AS relation, id, status, wake_at,
           CASE WHEN status = 'pending' OR status = 'confirmed' AND held_by IS NULL THEN expires_at
                WHEN fallback_open THEN fallback_until END AS deadline
    FROM payment_sessions
    UNION ALL
    SELECT 'pairing_requests', id, status, wake_at,
           CASE status WHEN 'pending' THEN least(next_wave_at, deadline_at) END
    FROM pairing_requests
    UNION ALL
    SELECT 'chat_sessions', id, status, wake_at,
           CASE status WHEN 'active' THEN expires_at WHEN 'closing' THEN closing_until END
    FROM chat_sessions
    UNION ALL
    SELECT 'session_extensions', id, status, wake_at, CASE status WHEN 'pending' THEN deadline_at END
    FROM session_extensions
) w
WHERE wake_at IS DISTINCT FROM deadline

-- name: t2_nothing_fired_early
-- S. Whatever was moved because its time was up was moved at or after that time, also if it has moved on since.
SELECT machine, id, version, at, deadline
FROM (
    SELECT t.machine, p.id, t.version, t.at,
           CASE WHEN t.event = 'fallback_closed' THEN p.fallback_until ELSE p.expires_at END AS deadline
    FROM payment_sessions p
    JOIN transitions t ON t.machine = 'payment' AND t.aggregate_id = p.id
    WHERE t.to_state = 'expired' OR t.cause_tag = 'payment_session_expired' OR t.command = 'tick'
       OR t.from_state = 'pending' AND t.cause_tag = 'late_payment'
    UNION ALL
    SELECT t.machine, r.id, t.version, t.at, r.deadline_at
    FROM pairing_requests r
    JOIN transitions t ON t.machine = 'pairing' AND t.aggregate_id = r.id
    WHERE t.cause_tag IN ('no_mitra_available', 'targeted_mitra_timeout') OR t.command = 'time_up'
    UNION ALL
    SELECT t.machine, e.id, t.version, t.at, e.deadline_at
    FROM session_extensions e
    JOIN transitions t ON t.machine = 'extension' AND t.aggregate_id = e.id
    WHERE t.to_state = 'timeout' OR t.command = 'time_up' OR e.via_timeout AND t.to_state = 'accepted'
    UNION ALL
    SELECT t.machine, c.id, t.version, t.at, c.expires_at
    FROM chat_sessions c
    JOIN transitions t ON t.machine = 'chat' AND t.aggregate_id = c.id AND t.version = c.version
    WHERE c.status = 'closing' OR c.end_reason = 'time_up'
) fired
WHERE at < deadline

-- name: t2_no_chat_was_cut_short
-- S. No chat closed before its paid time was over, as it stood at that move, and none was ended by the clock before its grace
-- was. (The end at each move is computed as for the pauses, see above.)
SELECT id, version, from_state, at, deadline
FROM (
    SELECT id, version, from_state, to_state, command, at, closed_at, grace_seconds,
           CASE from_state
               WHEN 'active' THEN greatest(first_end, max(restart) OVER w) + sum(longer) OVER w
               ELSE closed_at + make_interval(secs => grace_seconds)
           END AS deadline
    FROM (
        SELECT *, CASE WHEN answered THEN at + minutes - sum(longer) OVER (PARTITION BY id ORDER BY version) END AS restart
        FROM (
            SELECT c.id, t.version, t.at, t.from_state, t.to_state, t.command, t.before AS closed_at, t.grace_seconds,
                   c.started_at + make_interval(mins => p.duration_minutes) AS first_end,
                   t.minutes IS NOT NULL AS answered, coalesce(t.minutes, interval '0') AS minutes,
                   coalesce(t.at - t.before + t.minutes, interval '0') AS longer
            FROM chat_sessions c
            JOIN payment_sessions p ON p.id = c.payment_session_id
            JOIN (
                SELECT aggregate_id, version, at, from_state, to_state, command, first_value(at) OVER w AS born_at,
                       lag(at) OVER w AS before, lag((facts ->> 'grace_seconds')::integer) OVER w AS grace_seconds,
                       CASE WHEN from_state = 'extending' AND to_state = 'active'
                            THEN make_interval(mins => coalesce((facts ->> 'minutes')::integer, 0)) END AS minutes
                FROM transitions
                WHERE machine = 'chat'
                WINDOW w AS (PARTITION BY aggregate_id ORDER BY version)
            ) t ON t.aggregate_id = c.id AND t.born_at = c.started_at
        ) answers
    ) running
    WINDOW w AS (PARTITION BY id ORDER BY version)
) stepped
WHERE command = 'time_up' AND (at < deadline) IS NOT FALSE

-- name: t3_nothing_overdue
-- E 1 s. Nothing is overdue.
SELECT relation, id, wake_at
FROM (
    SELECT 'payment_sessions' AS relation, id, wake_at FROM payment_sessions WHERE wake_at IS NOT NULL
    UNION ALL SELECT 'pairing_requests', id, wake_at FROM pairing_requests WHERE wake_at IS NOT NULL
    UNION ALL SELECT 'chat_sessions', id, wake_at FROM chat_sessions WHERE wake_at IS NOT NULL
    UNION ALL SELECT 'session_extensions', id, wake_at FROM session_extensions WHERE wake_at IS NOT NULL
) w
WHERE wake_at < statement_timestamp() - interval '1 second'

-- name: t4_whoever_must_hear_is_told
-- S. Every move that somebody must hear of, every offer and every message has its row in the outbox, and every command for
-- later its own. Rows are kept for a day at least once they were sent, so this looks at the last hours; it counts, because
-- some events come to one chat more than once.
WITH since AS MATERIALIZED (
    SELECT statement_timestamp() - interval '20 hours' AS at
), due AS (
    SELECT m.said, m.whom,
           CASE WHEN m.about = 'mitra' THEN coalesce(c.mitra_id, t.aggregate_id) ELSE t.aggregate_id END::text AS about
    FROM transitions t
    JOIN (VALUES
        ('payment', 'payment_created', 'create', 'gateway', 'itself'),
        ('payment', 'payment_expired', 'expire', 'gateway', 'itself'),
        ('payment', 'payment_abandoned', 'expire', 'gateway', 'itself'),
        ('payment', 'payment_confirmed', 'payment_confirmed', 'customer', 'itself'),
        ('payment', 'payment_lapsed', 'payment_failed', 'customer', 'itself'),
        ('payment', 'payment_paid_late', 'payment_late', 'customer', 'itself'),
        ('payment', 'payment_expired', 'payment_expired', 'customer', 'itself'),
        ('payment', 'payment_abandoned', 'payment_updated', 'customer', 'itself'),
        ('payment', 'fallback_closed', 'payment_updated', 'customer', 'itself'),
        ('pairing', 'pairing_opened', 'look_again', 'later', 'itself'),
        ('pairing', 'pairing_accepted', 'paired', 'customer', 'itself'),
        ('pairing', 'pairing_accepted', 'paired', 'mitra', 'itself'),
        ('pairing', 'pairing_failed', 'pairing_failed', 'customer', 'itself'),
        ('chat', 'session_paused', 'session_paused', 'customer', 'itself'),
        ('chat', 'session_prolonged', 'session_resumed', 'customer', 'itself'),
        ('chat', 'session_prolonged', 'session_resumed', 'mitra', 'itself'),
        ('chat', 'session_resumed', 'session_resumed', 'customer', 'itself'),
        ('chat', 'session_resumed', 'session_resumed', 'mitra', 'itself'),
        ('chat', 'session_closing', 'session_closing', 'customer', 'itself'),
        ('chat', 'session_closing', 'session_closing', 'mitra', 'itself'),
        ('chat', 'session_ended', 'session_ended', 'customer', 'itself'),
        ('chat', 'session_ended', 'session_ended', 'mitra', 'itself'),
        ('chat', 'session_ended', 'mitra_became_eligible', 'later', 'mitra'),
        ('extension', 'extension_asked', 'extension_request', 'mitra', 'itself'),
        ('extension', 'extension_accepted', 'extension_response', 'customer', 'itself'),
        ('extension', 'extension_refused', 'extension_response', 'customer', 'itself'),
        ('presence', 'went_online', 'mitra_became_eligible', 'later', 'mitra'),
        ('presence', 'went_offline', 'presence', 'mitra', 'mitra'),
        ('presence', 'went_offline', 'mitra_went_away', 'later', 'mitra'),
        ('presence', 'went_stale', 'presence', 'mitra', 'mitra'),
        ('presence', 'went_stale', 'mitra_went_away', 'later', 'mitra'),
        ('presence', 'mitra_blocked', 'presence', 'mitra', 'mitra'),
        ('presence', 'mitra_blocked', 'mitra_shut_out', 'later', 'mitra')
    ) m (machine, event, said, whom, about) ON m.machine = t.machine AND m.event = t.event
    LEFT JOIN chat_sessions c ON t.machine = 'chat' AND c.id = t.aggregate_id
    LEFT JOIN payment_sessions p ON m.whom = 'gateway' AND p.id = t.aggregate_id
    WHERE t.at > (SELECT at FROM since)
      AND (m.whom <> 'gateway' OR p.provider = 'xendit' AND p.amount > 0)
      AND (m.said <> 'look_again' OR t.facts ->> 'kind' = 'general')
    UNION ALL
    SELECT 'chat_request', 'offered', pairing_request_id::text FROM pairing_waves
    WHERE at > (SELECT at FROM since)
    UNION ALL
    SELECT 'message', s.side, m.session_id || ' ' || m.seq
    FROM chat_messages m CROSS JOIN (VALUES ('customer'), ('mitra')) s (side)
    WHERE m.sent_at > (SELECT at FROM since)
), told AS (
    SELECT CASE WHEN o.payload ->> 'frame' IN ('returning_chat_rejected', 'returning_chat_timeout') THEN 'pairing_failed'
                ELSE coalesce(o.payload ->> 'frame', o.payload ->> 'command', o.payload ->> 'step') END AS said,
           CASE WHEN o.kind = 'later' THEN 'later'
                WHEN o.kind = 'invoice' THEN 'gateway'
                WHEN o.audience ? 'customer' THEN 'customer'
                WHEN o.audience ? 'mitra' THEN 'mitra'
                ELSE 'offered' END AS whom,
           coalesce(o.payload ->> 'extension_id', o.payload ->> 'pairing_request_id', o.payload ->> 'request_id',
                    o.payload ->> 'payment_session_id', (o.payload ->> 'session_id') || ' ' || (o.payload ->> 'seq'),
                    o.payload ->> 'session_id', o.payload ->> 'mitra_id', o.audience ->> 'mitra') AS about
    FROM outbox o
    WHERE o.kind <> 'push' AND o.created_at > (SELECT at FROM since)
)
SELECT said, whom, about, d.times AS due, coalesce(t.times, 0) AS told
FROM (SELECT said, whom, about, count(*) AS times FROM due GROUP BY 1, 2, 3) d
LEFT JOIN (SELECT said, whom, about, count(*) AS times FROM told GROUP BY 1, 2, 3) t USING (said, whom, about)
WHERE d.times > coalesce(t.times, 0)

-- name: t4_nothing_unsent
-- E 2 s. Nothing waits in the outbox, but what the outside refused and is tried again later.
SELECT id, kind, stream, created_at, attempts
FROM outbox
WHERE sent_at IS NULL AND next_attempt_at < statement_timestamp() - interval '2 seconds'

-- ------------------------------------------------------------------------------------------------------ people

-- name: a1_nobody_shut_out_is_logged_in
-- S. No log-in of a blocked mitra or a disabled operator lives.
SELECT a.id, a.user_type, a.user_id
FROM auth_sessions a
WHERE a.revoked_at IS NULL
  AND (a.user_type = 'mitra' AND EXISTS (SELECT FROM mitras m WHERE m.id = a.user_id AND m.blocked_at IS NOT NULL)
       OR a.user_type = 'cc_user' AND EXISTS (SELECT FROM cc_users o WHERE o.id = a.user_id AND o.disabled_at IS NOT NULL))

-- name: a2_codes_have_their_end
-- S. A code lives for five minutes from its message, none is sent by which guessing would begin anew before ten minutes are
-- over, and nobody guesses more than five times.
SELECT user_type, code_expires_at, failures, failed_at, sends[cardinality(sends)] AS sent_at
FROM otp_challenges
WHERE failures NOT BETWEEN 0 AND 5 OR (failures > 0) <> (failed_at IS NOT NULL)
   OR code_hash IS NOT NULL
      AND (code_expires_at IS NULL OR code_expires_at IS DISTINCT FROM sends[cardinality(sends)] + interval '5 minutes')

-- name: a4_operators_are_their_history
-- S. Whether an operator is shut out is what the last row of their history says.
SELECT o.id AS operator, o.disabled_at, h.change_kind, h.at
FROM cc_users o
LEFT JOIN (
    SELECT DISTINCT ON (subject_id) subject_id, change_kind, at
    FROM operator_changes
    WHERE subject_type = 'cc_user' AND change_kind IN ('disabled', 'enabled')
    ORDER BY subject_id, id DESC
) h ON h.subject_id = o.id
WHERE (o.disabled_at IS NOT NULL) <> (coalesce(h.change_kind, 'enabled') = 'disabled')

-- name: a4_changes_have_their_author
-- S. Whatever an operator changed says which operator it was. (What a new database starts with has no author, and mitras and
-- operators may be added by command line.)
SELECT history, id, change_kind, at
FROM (
    SELECT 'pricing_tiers_history' AS history, id::text, change_kind, at FROM pricing_tiers_history
    WHERE changed_by IS NULL AND NOT (change_kind = 'created' AND id::text LIKE '01937000-0000-7000-8001-%%')
    UNION ALL
    SELECT 'pricing_promotions_history', id::text, change_kind, at FROM pricing_promotions_history
    WHERE changed_by IS NULL AND change_kind <> 'created'
    UNION ALL
    SELECT 'app_config_history', id::text, change_kind, at FROM app_config_history
    WHERE changed_by IS NULL AND change_kind <> 'created'
    UNION ALL
    SELECT 'operator_changes', id::text, change_kind, at FROM operator_changes
    WHERE changed_by IS NULL AND subject_type <> 'cc_user' AND change_kind <> 'created'
    UNION ALL
    SELECT 'pairing_failures', id::text, operator_action, actioned_at FROM pairing_failures
    WHERE num_nonnulls(operator_action, actioned_by, actioned_at) NOT IN (0, 3)
    UNION ALL
    SELECT 'webhook_inbox', id::text, 'resolved', resolved_at FROM webhook_inbox
    WHERE num_nonnulls(resolved_by, resolved_at) = 1
    UNION ALL
    SELECT 'transitions', id::text, command, at FROM transitions
    WHERE command IN ('block', 'unblock') AND actor_type NOT IN ('cc_user', 'system') -- whom an erasure shuts out, nobody did
) changes

-- name: a4_actions_close_fallbacks
-- S. Where an operator's action closed a fallback, the recorded move names the same operator.
SELECT f.id AS failure_row, f.payment_session_id AS payment, t.version AS move, f.actioned_by, t.actor_type, t.actor_id
FROM pairing_failures f
JOIN transitions t ON t.machine = 'payment' AND t.aggregate_id = f.payment_session_id AND t.at = f.actioned_at
                  AND t.command = 'forfeit_fallback'
WHERE f.capture_id IS NULL AND (t.actor_type, t.actor_id) IS DISTINCT FROM ('cc_user', f.actioned_by)

-- name: a4_settings_are_their_history
-- S. Each version of a setting begins with the one before it, so that a stale change has changed nothing, and the setting
-- stands as its last version says.
SELECT coalesce(h.key, s.key) AS setting, h.id AS version, h.at, h.change_kind
FROM (
    SELECT *, lag(after) OVER w AS earlier, lead(id) OVER w AS later
    FROM app_config_history WINDOW w AS (PARTITION BY key ORDER BY at, id)
) h
FULL JOIN app_config s ON s.key = h.key
WHERE h.id IS NULL
   OR (h.earlier IS NULL) <> (h.change_kind = 'created') OR h.before IS DISTINCT FROM h.earlier
   OR h.later IS NULL AND (s.value, s.updated_at) IS DISTINCT FROM (h.after, h.at)

-- What an edit of a price must wait for, because the prices themselves are read, comes last and does not take long.

-- name: a4_tiers_are_their_history
-- S. Each version of a tier begins with the one before it, and the tier stands as its last version says.
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

-- name: a4_promotions_are_their_history
-- S. So it is with promotions.
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
