"""The rules of Halo Bestie, pure: what may happen, what it means, and what follows from it."""
