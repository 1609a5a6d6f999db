-- What screens show. No statement here takes a lock; those of one answer run on one snapshot, in one round trip.
--
-- Each is served by an index whatever the table has grown to: by a primary key, or by a partial index on what is still
-- open, whose condition is repeated here word for word.

-- name: begin
-- Opens a transaction in which every statement sees the same moment.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: end
-- Ends it; there was nothing to write.
COMMIT

-- name: clock
-- The moment of reading, by the store's clock.
SELECT statement_timestamp()

-- ------------------------------------------------------------------------------------------------------------- payments

-- name: payment
-- One payment, with what an operator did with it if it failed.
SELECT p.id, p.customer_id, p.amount, p.mode, p.duration_minutes, p.is_extension, p.is_first_session_discount, p.status,
       p.held_by, p.cause_tag, p.cause_detail, p.targeted_mitra_id, p.provider, p.provider_invoice_id,
       p.xendit_invoice_url, p.price_source_id, p.created_at, p.confirmed_at, p.consumed_at, p.expires_at,
       p.fallback_until, p.fallback_open, p.version, f.operator_action
FROM payment_sessions p
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL AND f.superseded_at IS NULL
WHERE p.id = %(payment_id)s

-- name: payments
-- One customer's payments, the latest first.
SELECT p.id, p.customer_id, p.amount, p.mode, p.duration_minutes, p.is_extension, p.is_first_session_discount, p.status,
       p.held_by, p.cause_tag, p.cause_detail, p.targeted_mitra_id, p.provider, p.provider_invoice_id,
       p.xendit_invoice_url, p.price_source_id, p.created_at, p.confirmed_at, p.consumed_at, p.expires_at,
       p.fallback_until, p.fallback_open, p.version, f.operator_action
FROM payment_sessions p
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL AND f.superseded_at IS NULL
WHERE p.customer_id = %(customer_id)s
ORDER BY p.created_at DESC, p.id DESC
LIMIT %(limit)s OFFSET %(offset)s

-- name: payment_count
-- How many payments one customer ever made.
SELECT count(*) FROM payment_sessions WHERE customer_id = %(customer_id)s

-- name: current_payment
-- The customer's open payment that is not an extension's, else (in a chat) the open one for more time, else that of the
-- live chat. Of several for more time: the one that is being asked with, then one that is paid, then the latest.
SELECT p.id, p.customer_id, p.amount, p.mode, p.duration_minutes, p.is_extension, p.is_first_session_discount, p.status,
       p.held_by, p.cause_tag, p.cause_detail, p.targeted_mitra_id, p.provider, p.provider_invoice_id,
       p.xendit_invoice_url, p.price_source_id, p.created_at, p.confirmed_at, p.consumed_at, p.expires_at,
       p.fallback_until, p.fallback_open, p.version, f.operator_action
FROM payment_sessions p
LEFT JOIN pairing_failures f ON f.payment_session_id = p.id AND f.capture_id IS NULL AND f.superseded_at IS NULL
WHERE p.id = coalesce(
    (SELECT id FROM payment_sessions
     WHERE customer_id = %(customer_id)s AND NOT is_extension AND (status IN ('pending', 'confirmed') OR fallback_open)),
    (SELECT more.id
     FROM chat_sessions s JOIN payment_sessions more ON more.customer_id = s.customer_id
     WHERE s.customer_id = %(customer_id)s AND s.status IN ('active', 'extending', 'closing')
       AND more.is_extension AND more.status IN ('pending', 'confirmed')
     ORDER BY more.held_by IS NULL, more.status, more.created_at DESC, more.id DESC
     LIMIT 1),
    (SELECT payment_session_id FROM chat_sessions
     WHERE customer_id = %(customer_id)s AND status IN ('active', 'extending', 'closing')))

-- ------------------------------------------------------------------------------------------------------------ searching

-- name: request
-- One request with its names.
SELECT r.id, r.customer_id, r.payment_session_id, r.kind, r.mode, r.duration_minutes, r.topic_sensitivity, r.created_at,
       r.deadline_at, r.timeout_seconds, r.targeted_mitra_id, r.wave_size, r.next_wave_at, r.status, r.cause_tag,
       r.cause_detail, r.winner_mitra_id, r.session_id, r.version,
       c.display_name AS customer_name, t.display_name AS target_name
FROM pairing_requests r
JOIN customers c ON c.id = r.customer_id
LEFT JOIN mitras t ON t.id = r.targeted_mitra_id
WHERE r.id = %(request_id)s

