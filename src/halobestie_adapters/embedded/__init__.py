"""The two local servers, started and stopped with us."""
