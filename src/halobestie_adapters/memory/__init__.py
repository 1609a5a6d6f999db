"""Twins of every port that live in memory, held to the same contracts as the real ones."""
