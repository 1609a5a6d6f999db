-- Invoices: errands at the gateway, and what it said. The customer's lock comes first wherever a payment is written, as everywhere.

-- name: begin
-- Takes the errand of making an invoice, if nobody ever did.
UPDATE outbox SET attempts = 1, next_attempt_at = clock_timestamp() + interval '5 seconds'
WHERE stream = 'payment:' || %(payment_id)s::uuid AND sent_at IS NULL AND kind = 'invoice' AND attempts = 0
  AND payload ->> 'step' = 'create'
RETURNING id, payload, attempts, clock_timestamp()

-- name: errands
-- Takes errands that are due, for longer than one may take: two who make an invoice at the same time make two. (No lock but the
-- row's own, and only for this statement.)
WITH waiting AS MATERIALIZED (
    SELECT id FROM outbox
    WHERE kind = 'invoice' AND sent_at IS NULL AND next_attempt_at <= statement_timestamp()
    ORDER BY next_attempt_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox o SET attempts = o.attempts + 1, next_attempt_at = clock_timestamp() + interval '20 seconds'
FROM waiting WHERE o.id = waiting.id
RETURNING o.id, o.payload, o.attempts, clock_timestamp()

-- name: again
-- Later.
UPDATE outbox SET next_attempt_at = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE id = %(errand_id)s AND sent_at IS NULL

-- name: done
-- An errand that is over.
UPDATE outbox SET sent_at = clock_timestamp() WHERE id = %(errand_id)s AND sent_at IS NULL

-- name: lock
-- The payment's customer, before anything is written.
SELECT id FROM customers
WHERE id = (SELECT customer_id FROM payment_sessions WHERE id = %(payment_id)s) FOR NO KEY UPDATE

-- name: seen
-- What the gateway says of an invoice. A status never goes back; an invoice whose money is in our books is not looked at again.
INSERT INTO payment_invoices (provider, invoice_id, payment_session_id, url, amount, status, looked_at, next_look_at)
VALUES (
    %(provider)s, %(invoice_id)s, %(payment_id)s, %(url)s, %(amount)s, %(status)s,
    CASE WHEN %(asked)s::boolean THEN clock_timestamp() END,
    CASE WHEN NOT %(settled)s::boolean THEN clock_timestamp() + %(first_look)s::interval END
)
ON CONFLICT (provider, invoice_id) DO UPDATE SET
    status = CASE
        WHEN payment_invoices.status = 'paid' OR excluded.status = 'unknown' THEN payment_invoices.status
        WHEN payment_invoices.status = 'expired' AND excluded.status = 'pending' THEN payment_invoices.status
        ELSE excluded.status
    END,
    url = coalesce(payment_invoices.url, excluded.url),
    payment_session_id = coalesce(payment_invoices.payment_session_id, excluded.payment_session_id),
    looked_at = coalesce(excluded.looked_at, payment_invoices.looked_at),
    next_look_at = CASE WHEN NOT %(settled)s::boolean THEN payment_invoices.next_look_at END

-- name: show
-- The invoice on which a payment is paid; the first one stays. Its page is of no use once the payment is over.
UPDATE payment_sessions SET
    provider_invoice_id = %(invoice_id)s,
    xendit_invoice_url = CASE WHEN status = 'pending' THEN %(url)s END
WHERE id = %(payment_id)s AND provider_invoice_id IS NULL

-- name: tell
-- The customer did not wait for it.
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'frame', 'customer:' || customer_id, jsonb_build_object('customer', customer_id),
       jsonb_build_object('frame', 'payment_updated', 'payment_session_id', id)
FROM payment_sessions
WHERE id = %(payment_id)s AND status = 'pending' AND provider_invoice_id = %(invoice_id)s AND %(late)s::boolean

-- name: close_again
-- It was over before its invoice was there: whoever was to close that one may have found none.
INSERT INTO outbox (kind, stream, audience, payload)
SELECT 'invoice', 'payment:' || p.id, '{}', jsonb_build_object('step', 'expire', 'payment_session_id', p.id)
FROM payment_sessions p
JOIN payment_invoices i ON i.provider = %(provider)s AND i.invoice_id = %(invoice_id)s
WHERE p.id = %(payment_id)s AND p.status <> 'pending' AND i.status = 'pending'
  AND NOT EXISTS (
      SELECT FROM outbox o
      WHERE o.stream = 'payment:' || p.id AND o.sent_at IS NULL AND o.kind = 'invoice' AND o.payload ->> 'step' = 'expire'
        AND o.attempts = 0
  )

-- name: made
-- The invoice is there.
UPDATE outbox SET sent_at = clock_timestamp()
WHERE stream = 'payment:' || %(payment_id)s::uuid AND sent_at IS NULL AND kind = 'invoice' AND payload ->> 'step' = 'create'

-- name: is_pending
-- Whether the payment still waits for its money.
SELECT status = 'pending' FROM payment_sessions WHERE id = %(payment_id)s

-- name: known
-- One invoice.
SELECT invoice_id, payment_session_id AS payment_id, status FROM payment_invoices
WHERE provider = %(provider)s AND invoice_id = %(invoice_id)s

-- name: of_payment
-- Every invoice of a payment, the oldest first.
SELECT invoice_id, payment_session_id AS payment_id, status FROM payment_invoices
WHERE provider = %(provider)s AND payment_session_id = %(payment_id)s
ORDER BY created_at, invoice_id

-- name: may_ask
-- The right to ask about a payment's invoices, once in a while for everybody together.
UPDATE payment_invoices SET looked_at = clock_timestamp()
WHERE provider = %(provider)s AND payment_session_id = %(payment_id)s AND next_look_at IS NOT NULL
  AND (looked_at IS NULL OR looked_at <= clock_timestamp() - %(every)s::interval)
RETURNING invoice_id

-- name: due_open
-- Takes invoices whose next look is due and that can still be paid, as far as we know. (No lock but the row's own, and only for
-- this statement. Chosen before anything else: whatever the plan, no more rows are taken than the limit says.)
WITH waiting AS MATERIALIZED (
    SELECT provider, invoice_id FROM payment_invoices
    WHERE provider = %(provider)s AND next_look_at <= statement_timestamp() AND status = 'pending'
    ORDER BY next_look_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE payment_invoices i SET next_look_at = clock_timestamp() + %(lease)s::interval, looked_at = clock_timestamp()
FROM waiting, payment_sessions p
WHERE i.provider = waiting.provider AND i.invoice_id = waiting.invoice_id AND p.id = i.payment_session_id
RETURNING i.invoice_id, p.id AS payment_id, i.status, p.status AS payment_status, p.expires_at, clock_timestamp() AS now

-- name: due_over
-- The same of those that nobody should be able to pay any more.
WITH waiting AS MATERIALIZED (
    SELECT provider, invoice_id FROM payment_invoices
    WHERE provider = %(provider)s AND next_look_at <= statement_timestamp() AND status <> 'pending'
    ORDER BY next_look_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE payment_invoices i SET next_look_at = clock_timestamp() + %(lease)s::interval, looked_at = clock_timestamp()
FROM waiting, payment_sessions p
WHERE i.provider = waiting.provider AND i.invoice_id = waiting.invoice_id AND p.id = i.payment_session_id
RETURNING i.invoice_id, p.id AS payment_id, i.status, p.status AS payment_status, p.expires_at, clock_timestamp() AS now

-- name: put_off
-- When to look next.
UPDATE payment_invoices SET next_look_at = %(until)s
WHERE provider = %(provider)s AND invoice_id = %(invoice_id)s AND next_look_at IS NOT NULL

-- name: soon
-- Look now.
UPDATE payment_invoices SET next_look_at = clock_timestamp()
WHERE provider = %(provider)s AND invoice_id = %(invoice_id)s AND next_look_at IS NOT NULL

-- name: watched
-- Invoices that may still bring money, a page at a time.
SELECT i.invoice_id, p.id AS payment_id, i.status, p.status AS payment_status, p.expires_at, clock_timestamp() AS now
FROM payment_invoices i
JOIN payment_sessions p ON p.id = i.payment_session_id
WHERE i.provider = %(provider)s AND i.next_look_at IS NOT NULL AND i.invoice_id > %(after)s
ORDER BY i.invoice_id
LIMIT %(limit)s

-- name: begun
-- Payments of the last days, a page at a time. Ids grow with time, and no payment is usable for three days: hence the floor.
SELECT p.id FROM payment_sessions p
WHERE p.provider = %(provider)s AND p.id > greatest(%(after)s::uuid, (lpad(to_hex((
      extract(epoch FROM statement_timestamp() - %(within)s::interval - interval '3 days') * 1000)::bigint), 12, '0')
      || repeat('0', 20))::uuid)
  AND p.expires_at > statement_timestamp() - %(within)s::interval
ORDER BY p.id
LIMIT %(limit)s

-- name: how_many
-- How many both have.
SELECT (
    SELECT count(*) FROM payment_invoices
    WHERE provider = %(provider)s AND next_look_at IS NOT NULL AND payment_session_id IS NOT NULL
) + (
    SELECT count(*) FROM payment_sessions p
    WHERE p.provider = %(provider)s AND p.id > ((lpad(to_hex((
          extract(epoch FROM statement_timestamp() - %(within)s::interval - interval '3 days') * 1000)::bigint), 12, '0')
          || repeat('0', 20))::uuid)
      AND p.expires_at > statement_timestamp() - %(within)s::interval
)
