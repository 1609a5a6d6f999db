-- A million rows of failed money, for the benchmark beside this file and for the test that has the queue's plans explained.
--
-- Of a quarter of a million payments, each of which failed four times: three rows are superseded, the last one is what
-- an operator dealt with, or (of the newest 10,000) has yet to. Ids and times are made from numbers, the newest have the
-- highest.
-- Indexes and references are taken away for the loading and put back as they were, checked. Triggers stay in place, but for
-- the one that seals rows for the audit: a seal is a hash, in no index, and a million of them take longer than all the rest.

CREATE FUNCTION made(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (kind || lpad(to_hex(n), 24, '0'))::uuid $$;

INSERT INTO cc_users (id, email, password_hash) VALUES (made('0e000000', 1), 'rini@halobestie.example', '');

-- One in five has not given a name of their own.
INSERT INTO customers (id, display_name, phone)
SELECT made('0c000000', n), (ARRAY['Teman', 'Ayu', 'Budi', 'Citra', 'Dewi'])[1 + n % 5]
       || CASE WHEN n % 5 > 0 THEN n::text ELSE '' END,
       CASE WHEN n % 2 = 0 THEN '+62812' || lpad(n::text, 8, '0') END
FROM generate_series(0, 99999) n;

INSERT INTO mitras (id, phone, display_name)
SELECT made('0b000000', n), '+62813' || lpad(n::text, 8, '0'), 'Sari ' || n FROM generate_series(0, 999) n;

CREATE TEMPORARY TABLE taken_away AS
SELECT false AS is_reference, indexname::text AS name, tablename::text AS of, indexdef AS definition
FROM pg_indexes
WHERE tablename IN ('payment_sessions', 'pairing_failures') AND indexname NOT LIKE '%_pkey'
UNION ALL
SELECT true, conname, conrelid::regclass::text, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype = 'f' AND conrelid IN ('payment_sessions'::regclass, 'pairing_failures'::regclass);

DO $$
DECLARE it record;
BEGIN
    FOR it IN SELECT * FROM taken_away LOOP
        IF it.is_reference THEN
            EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', it.of, it.name);
        ELSE
            EXECUTE format('DROP INDEX %I', it.name);
        END IF;
    END LOOP;
END
$$;

INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount,
                              status, cause_tag, provider, created_at, confirmed_at, expires_at, fallback_until, version)
SELECT made('0a000000', n), made('0c000000', n % 100000), 10000, 'chat', 5, false, false,
       'failed_pairing', 'no_mitra_available', 'development', at, at, at, at, 9
FROM generate_series(0, 249999) n, LATERAL (SELECT now() - (250000 - n) * interval '2 minutes' AS at) AS "when";

ALTER TABLE pairing_failures DISABLE TRIGGER pairing_failures_sealed;

INSERT INTO pairing_failures (id, payment_session_id, customer_id, targeted_mitra_id, cause_tag, amount, operator_action,
                              note, actioned_by, actioned_at, superseded_at, created_at)
SELECT made('0f000000', n), made('0a000000', n / 4), made('0c000000', n / 4 % 100000),
       CASE WHEN n % 7 = 0 THEN made('0b000000', n % 1000) END,
       CASE WHEN n % 50000 = 0 THEN 'payment_mismatch'
            WHEN n % 2000 = 0 THEN 'duplicate_payment'
            WHEN n % 50 = 0 THEN 'late_payment'
            ELSE (ARRAY['no_mitra_available', 'no_mitra_available', 'no_mitra_available', 'all_mitras_rejected',
                        'customer_cancelled', 'customer_cancelled', 'targeted_mitra_offline', 'targeted_mitra_rejected',
                        'targeted_mitra_timeout', 'payment_session_expired', 'extension_rejected'])[1 + n % 11] END,
       10000, action, CASE WHEN n % 40 = 3 AND action IS NOT NULL THEN 'Dikembalikan lewat transfer.' END,
       CASE WHEN action IS NOT NULL THEN made('0e000000', 1) END, CASE WHEN action IS NOT NULL THEN at END,
       CASE WHEN n % 4 < 3 THEN at END, at
FROM generate_series(0, 999999) n,
     LATERAL (
         SELECT now() - (1000000 - n) * interval '30 seconds' AS at,
                CASE WHEN n % 4 = 3 AND n < 960000
                     THEN (ARRAY['refunded', 'credited', 'no_action'])[1 + n / 4 % 3] END AS action
     ) AS derived;

ALTER TABLE pairing_failures ENABLE TRIGGER pairing_failures_sealed;

ANALYZE customers, mitras, payment_sessions, pairing_failures;

DO $$
DECLARE it record;
BEGIN
    FOR it IN SELECT * FROM taken_away ORDER BY is_reference LOOP
        EXECUTE CASE WHEN it.is_reference
                     THEN format('ALTER TABLE %I ADD CONSTRAINT %I %s', it.of, it.name, it.definition)
                     ELSE it.definition END;
    END LOOP;
END
$$;

DROP TABLE taken_away;
