-- A small consistent world in which every invariant holds: the ground on which tests plant one contradiction at a time.
-- Ids are made from words: u('ani') is always the same. Times are relative to the transaction in which this runs.

CREATE FUNCTION u(word text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(word)::uuid $$;

-- Minutes ago (negative: to come).
CREATE FUNCTION ago(minutes numeric) RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT now() - minutes * interval '1 minute' $$;

-- The prices are older than everything that was paid by them.
SET LOCAL session_replication_role = replica;
UPDATE pricing_tiers_history SET at = ago(1000);
UPDATE pricing_promotions_history SET at = ago(1000);
UPDATE pricing_tiers SET updated_at = ago(1000);
UPDATE pricing_promotions SET updated_at = ago(1000);
SET LOCAL session_replication_role = origin;

-- Somebody was told: a frame, or a command for later (whom: null).
CREATE FUNCTION told(said text, about jsonb, whom jsonb, at_ timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO outbox (kind, stream, audience, payload, created_at, next_attempt_at, sent_at)
    SELECT CASE WHEN whom IS NULL THEN 'later' ELSE 'frame' END, 'of the world', coalesce(whom, '{}'),
           about || jsonb_build_object(CASE WHEN whom IS NULL THEN 'command' ELSE 'frame' END, said), at_, at_, at_
$$;

-- What a move is called, and who hears of it.
CREATE FUNCTION heard(machine_ text, command_ text, to_ text, id_ uuid, at_ timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    event_ text := CASE machine_
        WHEN 'payment' THEN CASE command_
            WHEN 'create' THEN 'payment_created' WHEN 'confirm' THEN 'payment_confirmed' WHEN 'hold' THEN 'payment_held'
            WHEN 'consume' THEN 'payment_consumed' WHEN 'fail' THEN 'payment_failed' WHEN 'fall_back' THEN 'fell_back'
            WHEN 'tick' THEN 'payment_expired' END
        WHEN 'pairing' THEN CASE WHEN command_ = 'open' THEN 'pairing_opened' WHEN to_ = 'pending' THEN 'offer_declined'
            WHEN to_ = 'accepted' THEN 'pairing_accepted' ELSE 'pairing_failed' END
        WHEN 'chat' THEN CASE command_
            WHEN 'start' THEN 'session_started' WHEN 'request_extension' THEN 'session_paused'
            WHEN 'extension_accepted' THEN 'session_prolonged'
            WHEN 'time_up' THEN CASE to_ WHEN 'closing' THEN 'session_closing' ELSE 'session_ended' END END
        WHEN 'extension' THEN CASE command_ WHEN 'ask' THEN 'extension_asked' ELSE 'extension_accepted' END
        ELSE 'went_online' END;
    customer jsonb := '{"customer": "somebody"}';
    mitra jsonb := '{"mitra": "somebody"}';
    about jsonb;
BEGIN
    SELECT jsonb_build_object('customer', c.customer_id), jsonb_build_object('mitra', c.mitra_id) INTO customer, mitra
    FROM chat_sessions c LEFT JOIN session_extensions e ON e.session_id = c.id
    WHERE c.id = id_ OR e.id = id_;
    about := jsonb_build_object(CASE machine_ WHEN 'payment' THEN 'payment_session_id' WHEN 'pairing' THEN 'pairing_request_id'
        WHEN 'chat' THEN 'session_id' WHEN 'extension' THEN 'extension_id' ELSE 'mitra_id' END, id_);
    customer := coalesce(customer, '{"customer": "somebody"}');
    mitra := coalesce(mitra, '{"mitra": "somebody"}');
    CASE
        WHEN event_ IN ('payment_confirmed', 'payment_expired', 'session_paused', 'pairing_failed') THEN
            PERFORM told(event_, about, customer, at_);
        WHEN event_ = 'pairing_opened' THEN
            PERFORM told('chat_request', about, jsonb_build_object('request', id_), at_);
            PERFORM told('look_again', jsonb_build_object('request_id', id_), NULL, at_);
        WHEN event_ = 'pairing_accepted' THEN
            PERFORM told('paired', about, side, at_) FROM unnest(ARRAY[customer, mitra]) AS side;
        WHEN event_ = 'session_prolonged' THEN
            PERFORM told('session_resumed', about, side, at_) FROM unnest(ARRAY[customer, mitra]) AS side;
        WHEN event_ = 'session_closing' THEN
            PERFORM told(event_, about, side, at_) FROM unnest(ARRAY[customer, mitra]) AS side;
        WHEN event_ = 'session_ended' THEN
            PERFORM told(event_, about, side, at_) FROM unnest(ARRAY[customer, mitra]) AS side;
            PERFORM told('mitra_became_eligible', jsonb_build_object('mitra_id', mitra -> 'mitra'), NULL, at_);
        WHEN event_ = 'extension_asked' THEN PERFORM told('extension_request', about, mitra, at_);
        WHEN event_ = 'extension_accepted' THEN PERFORM told('extension_response', about, customer, at_);
        WHEN event_ = 'went_online' THEN PERFORM told('mitra_became_eligible', about, NULL, at_);
        ELSE NULL;
    END CASE;
    RETURN event_;
END $$;

CREATE FUNCTION moved(machine_ text, word text, version_ integer, from_ text, to_ text, command_ text, at_ timestamptz,
                      cause text DEFAULT NULL, facts_ jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
    INSERT INTO transitions (machine, aggregate_id, version, from_state, to_state, command, event, cause_tag, actor_type,
                             at, facts, body, fingerprint, previous_hash, hash)
    SELECT machine_, u(word), version_, from_, to_, command_, heard(machine_, command_, to_, u(word), at_), cause, 'system',
           at_, facts_ ||
           CASE WHEN machine_ = 'pairing' AND command_ = 'accept' THEN '{"online": true, "live_chats": 2, "cap": 3}'
                WHEN machine_ = 'pairing' AND command_ = 'decline' THEN '{"eligible_left": false}'
                WHEN machine_ = 'chat' AND command_ = 'extension_accepted' THEN '{"minutes": 5}'
                WHEN machine_ = 'chat' AND command_ = 'time_up' THEN '{"grace_seconds": 60}'
                WHEN machine_ = 'extension' THEN '{"policy": "auto_approve", "ws_connected": true, "online": true}'
                ELSE '{}' END::jsonb, '', '',
           (SELECT hash FROM transitions
            WHERE machine = machine_ AND aggregate_id = u(word) AND version = version_ - 1),
           sha256(convert_to(machine_ || word || version_, 'utf8'))
$$;

-- A payment of a tier of five minutes, pending since then, and the move that made it.
CREATE FUNCTION paid(word text, customer text, at timestamptz, extends boolean DEFAULT false,
                     target text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount,
                                  status, targeted_mitra_id, provider, price_source_id, created_at, expires_at, wake_at,
                                  version)
    SELECT u(word), u(customer), 10000, 'chat', 5, extends, false, 'pending', u(target), 'development', version_id, at,
           at + interval '20 minutes', at + interval '20 minutes', 1
    FROM pricing_tiers WHERE minutes = 5;
    SELECT moved('payment', word, 1, NULL, 'pending', 'create', at);
$$;

-- It is confirmed: the money is there.
CREATE FUNCTION confirmed(word text, at timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO payment_captures (id, provider, provider_invoice_id, payment_session_id, amount, currency, paid_at,
                                  recorded_at)
    SELECT u('capture ' || word), 'development', u(word)::text, u(word), amount, 'IDR', at, at
    FROM payment_sessions WHERE id = u(word) AND amount > 0;
    UPDATE payment_sessions
    SET status = 'confirmed', version = 2, confirmed_at = at, expires_at = at + interval '20 minutes',
        wake_at = at + interval '20 minutes'
    WHERE id = u(word);
    SELECT moved('payment', word, 2, 'pending', 'confirmed', 'confirm', at, NULL, jsonb_build_object('captured', amount > 0))
    FROM payment_sessions WHERE id = u(word);
$$;

-- A request opens on it and takes hold of it; it was offered to sari and tini, or to the target alone.
CREATE FUNCTION searched(word text, payment text, at timestamptz, target text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pairing_requests (id, customer_id, payment_session_id, kind, status, targeted_mitra_id, topic_sensitivity,
                                  mode, duration_minutes, created_at, deadline_at, timeout_seconds, wake_at, version)
    SELECT u(word), customer_id, id, CASE WHEN target IS NULL THEN 'general' ELSE 'returning' END, 'pending', u(target),
           'normal', 'chat', 5, at, at + interval '60 seconds', 60, at + interval '60 seconds', 1
    FROM payment_sessions WHERE id = u(payment);
    INSERT INTO pairing_waves VALUES
        (u(word), 1, CASE WHEN target IS NULL THEN ARRAY[u('sari'), u('tini')] ELSE ARRAY[u(target)] END, at);
    SELECT moved('pairing', word, 1, NULL, 'pending', 'open', at, NULL, jsonb_build_object('kind', kind))
    FROM pairing_requests WHERE id = u(word);
$$;

CREATE FUNCTION held(word text, version_ integer, holder text, at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE payment_sessions SET held_by = u(holder), wake_at = NULL, version = version_ WHERE id = u(word);
    SELECT moved('payment', word, version_, 'confirmed', 'confirmed', 'hold', at, NULL, jsonb_build_object('by', u(holder)));
$$;

-- It fails: a failure row, and the money is owed.
CREATE FUNCTION failed(word text, version_ integer, cause text, at_ timestamptz, request text DEFAULT NULL,
                       fallback boolean DEFAULT true) RETURNS void LANGUAGE sql AS $$
    UPDATE payment_sessions
    SET status = 'failed_pairing', cause_tag = cause, held_by = NULL, version = version_, fallback_open = fallback,
        fallback_until = CASE WHEN fallback THEN expires_at END, wake_at = CASE WHEN fallback THEN expires_at END
    WHERE id = u(word);
    INSERT INTO pairing_failures (id, payment_session_id, customer_id, pairing_request_id, targeted_mitra_id, cause_tag, amount,
                                  created_at)
    SELECT u('failure ' || word), id, customer_id, u(request), targeted_mitra_id, cause, amount, at_
    FROM payment_sessions WHERE id = u(word);
    INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, failure_id)
    SELECT u('due ' || word), customer_id, id, 'refund_due', amount, at_, u('failure ' || word)
    FROM payment_sessions WHERE id = u(word);
    SELECT moved('payment', word, version_, 'confirmed', 'failed_pairing', 'fail', at_, cause);
$$;

-- It became minutes: charged.
CREATE FUNCTION consumed(word text, version_ integer, at_ timestamptz, session text, extension text DEFAULT NULL)
RETURNS void LANGUAGE sql AS $$
    UPDATE payment_sessions
    SET status = 'consumed', consumed_at = at_, held_by = NULL, wake_at = NULL, version = version_ WHERE id = u(word);
    INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, session_id, extension_id)
    SELECT u('charge ' || word), customer_id, id, CASE WHEN is_extension THEN 'extension' ELSE 'session' END, amount, at_,
           u(session), u(extension)
    FROM payment_sessions WHERE id = u(word);
    SELECT moved('payment', word, version_, 'confirmed', 'consumed', 'consume', at_);
$$;

-- sari accepts: a chat of five minutes begins.
CREATE FUNCTION accepted(word text, session text, at_ timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at) VALUES (u(word), u('sari'), 'accepted', at_);
    UPDATE pairing_requests
    SET status = 'accepted', winner_mitra_id = u('sari'), session_id = u(session), wake_at = NULL, version = 2
    WHERE id = u(word);
    SELECT moved('pairing', word, 2, 'pending', 'accepted', 'accept', at_);
    INSERT INTO chat_sessions (id, customer_id, mitra_id, payment_session_id, pairing_request_id, mode, topic_sensitivity,
                               status, started_at, expires_at, wake_at, version)
    SELECT u(session), customer_id, u('sari'), payment_session_id, id, mode, topic_sensitivity, 'active', at_,
           at_ + interval '5 minutes', at_ + interval '5 minutes', 1
    FROM pairing_requests WHERE id = u(word);
    SELECT moved('chat', session, 1, NULL, 'active', 'start', at_);
$$;

CREATE FUNCTION asked(word text, session text, payment text, at_ timestamptz) RETURNS void LANGUAGE sql AS $$
    INSERT INTO session_extensions (id, session_id, payment_session_id, requested_duration_minutes, requested_price, status,
                                    requested_at, deadline_at, timeout_seconds, wake_at, version)
    VALUES (u(word), u(session), u(payment), 5, 10000, 'pending', at_, at_ + interval '100 seconds', 100,
            at_ + interval '100 seconds', 1);
    SELECT moved('extension', word, 1, NULL, 'pending', 'ask', at_);
$$;

INSERT INTO cc_users (id, email, password_hash) VALUES (u('operator'), 'operator@example.org', '');
INSERT INTO customers (id, display_name)
SELECT u(name), name FROM unnest(ARRAY['ani', 'budi', 'citra', 'dewi', 'eka', 'fitri', 'gita']) AS name;
INSERT INTO mitras (id, phone, display_name) VALUES (u('sari'), '+621', 'sari'), (u('tini'), '+622', 'tini');
UPDATE mitras SET is_online = true, last_heartbeat_at = now(), version = 2;
SELECT moved('presence', word, 2, 'offline', 'online', 'go_online', ago(180)) FROM unnest(ARRAY['sari', 'tini']) AS word;

-- The seeds are as old as this transaction; what happened before it still names them.

-- ani talks with sari, has prolonged once, and asks again.
SELECT paid('ani pays', 'ani', ago(9)), confirmed('ani pays', ago(8)), searched('ani seeks', 'ani pays', ago(7)),
       held('ani pays', 3, 'ani seeks', ago(7)), accepted('ani seeks', 'ani chats', ago(6.5)),
       consumed('ani pays', 4, ago(6.5), 'ani chats');
INSERT INTO chat_keys (session_id, author, wrapped_key, key_id)
VALUES (u('ani chats'), 'customer', '', 'key'), (u('ani chats'), 'mitra', '', 'key');
INSERT INTO chat_messages VALUES
    (u('ani chats'), 1, 'customer', u('message 1'), '', ago(6)), (u('ani chats'), 2, 'mitra', u('message 2'), '', ago(5));
SELECT told('message', jsonb_build_object('session_id', u('ani chats'), 'seq', seq), side, ago(7.0 - seq))
FROM generate_series(1, 2) AS seq, unnest(ARRAY[jsonb_build_object('customer', u('ani')), jsonb_build_object('mitra', u('sari'))]) AS side;
SELECT paid('ani extends', 'ani', ago(5), true), confirmed('ani extends', ago(4)),
       asked('ani asks', 'ani chats', 'ani extends', ago(3)), held('ani extends', 3, 'ani asks', ago(3)),
       moved('chat', 'ani chats', 2, 'active', 'extending', 'request_extension', ago(3));
UPDATE session_extensions SET status = 'accepted', responded_at = ago(2.9), wake_at = NULL, version = 2
WHERE id = u('ani asks');
SELECT moved('extension', 'ani asks', 2, 'pending', 'accepted', 'accept', ago(2.9)),
       consumed('ani extends', 4, ago(2.9), 'ani chats', 'ani asks'),
       moved('chat', 'ani chats', 3, 'extending', 'active', 'extension_accepted', ago(2.9));
SELECT paid('ani extends more', 'ani', ago(1), true), confirmed('ani extends more', ago(0.5)),
       asked('ani asks more', 'ani chats', 'ani extends more', now()),
       held('ani extends more', 3, 'ani asks more', now()),
       moved('chat', 'ani chats', 4, 'active', 'extending', 'request_extension', now());
UPDATE chat_sessions
SET status = 'extending', version = 4, wake_at = NULL, paused_seconds = 6,
    expires_at = started_at + interval '10 minutes 6 seconds', remaining_seconds = 216, last_seq = 2
WHERE id = u('ani chats');
UPDATE mitras SET live_chats = 1 WHERE id = u('sari');

-- budi found nobody and may fall back.
SELECT paid('budi pays', 'budi', ago(9)), confirmed('budi pays', ago(8)), searched('budi seeks', 'budi pays', ago(7)),
       held('budi pays', 3, 'budi seeks', ago(7));
UPDATE pairing_requests SET status = 'expired', cause_tag = 'no_mitra_available', wake_at = NULL, version = 2
WHERE id = u('budi seeks');
SELECT moved('pairing', 'budi seeks', 2, 'pending', 'expired', 'time_up', ago(6), 'no_mitra_available'),
       failed('budi pays', 4, 'no_mitra_available', ago(6), 'budi seeks');

-- citra asked sari, who was silent, and now seeks anybody with the same money; tini has declined.
SELECT paid('citra pays', 'citra', ago(9), false, 'sari'), confirmed('citra pays', ago(8)),
       searched('citra asks sari', 'citra pays', ago(7), 'sari'), held('citra pays', 3, 'citra asks sari', ago(7));
UPDATE pairing_requests SET status = 'auto_rejected', cause_tag = 'targeted_mitra_timeout', wake_at = NULL, version = 2
WHERE id = u('citra asks sari');
SELECT moved('pairing', 'citra asks sari', 2, 'pending', 'auto_rejected', 'time_up', ago(6), 'targeted_mitra_timeout'),
       failed('citra pays', 4, 'targeted_mitra_timeout', ago(6), 'citra asks sari');
UPDATE pairing_failures SET superseded_at = ago(0.3) WHERE id = u('failure citra pays');
INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, failure_id)
VALUES (u('reversed citra pays'), u('citra'), u('citra pays'), 'refund_reversed', 10000, ago(0.3), u('failure citra pays'));
UPDATE payment_sessions
SET status = 'confirmed', cause_tag = NULL, fallback_open = false, held_by = u('citra seeks'), wake_at = NULL, version = 5
WHERE id = u('citra pays');
SELECT moved('payment', 'citra pays', 5, 'failed_pairing', 'confirmed', 'fall_back', ago(0.3), NULL,
             jsonb_build_object('by', u('citra seeks'))),
       searched('citra seeks', 'citra pays', ago(0.3)),
       moved('pairing', 'citra seeks', 2, 'pending', 'pending', 'decline', ago(0.2));
UPDATE pairing_requests SET version = 2 WHERE id = u('citra seeks');
INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at) VALUES
    (u('citra seeks'), u('tini'), 'declined', ago(0.2));

-- dewi cancelled and was refunded; her money had come twice. Somebody unknown paid too.
SELECT paid('dewi pays', 'dewi', ago(9)), confirmed('dewi pays', ago(8)),
       failed('dewi pays', 3, 'customer_cancelled', ago(7), NULL, false);
UPDATE pairing_failures
SET operator_action = 'refunded', actioned_by = u('operator'), actioned_at = ago(5), note = 'by transfer'
WHERE id = u('failure dewi pays');
INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, failure_id)
VALUES (u('refunded dewi'), u('dewi'), u('dewi pays'), 'refunded', 10000, ago(5), u('failure dewi pays'));
INSERT INTO payment_captures VALUES
    (u('dewi again'), 'xendit', 'again', u('dewi pays'), 7000, 'IDR', ago(6), ago(6)),
    (u('stray'), 'xendit', 'stray', NULL, 500, 'IDR', ago(6), ago(6));
INSERT INTO pairing_failures (id, payment_session_id, customer_id, capture_id, cause_tag, amount, created_at) VALUES
    (u('failure dewi again'), u('dewi pays'), u('dewi'), u('dewi again'), 'payment_mismatch', 7000, ago(6)),
    (u('failure stray'), NULL, NULL, u('stray'), 'payment_mismatch', 500, ago(6));
INSERT INTO customer_transactions (id, customer_id, payment_session_id, kind, amount, at, failure_id) VALUES
    (u('due dewi again'), u('dewi'), u('dewi pays'), 'refund_due', 7000, ago(6), u('failure dewi again')),
    (u('due stray'), NULL, NULL, 'refund_due', 500, ago(6), u('failure stray'));

-- eka has a payment that ran out, and one that is pending.
SELECT paid('eka hesitates', 'eka', ago(40));
UPDATE payment_sessions SET status = 'expired', wake_at = NULL, version = 2 WHERE id = u('eka hesitates');
SELECT moved('payment', 'eka hesitates', 2, 'pending', 'expired', 'tick', ago(19)), paid('eka pays', 'eka', ago(1));

-- fitri had her first session for nothing; it is over.
INSERT INTO pricing_promotions_history (id, key, change_kind, changed_by, at, before, after)
SELECT u('promotion on'), key, 'reactivated', u('operator'), ago(100), after, after || '{"is_active": true}'
FROM pricing_promotions_history;
INSERT INTO pricing_promotions_history (id, key, change_kind, changed_by, at, before, after)
SELECT u('promotion off'), key, 'deactivated', u('operator'), ago(45), after, after || '{"is_active": false}'
FROM pricing_promotions_history WHERE id = u('promotion on');
UPDATE pricing_promotions SET version_id = u('promotion off'), updated_at = ago(45);
INSERT INTO payment_sessions (id, customer_id, amount, mode, duration_minutes, is_extension, is_first_session_discount,
                              status, provider, price_source_id, created_at, expires_at, wake_at, version)
VALUES (u('fitri pays'), u('fitri'), 0, 'chat', 5, false, true, 'pending', 'none', u('promotion on'), ago(60), ago(40),
        ago(40), 1);
SELECT moved('payment', 'fitri pays', 1, NULL, 'pending', 'create', ago(60)), confirmed('fitri pays', ago(59)),
       searched('fitri seeks', 'fitri pays', ago(58)), held('fitri pays', 3, 'fitri seeks', ago(58)),
       accepted('fitri seeks', 'fitri chats', ago(57.5)), consumed('fitri pays', 4, ago(57.5), 'fitri chats');
UPDATE chat_sessions SET status = 'ended', end_reason = 'time_up', ended_at = ago(51), wake_at = NULL, version = 3
WHERE id = u('fitri chats');
SELECT moved('chat', 'fitri chats', 2, 'active', 'closing', 'time_up', ago(52.5)),
       moved('chat', 'fitri chats', 3, 'closing', 'ended', 'time_up', ago(51));

-- Both declined gita.
SELECT paid('gita pays', 'gita', ago(9)), confirmed('gita pays', ago(8)), searched('gita seeks', 'gita pays', ago(7)),
       held('gita pays', 3, 'gita seeks', ago(7));
INSERT INTO pairing_answers (pairing_request_id, mitra_id, answer, at) VALUES
    (u('gita seeks'), u('sari'), 'declined', ago(6.9)), (u('gita seeks'), u('tini'), 'declined', ago(6.8));
UPDATE pairing_requests SET status = 'rejected', cause_tag = 'all_mitras_rejected', wake_at = NULL, version = 3
WHERE id = u('gita seeks');
SELECT moved('pairing', 'gita seeks', 2, 'pending', 'pending', 'decline', ago(6.9)),
       moved('pairing', 'gita seeks', 3, 'pending', 'rejected', 'decline', ago(6.8), 'all_mitras_rejected'),
       failed('gita pays', 4, 'all_mitras_rejected', ago(6.8), 'gita seeks');

-- From now on minutes are counted from the moment of this world, however long a test looks at it.
DO $$ BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION ago(minutes numeric) RETURNS timestamptz LANGUAGE sql STABLE AS %L',
        format('SELECT timestamptz %L - minutes * interval ''1 minute''', now()));
END $$;
