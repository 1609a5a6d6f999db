-- Invoices: every hosted page that can still bring money, and when to ask for it. And what a webhook named, for those who look
-- into what could not be applied.

-- The payment names the one that was handed out; here are all. The gateway is asked again at next_look_at; null: no more
-- money can come of it that we do not know.
CREATE TABLE payment_invoices (
    provider           text NOT NULL,
    invoice_id         text NOT NULL,
    payment_session_id uuid REFERENCES payment_sessions (id), -- null: it matches nobody's
    url                text,
    amount             bigint NOT NULL,
    status             text NOT NULL, -- the last that the gateway said
    created_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    looked_at          timestamptz,
    next_look_at       timestamptz,
    PRIMARY KEY (provider, invoice_id),
    CONSTRAINT payment_invoices_provider_known CHECK (provider IN ('development', 'xendit')),
    CONSTRAINT payment_invoices_status_known CHECK (status IN ('pending', 'expired', 'paid', 'unknown'))
);

CREATE INDEX payment_invoices_due ON payment_invoices (next_look_at) WHERE next_look_at IS NOT NULL;
CREATE INDEX payment_invoices_open ON payment_invoices (invoice_id) WHERE next_look_at IS NOT NULL;
CREATE INDEX payment_invoices_of_payment ON payment_invoices (payment_session_id);

-- As the body says, believed by nobody.
ALTER TABLE webhook_inbox
    ADD COLUMN external_id text,
    ADD COLUMN amount bigint,
    ADD COLUMN paid_amount bigint,
    ADD COLUMN currency text,
    ADD CONSTRAINT webhook_inbox_note_short CHECK (length(resolve_note) BETWEEN 1 AND 1000);
