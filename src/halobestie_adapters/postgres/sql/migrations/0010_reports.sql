-- Reports: how often each edge of the machines was taken, counted once and kept by the minute, the quarter, the hour and in all.
--
-- Moves are counted in the order of their ids, and only up to an id below which none can appear any more: the transaction that
-- took such an id is over. So nothing is missed and nothing counted twice, however late a move is committed, whatever instant
-- it bears, and however long nobody counted; what is not counted yet is read from the log itself. No index on the log's `at` is
-- needed for it, which every move would pay for.

CREATE TABLE transition_counts (
    grain      integer NOT NULL, -- seconds; 0: one bucket for all time
    bucket     timestamptz NOT NULL, -- its beginning
    machine    text NOT NULL,
    from_state text NOT NULL, -- '': it came to be
    command    text NOT NULL,
    to_state   text NOT NULL,
    event      text NOT NULL,
    cause_tag  text NOT NULL, -- '': none
    count      bigint NOT NULL,
    PRIMARY KEY (grain, bucket, machine, from_state, command, to_state, event, cause_tag),
    CONSTRAINT transition_counts_grain_known CHECK (grain IN (0, 60, 900, 3600)),
    CONSTRAINT transition_counts_counted CHECK (count > 0)
);

-- How long requests waited until they were accepted, as a histogram whose steps grow by a twentieth.
CREATE TABLE acceptance_times (
    grain  integer NOT NULL,
    bucket timestamptz NOT NULL,
    step   integer NOT NULL,
    count  bigint NOT NULL,
    PRIMARY KEY (grain, bucket, step),
    CONSTRAINT acceptance_times_grain_known CHECK (grain IN (0, 60, 900, 3600)),
    CONSTRAINT acceptance_times_counted CHECK (count > 0)
);

-- How far the counting is. `seen_id` was the last id at one look; by the next look whoever took an id up to it had a transaction
-- id, so when all of those before `closed_xid` are over, everything up to `closed_id` is there to be counted.
CREATE TABLE report_progress (
    single     boolean PRIMARY KEY DEFAULT true,
    counted_id bigint NOT NULL DEFAULT 0,
    closed_id  bigint NOT NULL DEFAULT 0,
    closed_xid xid8,
    seen_id    bigint NOT NULL DEFAULT 0,
    CONSTRAINT report_progress_one_row CHECK (single),
    CONSTRAINT report_progress_in_order CHECK (counted_id <= closed_id AND closed_id <= seen_id)
);

INSERT INTO report_progress DEFAULT VALUES;

-- The beginning of the bucket that an instant falls into.
CREATE FUNCTION bucket_of(grain integer, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN grain = 0 THEN to_timestamp(0)
                ELSE date_bin(make_interval(secs => grain), at, to_timestamp(0)) END;

-- The step of the histogram that so much time falls into.
CREATE FUNCTION acceptance_step(waited interval) RETURNS integer LANGUAGE sql IMMUTABLE
    RETURN floor(ln(greatest(extract(epoch FROM waited), 0.05)) / ln(1.05))::integer;

-- Money beyond a payment's own fails without a move of any machine; it is rare.
CREATE INDEX pairing_failures_of_captures ON pairing_failures (created_at) INCLUDE (cause_tag) WHERE capture_id IS NOT NULL;

-- What operators have yet to deal with, counted and summed at every look at the dashboard; the sum without the table.
DROP INDEX pairing_failures_open;
CREATE INDEX pairing_failures_open ON pairing_failures (created_at) INCLUDE (amount)
    WHERE operator_action IS NULL AND superseded_at IS NULL;
CREATE INDEX webhook_inbox_unresolved ON webhook_inbox (quarantined_at)
    WHERE quarantined_at IS NOT NULL AND resolved_at IS NULL;
