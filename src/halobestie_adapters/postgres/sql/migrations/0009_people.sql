-- What operators change about people, and the command line about operators. (Blocks are moves of a machine, and stand in
-- `transitions` with their author.) Names, and never a phone: what a row holds is held for ever.

CREATE TABLE operator_changes (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject_type text NOT NULL,
    subject_id   uuid NOT NULL,
    change_kind  text NOT NULL,
    changed_by   uuid REFERENCES cc_users (id), -- null: the installation itself
    at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    before       jsonb,
    after        jsonb,
    CONSTRAINT operator_changes_subject_type_known CHECK (subject_type IN ('customer', 'mitra', 'cc_user')),
    CONSTRAINT operator_changes_kind_known CHECK (
        change_kind IN ('created', 'renamed', 'disabled', 'enabled', 'password_changed'))
);

CREATE INDEX operator_changes_of_subject ON operator_changes (subject_type, subject_id, at);
CREATE INDEX operator_changes_by_age ON operator_changes (at, id);

CREATE TRIGGER operator_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON operator_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();
