-- Seals: what is written once and never changed says so by itself. Money, failures and histories have no chain of moves; each
-- row bears the hash of what it said when it was written, made by the database. So a row that was changed afterwards, with the
-- triggers that refuse it switched off, is found, down to a note or a name that nothing else in the database repeats.

-- The hash of a row. Nulls are left out, so that a nullable column added later breaks no seal.
CREATE FUNCTION seal_of(said jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN sha256(convert_to(jsonb_strip_nulls(said)::text, 'UTF8'));

-- Seals a new row, but for the columns named as arguments. Instants are written in UTC, whoever asks.
CREATE FUNCTION seal_row() RETURNS trigger LANGUAGE plpgsql SET TimeZone = 'UTC' AS $$
BEGIN
    NEW.seal := seal_of(to_jsonb(NEW) - TG_ARGV);
    RETURN NEW;
END
$$;

-- Seals what became of a failure: an operator's action or its superseding, whichever comes, comes once.
CREATE FUNCTION seal_end() RETURNS trigger LANGUAGE plpgsql SET TimeZone = 'UTC' AS $$
BEGIN
    NEW.end_seal := seal_of(to_jsonb(NEW) - TG_ARGV);
    RETURN NEW;
END
$$;

ALTER TABLE payment_captures ADD COLUMN seal bytea;
ALTER TABLE pairing_failures ADD COLUMN seal bytea, ADD COLUMN end_seal bytea;
ALTER TABLE customer_transactions ADD COLUMN seal bytea;
ALTER TABLE pricing_tiers_history ADD COLUMN seal bytea;
ALTER TABLE pricing_promotions_history ADD COLUMN seal bytea;
ALTER TABLE app_config_history ADD COLUMN seal bytea;
ALTER TABLE operator_changes ADD COLUMN seal bytea;

-- What is there already is sealed as it stands; the guards look away for that one moment, in this transaction.
SET LOCAL TimeZone = 'UTC';

ALTER TABLE payment_captures DISABLE TRIGGER USER;
UPDATE payment_captures x SET seal = seal_of(to_jsonb(x) - 'seal');
ALTER TABLE payment_captures ENABLE TRIGGER USER;

ALTER TABLE pairing_failures DISABLE TRIGGER USER;
UPDATE pairing_failures x
SET seal = seal_of(to_jsonb(x) - ARRAY['seal', 'end_seal', 'state', 'operator_action', 'note', 'actioned_by', 'actioned_at',
                                       'superseded_at']),
    end_seal = CASE WHEN num_nonnulls(operator_action, superseded_at) > 0
                    THEN seal_of(to_jsonb(x) - ARRAY['seal', 'end_seal', 'state']) END;
ALTER TABLE pairing_failures ENABLE TRIGGER USER;

ALTER TABLE customer_transactions DISABLE TRIGGER USER;
UPDATE customer_transactions x SET seal = seal_of(to_jsonb(x) - 'seal');
ALTER TABLE customer_transactions ENABLE TRIGGER USER;

ALTER TABLE pricing_tiers_history DISABLE TRIGGER USER;
UPDATE pricing_tiers_history x SET seal = seal_of(to_jsonb(x) - 'seal');
ALTER TABLE pricing_tiers_history ENABLE TRIGGER USER;

ALTER TABLE pricing_promotions_history DISABLE TRIGGER USER;
UPDATE pricing_promotions_history x SET seal = seal_of(to_jsonb(x) - 'seal');
ALTER TABLE pricing_promotions_history ENABLE TRIGGER USER;

ALTER TABLE app_config_history DISABLE TRIGGER USER;
UPDATE app_config_history x SET seal = seal_of(to_jsonb(x) - 'seal');
ALTER TABLE app_config_history ENABLE TRIGGER USER;

ALTER TABLE operator_changes DISABLE TRIGGER USER;
UPDATE operator_changes x SET seal = seal_of(to_jsonb(x) - 'seal');
ALTER TABLE operator_changes ENABLE TRIGGER USER;

CREATE TRIGGER payment_captures_sealed BEFORE INSERT ON payment_captures
    FOR EACH ROW EXECUTE FUNCTION seal_row('seal');
CREATE TRIGGER customer_transactions_sealed BEFORE INSERT ON customer_transactions
    FOR EACH ROW EXECUTE FUNCTION seal_row('seal');
CREATE TRIGGER pricing_tiers_history_sealed BEFORE INSERT ON pricing_tiers_history
    FOR EACH ROW EXECUTE FUNCTION seal_row('seal');
CREATE TRIGGER pricing_promotions_history_sealed BEFORE INSERT ON pricing_promotions_history
    FOR EACH ROW EXECUTE FUNCTION seal_row('seal');
CREATE TRIGGER app_config_history_sealed BEFORE INSERT ON app_config_history
    FOR EACH ROW EXECUTE FUNCTION seal_row('seal');
CREATE TRIGGER operator_changes_sealed BEFORE INSERT ON operator_changes
    FOR EACH ROW EXECUTE FUNCTION seal_row('seal');
-- The column `state` is derived after this trigger has run.
CREATE TRIGGER pairing_failures_sealed BEFORE INSERT ON pairing_failures
    FOR EACH ROW EXECUTE FUNCTION seal_row(
        'seal', 'end_seal', 'state', 'operator_action', 'note', 'actioned_by', 'actioned_at', 'superseded_at');
CREATE TRIGGER pairing_failures_end_sealed BEFORE UPDATE ON pairing_failures FOR EACH ROW
    WHEN (OLD.end_seal IS NULL AND num_nonnulls(NEW.operator_action, NEW.superseded_at) > 0)
    EXECUTE FUNCTION seal_end('seal', 'end_seal', 'state');
