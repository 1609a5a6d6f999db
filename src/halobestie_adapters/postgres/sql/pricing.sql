-- What is for sale, as operators keep it: few rows, changed by hand, read by whoever pays.
--
-- A version is in force from its `at` on, and a payment that was priced by it was created before the next one's: exactly, by
-- one clock. Whoever creates a payment holds ACCESS SHARE on both tables from reading the price until the commit (every read
-- does, and the clock is read in between). Whoever edits takes both tables for himself before the clock is read for `at`.
-- So an edit lets those finish who have read the old price, and those who come meanwhile read the new one.

-- name: begin
-- Opens a change.
BEGIN

-- name: lock
-- One change at a time; reading goes on. Tiers before promotions, as everybody who reads both.
LOCK TABLE pricing_tiers, pricing_promotions IN SHARE ROW EXCLUSIVE MODE

-- name: brief
-- Who waits for everybody else makes everybody else wait behind; so not for long.
SET LOCAL lock_timeout = '500ms'

-- name: shut
-- Nobody reads a price from here to the commit, which travels in the same trip.
LOCK TABLE pricing_tiers, pricing_promotions IN ACCESS EXCLUSIVE MODE

-- name: tiers
-- Every tier there is, and when the version before the present one came into force.
SELECT t.id, t.mode, t.minutes, t.price, t.sort_order, t.is_active, t.updated_at,
       (SELECT max(h.at) FROM pricing_tiers_history h WHERE h.tier_id = t.id AND h.at < t.updated_at) AS earlier_at
FROM pricing_tiers t
ORDER BY t.mode, t.sort_order, t.minutes

-- name: promotion
-- The first-session discount, likewise.
SELECT p.is_active, p.mode, p.minutes, p.price, p.label, p.requires_phone, p.updated_at,
       (SELECT max(h.at) FROM pricing_promotions_history h WHERE h.key = p.key AND h.at < p.updated_at) AS earlier_at
FROM pricing_promotions p
WHERE p.key = 'first_session_discount'

-- name: write_tier
-- Puts one tier in place with its history row, told by what stood there. The instant always grows, for it is what the next
-- writer must have seen.
WITH earlier AS (
    SELECT id, mode, minutes, price, sort_order, is_active, updated_at FROM pricing_tiers WHERE id = %(id)s
), clock AS (
    SELECT greatest(clock_timestamp(), (SELECT updated_at + interval '1 microsecond' FROM earlier)) AS at
), remembered AS (
    INSERT INTO pricing_tiers_history (id, tier_id, change_kind, changed_by, at, before, after)
    SELECT %(version_id)s, %(id)s, %(kind)s, %(author)s, at,
           (SELECT jsonb_build_object('id', id, 'mode', mode, 'minutes', minutes, 'price', price,
                                      'sort_order', sort_order, 'is_active', is_active) FROM earlier),
           jsonb_build_object('id', %(id)s::uuid, 'mode', %(mode)s::text, 'minutes', %(minutes)s::integer,
                              'price', %(price)s::bigint, 'sort_order', %(sort_order)s::integer,
                              'is_active', %(is_active)s::boolean)
    FROM clock
    RETURNING id, at
)
INSERT INTO pricing_tiers (id, mode, minutes, price, sort_order, is_active, updated_at, version_id)
SELECT %(id)s, %(mode)s, %(minutes)s, %(price)s, %(sort_order)s, %(is_active)s, at, id FROM remembered
ON CONFLICT (id) DO UPDATE
SET price = excluded.price, sort_order = excluded.sort_order, is_active = excluded.is_active,
    updated_at = excluded.updated_at, version_id = excluded.version_id
RETURNING updated_at

-- name: write_promotion
-- Puts the promotion in place, likewise. It is there from the beginning.
WITH earlier AS (
    SELECT key, is_active, mode, minutes, price, label, requires_phone, updated_at
    FROM pricing_promotions WHERE key = 'first_session_discount'
), remembered AS (
    INSERT INTO pricing_promotions_history (id, key, change_kind, changed_by, at, before, after)
    SELECT %(version_id)s, key, %(kind)s, %(author)s, greatest(clock_timestamp(), updated_at + interval '1 microsecond'),
           jsonb_build_object('key', key, 'is_active', is_active, 'mode', mode, 'minutes', minutes, 'price', price,
                              'label', label, 'requires_phone', requires_phone),
           jsonb_build_object('key', key, 'is_active', %(is_active)s::boolean, 'mode', %(mode)s::text,
                              'minutes', %(minutes)s::integer, 'price', %(price)s::bigint, 'label', %(label)s::text,
                              'requires_phone', %(requires_phone)s::boolean)
    FROM earlier
    RETURNING id, key, at
)
UPDATE pricing_promotions p
SET is_active = %(is_active)s, mode = %(mode)s, minutes = %(minutes)s, price = %(price)s, label = %(label)s,
    requires_phone = %(requires_phone)s, updated_at = r.at, version_id = r.id
FROM remembered r WHERE p.key = r.key
RETURNING p.updated_at

-- name: commit
-- Ends it well.
COMMIT

-- name: rollback
-- Ends it as if it had never been.
ROLLBACK
