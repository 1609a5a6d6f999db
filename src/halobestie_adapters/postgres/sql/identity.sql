-- People and how they prove who they are: log-ins, one-time codes, operators. Clocks are read in a statement of their own,
-- after the locks.

-- name: now
-- The clock at this moment, not at the begin of the transaction or statement.
SELECT clock_timestamp();

-- name: add_customer
-- A new customer; with a phone, a verified one.
INSERT INTO customers (id, display_name, phone, phone_verified_at, created_at)
VALUES (
    %(id)s, %(display_name)s, %(phone)s::text,
    CASE WHEN %(phone)s::text IS NOT NULL THEN clock_timestamp() END, clock_timestamp()
);

-- name: lock_customer
-- Takes the customer's lock. Who they are is read by a statement of its own: this one's snapshot is older than its lock.
SELECT FROM customers WHERE id = %(id)s FOR UPDATE;

-- name: customer_locked
-- A customer whose lock is held; nobody, once they were erased: what is left of them is nobody's to take up.
SELECT id, 'customer' AS user_type, display_name, phone_verified_at IS NOT NULL AS phone_verified, false AS blocked,
    EXISTS (SELECT FROM external_identities i WHERE i.customer_id = customers.id) AS has_identity
FROM customers WHERE id = %(id)s AND NOT EXISTS (
    SELECT FROM erasures e WHERE e.subject_type = 'customer' AND e.subject_id = customers.id AND e.step = 'done');

-- name: customer
-- A customer by id.
SELECT id, 'customer' AS user_type, display_name, phone_verified_at IS NOT NULL AS phone_verified, false AS blocked,
    EXISTS (SELECT FROM external_identities i WHERE i.customer_id = customers.id) AS has_identity
FROM customers WHERE id = %(id)s;

-- name: customer_by_phone
-- The customer whose verified phone this is.
SELECT id, 'customer' AS user_type, display_name, phone_verified_at IS NOT NULL AS phone_verified, false AS blocked,
    EXISTS (SELECT FROM external_identities i WHERE i.customer_id = customers.id) AS has_identity
FROM customers WHERE phone = %(phone)s;

-- name: verify_phone
-- An anonymous customer gets their phone; one who has a phone keeps it.
UPDATE customers SET phone = %(phone)s, phone_verified_at = clock_timestamp()
WHERE id = %(id)s AND phone IS NULL;

-- name: rename_customer
-- Changes a customer's display name.
UPDATE customers SET display_name = %(display_name)s WHERE id = %(id)s
RETURNING id, 'customer' AS user_type, display_name, phone_verified_at IS NOT NULL AS phone_verified, false AS blocked,
    EXISTS (SELECT FROM external_identities i WHERE i.customer_id = customers.id) AS has_identity;

-- name: mitra
-- A mitra by id.
SELECT id, 'mitra' AS user_type, display_name, true AS phone_verified, blocked_at IS NOT NULL AS blocked
FROM mitras WHERE id = %(id)s;

-- name: mitra_by_phone
-- The mitra whose phone this is; locked, so that whoever is logged in is not blocked meanwhile: a block that comes later finds
-- the log-in, and one that was first is seen here.
SELECT id, 'mitra' AS user_type, display_name, true AS phone_verified, blocked_at IS NOT NULL AS blocked
FROM mitras WHERE phone = %(phone)s FOR SHARE;

-- name: rename_mitra
-- Changes a mitra's display name; no machine looks at it, so the version stays.
UPDATE mitras SET display_name = %(display_name)s WHERE id = %(id)s
RETURNING id, 'mitra' AS user_type, display_name, true AS phone_verified, blocked_at IS NOT NULL AS blocked;

-- name: add_mitra
-- A new mitra, offline.
INSERT INTO mitras (id, phone, display_name) VALUES (%(id)s, %(phone)s, %(display_name)s);

-- name: lock_mitra
-- Takes the mitra's lock, the one that commands take too.
SELECT id, 'mitra' AS user_type, display_name, true AS phone_verified, blocked_at IS NOT NULL AS blocked
FROM mitras WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: keep_change
-- One row of the history of people.
INSERT INTO operator_changes (subject_type, subject_id, change_kind, changed_by, before, after)
VALUES (%(subject_type)s, %(subject_id)s, %(kind)s, %(author)s, %(before)s, %(after)s);

-- name: lock_identity
-- Takes the lock of an identity, which may have no row yet.
SELECT pg_advisory_xact_lock(14, hashtext(%(provider)s || ' ' || %(subject)s));

-- name: customer_by_identity
-- Whose an identity is.
SELECT customer_id FROM external_identities WHERE provider = %(provider)s AND subject = %(subject)s;

-- name: add_identity
-- An identity is somebody's from now on.
INSERT INTO external_identities (provider, subject, customer_id) VALUES (%(provider)s, %(subject)s, %(customer_id)s);

-- name: open_session
-- A new log-in.
INSERT INTO auth_sessions
    (id, user_type, user_id, token_hash, generation, created_at, rotated_at, expires_at, absolute_expires_at)
VALUES (
    %(id)s, %(user_type)s, %(user_id)s, %(token_hash)s, %(generation)s, %(rotated_at)s, %(rotated_at)s, %(expires_at)s,
    %(absolute_expires_at)s
);

