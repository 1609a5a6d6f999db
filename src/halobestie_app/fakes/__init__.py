"""Stand-ins for services of others, for the demo and the tests: they speak the real protocols over HTTP."""
