-- Pushes: whose device it is by which log-in, and what became of each push, as a whole and device by device.

-- A log-in that ends takes its devices with it; one without a log-in gets nothing.
ALTER TABLE devices ADD COLUMN login_id uuid;

-- An app that was installed anew has another installation id and may have the token of before.
CREATE UNIQUE INDEX devices_token ON devices (fcm_token);

ALTER TABLE devices
    ADD CONSTRAINT devices_installation_short CHECK (length(installation_id) BETWEEN 1 AND 128),
    ADD CONSTRAINT devices_token_short CHECK (length(fcm_token) BETWEEN 1 AND 2048);

-- What became of a row that was sent to somebody; null for what has only one way to end.
ALTER TABLE outbox
    ADD COLUMN outcome text,
    ADD CONSTRAINT outbox_outcome_known CHECK (
        outcome IN ('sent', 'acked', 'unneeded', 'nobody', 'refused', 'missed')),
    ADD CONSTRAINT outbox_outcome_at_the_end CHECK (outcome IS NULL OR (kind = 'push' AND sent_at IS NOT NULL));

-- One row per push and device. A device that waits is tried again, not before its time, while the others are left alone. Rows go
-- when those of the outbox go; no reference holds the two together, so that either may be swept first.
CREATE TABLE push_results (
    outbox_id       bigint NOT NULL,
    installation_id text NOT NULL,
    fate            text NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    not_before      timestamptz,
    PRIMARY KEY (outbox_id, installation_id),
    CONSTRAINT push_results_fate_known CHECK (fate IN ('sent', 'dropped', 'refused', 'missed', 'waiting')),
    CONSTRAINT push_results_waits_for_its_time CHECK ((fate = 'waiting') = (not_before IS NOT NULL))
);

CREATE INDEX push_results_by_age ON push_results (at);
