-- Who changed what: pages of histories that only grow, the newest first, each served by an index on (at, id).

-- name: prices
-- What became of tiers and promotions, as one history.
SELECT h.id, h.tier_id, h.key, h.at, h.changed_by, u.email, h.change_kind, h.before, h.after
FROM (
    (SELECT id, tier_id, NULL::text AS key, at, changed_by, change_kind, before, after
     FROM pricing_tiers_history
     WHERE %(at)s::timestamptz IS NULL OR (at, id) < (%(at)s::timestamptz, %(id)s::uuid)
     ORDER BY at DESC, id DESC
     LIMIT %(limit)s)
    UNION ALL
    (SELECT id, NULL, key, at, changed_by, change_kind, before, after
     FROM pricing_promotions_history
     WHERE %(at)s::timestamptz IS NULL OR (at, id) < (%(at)s::timestamptz, %(id)s::uuid)
     ORDER BY at DESC, id DESC
     LIMIT %(limit)s)
) AS h
LEFT JOIN cc_users u ON u.id = h.changed_by
ORDER BY h.at DESC, h.id DESC
LIMIT %(limit)s

-- name: settings
-- What became of settings.
SELECT h.id, h.key, h.at, h.changed_by, u.email, h.change_kind, h.before, h.after
FROM app_config_history h
LEFT JOIN cc_users u ON u.id = h.changed_by
WHERE %(at)s::timestamptz IS NULL OR (h.at, h.id) < (%(at)s::timestamptz, %(id)s::bigint)
ORDER BY h.at DESC, h.id DESC
LIMIT %(limit)s
