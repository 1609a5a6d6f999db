"""Ciphers: how chat text is kept secret at rest."""
