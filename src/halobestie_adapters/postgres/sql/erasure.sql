-- Erasing a person. One transaction under their lock; every statement finds its rows by an index.

-- name: lock_customer
-- The lock that all their commands take.
SELECT phone FROM customers WHERE id = %(id)s FOR UPDATE

-- name: lock_mitra
-- The lock that all their commands take, and whether anything can still come to them.
SELECT phone, blocked_at IS NOT NULL AS blocked FROM mitras WHERE id = %(id)s FOR UPDATE

-- name: told
-- Whether this was asked for, by this asker, whether it was done, and whether so long ago that nothing of then is under way.
SELECT coalesce(bool_or(step = 'asked'), false) AS asked,
       coalesce(bool_or(step = 'asked' AND actor_type = %(actor_type)s AND actor_id IS NOT DISTINCT FROM %(actor_id)s::uuid),
                false) AS by_them,
       coalesce(bool_or(step = 'done'), false) AS done,
       coalesce(bool_or(step = 'done' AND at < clock_timestamp() - interval '100 minutes'), false) AS settled
FROM erasures WHERE subject_type = %(type)s AND subject_id = %(id)s

-- name: keep
-- One step, for ever.
INSERT INTO erasures (subject_type, subject_id, step, actor_type, actor_id, reason)
VALUES (%(type)s, %(id)s, %(step)s, %(actor_type)s, %(actor_id)s, %(reason)s)

-- name: put_due
-- To be looked at, at a time.
INSERT INTO erasures_due (subject_type, subject_id, due_at)
VALUES (%(type)s, %(id)s, clock_timestamp() + %(later)s::interval)
ON CONFLICT (subject_type, subject_id) DO UPDATE SET due_at = excluded.due_at

-- name: not_due
-- Nothing is left to look at.
DELETE FROM erasures_due WHERE subject_type = %(type)s AND subject_id = %(id)s

