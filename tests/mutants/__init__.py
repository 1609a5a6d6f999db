"""Mutants of the core: every rule bent in turn, to see that the tests hear it."""
