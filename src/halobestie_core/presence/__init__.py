"""Whether a mitra is there, and able to take one more chat."""
