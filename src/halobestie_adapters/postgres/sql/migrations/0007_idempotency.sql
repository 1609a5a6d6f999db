-- Keys of commands that may come twice: which id their effect has, and who is at it.

-- What the command creates gets this id, at every try; so a try whose end nobody learned can be looked up.
-- `tries` counts them: only the latest may keep an answer. While `leased_until` is ahead, one is running.
ALTER TABLE idempotency_keys
    ADD COLUMN effect_id uuid NOT NULL,
    ADD COLUMN tries integer NOT NULL DEFAULT 1,
    ADD COLUMN leased_until timestamptz NOT NULL,
    ADD CONSTRAINT idempotency_keys_tries_counted CHECK (tries >= 1),
    ADD CONSTRAINT idempotency_keys_hash_sized CHECK (length(request_hash) = 32);

COMMENT ON COLUMN idempotency_keys.request_hash IS 'A keyed hash: a body may hold what somebody said.';
COMMENT ON COLUMN idempotency_keys.answer IS 'Headers, and the body as the text that was sent, so that a repeat is the same to the letter.';
