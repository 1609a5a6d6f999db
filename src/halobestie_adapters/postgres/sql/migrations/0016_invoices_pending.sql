-- Invoices that can still be paid, by their next look: those of payments that are over, of which there are ever more, must not
-- stand before them. (Those are found by payment_invoices_due, past the few of this index.)
CREATE INDEX payment_invoices_pending ON payment_invoices (next_look_at) WHERE status = 'pending' AND next_look_at IS NOT NULL;