-- name: take_due
-- People to look at, whom nobody else gets meanwhile.
WITH found AS MATERIALIZED (
    SELECT subject_type, subject_id FROM erasures_due
    WHERE due_at <= statement_timestamp()
    ORDER BY due_at LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE erasures_due d SET due_at = clock_timestamp() + %(lease)s::interval
FROM found
WHERE (d.subject_type, d.subject_id) = (found.subject_type, found.subject_id)
RETURNING d.subject_type, d.subject_id

-- name: customer_is_busy
-- Something that may still become a chat, or is one.
SELECT EXISTS (SELECT FROM payment_sessions
               WHERE customer_id = %(id)s AND (status IN ('pending', 'confirmed') OR fallback_open))
    OR EXISTS (SELECT FROM pairing_requests WHERE customer_id = %(id)s AND status = 'pending')
    OR EXISTS (SELECT FROM chat_sessions
               WHERE customer_id = %(id)s AND status IN ('active', 'extending', 'closing'))

-- name: mitra_is_busy
-- A chat that goes on, or a request that is for them alone.
SELECT EXISTS (SELECT FROM chat_sessions
               WHERE mitra_id = %(id)s AND status IN ('active', 'extending', 'closing'))
    OR EXISTS (SELECT FROM pairing_requests WHERE targeted_mitra_id = %(id)s AND status = 'pending')

-- name: end_log_ins
-- Every log-in is over. The list of ended ones is read from these rows, so they go later.
UPDATE auth_sessions SET revoked_at = clock_timestamp(), revoked_reason = 'logout'
WHERE user_type = %(type)s AND user_id = %(id)s AND revoked_at IS NULL

-- name: destroy_keys_of_customer
-- What they said cannot be read any more.
UPDATE chat_keys k SET wrapped_key = NULL, key_id = NULL, destroyed_at = clock_timestamp()
FROM chat_sessions s
WHERE s.customer_id = %(id)s AND k.session_id = s.id AND k.author = 'customer' AND k.destroyed_at IS NULL

-- name: destroy_keys_of_mitra
-- Likewise.
UPDATE chat_keys k SET wrapped_key = NULL, key_id = NULL, destroyed_at = clock_timestamp()
FROM chat_sessions s
WHERE s.mitra_id = %(id)s AND k.session_id = s.id AND k.author = 'mitra' AND k.destroyed_at IS NULL

-- name: forget_last_words
-- Closing messages are the customer's.
UPDATE chat_sessions SET closing_message = NULL WHERE customer_id = %(id)s AND closing_message IS NOT NULL

-- name: forget_devices
-- No push goes there.
DELETE FROM devices WHERE user_type = %(type)s AND user_id = %(id)s

-- name: forget_identities
-- Who they are elsewhere.
DELETE FROM external_identities WHERE customer_id = %(id)s

-- name: forget_log_ins
-- Those that ended long enough ago that no token of theirs lives.
DELETE FROM auth_sessions
WHERE user_type = %(type)s AND user_id = %(id)s AND revoked_at < clock_timestamp() - interval '100 minutes'

-- name: forget_codes
-- The phone's codes, unless somebody on the other side has it too: then theirs stay. Who logs in takes a code's lock before a
-- person's, so nobody is waited for; what is left behind is old in a day.
DELETE FROM otp_challenges WHERE (phone, user_type) IN (
    SELECT o.phone, o.user_type FROM otp_challenges o
    WHERE o.phone = %(phone)s
      AND (o.user_type = %(type)s
           OR NOT EXISTS (SELECT FROM customers c WHERE c.phone = o.phone AND o.user_type = 'customer')
              AND NOT EXISTS (SELECT FROM mitras m WHERE m.phone = o.phone AND o.user_type = 'mitra'))
    FOR UPDATE OF o SKIP LOCKED
)

-- name: forget_answers
-- What they were answered.
DELETE FROM idempotency_keys WHERE caller_type = %(type)s AND caller_id = %(id)s

-- name: forget_answers_naming_customer
-- What others were answered about them. The effect stays bound to its key: a repeat finds it, and is answered anew.
WITH them AS (
    SELECT DISTINCT s.mitra_id AS id FROM chat_sessions s
    WHERE s.customer_id = %(id)s AND (s.ended_at IS NULL OR s.ended_at > statement_timestamp() - interval '2 days')
), naming AS (
    SELECT caller_type, caller_id, key FROM idempotency_keys
    WHERE caller_type = 'cc_user' AND status IS NOT NULL AND answer::text LIKE '%%' || %(id)s::text || '%%'
    UNION ALL
    SELECT caller_type, caller_id, key FROM them JOIN idempotency_keys ON caller_type = 'mitra' AND caller_id = them.id
    WHERE status IS NOT NULL AND answer::text LIKE '%%' || %(id)s::text || '%%'
)
UPDATE idempotency_keys k SET status = NULL, answer = NULL, leased_until = clock_timestamp()
FROM naming n WHERE (k.caller_type, k.caller_id, k.key) = (n.caller_type, n.caller_id, n.key)

-- name: forget_answers_naming_mitra
-- Likewise; whoever asked for them by name has them in an answer too.
WITH them AS (
    SELECT s.customer_id AS id FROM chat_sessions s
    WHERE s.mitra_id = %(id)s AND (s.ended_at IS NULL OR s.ended_at > statement_timestamp() - interval '2 days')
    UNION
    SELECT p.customer_id FROM payment_sessions p
    WHERE p.targeted_mitra_id = %(id)s AND p.created_at > statement_timestamp() - interval '2 days'
    UNION
    SELECT r.customer_id FROM pairing_requests r
    WHERE r.targeted_mitra_id = %(id)s AND r.created_at > statement_timestamp() - interval '2 days'
), naming AS (
    SELECT caller_type, caller_id, key FROM idempotency_keys
    WHERE caller_type = 'cc_user' AND status IS NOT NULL AND answer::text LIKE '%%' || %(id)s::text || '%%'
    UNION ALL
    SELECT caller_type, caller_id, key FROM them JOIN idempotency_keys ON caller_type = 'customer' AND caller_id = them.id
    WHERE status IS NOT NULL AND answer::text LIKE '%%' || %(id)s::text || '%%'
)
UPDATE idempotency_keys k SET status = NULL, answer = NULL, leased_until = clock_timestamp()
FROM naming n WHERE (k.caller_type, k.caller_id, k.key) = (n.caller_type, n.caller_id, n.key)

-- name: forget_webhooks
-- What a gateway wrote about who paid. It was believed by nobody; what was booked stays.
UPDATE webhook_inbox w SET body = ''
FROM payment_invoices i JOIN payment_sessions p ON p.id = i.payment_session_id
WHERE p.customer_id = %(id)s AND (w.provider, w.provider_invoice_id) = (i.provider, i.invoice_id)
  AND (w.applied_at IS NOT NULL OR w.quarantined_at IS NOT NULL) AND octet_length(w.body) > 0

-- name: rename_customer
-- Nobody any more.
UPDATE customers SET display_name = %(pseudonym)s, phone = NULL, phone_verified_at = NULL
WHERE id = %(id)s AND (display_name, coalesce(phone, '')) IS DISTINCT FROM (%(pseudonym)s, '')

-- name: rename_mitra
-- Likewise. A mitra's phone cannot be none; nobody has this one.
UPDATE mitras SET display_name = %(pseudonym)s, phone = 'erased ' || id WHERE id = %(id)s
