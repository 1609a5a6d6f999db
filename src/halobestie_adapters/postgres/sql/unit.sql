-- One command, one transaction: locks in their order, what the command concerns, the clock, and everything it writes.
--
-- Locks are FOR NO KEY UPDATE: they exclude each other, not the foreign-key checks of rows that only refer to a person.
-- Statements of one step travel together in one pipeline: a command costs two round trips, whatever it does.

-- name: begin
-- Opens the transaction.
BEGIN

-- name: commit
-- Ends it well.
COMMIT

-- name: rollback
-- Ends it as if it had never been.
ROLLBACK

-- name: clock
-- The time that guards see: read after the locks are held, not when the transaction or statement began.
SELECT clock_timestamp()

-- ---------------------------------------------------------------------------------------------------------------- locks

-- name: lock_customer
-- The customer named.
SELECT id, display_name FROM customers WHERE id = %(customer_id)s FOR NO KEY UPDATE

-- name: lock_customer_of_payment
-- The customer of a payment. (Whose a payment is never changes, so it may be looked up before the lock.)
SELECT id, display_name FROM customers
WHERE id = (SELECT customer_id FROM payment_sessions WHERE id = %(payment_id)s) FOR NO KEY UPDATE

-- name: lock_customer_of_request
-- The customer of a request.
SELECT id, display_name FROM customers
WHERE id = (SELECT customer_id FROM pairing_requests WHERE id = %(request_id)s) FOR NO KEY UPDATE

-- name: lock_customer_of_session
-- The customer of a chat.
SELECT id, display_name FROM customers
WHERE id = (SELECT customer_id FROM chat_sessions WHERE id = %(session_id)s) FOR NO KEY UPDATE

-- name: lock_customer_of_extension
-- The customer of an extension's chat.
SELECT id, display_name FROM customers
WHERE id = (
    SELECT c.customer_id FROM session_extensions e JOIN chat_sessions c ON c.id = e.session_id
    WHERE e.id = %(extension_id)s
) FOR NO KEY UPDATE

-- name: lock_customer_of_failure
-- The customer of a failure row; none for money that matches nobody.
SELECT id, display_name FROM customers
WHERE id = (SELECT customer_id FROM pairing_failures WHERE id = %(failure_id)s) FOR NO KEY UPDATE

-- name: lock_mitra
-- The mitra named, with presence and load.
SELECT id, display_name, is_online, last_heartbeat_at, blocked_at, live_chats, version
FROM mitras WHERE id = %(mitra_id)s FOR NO KEY UPDATE

-- name: lock_mitra_of_session
-- The mitra of a chat, with presence and load.
SELECT id, display_name, is_online, last_heartbeat_at, blocked_at, live_chats, version
FROM mitras WHERE id = (SELECT mitra_id FROM chat_sessions WHERE id = %(session_id)s) FOR NO KEY UPDATE

-- -------------------------------------------------------------------------------------------------------------- payments

-- name: payment
-- The payment addressed.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions WHERE id = %(payment_id)s

-- name: payment_of_request
-- The payment that a request searches with.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions WHERE id = (SELECT payment_session_id FROM pairing_requests WHERE id = %(request_id)s)

-- name: open_payment
-- The customer's open payment that is not an extension's: there is at most one.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions
WHERE customer_id = %(customer_id)s AND NOT is_extension AND (status IN ('pending', 'confirmed') OR fallback_open)

-- name: payment_of_failure
-- The payment of a failure row, if it has one.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions WHERE id = (SELECT payment_session_id FROM pairing_failures WHERE id = %(failure_id)s)

-- name: payment_of_extension
-- The payment of an extension.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions WHERE id = (SELECT payment_session_id FROM session_extensions WHERE id = %(extension_id)s)

-- name: payment_of_pending_extension
-- The payment of a chat's pending extension.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions WHERE id = (
    SELECT payment_session_id FROM session_extensions WHERE session_id = %(session_id)s AND status = 'pending'
)

-- name: asked_payment
-- The payment that an extension is asked for with.
SELECT id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by,
       cause_tag, cause_detail, targeted_mitra_id, provider, provider_invoice_id, xendit_invoice_url, price_source_id,
       created_at, confirmed_at, consumed_at, expires_at, fallback_until, fallback_open, version
