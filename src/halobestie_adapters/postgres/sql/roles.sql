-- What the server may do, as a role of the database: it is granted anew after every migration, by whoever migrates.
--
-- `halobestie_app` is a group. It makes and changes nothing but rows, and of what is only ever added to it cannot change a
-- row either: there the triggers refuse the owner too, and the group never gets as far.

-- name: grant_all
-- Makes the group if that is allowed, and gives it exactly this. Where no role may be made, and nobody made it, nothing happens.
DO $$
DECLARE
    place text := current_schema();
    rights record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'halobestie_app') THEN
        BEGIN
            CREATE ROLE halobestie_app NOLOGIN;
        EXCEPTION
            WHEN insufficient_privilege THEN RETURN;
            WHEN duplicate_object OR unique_violation THEN NULL; -- roles are the cluster's: another database was quicker
        END;
    END IF;
    BEGIN
        EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', place); -- before PostgreSQL 15 everybody could
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
    BEGIN
        -- Everybody may make temporary tables, and those are found before ours of the same name, by our triggers too.
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END;
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM halobestie_app', place);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM halobestie_app', place);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO halobestie_app', place);
    FOR rights IN
        WITH named (relation, allowed) AS (VALUES
            ('schema_migrations', 'SELECT'),

            -- Only ever added to. Operators act on failures, each once.
            ('payment_captures', 'SELECT, INSERT'),
            ('customer_transactions', 'SELECT, INSERT'),
            ('pairing_failures', 'SELECT, INSERT,'
                ' UPDATE (operator_action, note, actioned_by, actioned_at, superseded_at)'),
            ('transitions', 'SELECT, INSERT'),
            ('pricing_tiers_history', 'SELECT, INSERT'),
            ('pricing_promotions_history', 'SELECT, INSERT'),
            ('app_config_history', 'SELECT, INSERT'),
            ('operator_changes', 'SELECT, INSERT'),
            ('erasures', 'SELECT, INSERT'),
            ('pairing_waves', 'SELECT, INSERT'),
            ('pairing_answers', 'SELECT, INSERT'),

            -- Kept for ever, as they stand now.
            ('customers', 'SELECT, INSERT, UPDATE'),
            ('mitras', 'SELECT, INSERT, UPDATE'),
            ('cc_users', 'SELECT, INSERT, UPDATE'),
            ('payment_sessions', 'SELECT, INSERT, UPDATE'),
            ('payment_invoices', 'SELECT, INSERT, UPDATE'),
            ('pairing_requests', 'SELECT, INSERT, UPDATE'),
            ('chat_sessions', 'SELECT, INSERT, UPDATE'),
            ('chat_keys', 'SELECT, INSERT, UPDATE'),
            ('session_extensions', 'SELECT, INSERT, UPDATE'),
            ('pricing_tiers', 'SELECT, INSERT, UPDATE'),
            ('pricing_promotions', 'SELECT, UPDATE'),
            ('app_config', 'SELECT, INSERT, UPDATE'),
            ('webhook_inbox', 'SELECT, INSERT, UPDATE'),
            ('deployment_keys', 'SELECT, INSERT, UPDATE'),
            ('report_progress', 'SELECT, UPDATE'),

            -- Kept for a time.
            ('chat_messages', 'SELECT, INSERT, DELETE'),
            ('discount_claims', 'SELECT, INSERT, DELETE'),
            ('external_identities', 'SELECT, INSERT, DELETE')
        )
        SELECT c.relname AS relation,
               coalesce(n.allowed, 'SELECT, INSERT' || CASE WHEN guarded.never IS NULL THEN ', UPDATE, DELETE' ELSE '' END)
                   AS allowed
        FROM pg_class c
        LEFT JOIN named n ON n.relation = c.relname
        LEFT JOIN LATERAL (
            -- Whatever refuses to be deleted is not to be changed, unless it says so above.
            SELECT true AS never FROM pg_trigger t
            WHERE t.tgrelid = c.oid AND t.tgfoid = to_regproc('refuse_by_rule') AND t.tgtype & 8 <> 0 LIMIT 1
        ) guarded ON true
        WHERE c.relnamespace = place::regnamespace AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('GRANT %s ON %I.%I TO halobestie_app', rights.allowed, place, rights.relation);
    END LOOP;
END
$$

-- name: be_of_the_group
-- Whoever migrates may step down to it; where they may not give themselves the group, they do not.
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'halobestie_app', 'MEMBER') THEN
        GRANT halobestie_app TO CURRENT_USER;
    END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN NULL;
END
$$

-- name: are_granted
-- Whether the group is there, may read every table, and cannot change the log.
SELECT EXISTS (
    SELECT FROM pg_roles r
    WHERE r.rolname = 'halobestie_app'
      AND NOT EXISTS (
          SELECT FROM pg_class c
          WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
            AND (NOT has_table_privilege(r.oid, c.oid, 'SELECT')
                 OR c.relname = 'transitions' AND has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE'))))

-- name: make_login
-- A log-in for the embedded server, which nobody else can reach.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'halobestie_server') THEN
        CREATE ROLE halobestie_server LOGIN IN ROLE halobestie_app;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$

-- name: can_step_down
-- Whether this log-in could do more than the group, and may be the group instead.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'halobestie_app' AND pg_has_role(session_user, oid, 'MEMBER'))
   AND (EXISTS (SELECT FROM pg_roles WHERE rolname = session_user AND rolsuper)
        OR has_schema_privilege(session_user, current_schema(), 'CREATE')
        OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace
                   AND pg_has_role(session_user, c.relowner, 'USAGE')))

-- name: excess
-- What this session could do and a server need not: one line each.
SELECT 'is a superuser' AS what FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'may make tables' WHERE has_schema_privilege(current_schema(), 'CREATE')
UNION ALL
SELECT 'may change or delete rows of ' || string_agg(c.relname, ', ' ORDER BY c.relname)
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
  AND EXISTS (SELECT FROM pg_trigger t
              WHERE t.tgrelid = c.oid AND t.tgfoid = to_regproc('refuse_by_rule') AND t.tgtype & 8 <> 0)
HAVING count(*) > 0
UNION ALL
SELECT 'has stepped down from ' || session_user || ', and could step back up'
WHERE session_user <> current_user
