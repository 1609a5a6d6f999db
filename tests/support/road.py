"""The way to whoever speaks HTTP, which can be cut as a network is. Knows no page."""

from urllib.parse import urlsplit

from support.line import Line


class Road(Line):
    """Listens on a port of its own, which is the origin that a browser knows; leads to one listener."""

    def __init__(self, base: str) -> None:
        super().__init__(base)

    @property
    def url(self) -> str:
        """Where a browser, or a server, goes; without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def leads_to(self, base: str) -> None:
        """Lead somewhere else from now on: a server that was started again has other ports."""
        parts = urlsplit(base)
        self._host, self._port = parts.hostname, parts.port or 80
