"""Log-ins: opened, renewed with a refresh token, ended. The same for everybody who can log in.

It does not know how anybody proved who they are, nor whether the token travelled in a body or a cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import final
from uuid import UUID

from attrs import field, frozen

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import identity_rules as rules
from halobestie_core.ports.identity import (
    AuthSession,
    InvalidToken,
    Operator,
    Person,
    RefreshTokens,
    Revoked,
    Tokens,
)
from halobestie_core.ports.identity_store import IdentityStore, IdentityUnit
from halobestie_core.words import UserType


@frozen
class LoggedIn:
    """What somebody who logged in is given; `expires_in` is the access token's, in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    who: Person | Operator


def _unheard(_login: UUID) -> None:
    """Nobody keeps a list."""


@final
@frozen
class LogIns:
    """Log-ins of one audience. `new_id` makes their ids.

    `ended` hears of each that ended here, after the commit; it must not wait or fail.
    """

    store: IdentityStore
    tokens: Tokens
    refresh: RefreshTokens
    new_id: Callable[[], UUID]
    ended: Callable[[UUID], None] = _unheard

    async def open(self, unit: IdentityUnit, who: Person | Operator, now: datetime) -> LoggedIn:
        """A new log-in, inside the caller's transaction. Raises Problem FORBIDDEN for somebody blocked."""
        _admit(who)
        session_id = self.new_id()
        first = self.refresh.first(session_id)
        await unit.open_session(
            AuthSession(
                id=session_id,
                user_type=_type_of(who),
                user_id=who.id,
                token_hash=self.refresh.hashed(first),
                generation=0,
                rotated_at=now,
                expires_at=now + rules.IDLE,
                absolute_expires_at=now + rules.ABSOLUTE,
                revoked_at=None,
            )
        )
        return self._given(who, session_id, first, now)

    async def renew(self, token: str) -> LoggedIn:
        """Use a refresh token. Raises Problem UNAUTHENTICATED, or FORBIDDEN for somebody blocked."""
        try:
            presented = self.refresh.read(token)
        except InvalidToken:
            raise _ended() from None
        successors = self.refresh.successors(presented)
        async with self.store.unit() as unit:
            session = await unit.lock_session(presented.session_id)
            now = await unit.now()
            renewal = rules.renew(
                session,
                presented,
                now,
                successors=successors,
                hashed=self.refresh.hashed,
                matches=self.refresh.matches,
            )
            if renewal is rules.Denied.REUSED:
                await unit.revoke_session(presented.session_id, Revoked.REUSE)
            who = None
            if session is not None and not isinstance(renewal, rules.Denied):
                who = await _holder(unit, session)
                if who is not None:
                    _admit(who)
                if isinstance(renewal, rules.Rotated) and who is not None:
                    await unit.rotate_session(renewal.session)
        if renewal is rules.Denied.REUSED:
            self.ended(presented.session_id)
        if isinstance(renewal, rules.Denied) or who is None:
            raise _ended()
        return self._given(who, presented.session_id, renewal.token, now)

    async def end(self, session_id: UUID) -> None:
        """Log out; nothing happens to a log-in that has ended."""
        async with self.store.unit() as unit:
            await unit.revoke_session(session_id, Revoked.LOGOUT)
        self.ended(session_id)

    async def end_by_token(self, token: str) -> None:
        """Log out with a refresh token, also an old one of the family; one that is not ours ends nothing."""
        try:
            presented = self.refresh.read(token)
        except InvalidToken:
            return
        await self.end(presented.session_id)

    def _given(self, who: Person | Operator, session_id: UUID, refresh_token: str, now: datetime) -> LoggedIn:
        access = self.tokens.issue(who.id, _type_of(who), session_id, now)
        return LoggedIn(access, refresh_token, int(self.tokens.lifetime.total_seconds()), who)


async def _holder(unit: IdentityUnit, session: AuthSession) -> Person | Operator | None:
    if session.user_type is UserType.OPERATOR:
        return await unit.operator(session.user_id)
    return await unit.person(session.user_type, session.user_id)


def _type_of(who: Person | Operator) -> UserType:
    return UserType.OPERATOR if isinstance(who, Operator) else who.user_type


def _admit(who: Person | Operator) -> None:
    if who.disabled if isinstance(who, Operator) else who.blocked:
        raise Problem(Code.FORBIDDEN, "This account is blocked.")


def _ended() -> Problem:
    return Problem(Code.UNAUTHENTICATED, "This log-in has ended; please log in again.")
