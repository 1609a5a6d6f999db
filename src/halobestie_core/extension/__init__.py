"""A request for more time inside a running chat."""
