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
    OR bool_or(t.amount <> p.amount OR t.customer_id <> p.customer_id
               OR t.kind <> CASE WHEN p.is_extension THEN 'extension' ELSE 'session' END)

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
-- S. The triggers that keep ledger, failures, moves and histories from being changed or deleted are there and enabled.
SELECT g.relation, g.name
FROM (VALUES
    ('payment_captures', 'payment_captures_append_only'),
    ('pairing_failures', 'pairing_failures_set_once'),
    ('pairing_failures', 'pairing_failures_never_deleted'),
    ('customer_transactions', 'customer_transactions_append_only'),
    ('pricing_tiers_history', 'pricing_tiers_history_append_only'),
    ('pricing_promotions_history', 'pricing_promotions_history_append_only'),
    ('app_config_history', 'app_config_history_append_only'),
    ('operator_changes', 'operator_changes_append_only'),
    ('erasures', 'erasures_append_only'),
    ('transitions', 'transitions_append_only')
) g (relation, name)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass(g.relation) AND t.tgname = g.name AND t.tgenabled IN ('O', 'A')
WHERE t.oid IS NULL

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
-- S. Accepted by time-out only under auto_approve, with a live socket and online, by the facts recorded with the move.
SELECT e.id, t.command, t.facts
FROM session_extensions e
LEFT JOIN transitions t ON t.machine = 'extension' AND t.aggregate_id = e.id AND t.to_state = 'accepted'
WHERE e.status = 'accepted' AND e.via_timeout
  AND (t.facts ->> 'policy', t.facts -> 'ws_connected', t.facts -> 'online')
      IS DISTINCT FROM ('auto_approve', 'true'::jsonb, 'true'::jsonb)

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
-- S. What ended because its time was up ended at or after that time.
SELECT machine, id, ended_at, deadline
FROM (
    SELECT t.machine, p.id, t.at AS ended_at, p.expires_at AS deadline
    FROM payment_sessions p
    JOIN transitions t ON t.machine = 'payment' AND t.aggregate_id = p.id AND t.version = p.version
    WHERE p.status = 'expired' OR p.cause_tag = 'payment_session_expired'
    UNION ALL
    SELECT t.machine, r.id, t.at, r.deadline_at
    FROM pairing_requests r
    JOIN transitions t ON t.machine = 'pairing' AND t.aggregate_id = r.id AND t.version = r.version
    WHERE r.cause_tag IN ('no_mitra_available', 'targeted_mitra_timeout')
    UNION ALL
    SELECT t.machine, e.id, t.at, e.deadline_at
    FROM session_extensions e
    JOIN transitions t ON t.machine = 'extension' AND t.aggregate_id = e.id AND t.version = e.version
    WHERE e.via_timeout OR e.status = 'timeout'
    UNION ALL
    SELECT t.machine, c.id, t.at, c.expires_at
    FROM chat_sessions c
    JOIN transitions t ON t.machine = 'chat' AND t.aggregate_id = c.id AND t.version = c.version
    WHERE c.status = 'closing' OR c.end_reason = 'time_up'
) fired
WHERE ended_at < deadline

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