FROM payment_sessions WHERE id = %(extension_payment_id)s

-- name: payment_captured
-- Whether fitting money was recorded for the payment addressed. (What did not match it has a failure row of its own.)
SELECT EXISTS (
    SELECT FROM payment_captures c
    WHERE c.payment_session_id = %(payment_id)s AND NOT EXISTS (
        SELECT FROM pairing_failures f
        WHERE f.payment_session_id = %(payment_id)s AND f.capture_id = c.id AND f.cause_tag = 'payment_mismatch'
    )
)

-- name: invoice_recorded
-- Whether the money of this very invoice is written down.
SELECT EXISTS (
    SELECT FROM payment_captures WHERE provider = %(provider)s AND provider_invoice_id = %(invoice_id)s
)

-- name: open_failure
-- The payment's own failure row that is not superseded.
SELECT id, payment_session_id, amount, operator_action, NULL AS invoice_id, false AS superseded
FROM pairing_failures WHERE payment_session_id = %(payment_id)s AND capture_id IS NULL AND superseded_at IS NULL

-- name: failure
-- The failure row addressed. FOR UPDATE: nobody's money has no customer whose lock would hold others off.
SELECT f.id, f.payment_session_id, f.amount, f.operator_action, c.provider_invoice_id AS invoice_id,
       f.superseded_at IS NOT NULL AS superseded
FROM pairing_failures f LEFT JOIN payment_captures c ON c.id = f.capture_id
WHERE f.id = %(failure_id)s FOR NO KEY UPDATE OF f

-- --------------------------------------------------------------------------------------------------------------- pairing

-- name: request
-- The request addressed.
SELECT id, customer_id, payment_session_id, kind, mode, duration_minutes, topic_sensitivity, created_at, deadline_at,
       timeout_seconds, targeted_mitra_id, wave_size, next_wave_at, status, cause_tag, cause_detail, winner_mitra_id,
       session_id, version
FROM pairing_requests WHERE id = %(request_id)s

-- name: open_request
-- The open request of the customer, named or found through the payment: there is at most one. Else the payment's last.
SELECT id, customer_id, payment_session_id, kind, mode, duration_minutes, topic_sensitivity, created_at, deadline_at,
       timeout_seconds, targeted_mitra_id, wave_size, next_wave_at, status, cause_tag, cause_detail, winner_mitra_id,
       session_id, version
FROM pairing_requests WHERE id = coalesce(
    (SELECT id FROM pairing_requests WHERE status = 'pending' AND customer_id = coalesce(
        %(customer_id)s, (SELECT customer_id FROM payment_sessions WHERE id = %(payment_id)s))),
    (SELECT id FROM pairing_requests WHERE payment_session_id = %(payment_id)s ORDER BY created_at DESC, id DESC LIMIT 1)
)

-- name: waves
-- To whom the request addressed was shown.
SELECT number, mitra_ids, at FROM pairing_waves WHERE pairing_request_id = %(request_id)s ORDER BY number

-- name: open_waves
-- To whom the customer's open request was shown (else the last one of the payment addressed).
SELECT number, mitra_ids, at FROM pairing_waves WHERE pairing_request_id = coalesce(
    (SELECT id FROM pairing_requests WHERE status = 'pending' AND customer_id = coalesce(
        %(customer_id)s, (SELECT customer_id FROM payment_sessions WHERE id = %(payment_id)s))),
    (SELECT id FROM pairing_requests WHERE payment_session_id = %(payment_id)s ORDER BY created_at DESC, id DESC LIMIT 1)
) ORDER BY number

-- name: answers
-- What became of single offers of the request addressed.
SELECT mitra_id, answer, at FROM pairing_answers WHERE pairing_request_id = %(request_id)s ORDER BY id

