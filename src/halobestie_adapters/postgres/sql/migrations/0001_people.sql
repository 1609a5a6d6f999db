-- The people, and how they prove who they are. No foreign key points from a session or device to its person: three kinds of
-- people share these tables, and erasing one must not be refused by a device.

CREATE TABLE customers (
    id                uuid PRIMARY KEY,
    display_name      text NOT NULL,
    phone             text,
    phone_verified_at timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customers_phone UNIQUE (phone)
);

CREATE TABLE mitras (
    id                uuid PRIMARY KEY,
    phone             text NOT NULL,
    display_name      text NOT NULL,
    is_online         boolean NOT NULL DEFAULT false,
    last_heartbeat_at timestamptz,
    blocked_at        timestamptz,
    live_chats        integer NOT NULL DEFAULT 0,
    version           integer NOT NULL DEFAULT 1,
    created_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mitras_phone UNIQUE (phone),
    CONSTRAINT mitras_live_chats_counted CHECK (live_chats >= 0),
    CONSTRAINT mitras_online_was_heard CHECK (NOT is_online OR last_heartbeat_at IS NOT NULL),
    CONSTRAINT mitras_blocked_is_offline CHECK (NOT is_online OR blocked_at IS NULL)
);

-- The sweep for stale mitras and the list of whom to offer to read only those who are online.
CREATE INDEX mitras_online ON mitras (last_heartbeat_at) WHERE is_online;

CREATE TABLE cc_users (
    id            uuid PRIMARY KEY,
    email         text NOT NULL,
    password_hash text NOT NULL,
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cc_users_email UNIQUE (email),
    CONSTRAINT cc_users_email_lower_case CHECK (email = lower(email))
);

-- Log-ins tried on an e-mail address since the last that succeeded. Addresses without an account are counted as well, so that
-- a delay does not tell who is an operator; kept as keyed hashes, because people type passwords into the wrong field.
CREATE TABLE login_attempts (
    email_hash   bytea PRIMARY KEY,
    failures     integer NOT NULL DEFAULT 0,
    tried_at     timestamptz NOT NULL,
    locked_until timestamptz,
    CONSTRAINT login_attempts_hashed CHECK (octet_length(email_hash) = 32),
    CONSTRAINT login_attempts_counted CHECK (failures >= 0)
);

CREATE INDEX login_attempts_by_age ON login_attempts (tried_at);

-- One row per log-in, that is per family of refresh tokens; its id is the `session_id` in access tokens. Only the latest token
-- is kept, as a keyed hash: a token tells its own generation under a seal, and its successor is derived from it, so that
-- neither its parent nor any ancestor needs a row. `expires_at` is the idle limit, moved by every use.
CREATE TABLE auth_sessions (
    id                  uuid PRIMARY KEY,
    user_type           text NOT NULL,
    user_id             uuid NOT NULL,
    token_hash          bytea NOT NULL,
    generation          integer NOT NULL DEFAULT 0,
    created_at          timestamptz NOT NULL,
    rotated_at          timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL,
    absolute_expires_at timestamptz NOT NULL,
    revoked_at          timestamptz,
    revoked_reason      text,
    CONSTRAINT auth_sessions_user_type_known CHECK (user_type IN ('customer', 'mitra', 'cc_user')),
    CONSTRAINT auth_sessions_generation_counted CHECK (generation >= 0),
    CONSTRAINT auth_sessions_hashed CHECK (octet_length(token_hash) = 32),
    CONSTRAINT auth_sessions_idle_within_absolute CHECK (expires_at <= absolute_expires_at),
    CONSTRAINT auth_sessions_revoked_for_a_reason CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);

CREATE UNIQUE INDEX auth_sessions_token_hash ON auth_sessions (token_hash);
CREATE INDEX auth_sessions_of_user ON auth_sessions (user_type, user_id) WHERE revoked_at IS NULL;
CREATE INDEX auth_sessions_revoked ON auth_sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- One row per phone and app: the code that is out (none after its use), the wrong guesses, which a new code does not forget,
-- and the moments of the last day's messages. The row is the lock under which codes are compared and messages counted.
CREATE TABLE otp_challenges (
    phone           text NOT NULL,
    user_type       text NOT NULL,
    code_hash       bytea,
    code_expires_at timestamptz,
    failures        integer NOT NULL DEFAULT 0,
    failed_at       timestamptz,
    sends           timestamptz[] NOT NULL DEFAULT '{}',
    touched_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (phone, user_type),
    CONSTRAINT otp_challenges_user_type_known CHECK (user_type IN ('customer', 'mitra')),
    CONSTRAINT otp_challenges_code_has_its_end CHECK ((code_hash IS NULL) = (code_expires_at IS NULL)),
    CONSTRAINT otp_challenges_hashed CHECK (octet_length(code_hash) = 32),
    CONSTRAINT otp_challenges_failures_counted CHECK (failures BETWEEN 0 AND 5),
    CONSTRAINT otp_challenges_failed_at_some_time CHECK ((failures = 0) = (failed_at IS NULL)),
    CONSTRAINT otp_challenges_sends_per_day CHECK (cardinality(sends) <= 10)
);

CREATE INDEX otp_challenges_by_age ON otp_challenges (touched_at);

-- One row per installed app; whoever logs in there last gets its pushes.
CREATE TABLE devices (
    installation_id text PRIMARY KEY,
    user_type       text NOT NULL,
    user_id         uuid NOT NULL,
    fcm_token       text NOT NULL,
    platform        text NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT devices_user_type_known CHECK (user_type IN ('customer', 'mitra')),
    CONSTRAINT devices_platform_known CHECK (platform IN ('android', 'ios', 'web'))
);

CREATE INDEX devices_of_user ON devices (user_type, user_id);
