-- How many webhooks there are of each state, counted by reading an index and no row: bodies are long, and rows are kept for ever.
-- (Those that wait, and those in quarantine, are counted by the indexes by which they are found.)
CREATE INDEX webhook_inbox_applied ON webhook_inbox (received_at) WHERE applied_at IS NOT NULL;
CREATE INDEX webhook_inbox_resolved ON webhook_inbox (received_at) WHERE resolved_at IS NOT NULL;
