"""A payment session, from a chosen price to its use or its loss."""
