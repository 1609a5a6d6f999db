"""Puts the parts together: the one module that picks concrete adapters."""
