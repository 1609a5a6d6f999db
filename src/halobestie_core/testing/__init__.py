"""Hypothesis strategies and ready evenings, for whoever imports the core."""
