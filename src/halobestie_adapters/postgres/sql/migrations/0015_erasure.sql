-- Erasure of a person, and what is kept for a time only.

-- Who asked for whose erasure, why, and that it was done: for ever, by ids alone. (A reason is an operator's own words.)
CREATE TABLE erasures (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_type text NOT NULL,
    subject_id   uuid NOT NULL,
    step         text NOT NULL,
    actor_type   text NOT NULL,
    actor_id     uuid, -- null: the installation itself
    reason       text,
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT erasures_subject_type_known CHECK (subject_type IN ('customer', 'mitra')),
    CONSTRAINT erasures_step_known CHECK (step IN ('asked', 'done')),
    CONSTRAINT erasures_actor_type_known CHECK (actor_type IN ('customer', 'mitra', 'cc_user', 'system')),
    CONSTRAINT erasures_person_has_id CHECK ((actor_id IS NULL) = (actor_type = 'system')),
    CONSTRAINT erasures_reason_short CHECK (length(reason) BETWEEN 1 AND 500)
);

CREATE INDEX erasures_of_subject ON erasures (subject_type, subject_id, id);
CREATE UNIQUE INDEX erasures_done_once ON erasures (subject_type, subject_id) WHERE step = 'done';

CREATE TRIGGER erasures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

-- Whom to look at, and when: at first until nothing of theirs is open; and once more an hour after it was done, for what a
-- request wrote that was under way. Then the row goes.
CREATE TABLE erasures_due (
    subject_type text NOT NULL,
    subject_id   uuid NOT NULL,
    due_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (subject_type, subject_id),
    CONSTRAINT erasures_due_subject_type_known CHECK (subject_type IN ('customer', 'mitra'))
);

CREATE INDEX erasures_due_by_time ON erasures_due (due_at);

-- Chats of which nothing that was said is left. Their counters stay.
ALTER TABLE chat_sessions
    ADD COLUMN purged_at timestamptz,
    ADD CONSTRAINT chat_sessions_purged_in_silence CHECK (
        purged_at IS NULL OR status = 'ended' AND closing_message IS NULL);
CREATE INDEX chat_sessions_unpurged ON chat_sessions (ended_at) WHERE status = 'ended' AND purged_at IS NULL;

-- Whoever has asked for a mitra by name has that name in an answer that is kept for a day.
CREATE INDEX payment_sessions_of_target ON payment_sessions (targeted_mitra_id, created_at)
    WHERE targeted_mitra_id IS NOT NULL;
CREATE INDEX pairing_requests_of_target ON pairing_requests (targeted_mitra_id, created_at)
    WHERE targeted_mitra_id IS NOT NULL;

-- What the sweeps look for.
CREATE INDEX auth_sessions_ended_of_user ON auth_sessions (user_type, user_id) WHERE revoked_at IS NOT NULL;
CREATE INDEX webhook_inbox_with_body ON webhook_inbox (received_at) WHERE octet_length(body) > 0;
CREATE INDEX auth_sessions_run_out ON auth_sessions (expires_at) WHERE revoked_at IS NULL;
