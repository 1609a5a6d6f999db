-- What a customer in a chat pays for more time with: a cold start asks for it, however many payments they have made.
CREATE INDEX payment_sessions_open_extension ON payment_sessions (customer_id)
    WHERE is_extension AND status IN ('pending', 'confirmed');
