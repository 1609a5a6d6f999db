-- What a new database starts with: three tiers, the first-session promotion (off), and every setting at its default. Each
-- has its first history row, so that every price ever charged and every setting ever in force can be found there.

WITH seed (id, version_id, minutes, price, sort_order) AS (
    VALUES ('01937000-0000-7000-8000-000000000005'::uuid, '01937000-0000-7000-8001-000000000005'::uuid, 5, 10000, 1),
           ('01937000-0000-7000-8000-000000000012'::uuid, '01937000-0000-7000-8001-000000000012'::uuid, 12, 25000, 2),
           ('01937000-0000-7000-8000-000000000060'::uuid, '01937000-0000-7000-8001-000000000060'::uuid, 60, 99000, 3)
), history AS (
    INSERT INTO pricing_tiers_history (id, tier_id, change_kind, at, after)
    SELECT version_id, id, 'created', now(),
           jsonb_build_object('id', id, 'mode', 'chat', 'minutes', minutes, 'price', price,
                              'sort_order', sort_order, 'is_active', true)
    FROM seed
)
INSERT INTO pricing_tiers (id, mode, minutes, price, sort_order, is_active, updated_at, version_id)
SELECT id, 'chat', minutes, price, sort_order, true, now(), version_id FROM seed;

INSERT INTO pricing_promotions_history (id, key, change_kind, at, after)
VALUES ('01937000-0000-7000-8002-000000000001', 'first_session_discount', 'created', now(),
        jsonb_build_object('key', 'first_session_discount', 'is_active', false, 'mode', 'chat', 'minutes', 5,
                           'price', 0, 'label', 'Sesi pertama gratis', 'requires_phone', true));
INSERT INTO pricing_promotions (key, is_active, mode, minutes, price, label, requires_phone, updated_at, version_id)
VALUES ('first_session_discount', false, 'chat', 5, 0, 'Sesi pertama gratis', true, now(),
        '01937000-0000-7000-8002-000000000001');

WITH seed (key, value) AS (
    VALUES ('payment_session_timeout_minutes', '20'::jsonb),
           ('pairing_blast_timeout_seconds', '60'),
           ('pairing_wave_size', '0'),
           ('returning_chat_confirmation_timeout_seconds', '20'),
           ('extension_timeout_seconds', '10'),
           ('extension_default_action_on_timeout', '"auto_approve"'),
           ('closure_grace_seconds', '60'),
           ('max_customers_per_mitra', '3'),
           ('mitra_require_ping', 'true'),
           ('mitra_stale_after_seconds', '45'),
           ('support_handles_json', '{}')
), history AS (
    INSERT INTO app_config_history (key, change_kind, at, after)
    SELECT key, 'created', now(), value FROM seed
)
INSERT INTO app_config (key, value, updated_at)
SELECT key, value, now() FROM seed;
