"""A chat session, from its first second to its closing."""