-- name: current_request
-- The customer's open request, else the last one of a payment that may still be used for another.
SELECT r.id, r.customer_id, r.payment_session_id, r.kind, r.mode, r.duration_minutes, r.topic_sensitivity, r.created_at,
       r.deadline_at, r.timeout_seconds, r.targeted_mitra_id, r.wave_size, r.next_wave_at, r.status, r.cause_tag,
       r.cause_detail, r.winner_mitra_id, r.session_id, r.version,
       c.display_name AS customer_name, t.display_name AS target_name
FROM pairing_requests r
JOIN customers c ON c.id = r.customer_id
LEFT JOIN mitras t ON t.id = r.targeted_mitra_id
WHERE r.id = coalesce(
    (SELECT id FROM pairing_requests WHERE customer_id = %(customer_id)s AND status = 'pending'),
    (SELECT last.id
     FROM payment_sessions p JOIN pairing_requests last ON last.payment_session_id = p.id
     WHERE p.customer_id = %(customer_id)s AND NOT p.is_extension AND (p.status IN ('pending', 'confirmed') OR p.fallback_open)
       AND p.fallback_open AND p.fallback_until > statement_timestamp()
     ORDER BY last.created_at DESC, last.id DESC
     LIMIT 1))

-- name: offers
-- The open requests whose latest entry for one mitra is an offer, the oldest first. An answer given at the very instant
-- of a wave came after it, but for a withdrawal, which came before.
SELECT r.id, r.customer_id, r.payment_session_id, r.kind, r.mode, r.duration_minutes, r.topic_sensitivity, r.created_at,
       r.deadline_at, r.timeout_seconds, r.targeted_mitra_id, r.wave_size, r.next_wave_at, r.status, r.cause_tag,
       r.cause_detail, r.winner_mitra_id, r.session_id, r.version,
       c.display_name AS customer_name, t.display_name AS target_name
FROM pairing_requests r
JOIN customers c ON c.id = r.customer_id
LEFT JOIN mitras t ON t.id = r.targeted_mitra_id
CROSS JOIN LATERAL (
    SELECT max(w.at) AS at FROM pairing_waves w
    WHERE w.pairing_request_id = r.id AND %(mitra_id)s::uuid = ANY (w.mitra_ids)
) AS offered
LEFT JOIN LATERAL (
    SELECT a.answer, a.at FROM pairing_answers a
    WHERE a.pairing_request_id = r.id AND a.mitra_id = %(mitra_id)s
    ORDER BY a.id DESC
    LIMIT 1
) AS said ON true
WHERE r.status = 'pending' AND r.wake_at IS NOT NULL AND r.deadline_at > statement_timestamp() AND offered.at IS NOT NULL
  AND (said.at IS NULL OR said.at < offered.at OR said.at = offered.at AND said.answer = 'withdrawn')
ORDER BY r.created_at, r.id

-- name: offered
-- To whom a request was ever shown, or to whom in one wave.
SELECT DISTINCT unnest(mitra_ids) FROM pairing_waves
WHERE pairing_request_id = %(request_id)s AND (%(wave)s::integer IS NULL OR number = %(wave)s)

-- -------------------------------------------------------------------------------------------------------------- talking

-- name: session
-- One chat with both names, and the moment of reading.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name, statement_timestamp() AS now
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.id = %(session_id)s

-- name: live_session_of_customer
-- The customer's live chat with both names.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.customer_id = %(customer_id)s AND s.status IN ('active', 'extending', 'closing')

-- name: live_sessions_of_mitra
-- The mitra's live chats with both names, the oldest first.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.mitra_id = %(mitra_id)s AND s.status IN ('active', 'extending', 'closing')
ORDER BY s.started_at, s.id

-- name: live_sessions
-- The live chats of many people, each once, with both names.
SELECT s.id, s.customer_id, s.mitra_id, s.payment_session_id, s.pairing_request_id, s.mode, s.topic_sensitivity,
       s.started_at, s.expires_at, s.remaining_seconds, s.paused_seconds, s.closing_until, s.ended_at, s.end_reason,
       s.status, s.version, s.last_seq, s.customer_read_seq, s.mitra_read_seq,
       c.display_name AS customer_name, m.display_name AS mitra_name
FROM chat_sessions s
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.status IN ('active', 'extending', 'closing')
  AND (s.customer_id = ANY (%(customers)s::uuid[]) OR s.mitra_id = ANY (%(mitras)s::uuid[]))

