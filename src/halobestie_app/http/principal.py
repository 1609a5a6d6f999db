"""Who is asking: a bearer token becomes a principal. Knows no database and no way to sign.

A token that was verified is remembered until it expires, because verifying costs more than everything else
that a poll needs; what is asked again at every request is whether its log-in was revoked meanwhile.
"""

import time
from collections.abc import Callable
from uuid import UUID

from attrs import field, frozen

from halobestie_core.ports.identity import InvalidToken, Tokens
from halobestie_core.words import UserType

REMEMBERED = 50_000
"""Tokens remembered per listener; with more, the oldest half is forgotten and verified again."""

LONGEST = 4_096
"""Characters of a token that are worth looking at."""


@frozen
class Principal:
    """The person behind a request, as their token says."""

    user_id: UUID
    user_type: UserType
    session_id: UUID
    counted_as: str = field(init=False, repr=False, eq=False)
    """Under what is counted how often they come: made once, for it is needed at every request."""

    @counted_as.default
    def _(self) -> str:
        return str(self.user_id)


class Bearers:
    """Turns ``Authorization`` headers into principals for one listener."""

    def __init__(self, tokens: Tokens, revoked: Callable[[UUID], bool] | None = None) -> None:
        """Verify with ``tokens``; ``revoked`` says whether a log-in (by session id) has ended."""
        self._tokens = tokens
        self._revoked = revoked
        self._known: dict[bytes, tuple[Principal, float]] = {}

    def principal(self, header: bytes | None) -> Principal | None:
        """Give whose header it is; None without one, or when it is not a valid token of this listener."""
        if header is None:
            return None
        known = self._known.get(header)
        if known is None:
            known = self._verified(header)
            if known is None:
                return None
        principal, until = known
        if time.time() >= until:
            del self._known[header]
            return None
        if self._revoked is not None and self._revoked(principal.session_id):
            return None
        return principal

    def _verified(self, header: bytes) -> tuple[Principal, float] | None:
        scheme, _, token = header.partition(b" ")
        if scheme.lower() != b"bearer" or len(token) > LONGEST or not token.isascii():
            return None
        try:
            claims = self._tokens.read(token.decode())
        except InvalidToken:
            return None
        if len(self._known) >= REMEMBERED:
            for oldest in list(self._known)[: REMEMBERED // 2]:
                del self._known[oldest]
        known = Principal(claims.user_id, claims.user_type, claims.session_id), claims.expires_at.timestamp()
        self._known[header] = known
        return known