-- name: open_answers
-- What became of single offers of the customer's open request (else the last one of the payment addressed).
SELECT mitra_id, answer, at FROM pairing_answers WHERE pairing_request_id = coalesce(
    (SELECT id FROM pairing_requests WHERE status = 'pending' AND customer_id = coalesce(
        %(customer_id)s, (SELECT customer_id FROM payment_sessions WHERE id = %(payment_id)s))),
    (SELECT id FROM pairing_requests WHERE payment_session_id = %(payment_id)s ORDER BY created_at DESC, id DESC LIMIT 1)
) ORDER BY id

-- name: eligible
-- Who may be offered a request now, least busy first. Written as one array: a thousand ids travel as one value.
SELECT coalesce(array_agg(id ORDER BY live_chats, id), '{}') FROM (
    SELECT id, live_chats FROM mitras
    WHERE is_online AND blocked_at IS NULL AND live_chats < %(cap)s
      AND (%(silence)s::interval IS NULL OR last_heartbeat_at >= clock_timestamp() - %(silence)s::interval)
    ORDER BY live_chats, id
    LIMIT %(limit)s
) AS able

-- name: eligible_unoffered
-- The same, but only those to whom this request may (again) be offered: never offered, or withdrawn last. Both lists of ids
-- are hashed once, whatever their length; asking each mitra's id of each wave's array is a thousand times a thousand.
SELECT coalesce(array_agg(id ORDER BY live_chats, id), '{}') FROM (
    SELECT id, live_chats FROM mitras
    WHERE is_online AND blocked_at IS NULL AND live_chats < %(cap)s
      AND (%(silence)s::interval IS NULL OR last_heartbeat_at >= clock_timestamp() - %(silence)s::interval)
      AND (
          id NOT IN (SELECT unnest(mitra_ids) FROM pairing_waves WHERE pairing_request_id = %(unoffered_of)s)
          OR id IN (
              SELECT said.mitra_id
              FROM (
                  SELECT DISTINCT ON (mitra_id) mitra_id, answer, at FROM pairing_answers
                  WHERE pairing_request_id = %(unoffered_of)s
                  ORDER BY mitra_id, id DESC
              ) AS said
              WHERE said.answer = 'withdrawn' AND said.at > (
                  SELECT max(at) FROM pairing_waves
                  WHERE pairing_request_id = %(unoffered_of)s AND said.mitra_id = ANY (mitra_ids)
              )
          )
      )
    ORDER BY live_chats, id
    LIMIT %(limit)s
) AS able

-- ----------------------------------------------------------------------------------------------------------------- chats

-- name: session
-- The chat addressed.
SELECT id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity, started_at, expires_at,
       remaining_seconds, paused_seconds, closing_until, ended_at, end_reason, status, version
FROM chat_sessions WHERE id = %(session_id)s

-- name: live_session
-- The live chat of the customer, named or found through the payment: there is at most one.
SELECT id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity, started_at, expires_at,
       remaining_seconds, paused_seconds, closing_until, ended_at, end_reason, status, version
FROM chat_sessions WHERE status IN ('active', 'extending', 'closing') AND customer_id = coalesce(
    %(customer_id)s, (SELECT customer_id FROM payment_sessions WHERE id = %(payment_id)s))

-- name: session_of_extension
-- The chat of the extension addressed.
SELECT id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity, started_at, expires_at,
       remaining_seconds, paused_seconds, closing_until, ended_at, end_reason, status, version
FROM chat_sessions WHERE id = (SELECT session_id FROM session_extensions WHERE id = %(extension_id)s)

-- name: extension
-- The extension addressed.
SELECT id, session_id, payment_session_id, requested_duration_minutes, requested_price, requested_at, deadline_at,
       timeout_seconds, status, cause_tag, via_timeout, responded_at, version
FROM session_extensions WHERE id = %(extension_id)s

-- name: pending_extension
-- The chat's pending extension: there is at most one.
SELECT id, session_id, payment_session_id, requested_duration_minutes, requested_price, requested_at, deadline_at,
       timeout_seconds, status, cause_tag, via_timeout, responded_at, version
FROM session_extensions WHERE session_id = %(session_id)s AND status = 'pending'

-- ---------------------------------------------------------------------------------------------------------------- prices

-- name: tiers
-- Every active tier, with the version of it that is in force.
SELECT id, mode, minutes, price, sort_order, is_active, version_id AS source_id FROM pricing_tiers WHERE is_active

