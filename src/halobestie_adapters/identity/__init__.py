"""Tokens, passwords and one-time codes: the cryptography of identity, without a store and without a rule."""
