"""What the ports of the core are plugged into: stores, presence, identity, embedded servers."""
