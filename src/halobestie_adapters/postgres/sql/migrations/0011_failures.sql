-- The operators' queue of failed money: found by state, cause, day and person, however many rows there are.

-- Where a row stands, as a column, so that an index can begin with it. Derived by the database: nobody can write it wrongly.
ALTER TABLE pairing_failures
    ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN superseded_at IS NOT NULL THEN 'superseded'
             WHEN operator_action IS NOT NULL THEN 'actioned'
             ELSE 'open' END) STORED;

-- The rows of one state and one cause lie side by side and in the order of time: a filter is a few such stretches, so that
-- neither counting nor paging ever reads a row that was not asked for.
CREATE INDEX pairing_failures_of_kind ON pairing_failures (state, cause_tag, created_at, id);
-- All of them in the order of time, for pages deep inside a large answer. It says all that the one by age alone did.
CREATE INDEX pairing_failures_in_time ON pairing_failures (created_at, id) INCLUDE (state, cause_tag);
DROP INDEX pairing_failures_by_age;

-- Both answer without the table only where pages are known to hold nothing but what everybody sees. Rows are added all day
-- and changed once at most, so they are swept after every few thousand and not after a fifth of the table.
ALTER TABLE pairing_failures SET (
    autovacuum_vacuum_insert_scale_factor = 0.01,
    autovacuum_vacuum_scale_factor = 0.01);

-- People are found by how their name begins, in any case. The operator class makes it independent of the locale.
CREATE INDEX customers_by_name ON customers (lower(display_name) text_pattern_ops);
