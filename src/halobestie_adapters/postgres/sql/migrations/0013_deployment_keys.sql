-- Keys that belong to a database for its whole life, each wrapped by a key of the deployment, which may be turned over: what
-- was hashed under them long ago must be found again.
CREATE TABLE deployment_keys (
    name        text PRIMARY KEY,
    key_id      text NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
