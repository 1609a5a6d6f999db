-- What was written once must say for ever what it said then: asked by an audit alone, because it hashes every row anew.
-- What rows must be like among themselves, and what must follow from the recorded moves, is in invariants.sql.

-- name: seals_hold
-- What was written once still says what it said then.
SELECT relation, id
FROM (
    SELECT 'payment_captures' AS relation, id::text, seal, seal_of(to_jsonb(x) - 'seal') AS made FROM payment_captures x
    UNION ALL
    SELECT 'customer_transactions', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM customer_transactions x
    UNION ALL
    SELECT 'pricing_tiers_history', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM pricing_tiers_history x
    UNION ALL
    SELECT 'pricing_promotions_history', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM pricing_promotions_history x
    UNION ALL
    SELECT 'app_config_history', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM app_config_history x
    UNION ALL
    SELECT 'operator_changes', id::text, seal, seal_of(to_jsonb(x) - 'seal') FROM operator_changes x
    UNION ALL
    SELECT 'pairing_failures', id::text, seal,
           seal_of(to_jsonb(x) - ARRAY['seal', 'end_seal', 'state', 'operator_action', 'note', 'actioned_by',
                                       'actioned_at', 'superseded_at'])
    FROM pairing_failures x
    UNION ALL
    SELECT 'pairing_failures', id::text, end_seal,
           CASE WHEN num_nonnulls(operator_action, note, actioned_by, actioned_at, superseded_at) > 0
                THEN seal_of(to_jsonb(x) - ARRAY['seal', 'end_seal', 'state']) END
    FROM pairing_failures x
) sealed
WHERE seal IS DISTINCT FROM made
