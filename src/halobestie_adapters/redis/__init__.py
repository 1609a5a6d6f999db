"""Presence, relay, cache and budgets on Redis or Valkey."""
