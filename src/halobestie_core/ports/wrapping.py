"""Keys that are kept wrapped by a key of the deployment, as a port. Knows no store and no algorithm."""

from typing import Protocol

from attrs import field, frozen


@frozen
class Wrapped:
    """A key that is of no use without the deployment's; ``key_id`` names the one of those that wrapped it."""

    name: str
    key_id: str
    wrapped_key: bytes = field(repr=False)


class KeyWrap(Protocol):
    """Makes keys, wraps and unwraps them. No I/O."""

    def new(self, name: str) -> Wrapped:
        """Draw a key by chance."""
        ...

    def unwrapped(self, key: Wrapped) -> bytes:
        """Return the key itself. Raises `halobestie_core.ports.cipher.CannotOpen`."""
        ...

    def rewrapped(self, key: Wrapped) -> Wrapped | None:
        """Return the same key, wrapped by the newest; None if it is. Raises `CannotOpen`."""
        ...