-- name: lock_session
-- Takes a log-in's lock.
SELECT id, user_type, user_id, token_hash, generation, rotated_at, expires_at, absolute_expires_at, revoked_at
FROM auth_sessions WHERE id = %(id)s FOR UPDATE;

-- name: rotate_session
-- The next generation of a log-in whose lock is held.
UPDATE auth_sessions
SET token_hash = %(token_hash)s, generation = %(generation)s, rotated_at = %(rotated_at)s, expires_at = %(expires_at)s
WHERE id = %(id)s;

-- name: revoke_session
-- Ends a log-in; one that has ended keeps its first reason.
UPDATE auth_sessions SET revoked_at = clock_timestamp(), revoked_reason = %(reason)s
WHERE id = %(id)s AND revoked_at IS NULL;

-- name: revoke_sessions
-- Ends every log-in of somebody that has not ended.
UPDATE auth_sessions SET revoked_at = clock_timestamp(), revoked_reason = %(reason)s
WHERE user_type = %(user_type)s AND user_id = %(user_id)s AND revoked_at IS NULL
RETURNING id;

-- name: make_challenges
-- The rows to lock, one per app.
INSERT INTO otp_challenges (phone, user_type) VALUES (%(phone)s, 'customer'), (%(phone)s, 'mitra')
ON CONFLICT (phone, user_type) DO NOTHING;

-- name: lock_challenges
-- Takes the locks of a phone's challenges, in one order.
SELECT phone, user_type, code_hash, code_expires_at, failures, failed_at, sends
FROM otp_challenges WHERE phone = %(phone)s ORDER BY user_type FOR UPDATE;

-- name: lock_challenge
-- Takes the lock of one challenge.
SELECT phone, user_type, code_hash, code_expires_at, failures, failed_at, sends
FROM otp_challenges WHERE phone = %(phone)s AND user_type = %(user_type)s FOR UPDATE;

-- name: save_challenge
-- Writes a challenge whose lock is held.
UPDATE otp_challenges
SET code_hash = %(code_hash)s, code_expires_at = %(code_expires_at)s, failures = %(failures)s, failed_at = %(failed_at)s,
    sends = %(sends)s::timestamptz[], touched_at = clock_timestamp()
WHERE phone = %(phone)s AND user_type = %(user_type)s;

-- name: spend
-- One more of a budget; when its time is over, the first of the next.
INSERT INTO identity_budgets AS kept (budget, key_hash, began_at, spent)
VALUES (%(budget)s, %(key_hash)s, clock_timestamp(), 1)
ON CONFLICT (budget, key_hash) DO UPDATE SET
    spent = CASE WHEN kept.began_at <= clock_timestamp() - make_interval(secs => %(seconds)s) THEN 1 ELSE kept.spent + 1 END,
    began_at = CASE WHEN kept.began_at <= clock_timestamp() - make_interval(secs => %(seconds)s) THEN clock_timestamp()
        ELSE kept.began_at END
RETURNING spent AS count, began_at, clock_timestamp() AS at;

-- name: purge_budgets
-- Budgets that nobody has spent from for longer than any lasts.
DELETE FROM identity_budgets WHERE (budget, key_hash) IN (
    SELECT budget, key_hash FROM identity_budgets
    WHERE began_at < clock_timestamp() - interval '2 days' LIMIT %(limit)s FOR UPDATE SKIP LOCKED
);

-- name: add_operator
-- A new operator.
INSERT INTO cc_users (id, email, password_hash) VALUES (%(id)s, %(email)s, %(password_hash)s);

-- name: operator
-- An operator by id.
SELECT id, email, password_hash, disabled_at IS NOT NULL AS disabled FROM cc_users WHERE id = %(id)s;

-- name: lock_operator
-- Takes an operator's lock.
SELECT id, email, password_hash, disabled_at IS NOT NULL AS disabled FROM cc_users WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: set_operator
-- What may be changed of an operator whose lock is held; who is disabled stays so since then.
UPDATE cc_users SET
    password_hash = %(password_hash)s,
    disabled_at = CASE WHEN %(disabled)s THEN coalesce(disabled_at, clock_timestamp()) END
WHERE id = %(id)s;

-- name: operator_by_email
-- An operator by e-mail, in lower case.
SELECT id, email, password_hash, disabled_at IS NOT NULL AS disabled FROM cc_users WHERE email = %(email)s;

-- name: replace_password_hash
-- The same password's newer hash, unless the password was changed meanwhile.
UPDATE cc_users SET password_hash = %(after)s WHERE id = %(id)s AND password_hash = %(before)s;

-- name: make_attempts
-- The row to lock.
INSERT INTO login_attempts (email_hash, tried_at) VALUES (%(email_hash)s, clock_timestamp())
ON CONFLICT (email_hash) DO NOTHING;

-- name: lock_attempts
-- Takes the lock of an address' count.
SELECT email_hash, failures, tried_at, locked_until FROM login_attempts WHERE email_hash = %(email_hash)s FOR UPDATE;

-- name: save_attempts
-- Writes a count whose lock is held.
UPDATE login_attempts SET failures = %(failures)s, tried_at = %(tried_at)s, locked_until = %(locked_until)s
WHERE email_hash = %(email_hash)s;

-- name: forget_attempts
-- A log-in succeeded: counting starts from nothing.
UPDATE login_attempts SET failures = 0, locked_until = NULL WHERE email_hash = %(email_hash)s;
