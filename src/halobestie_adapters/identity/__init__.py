"""Tokens, passwords and one-time codes."""