-- name: promotion
-- The first-session discount, with the version of it that is in force.
SELECT mode, minutes, price, label, requires_phone, is_active, version_id AS source_id
FROM pricing_promotions WHERE key = 'first_session_discount'

-- name: buyer
-- What pricing must know of the customer, apart from the payment that a new one replaces.
SELECT c.phone AS phone, phone_verified_at IS NOT NULL AS phone_verified,
       EXISTS (
           SELECT FROM payment_sessions p
           WHERE p.customer_id = c.id AND p.status = 'consumed' AND NOT p.is_extension
       ) AS had_session
FROM customers c WHERE c.id = %(customer_id)s

-- name: phone_claimed
-- Whether this phone has had the discount, or holds it, under another account. (What one's own payment holds is given back by
-- the one that replaces it, or is spent, and then there was a session.)
SELECT EXISTS (
    SELECT FROM discount_claims d JOIN payment_sessions p ON p.id = d.payment_session_id
    WHERE d.phone_hmac = decode(%(phone_hmac)s, 'hex') AND p.customer_id <> %(customer_id)s
)

-- ---------------------------------------------------------------------------------------------------------------- writes

-- name: insert_payment
-- A new payment.
INSERT INTO payment_sessions (
    id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount, status, held_by, cause_tag,
    cause_detail, targeted_mitra_id, provider, price_source_id, created_at, confirmed_at, consumed_at, expires_at,
    fallback_until, fallback_open, wake_at, version
) VALUES (
    %(id)s, %(customer_id)s, %(amount)s, %(mode)s, %(duration_minutes)s, %(is_extension)s, %(is_first_session_discount)s,
    %(status)s, %(held_by)s, %(cause_tag)s, %(cause_detail)s, %(targeted_mitra_id)s, %(provider)s, %(price_source_id)s,
    %(created_at)s, %(confirmed_at)s, %(consumed_at)s, %(expires_at)s, %(fallback_until)s, %(fallback_open)s, %(wake_at)s,
    %(version)s
)

