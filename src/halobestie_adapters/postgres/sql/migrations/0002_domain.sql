-- The domain: payments, pairing, chats, extensions, the ledger, prices, settings, the log of moves, the outbox.
--
-- What must never be is refused here a second time, independently of the program: by CHECKs (states, causes, and that a
-- waiting row has its deadline), by partial unique indexes (only one of each thing that may be open once), and by triggers
-- (rows that are only ever added; versions that only grow). Constraint names are part of the contract: the adapter turns
-- each into a domain word.
--
-- No foreign key cascades: money, failures, moves and histories are never deleted. Three references have no foreign key: a
-- payment's `held_by` (a request or an extension), its `price_source_id` (a tier's or a promotion's version), and a
-- request's `session_id` (the chat refers back to it). The invariants look after them.

-- ------------------------------------------------------------------------------------------------------ guards

-- Turns a lost compare-and-set into an error, so that a pipeline of statements stops by itself instead of going on:
-- WITH written AS (UPDATE ... WHERE version = ... RETURNING 1) SELECT must_match(count(*)) FROM written
CREATE FUNCTION must_match(n bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF n IS NULL OR n = 0 THEN
        RAISE EXCEPTION 'the row is not at the version this was decided on' USING ERRCODE = 'HB001';
    END IF;
    RETURN n;
END
$$;

-- Refuses whatever its trigger was made for; the trigger's name is reported as the constraint.
CREATE FUNCTION refuse_by_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'HB002', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;

-- ------------------------------------------------------------------------------------------------------ people

-- A mitra is rewritten at every heartbeat. Nothing that a heartbeat changes may be indexed, and pages keep room, so that
-- the new row fits beside the old one and no index is touched. Hence the sweep for stale ones reads all who are online.
DROP INDEX mitras_online;
CREATE INDEX mitras_online ON mitras (id) WHERE is_online;
ALTER TABLE mitras SET (fillfactor = 60);

CREATE TRIGGER mitras_version_grows BEFORE UPDATE ON mitras FOR EACH ROW
    WHEN (NEW.version < OLD.version
          OR NEW.version = OLD.version
             AND (NEW.is_online, NEW.blocked_at) IS DISTINCT FROM (OLD.is_online, OLD.blocked_at))
    EXECUTE FUNCTION refuse_by_rule();

-- ------------------------------------------------------------------------------------------------------ payments

CREATE TABLE payment_sessions (
    id                        uuid PRIMARY KEY,
    customer_id               uuid NOT NULL REFERENCES customers (id),
    amount                    bigint NOT NULL,
    mode                      text NOT NULL,
    duration_minutes          integer NOT NULL,
    is_extension              boolean NOT NULL,
    is_first_session_discount boolean NOT NULL,
    status                    text NOT NULL,
    held_by                   uuid,
    cause_tag                 text,
    cause_detail              text,
    targeted_mitra_id         uuid REFERENCES mitras (id),
    provider                  text NOT NULL,
    provider_invoice_id       text,
    xendit_invoice_url        text,
    price_source_id           uuid,
    created_at                timestamptz NOT NULL,
    confirmed_at              timestamptz,
    consumed_at               timestamptz,
    expires_at                timestamptz NOT NULL,
    fallback_until            timestamptz,
    fallback_open             boolean NOT NULL DEFAULT false,
    wake_at                   timestamptz,
    version                   integer NOT NULL,
    CONSTRAINT payment_sessions_status_known CHECK (
        status IN ('pending', 'confirmed', 'consumed', 'failed_pairing', 'abandoned', 'expired')),
    CONSTRAINT payment_sessions_cause_known CHECK (cause_tag IN (
        'no_mitra_available', 'all_mitras_rejected', 'targeted_mitra_offline', 'targeted_mitra_rejected',
        'targeted_mitra_timeout', 'payment_session_expired', 'customer_cancelled', 'extension_rejected',
        'extension_safeguard_tripped', 'late_payment', 'duplicate_payment', 'payment_mismatch', 'operator_ended')),
    CONSTRAINT payment_sessions_mode_known CHECK (mode IN ('chat', 'call')),
    CONSTRAINT payment_sessions_provider_known CHECK (provider IN ('none', 'development', 'xendit')),
    CONSTRAINT payment_sessions_minutes_positive CHECK (duration_minutes > 0),
    CONSTRAINT payment_sessions_free_only_by_promotion CHECK (
        amount > 0 OR amount = 0 AND is_first_session_discount AND provider = 'none'),
    CONSTRAINT payment_sessions_extension_full_price CHECK (
        NOT is_extension OR NOT is_first_session_discount AND targeted_mitra_id IS NULL),
    CONSTRAINT payment_sessions_failed_with_cause CHECK (
        (status = 'failed_pairing') = (cause_tag IS NOT NULL) AND (cause_tag IS NOT NULL OR cause_detail IS NULL)),
    CONSTRAINT payment_sessions_held_when_confirmed CHECK (held_by IS NULL OR status = 'confirmed'),
    CONSTRAINT payment_sessions_confirmed_at_known CHECK (
        CASE WHEN status IN ('confirmed', 'consumed') THEN confirmed_at IS NOT NULL
             WHEN status IN ('pending', 'abandoned', 'expired') THEN confirmed_at IS NULL
             ELSE true END),
    CONSTRAINT payment_sessions_consumed_at_known CHECK ((status = 'consumed') = (consumed_at IS NOT NULL)),
    CONSTRAINT payment_sessions_fallback_of_failure CHECK (
        NOT fallback_open OR status = 'failed_pairing' AND NOT is_extension AND fallback_until IS NOT NULL),
    CONSTRAINT payment_sessions_waiting_has_deadline CHECK (
        (wake_at IS NOT NULL) = (status = 'pending' OR status = 'confirmed' AND held_by IS NULL OR fallback_open)),
    CONSTRAINT payment_sessions_version_counted CHECK (version >= 1)
);

-- A payment that may still lead to a chat; a new one abandons or forfeits it first.
CREATE UNIQUE INDEX payment_sessions_one_open_per_customer ON payment_sessions (customer_id)
    WHERE NOT is_extension AND (status IN ('pending', 'confirmed') OR fallback_open);
-- Reserved while it may still lead to a chat, spent when it did, else given back.
CREATE UNIQUE INDEX payment_sessions_one_discount_per_customer ON payment_sessions (customer_id)
    WHERE is_first_session_discount AND (status IN ('pending', 'confirmed', 'consumed') OR fallback_open);
CREATE UNIQUE INDEX payment_sessions_one_invoice ON payment_sessions (provider, provider_invoice_id)
    WHERE provider_invoice_id IS NOT NULL;
CREATE INDEX payment_sessions_due ON payment_sessions (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX payment_sessions_of_customer ON payment_sessions (customer_id, created_at);

-- The invoice arrives after the fact and is no move of the machine; nor is an instant that is moved by hand.
CREATE TRIGGER payment_sessions_version_grows BEFORE UPDATE ON payment_sessions FOR EACH ROW
    WHEN (NEW.version < OLD.version
          OR NEW.version = OLD.version
             AND (NEW.status, NEW.held_by, NEW.cause_tag, NEW.cause_detail, NEW.fallback_open, NEW.customer_id,
                  NEW.amount, NEW.duration_minutes, NEW.is_extension, NEW.is_first_session_discount)
                 IS DISTINCT FROM
                 (OLD.status, OLD.held_by, OLD.cause_tag, OLD.cause_detail, OLD.fallback_open, OLD.customer_id,
                  OLD.amount, OLD.duration_minutes, OLD.is_extension, OLD.is_first_session_discount))
    EXECUTE FUNCTION refuse_by_rule();

-- Every rupiah that the gateway is known to have taken, once each. No payment: money that matches nobody.
CREATE TABLE payment_captures (
    id                  uuid PRIMARY KEY,
    provider            text NOT NULL,
    provider_invoice_id text NOT NULL,
    payment_session_id  uuid REFERENCES payment_sessions (id),
    amount              bigint NOT NULL,
    currency            text NOT NULL,
    paid_at             timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL,
    CONSTRAINT payment_captures_one_per_invoice UNIQUE (provider, provider_invoice_id),
    CONSTRAINT payment_captures_provider_known CHECK (provider IN ('development', 'xendit')),
    CONSTRAINT payment_captures_amount_positive CHECK (amount > 0)
);

CREATE INDEX payment_captures_of_payment ON payment_captures (payment_session_id);

CREATE TRIGGER payment_captures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_captures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

-- Remembers by a keyed hash which phone has had its first-session discount, also after the person was erased.
CREATE TABLE discount_claims (
    phone_hmac         bytea PRIMARY KEY,
    payment_session_id uuid NOT NULL REFERENCES payment_sessions (id),
    claimed_at         timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX discount_claims_of_payment ON discount_claims (payment_session_id);

-- ------------------------------------------------------------------------------------------------------ pairing

CREATE TABLE pairing_requests (
    id                 uuid PRIMARY KEY,
    customer_id        uuid NOT NULL REFERENCES customers (id),
    payment_session_id uuid NOT NULL REFERENCES payment_sessions (id),
    kind               text NOT NULL,
    status             text NOT NULL,
    targeted_mitra_id  uuid REFERENCES mitras (id),
    topic_sensitivity  text NOT NULL,
    mode               text NOT NULL,
    duration_minutes   integer NOT NULL,
    cause_tag          text,
    cause_detail       text,
    winner_mitra_id    uuid REFERENCES mitras (id),
    session_id         uuid,
    created_at         timestamptz NOT NULL,
    deadline_at        timestamptz NOT NULL,
    timeout_seconds    integer NOT NULL,
    next_wave_at       timestamptz,
    wave_size          integer NOT NULL DEFAULT 0,
    wake_at            timestamptz,
    version            integer NOT NULL,
    CONSTRAINT pairing_requests_kind_known CHECK (kind IN ('general', 'returning')),
    CONSTRAINT pairing_requests_status_known CHECK (
        status IN ('pending', 'accepted', 'rejected', 'auto_rejected', 'expired', 'cancelled')),
    CONSTRAINT pairing_requests_topic_sensitivity_known CHECK (topic_sensitivity IN ('normal', 'sensitive')),
    CONSTRAINT pairing_requests_mode_known CHECK (mode IN ('chat', 'call')),
    CONSTRAINT pairing_requests_minutes_positive CHECK (duration_minutes > 0),
    CONSTRAINT pairing_requests_timeout_positive CHECK (timeout_seconds > 0),
    CONSTRAINT pairing_requests_wave_size_counted CHECK (wave_size >= 0),
    CONSTRAINT pairing_requests_returning_has_target CHECK ((kind = 'returning') = (targeted_mitra_id IS NOT NULL)),
    CONSTRAINT pairing_requests_closed_with_cause CHECK (
        CASE status
            WHEN 'rejected' THEN
                cause_tag IS NOT DISTINCT FROM
                CASE kind WHEN 'general' THEN 'all_mitras_rejected' ELSE 'targeted_mitra_rejected' END
            WHEN 'auto_rejected' THEN
                kind = 'returning' AND cause_tag IS NOT NULL
                AND cause_tag IN ('targeted_mitra_offline', 'targeted_mitra_timeout')
            WHEN 'expired' THEN kind = 'general' AND cause_tag IS NOT DISTINCT FROM 'no_mitra_available'
            WHEN 'cancelled' THEN cause_tag IS NOT DISTINCT FROM 'customer_cancelled'
            ELSE cause_tag IS NULL AND cause_detail IS NULL
        END),
    CONSTRAINT pairing_requests_accepted_by_winner CHECK (
        (status = 'accepted') = (winner_mitra_id IS NOT NULL) AND (status = 'accepted') = (session_id IS NOT NULL)
        AND (status <> 'accepted' OR kind = 'general' OR winner_mitra_id = targeted_mitra_id)),
    CONSTRAINT pairing_requests_waiting_has_deadline CHECK ((wake_at IS NOT NULL) = (status = 'pending')),
    CONSTRAINT pairing_requests_version_counted CHECK (version >= 1)
);

CREATE UNIQUE INDEX pairing_requests_one_open_per_payment ON pairing_requests (payment_session_id)
    WHERE status = 'pending';
CREATE UNIQUE INDEX pairing_requests_one_open_per_customer ON pairing_requests (customer_id) WHERE status = 'pending';
CREATE INDEX pairing_requests_due ON pairing_requests (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX pairing_requests_open_for_target ON pairing_requests (targeted_mitra_id)
    WHERE status = 'pending' AND targeted_mitra_id IS NOT NULL;
CREATE INDEX pairing_requests_of_payment ON pairing_requests (payment_session_id, created_at);

CREATE TRIGGER pairing_requests_version_grows BEFORE UPDATE ON pairing_requests FOR EACH ROW
    WHEN (NEW.version < OLD.version
          OR NEW.version = OLD.version
             AND (NEW.status, NEW.cause_tag, NEW.cause_detail, NEW.winner_mitra_id, NEW.session_id, NEW.kind,
                  NEW.customer_id, NEW.payment_session_id, NEW.targeted_mitra_id)
                 IS DISTINCT FROM
                 (OLD.status, OLD.cause_tag, OLD.cause_detail, OLD.winner_mitra_id, OLD.session_id, OLD.kind,
                  OLD.customer_id, OLD.payment_session_id, OLD.targeted_mitra_id))
    EXECUTE FUNCTION refuse_by_rule();

-- To whom a request was offered, a wave at a time: a blast to a thousand is one row. No foreign key can watch an array.
CREATE TABLE pairing_waves (
    pairing_request_id uuid NOT NULL REFERENCES pairing_requests (id),
    number             integer NOT NULL,
    mitra_ids          uuid[] NOT NULL,
    at                 timestamptz NOT NULL,
    PRIMARY KEY (pairing_request_id, number),
    CONSTRAINT pairing_waves_number_counted CHECK (number >= 1)
);

-- What mitras said, or what became of them; of a mitra's waves and answers the latest counts.
CREATE TABLE pairing_answers (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pairing_request_id uuid NOT NULL REFERENCES pairing_requests (id),
    mitra_id           uuid NOT NULL REFERENCES mitras (id),
    answer             text NOT NULL,
    at                 timestamptz NOT NULL,
    CONSTRAINT pairing_answers_answer_known CHECK (answer IN ('accepted', 'declined', 'withdrawn'))
);

CREATE INDEX pairing_answers_of_request ON pairing_answers (pairing_request_id, id);
CREATE UNIQUE INDEX pairing_answers_one_accepted ON pairing_answers (pairing_request_id) WHERE answer = 'accepted';

-- ------------------------------------------------------------------------------------------------------ chats

CREATE TABLE chat_sessions (
    id                 uuid PRIMARY KEY,
    customer_id        uuid NOT NULL REFERENCES customers (id),
    mitra_id           uuid NOT NULL REFERENCES mitras (id),
    payment_session_id uuid NOT NULL REFERENCES payment_sessions (id),
    pairing_request_id uuid NOT NULL REFERENCES pairing_requests (id),
    mode               text NOT NULL,
    topic_sensitivity  text NOT NULL,
    status             text NOT NULL,
    started_at         timestamptz NOT NULL,
    expires_at         timestamptz NOT NULL,
    remaining_seconds  numeric(12, 6),
    paused_seconds     numeric(12, 6) NOT NULL DEFAULT 0,
    closing_until      timestamptz,
    ended_at           timestamptz,
    end_reason         text,
    closing_message    bytea, -- encrypted
    last_seq           bigint NOT NULL DEFAULT 0,
    customer_read_seq  bigint NOT NULL DEFAULT 0,
    mitra_read_seq     bigint NOT NULL DEFAULT 0,
    wake_at            timestamptz,
    version            integer NOT NULL,
    CONSTRAINT chat_sessions_one_per_payment UNIQUE (payment_session_id),
    CONSTRAINT chat_sessions_one_per_request UNIQUE (pairing_request_id),
    CONSTRAINT chat_sessions_mode_known CHECK (mode IN ('chat', 'call')),
    CONSTRAINT chat_sessions_topic_sensitivity_known CHECK (topic_sensitivity IN ('normal', 'sensitive')),
    CONSTRAINT chat_sessions_status_known CHECK (status IN ('active', 'extending', 'closing', 'ended')),
    CONSTRAINT chat_sessions_end_reason_known CHECK (
        end_reason IN ('time_up', 'customer_ended', 'mitra_ended', 'operator_ended')),
    CONSTRAINT chat_sessions_ended_with_reason CHECK (
        (status = 'ended') = (ended_at IS NOT NULL) AND (status = 'ended') = (end_reason IS NOT NULL)),
    CONSTRAINT chat_sessions_remaining_when_extending CHECK (
        (status = 'extending') = (remaining_seconds IS NOT NULL)
        AND (remaining_seconds IS NULL OR remaining_seconds >= 0)),
    CONSTRAINT chat_sessions_paused_counted CHECK (paused_seconds >= 0),
    CONSTRAINT chat_sessions_closing_has_end CHECK (
        (status = 'closing') = (closing_until IS NOT NULL)),
    CONSTRAINT chat_sessions_closing_message_at_end CHECK (closing_message IS NULL OR status = 'ended'),
    CONSTRAINT chat_sessions_read_what_is_there CHECK (
        customer_read_seq BETWEEN 0 AND last_seq AND mitra_read_seq BETWEEN 0 AND last_seq),
    CONSTRAINT chat_sessions_waiting_has_deadline CHECK ((wake_at IS NOT NULL) = (status IN ('active', 'closing'))),
    CONSTRAINT chat_sessions_version_counted CHECK (version >= 1)
) WITH (fillfactor = 80); -- every message moves last_seq; no index is on it

CREATE UNIQUE INDEX chat_sessions_one_live_per_customer ON chat_sessions (customer_id)
    WHERE status IN ('active', 'extending', 'closing');
CREATE INDEX chat_sessions_live_of_mitra ON chat_sessions (mitra_id) WHERE status IN ('active', 'extending', 'closing');
CREATE INDEX chat_sessions_due ON chat_sessions (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX chat_sessions_of_customer ON chat_sessions (customer_id, started_at);
CREATE INDEX chat_sessions_of_mitra ON chat_sessions (mitra_id, started_at);

-- Messages, read marks and (re-encrypted or erased) closing words are no moves; nor is an instant moved by hand.
CREATE TRIGGER chat_sessions_version_grows BEFORE UPDATE ON chat_sessions FOR EACH ROW
    WHEN (NEW.version < OLD.version
          OR NEW.version = OLD.version
             AND (NEW.status, NEW.remaining_seconds, NEW.paused_seconds, NEW.end_reason, NEW.customer_id, NEW.mitra_id,
                  NEW.payment_session_id, NEW.pairing_request_id)
                 IS DISTINCT FROM
                 (OLD.status, OLD.remaining_seconds, OLD.paused_seconds, OLD.end_reason, OLD.customer_id, OLD.mitra_id,
                  OLD.payment_session_id, OLD.pairing_request_id))
    EXECUTE FUNCTION refuse_by_rule();

CREATE TABLE chat_messages (
    session_id        uuid NOT NULL REFERENCES chat_sessions (id),
    seq               bigint NOT NULL,
    sender            text NOT NULL,
    client_message_id uuid NOT NULL,
    text_encrypted    bytea NOT NULL,
    sent_at           timestamptz NOT NULL,
    PRIMARY KEY (session_id, seq),
    CONSTRAINT chat_messages_client_message_id UNIQUE (session_id, sender, client_message_id),
    CONSTRAINT chat_messages_sender_known CHECK (sender IN ('customer', 'mitra')),
    CONSTRAINT chat_messages_seq_counted CHECK (seq >= 1)
);

CREATE TABLE session_extensions (
    id                         uuid PRIMARY KEY,
    session_id                 uuid NOT NULL REFERENCES chat_sessions (id),
    payment_session_id         uuid NOT NULL REFERENCES payment_sessions (id),
    requested_duration_minutes integer NOT NULL,
    requested_price            bigint NOT NULL,
    status                     text NOT NULL,
    cause_tag                  text,
    via_timeout                boolean NOT NULL DEFAULT false,
    requested_at               timestamptz NOT NULL,
    deadline_at                timestamptz NOT NULL,
    timeout_seconds            integer NOT NULL,
    responded_at               timestamptz,
    wake_at                    timestamptz,
    version                    integer NOT NULL,
    CONSTRAINT session_extensions_one_per_payment UNIQUE (payment_session_id),
    CONSTRAINT session_extensions_status_known CHECK (
        status IN ('pending', 'accepted', 'rejected', 'timeout', 'cancelled')),
    CONSTRAINT session_extensions_minutes_positive CHECK (requested_duration_minutes > 0),
    CONSTRAINT session_extensions_timeout_positive CHECK (timeout_seconds > 0),
    CONSTRAINT session_extensions_never_free CHECK (requested_price > 0),
    CONSTRAINT session_extensions_refused_with_cause CHECK (
        CASE status
            WHEN 'rejected' THEN cause_tag IS NOT DISTINCT FROM 'extension_rejected'
            WHEN 'timeout' THEN
                cause_tag IS NOT NULL AND cause_tag IN ('extension_safeguard_tripped', 'extension_rejected')
            WHEN 'cancelled' THEN cause_tag IS NOT NULL AND cause_tag IN ('customer_cancelled', 'operator_ended')
            ELSE cause_tag IS NULL
        END),
    CONSTRAINT session_extensions_via_timeout_at_its_end CHECK (NOT via_timeout OR status IN ('accepted', 'timeout')),
    CONSTRAINT session_extensions_responded_at_its_end CHECK (responded_at IS NULL OR status <> 'pending'),
    CONSTRAINT session_extensions_waiting_has_deadline CHECK ((wake_at IS NOT NULL) = (status = 'pending')),
    CONSTRAINT session_extensions_version_counted CHECK (version >= 1)
);

CREATE UNIQUE INDEX session_extensions_one_pending_per_session ON session_extensions (session_id)
    WHERE status = 'pending';
CREATE INDEX session_extensions_due ON session_extensions (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX session_extensions_of_session ON session_extensions (session_id);

CREATE TRIGGER session_extensions_version_grows BEFORE UPDATE ON session_extensions FOR EACH ROW
    WHEN (NEW.version < OLD.version
          OR NEW.version = OLD.version
             AND (NEW.status, NEW.cause_tag, NEW.via_timeout, NEW.session_id, NEW.payment_session_id,
                  NEW.requested_duration_minutes, NEW.requested_price)
                 IS DISTINCT FROM
                 (OLD.status, OLD.cause_tag, OLD.via_timeout, OLD.session_id, OLD.payment_session_id,
                  OLD.requested_duration_minutes, OLD.requested_price))
    EXECUTE FUNCTION refuse_by_rule();

-- ------------------------------------------------------------------------------------------------------ failures, ledger

-- One row per failed attempt, for the operators. A row with a capture stands for money beyond the payment's own.
CREATE TABLE pairing_failures (
    id                 uuid PRIMARY KEY,
    payment_session_id uuid REFERENCES payment_sessions (id),
    customer_id        uuid REFERENCES customers (id),
    capture_id         uuid REFERENCES payment_captures (id),
    pairing_request_id uuid REFERENCES pairing_requests (id),
    extension_id       uuid REFERENCES session_extensions (id),
    targeted_mitra_id  uuid REFERENCES mitras (id),
    cause_tag          text NOT NULL,
    cause_detail       text,
    amount             bigint NOT NULL,
    operator_action    text,
    note               text,
    actioned_by        uuid REFERENCES cc_users (id),
    actioned_at        timestamptz,
    superseded_at      timestamptz,
    created_at         timestamptz NOT NULL,
    CONSTRAINT pairing_failures_cause_known CHECK (cause_tag IN (
        'no_mitra_available', 'all_mitras_rejected', 'targeted_mitra_offline', 'targeted_mitra_rejected',
        'targeted_mitra_timeout', 'payment_session_expired', 'customer_cancelled', 'extension_rejected',
        'extension_safeguard_tripped', 'late_payment', 'duplicate_payment', 'payment_mismatch', 'operator_ended')),
    CONSTRAINT pairing_failures_action_known CHECK (operator_action IN ('refunded', 'credited', 'no_action')),
    CONSTRAINT pairing_failures_amount_counted CHECK (amount >= 0),
    CONSTRAINT pairing_failures_of_request_or_extension CHECK (pairing_request_id IS NULL OR extension_id IS NULL),
    CONSTRAINT pairing_failures_of_somebody CHECK (
        capture_id IS NOT NULL OR payment_session_id IS NOT NULL AND customer_id IS NOT NULL),
    CONSTRAINT pairing_failures_actioned_by_somebody CHECK (
        (operator_action IS NOT NULL) = (actioned_at IS NOT NULL)
        AND (operator_action IS NOT NULL) = (actioned_by IS NOT NULL)
        AND (note IS NULL OR operator_action IS NOT NULL)),
    CONSTRAINT pairing_failures_actioned_or_superseded CHECK (operator_action IS NULL OR superseded_at IS NULL)
);

CREATE UNIQUE INDEX pairing_failures_one_open_per_payment ON pairing_failures (payment_session_id)
    WHERE capture_id IS NULL AND superseded_at IS NULL;
CREATE UNIQUE INDEX pairing_failures_one_open_per_capture ON pairing_failures (capture_id)
    WHERE capture_id IS NOT NULL AND superseded_at IS NULL;
CREATE INDEX pairing_failures_of_payment ON pairing_failures (payment_session_id);
CREATE INDEX pairing_failures_of_customer ON pairing_failures (customer_id);
CREATE INDEX pairing_failures_by_age ON pairing_failures (created_at);
CREATE INDEX pairing_failures_open ON pairing_failures (created_at)
    WHERE operator_action IS NULL AND superseded_at IS NULL;

-- An operator's action and the superseding are written once; everything else never changes.
CREATE TRIGGER pairing_failures_set_once BEFORE UPDATE ON pairing_failures FOR EACH ROW
    WHEN ((NEW.id, NEW.payment_session_id, NEW.customer_id, NEW.capture_id, NEW.pairing_request_id, NEW.extension_id,
           NEW.targeted_mitra_id, NEW.cause_tag, NEW.cause_detail, NEW.amount, NEW.created_at)
          IS DISTINCT FROM
          (OLD.id, OLD.payment_session_id, OLD.customer_id, OLD.capture_id, OLD.pairing_request_id, OLD.extension_id,
           OLD.targeted_mitra_id, OLD.cause_tag, OLD.cause_detail, OLD.amount, OLD.created_at)
          OR OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at
          OR OLD.operator_action IS NOT NULL
             AND (NEW.operator_action, NEW.note, NEW.actioned_by, NEW.actioned_at)
                 IS DISTINCT FROM (OLD.operator_action, OLD.note, OLD.actioned_by, OLD.actioned_at))
    EXECUTE FUNCTION refuse_by_rule();
CREATE TRIGGER pairing_failures_never_deleted BEFORE DELETE OR TRUNCATE ON pairing_failures
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

-- The ledger. A charge belongs to a chat or an extension; everything else to the failure it settles.
CREATE TABLE customer_transactions (
    id                 uuid PRIMARY KEY,
    customer_id        uuid REFERENCES customers (id),
    payment_session_id uuid REFERENCES payment_sessions (id),
    kind               text NOT NULL,
    amount             bigint NOT NULL,
    at                 timestamptz NOT NULL,
    failure_id         uuid REFERENCES pairing_failures (id),
    session_id         uuid REFERENCES chat_sessions (id),
    extension_id       uuid REFERENCES session_extensions (id),
    CONSTRAINT customer_transactions_kind_known CHECK (
        kind IN ('session', 'extension', 'refund_due', 'refund_reversed', 'refunded', 'credited', 'retained')),
    CONSTRAINT customer_transactions_amount_counted CHECK (
        amount >= 0 AND (amount > 0 OR kind NOT IN ('extension', 'refund_due', 'refund_reversed'))),
    CONSTRAINT customer_transactions_about_something CHECK (
        CASE kind
            WHEN 'session' THEN
                payment_session_id IS NOT NULL AND customer_id IS NOT NULL AND session_id IS NOT NULL
                AND extension_id IS NULL AND failure_id IS NULL
            WHEN 'extension' THEN
                payment_session_id IS NOT NULL AND customer_id IS NOT NULL AND extension_id IS NOT NULL
                AND failure_id IS NULL
            ELSE failure_id IS NOT NULL
        END)
);

CREATE UNIQUE INDEX customer_transactions_one_charge_per_payment ON customer_transactions (payment_session_id)
    WHERE kind IN ('session', 'extension');
CREATE UNIQUE INDEX customer_transactions_one_due_per_failure ON customer_transactions (failure_id)
    WHERE kind = 'refund_due';
CREATE UNIQUE INDEX customer_transactions_one_reversal_per_failure ON customer_transactions (failure_id)
    WHERE kind = 'refund_reversed';
CREATE UNIQUE INDEX customer_transactions_one_action_per_failure ON customer_transactions (failure_id)
    WHERE kind IN ('refunded', 'credited', 'retained');
CREATE INDEX customer_transactions_of_payment ON customer_transactions (payment_session_id);
CREATE INDEX customer_transactions_of_customer ON customer_transactions (customer_id, at);

CREATE TRIGGER customer_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON customer_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

-- ------------------------------------------------------------------------------------------------------ prices, settings

-- Every version that a price ever had; a payment names the one that made its amount.
CREATE TABLE pricing_tiers_history (
    id          uuid PRIMARY KEY,
    tier_id     uuid NOT NULL,
    change_kind text NOT NULL,
    changed_by  uuid REFERENCES cc_users (id), -- null: the installation itself
    at          timestamptz NOT NULL,
    before      jsonb,
    after       jsonb NOT NULL,
    CONSTRAINT pricing_tiers_history_change_kind_known CHECK (
        change_kind IN ('created', 'updated', 'deactivated', 'reactivated', 'reordered')),
    CONSTRAINT pricing_tiers_history_before_known CHECK ((change_kind = 'created') = (before IS NULL))
);

CREATE INDEX pricing_tiers_history_of_tier ON pricing_tiers_history (tier_id, at);

CREATE TRIGGER pricing_tiers_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pricing_tiers_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

CREATE TABLE pricing_tiers (
    id         uuid PRIMARY KEY,
    mode       text NOT NULL,
    minutes    integer NOT NULL,
    price      bigint NOT NULL,
    sort_order integer NOT NULL,
    is_active  boolean NOT NULL,
    updated_at timestamptz NOT NULL,
    version_id uuid NOT NULL REFERENCES pricing_tiers_history (id), -- the version now in force
    CONSTRAINT pricing_tiers_mode_minutes UNIQUE (mode, minutes),
    CONSTRAINT pricing_tiers_mode_known CHECK (mode IN ('chat', 'call')),
    CONSTRAINT pricing_tiers_minutes_positive CHECK (minutes > 0),
    CONSTRAINT pricing_tiers_price_positive CHECK (price >= 1)
);

-- What a tier is does not change, what it costs does.
CREATE TRIGGER pricing_tiers_key_fixed BEFORE UPDATE ON pricing_tiers FOR EACH ROW
    WHEN ((NEW.id, NEW.mode, NEW.minutes) IS DISTINCT FROM (OLD.id, OLD.mode, OLD.minutes))
    EXECUTE FUNCTION refuse_by_rule();

CREATE TABLE pricing_promotions_history (
    id          uuid PRIMARY KEY,
    key         text NOT NULL,
    change_kind text NOT NULL,
    changed_by  uuid REFERENCES cc_users (id),
    at          timestamptz NOT NULL,
    before      jsonb,
    after       jsonb NOT NULL,
    CONSTRAINT pricing_promotions_history_change_kind_known CHECK (
        change_kind IN ('created', 'updated', 'deactivated', 'reactivated')),
    CONSTRAINT pricing_promotions_history_before_known CHECK ((change_kind = 'created') = (before IS NULL))
);

CREATE INDEX pricing_promotions_history_of_key ON pricing_promotions_history (key, at);

CREATE TRIGGER pricing_promotions_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pricing_promotions_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

CREATE TABLE pricing_promotions (
    key            text PRIMARY KEY,
    is_active      boolean NOT NULL,
    mode           text NOT NULL,
    minutes        integer NOT NULL,
    price          bigint NOT NULL,
    label          text NOT NULL,
    requires_phone boolean NOT NULL DEFAULT true,
    updated_at     timestamptz NOT NULL,
    version_id     uuid NOT NULL REFERENCES pricing_promotions_history (id),
    CONSTRAINT pricing_promotions_key_known CHECK (key IN ('first_session_discount')),
    CONSTRAINT pricing_promotions_mode_known CHECK (mode IN ('chat', 'call')),
    CONSTRAINT pricing_promotions_minutes_positive CHECK (minutes > 0),
    CONSTRAINT pricing_promotions_price_counted CHECK (price >= 0)
);

-- Which keys there are, and their bounds, is the core's knowledge; a newer version may have more.
CREATE TABLE app_config (
    key        text PRIMARY KEY,
    value      jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE app_config_history (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL,
    change_kind text NOT NULL,
    changed_by  uuid REFERENCES cc_users (id),
    at          timestamptz NOT NULL,
    before      jsonb,
    after       jsonb NOT NULL,
    CONSTRAINT app_config_history_change_kind_known CHECK (change_kind IN ('created', 'updated')),
    CONSTRAINT app_config_history_before_known CHECK ((change_kind = 'created') = (before IS NULL))
);

CREATE INDEX app_config_history_of_key ON app_config_history (key, at);

CREATE TRIGGER app_config_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON app_config_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();

-- ------------------------------------------------------------------------------------------------------ in and out

-- Raw webhooks, kept before anything is believed. What cannot be read has no invoice and no status.
CREATE TABLE webhook_inbox (
    id                  uuid PRIMARY KEY,
    provider            text NOT NULL,
    provider_invoice_id text,
    provider_status     text,
    body                bytea NOT NULL,
    received_at         timestamptz NOT NULL,
    applied_at          timestamptz,
    quarantined_at      timestamptz,
    quarantine_reason   text,
    resolved_by         uuid REFERENCES cc_users (id),
    resolved_at         timestamptz,
    resolve_note        text,
    attempts            integer NOT NULL DEFAULT 0,
    next_attempt_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT webhook_inbox_one_per_event UNIQUE (provider, provider_invoice_id, provider_status),
    CONSTRAINT webhook_inbox_provider_known CHECK (provider IN ('development', 'xendit')),
    CONSTRAINT webhook_inbox_applied_or_quarantined CHECK (applied_at IS NULL OR quarantined_at IS NULL),
    CONSTRAINT webhook_inbox_quarantined_for_a_reason CHECK ((quarantined_at IS NULL) = (quarantine_reason IS NULL)),
    CONSTRAINT webhook_inbox_resolved_from_quarantine CHECK (
        (resolved_at IS NULL) = (resolved_by IS NULL) AND (resolved_at IS NULL OR quarantined_at IS NOT NULL)),
    CONSTRAINT webhook_inbox_attempts_counted CHECK (attempts >= 0)
);

CREATE INDEX webhook_inbox_unapplied ON webhook_inbox (next_attempt_at)
    WHERE applied_at IS NULL AND quarantined_at IS NULL;
CREATE INDEX webhook_inbox_quarantined ON webhook_inbox (quarantined_at) WHERE quarantined_at IS NOT NULL;
CREATE INDEX webhook_inbox_by_age ON webhook_inbox (received_at);

-- The first answer to a command that may come twice; no answer yet: still running. Never holds chat text.
CREATE TABLE idempotency_keys (
    caller_type  text NOT NULL,
    caller_id    uuid NOT NULL,
    key          text NOT NULL,
    request_hash bytea NOT NULL, -- of method, path and body
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    status       integer,
    answer       jsonb,
    PRIMARY KEY (caller_type, caller_id, key),
    CONSTRAINT idempotency_keys_caller_type_known CHECK (caller_type IN ('customer', 'mitra', 'cc_user')),
    CONSTRAINT idempotency_keys_key_short CHECK (length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_answered_at_once CHECK ((status IS NULL) = (answer IS NULL))
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What the outside must hear of, and the commands for later, written with the state they follow from. Rows of one `stream`
-- go out in the order of their ids. Readers select what is unsent: a cursor over ids would skip those committed late.
CREATE TABLE outbox (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL,
    stream          text NOT NULL,
    audience        jsonb NOT NULL,
    payload         jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts        integer NOT NULL DEFAULT 0,
    sent_at         timestamptz,
    CONSTRAINT outbox_kind_known CHECK (kind IN ('frame', 'push', 'invoice', 'later')),
    CONSTRAINT outbox_attempts_counted CHECK (attempts >= 0)
);

CREATE INDEX outbox_unsent_frames ON outbox (next_attempt_at, id) WHERE sent_at IS NULL AND kind = 'frame';
CREATE INDEX outbox_unsent_pushes ON outbox (next_attempt_at, id) WHERE sent_at IS NULL AND kind = 'push';
CREATE INDEX outbox_unsent_invoices ON outbox (next_attempt_at, id) WHERE sent_at IS NULL AND kind = 'invoice';
CREATE INDEX outbox_unsent_later ON outbox (next_attempt_at, id) WHERE sent_at IS NULL AND kind = 'later';
CREATE INDEX outbox_unsent_of_stream ON outbox (stream, id) WHERE sent_at IS NULL;

-- ------------------------------------------------------------------------------------------------------ the log of moves

-- One row per move of any machine. `body` is the canonical text that was hashed; the columns repeat it for searching.
-- `previous_hash` is that of the aggregate's move before; `fingerprint` names the table that decided.
CREATE TABLE transitions (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    machine       text NOT NULL,
    aggregate_id  uuid NOT NULL,
    version       integer NOT NULL,
    from_state    text, -- null: it came to be
    to_state      text NOT NULL,
    command       text NOT NULL,
    event         text NOT NULL,
    cause_tag     text,
    actor_type    text NOT NULL,
    actor_id      uuid,
    at            timestamptz NOT NULL,
    facts         jsonb NOT NULL,
    body          text NOT NULL,
    fingerprint   text NOT NULL,
    previous_hash bytea,
    hash          bytea NOT NULL,
    CONSTRAINT transitions_one_per_version UNIQUE (machine, aggregate_id, version),
    CONSTRAINT transitions_machine_known CHECK (machine IN ('payment', 'pairing', 'chat', 'extension', 'presence')),
    CONSTRAINT transitions_cause_known CHECK (cause_tag IN (
        'no_mitra_available', 'all_mitras_rejected', 'targeted_mitra_offline', 'targeted_mitra_rejected',
        'targeted_mitra_timeout', 'payment_session_expired', 'customer_cancelled', 'extension_rejected',
        'extension_safeguard_tripped', 'late_payment', 'duplicate_payment', 'payment_mismatch', 'operator_ended')),
    CONSTRAINT transitions_actor_type_known CHECK (
        actor_type IN ('customer', 'mitra', 'cc_user', 'gateway', 'clock', 'system')),
    CONSTRAINT transitions_person_has_id CHECK (
        actor_id IS NOT NULL OR actor_type NOT IN ('customer', 'mitra', 'cc_user')),
    CONSTRAINT transitions_version_counted CHECK (version >= 1),
    CONSTRAINT transitions_born_first CHECK (from_state IS NOT NULL OR version = 1),
    CONSTRAINT transitions_hash_is_sha256 CHECK (
        octet_length(hash) = 32 AND (previous_hash IS NULL OR octet_length(previous_hash) = 32))
);

CREATE TRIGGER transitions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transitions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_by_rule();
