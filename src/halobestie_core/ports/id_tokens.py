"""Who somebody is at another house: an identity token and what it proves. Knows no provider's protocol."""

from enum import StrEnum
from typing import Protocol

from attrs import field, frozen


class IdentityProvider(StrEnum):
    """Whose word is taken for who somebody is."""

    GOOGLE = "google"
    APPLE = "apple"


@frozen
class OutsideIdentity:
    """A person as their provider knows them: ``subject`` never changes; ``name`` is what they go by, if told.

    Neither is ever logged.
    """

    provider: IdentityProvider
    subject: str = field(repr=False)
    name: str | None = field(repr=False, default=None)


class ProviderAway(Exception):
    """The provider's keys cannot be had, so nothing can be judged. Try again later."""


class IdTokens(Protocol):
    """Judges one provider's identity tokens."""

    async def verified(self, id_token: str) -> OutsideIdentity:
        """Return whom a genuine, live token for one of our apps names.

        Raises `halobestie_core.ports.identity.InvalidToken`, or `ProviderAway` within a few seconds.
        """
        ...