-- name: extension
-- One extension with the names of its chat.
SELECT e.id, e.session_id, e.payment_session_id, e.requested_duration_minutes, e.requested_price, e.requested_at,
       e.deadline_at, e.timeout_seconds, e.status, e.cause_tag, e.via_timeout, e.responded_at, e.version,
       s.customer_id, c.display_name AS customer_name, s.mitra_id, m.display_name AS mitra_name
FROM session_extensions e
JOIN chat_sessions s ON s.id = e.session_id
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE e.id = %(extension_id)s

-- name: pending_extension_of_customer
-- The extension that the customer's live chat waits for.
SELECT e.id, e.session_id, e.payment_session_id, e.requested_duration_minutes, e.requested_price, e.requested_at,
       e.deadline_at, e.timeout_seconds, e.status, e.cause_tag, e.via_timeout, e.responded_at, e.version,
       s.customer_id, c.display_name AS customer_name, s.mitra_id, m.display_name AS mitra_name
FROM session_extensions e
JOIN chat_sessions s ON s.id = e.session_id
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.customer_id = %(customer_id)s AND s.status IN ('active', 'extending', 'closing') AND e.status = 'pending'

-- name: pending_extension_of_session
-- The extension that one chat waits for.
SELECT e.id, e.session_id, e.payment_session_id, e.requested_duration_minutes, e.requested_price, e.requested_at,
       e.deadline_at, e.timeout_seconds, e.status, e.cause_tag, e.via_timeout, e.responded_at, e.version,
       s.customer_id, c.display_name AS customer_name, s.mitra_id, m.display_name AS mitra_name
FROM session_extensions e
JOIN chat_sessions s ON s.id = e.session_id
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE e.session_id = %(session_id)s AND e.status = 'pending'

-- name: pending_extensions_of_mitra
-- The extensions that wait for one mitra's answer, the oldest first.
SELECT e.id, e.session_id, e.payment_session_id, e.requested_duration_minutes, e.requested_price, e.requested_at,
       e.deadline_at, e.timeout_seconds, e.status, e.cause_tag, e.via_timeout, e.responded_at, e.version,
       s.customer_id, c.display_name AS customer_name, s.mitra_id, m.display_name AS mitra_name
FROM session_extensions e
JOIN chat_sessions s ON s.id = e.session_id
JOIN customers c ON c.id = s.customer_id
JOIN mitras m ON m.id = s.mitra_id
WHERE s.mitra_id = %(mitra_id)s AND s.status IN ('active', 'extending', 'closing') AND e.status = 'pending'
ORDER BY e.requested_at, e.id

-- ------------------------------------------------------------------------------------------------------------ listening

-- name: mitra
-- One mitra's presence and load.
SELECT id, is_online, last_heartbeat_at, blocked_at, live_chats, version FROM mitras WHERE id = %(mitra_id)s

-- --------------------------------------------------------------------------------------------------------------- prices

-- name: tiers
-- Every active tier, with the version of it that is in force.
SELECT id, mode, minutes, price, sort_order, is_active, version_id AS source_id FROM pricing_tiers WHERE is_active

-- name: promotion
-- The first-session discount, with the version of it that is in force.
SELECT mode, minutes, price, label, requires_phone, is_active, version_id AS source_id
FROM pricing_promotions WHERE key = 'first_session_discount'

-- name: buyer
-- What pricing must know of the customer. A discount reserved by a payment that a new one would replace (pending, or failed
-- with a fallback open) is not looked at: it is given back then, so that what is shown is what would be paid. A confirmed one
-- is not replaced by anything.
SELECT c.phone AS phone, phone_verified_at IS NOT NULL AS phone_verified,
       EXISTS (
           SELECT FROM payment_sessions p
           WHERE p.customer_id = c.id AND p.status = 'consumed' AND NOT p.is_extension
       ) AS had_session,
       EXISTS (
           SELECT FROM payment_sessions p
           WHERE p.customer_id = c.id AND p.status = 'confirmed' AND p.is_first_session_discount
       ) AS discount_reserved
FROM customers c WHERE c.id = %(customer_id)s

-- name: phone_claimed
-- Whether this phone has had the discount, or holds it, under another account.
SELECT EXISTS (
    SELECT FROM discount_claims d JOIN payment_sessions p ON p.id = d.payment_session_id
    WHERE d.phone_hmac = decode(%(phone_hmac)s, 'hex') AND p.customer_id <> %(customer_id)s
)
