"""The two local servers, started and stopped with us."""

from halobestie_adapters.embedded.client import EmbeddedStores, find_running
from halobestie_adapters.embedded.errors import EmbeddedError

__all__ = ["EmbeddedError", "EmbeddedStores", "find_running"]
