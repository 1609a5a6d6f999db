-- Who somebody is at another house, and what has been spent of the budgets of identity.

-- The provider's own name for somebody, which never changes; of what else a token says nothing is kept, least of all an e-mail.
CREATE TABLE external_identities (
    provider    text NOT NULL,
    subject     text NOT NULL,
    customer_id uuid NOT NULL REFERENCES customers (id),
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider, subject),
    CONSTRAINT external_identities_provider_known CHECK (provider IN ('google', 'apple')),
    CONSTRAINT external_identities_subject_bounded CHECK (length(subject) BETWEEN 1 AND 255)
);

CREATE INDEX external_identities_of_customer ON external_identities (customer_id);

-- How often somebody did something since `began_at`, while their time lasts: codes asked for from one address, codes sent to
-- everybody, log-ins tried from one address. Who it was is kept as a keyed hash. What was refused is counted too, which
-- lengthens nothing: the time runs from the first.
CREATE TABLE identity_budgets (
    budget   text NOT NULL,
    key_hash bytea NOT NULL,
    began_at timestamptz NOT NULL,
    spent    bigint NOT NULL,
    PRIMARY KEY (budget, key_hash),
    CONSTRAINT identity_budgets_hashed CHECK (octet_length(key_hash) = 32),
    CONSTRAINT identity_budgets_counted CHECK (spent >= 1)
);

CREATE INDEX identity_budgets_by_age ON identity_budgets (began_at);
