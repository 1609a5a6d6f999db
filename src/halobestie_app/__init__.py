"""The server and the command line: use cases, listeners, workers, and the wiring of it all."""
