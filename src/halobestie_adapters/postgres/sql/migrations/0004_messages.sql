-- What chats' words need: keys per chat and author, and a second guard against words that nobody may say any more.

-- One author's data key for one chat, wrapped by a key of the deployment (`key_id` says which). Without it the author's
-- words are noise: a person is erased by destroying their keys, and what was destroyed never comes back.
CREATE TABLE chat_keys (
    session_id   uuid NOT NULL REFERENCES chat_sessions (id),
    author       text NOT NULL,
    wrapped_key  bytea,
    key_id       text,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    PRIMARY KEY (session_id, author),
    CONSTRAINT chat_keys_author_known CHECK (author IN ('customer', 'mitra')),
    CONSTRAINT chat_keys_there_or_destroyed CHECK (
        num_nonnulls(wrapped_key, key_id) = CASE WHEN destroyed_at IS NULL THEN 2 ELSE 0 END)
);

CREATE TRIGGER chat_keys_stay_destroyed BEFORE UPDATE ON chat_keys FOR EACH ROW
    WHEN (OLD.destroyed_at IS NOT NULL)
    EXECUTE FUNCTION refuse_by_rule();

-- Whoever writes a message holds the lock of its chat's row, so what is seen here is what will be committed.
CREATE FUNCTION refuse_into_silence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT status FROM chat_sessions WHERE id = NEW.session_id) NOT IN ('active', 'closing') THEN
        RAISE EXCEPTION '% on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'HB002', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER chat_messages_while_it_may_be_spoken AFTER INSERT ON chat_messages
    FOR EACH ROW EXECUTE FUNCTION refuse_into_silence();