-- name: update_payment
-- A payment moved. What never moves is not written; the invoice belongs to the gateway's own command.
WITH written AS (
    UPDATE payment_sessions SET
        status = %(status)s, held_by = %(held_by)s, cause_tag = %(cause_tag)s, cause_detail = %(cause_detail)s,
        confirmed_at = %(confirmed_at)s, consumed_at = %(consumed_at)s, expires_at = %(expires_at)s,
        fallback_until = %(fallback_until)s, fallback_open = %(fallback_open)s, wake_at = %(wake_at)s,
        version = %(version)s
    WHERE id = %(id)s AND version = %(was)s
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: insert_request
-- A new request.
INSERT INTO pairing_requests (
    id, customer_id, payment_session_id, kind, status, targeted_mitra_id, topic_sensitivity, mode, duration_minutes,
    cause_tag, cause_detail, winner_mitra_id, session_id, created_at, deadline_at, timeout_seconds, next_wave_at, wave_size,
    wake_at, version
) VALUES (
    %(id)s, %(customer_id)s, %(payment_session_id)s, %(kind)s, %(status)s, %(targeted_mitra_id)s, %(topic_sensitivity)s,
    %(mode)s, %(duration_minutes)s, %(cause_tag)s, %(cause_detail)s, %(winner_mitra_id)s, %(session_id)s, %(created_at)s,
    %(deadline_at)s, %(timeout_seconds)s, %(next_wave_at)s, %(wave_size)s, %(wake_at)s, %(version)s
)

-- name: update_request
-- A request moved.
WITH written AS (
    UPDATE pairing_requests SET
        status = %(status)s, cause_tag = %(cause_tag)s, cause_detail = %(cause_detail)s,
        winner_mitra_id = %(winner_mitra_id)s, session_id = %(session_id)s, next_wave_at = %(next_wave_at)s,
        wake_at = %(wake_at)s, version = %(version)s
    WHERE id = %(id)s AND version = %(was)s
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: insert_wave
-- The mitras to whom a request is shown: one row, however many they are.
INSERT INTO pairing_waves (pairing_request_id, number, mitra_ids, at)
VALUES (%(request_id)s, %(number)s, %(mitra_ids)s, %(at)s)

-- name: insert_answer
-- One mitra's entry.
INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at)
VALUES (%(request_id)s, %(mitra_id)s, %(answer)s, %(at)s)

-- name: insert_session
-- A new chat.
INSERT INTO chat_sessions (
    id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity, status, started_at,
    expires_at, remaining_seconds, paused_seconds, closing_until, ended_at, end_reason, wake_at, version
) VALUES (
    %(id)s, %(customer_id)s, %(mitra_id)s, %(payment_session_id)s, %(pairing_request_id)s, %(mode)s, %(topic_sensitivity)s,
    %(status)s, %(started_at)s, %(expires_at)s, %(remaining_seconds)s, %(paused_seconds)s, %(closing_until)s, %(ended_at)s,
    %(end_reason)s, %(wake_at)s, %(version)s
)

-- name: update_session
-- A chat moved.
WITH written AS (
    UPDATE chat_sessions SET
        status = %(status)s, expires_at = %(expires_at)s, remaining_seconds = %(remaining_seconds)s,
        paused_seconds = %(paused_seconds)s, closing_until = %(closing_until)s, ended_at = %(ended_at)s,
        end_reason = %(end_reason)s, wake_at = %(wake_at)s, version = %(version)s
    WHERE id = %(id)s AND version = %(was)s
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: keep_closing_message
-- Sealed last words, in the transaction that ended the chat.
UPDATE chat_sessions SET closing_message = %(sealed)s WHERE id = %(session_id)s

-- name: insert_extension
-- A new extension.
INSERT INTO session_extensions (
    id, session_id, payment_session_id, requested_duration_minutes, requested_price, status, cause_tag, via_timeout,
    requested_at, deadline_at, timeout_seconds, responded_at, wake_at, version
) VALUES (
    %(id)s, %(session_id)s, %(payment_session_id)s, %(requested_duration_minutes)s, %(requested_price)s, %(status)s,
    %(cause_tag)s, %(via_timeout)s, %(requested_at)s, %(deadline_at)s, %(timeout_seconds)s, %(responded_at)s, %(wake_at)s,
    %(version)s
)

-- name: update_extension
-- An extension moved.
WITH written AS (
    UPDATE session_extensions SET
        status = %(status)s, cause_tag = %(cause_tag)s, via_timeout = %(via_timeout)s, responded_at = %(responded_at)s,
        wake_at = %(wake_at)s, version = %(version)s
    WHERE id = %(id)s AND version = %(was)s
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: update_presence
-- A mitra's presence moved. A heartbeat that landed meanwhile is never turned back.
WITH written AS (
    UPDATE mitras SET
        is_online = %(is_online)s, last_heartbeat_at = greatest(last_heartbeat_at, %(last_heartbeat_at)s),
        blocked_at = %(blocked_at)s, version = %(version)s
    WHERE id = %(id)s AND version = %(was)s
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: end_log_ins
-- Whoever is shut out loses every log-in; lists of those that ended are read from here.
UPDATE auth_sessions SET revoked_at = clock_timestamp(), revoked_reason = 'blocked'
WHERE user_type = 'mitra' AND user_id = %(mitra_id)s AND revoked_at IS NULL

-- name: change_live_chats
-- One place of a mitra is taken or free.
WITH written AS (
    UPDATE mitras SET live_chats = live_chats + %(change)s WHERE id = %(mitra_id)s RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: insert_capture
-- Money the gateway took; once per invoice.
INSERT INTO payment_captures (id, provider, provider_invoice_id, payment_session_id, amount, currency, paid_at, recorded_at)
VALUES (
    %(id)s, %(provider)s, %(provider_invoice_id)s, %(payment_session_id)s, %(amount)s, %(currency)s, %(paid_at)s,
    %(recorded_at)s
)

-- name: insert_failure
-- A new row for the operators.
INSERT INTO pairing_failures (
    id, payment_session_id, customer_id, capture_id, pairing_request_id, extension_id, targeted_mitra_id, cause_tag,
    cause_detail, amount, created_at
) VALUES (
    %(id)s, %(payment_session_id)s, %(customer_id)s, %(capture_id)s, %(pairing_request_id)s, %(extension_id)s,
    %(targeted_mitra_id)s, %(cause_tag)s, %(cause_detail)s, %(amount)s, %(created_at)s
)

-- name: supersede_failure
-- The payment's open failure row leaves the queue, unless an operator was first.
WITH written AS (
    UPDATE pairing_failures SET superseded_at = %(at)s
    WHERE payment_session_id = %(payment_session_id)s AND capture_id IS NULL AND superseded_at IS NULL
      AND operator_action IS NULL
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: action_failure
-- An operator's action on the failure row that was decided on, set once.
WITH written AS (
    UPDATE pairing_failures SET operator_action = %(action)s, note = %(note)s, actioned_by = %(by)s, actioned_at = %(at)s
    WHERE id = %(failure_id)s AND superseded_at IS NULL AND operator_action IS NULL
    RETURNING 1
) SELECT must_match(count(*)) FROM written

-- name: insert_ledger_entry
-- One line of the ledger.
INSERT INTO customer_transactions (
    id, customer_id, payment_session_id, kind, amount, at, failure_id, session_id, extension_id
) VALUES (
    %(id)s, %(customer_id)s, %(payment_session_id)s, %(kind)s, %(amount)s, %(at)s, %(failure_id)s, %(session_id)s,
    %(extension_id)s
)

-- name: claim_discount
-- The phone of whoever pays, if there is one, goes with the discount. Whoever else has it now or later is known by it.
INSERT INTO discount_claims (phone_hmac, payment_session_id)
SELECT decode(claimed, 'hex'), %(payment_session_id)s::uuid
FROM (VALUES (%(phone_hmac)s::text)) AS verified (claimed) WHERE claimed IS NOT NULL

-- name: return_discount
-- The phone may claim the first-session discount again.
DELETE FROM discount_claims WHERE payment_session_id = %(payment_session_id)s

-- name: insert_transitions
-- Moves of different aggregates, each chained to the one before it of its own. They come as the texts that are hashed; the
-- columns are read out of these, so that neither can say anything else.
INSERT INTO transitions (
    machine, aggregate_id, version, from_state, to_state, command, event, cause_tag, actor_type, actor_id, at, facts, body,
    fingerprint, previous_hash, hash
)
SELECT m.machine, m.aggregate_id, m.version, m.from_state, m.to_state, m.command, m.event, m.cause_tag, m.actor_type,
       m.actor_id, m.at, m.facts, spoken.body, m.fingerprint, earlier.hash,
       sha256(coalesce(earlier.hash, ''::bytea) || convert_to(spoken.body, 'UTF8'))
FROM jsonb_array_elements_text(%(bodies)s::jsonb) WITH ORDINALITY AS spoken (body, place)
CROSS JOIN LATERAL jsonb_to_record(spoken.body::jsonb) AS m (
    machine text, aggregate_id uuid, version integer, from_state text, to_state text, command text, event text,
    cause_tag text, actor_type text, actor_id uuid, at timestamptz, facts jsonb, fingerprint text
)
LEFT JOIN transitions earlier
    ON earlier.machine = m.machine AND earlier.aggregate_id = m.aggregate_id AND earlier.version = m.version - 1
ORDER BY spoken.place

-- name: insert_outbox
-- What the outside must hear, and commands for later, in their order. Whoever begins a payment makes its invoice at once.
INSERT INTO outbox (kind, stream, audience, payload, next_attempt_at)
SELECT o.kind, o.stream, o.audience, o.payload,
       clock_timestamp() + CASE WHEN o.payload ->> 'step' = 'create' THEN interval '5 seconds' ELSE interval '0' END
FROM ROWS FROM (
    jsonb_to_recordset(%(rows)s::jsonb) AS (kind text, stream text, audience jsonb, payload jsonb)
) WITH ORDINALITY AS o (kind, stream, audience, payload, place)
ORDER BY o.place

-- name: outbox_done
-- The row that this command came from is dealt with.
UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(done)s AND sent_at IS NULL
