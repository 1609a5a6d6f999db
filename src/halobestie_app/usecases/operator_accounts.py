"""Operators: their accounts, and how they log in.

It does not know how a password is hashed, nor anything of cookies. An address without an account is
treated, counted and delayed exactly as one with.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, final
from uuid import UUID

from attrs import evolve, frozen

from halobestie_adapters.errors import Clash, Conflict
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import identity_budgets as budgets
from halobestie_app.usecases import identity_rules as rules
from halobestie_app.usecases.identity import AccountRefused
from halobestie_app.usecases.identity_budgets import Limits
from halobestie_app.usecases.log_ins import LoggedIn, LogIns
from halobestie_core.ports.identity import (
    Change,
    ChangeKind,
    Codes,
    Operator,
    PasswordHasher,
    Revoked,
    TooManyWaiting,
)
from halobestie_core.ports.identity_store import IdentityStore, IdentityUnit
from halobestie_core.words import UserType

_ENDS_LOG_INS: Final = {
    ChangeKind.DISABLED: Revoked.BLOCKED,
    ChangeKind.PASSWORD_CHANGED: Revoked.PASSWORD_CHANGED,
}


@final
@frozen
class OperatorAccounts:
    """The use cases; `log_ins` are those of the internal listener."""

    store: IdentityStore
    log_ins: LogIns
    codes: Codes
    passwords: PasswordHasher
    new_id: Callable[[], UUID]
    limits: Limits

    async def log_in(self, email: str, password: str, address: str = budgets.NOWHERE) -> LoggedIn:
        """Open a log-in. `address`: where the operator is.

        Raises Problem UNAUTHENTICATED, RATE_LIMITED, UNAVAILABLE (too many log-ins at once).
        """
        email = email.strip().lower()
        key = self.codes.hashed_email(email)
        async with self.store.unit() as unit:
            problem = await self._wait(unit, key, address)
            operator = None if problem else await unit.operator_by_email(email)
        if problem is not None:
            raise problem
        if not await self._same(password, operator):
            operator = None
        if operator is None:
            raise _wrong()
        return await self._admitted(operator, password, key)

    async def create_operator(self, email: str, password: str) -> Operator:
        """From the command line. Raises AccountRefused."""
        kept = rules.email_of(email)
        if kept is None:
            raise AccountRefused("this is not an e-mail address")
        _long_enough(password)
        operator = Operator(self.new_id(), kept, await self.passwords.hash(password), disabled=False)
        try:
            async with self.store.unit() as unit:
                await unit.add_operator(operator)
                after = {"email": operator.email}
                await unit.keep_change(
                    Change(UserType.OPERATOR, operator.id, ChangeKind.CREATED, after=after)
                )
        except Conflict as there:
            if there.clash is not Clash.OPERATOR_EMAIL:
                raise
            raise AccountRefused("an operator with this e-mail address is there already") from None
        return operator

    async def change_password(self, email: str, password: str) -> Operator:
        """From the command line. Every log-in of the operator ends. Raises AccountRefused."""
        _long_enough(password)
        return await self._changed(
            email, ChangeKind.PASSWORD_CHANGED, password_hash=await self.passwords.hash(password)
        )

    async def disable(self, email: str) -> Operator:
        """From the command line: log-ins end, and none begins. Raises AccountRefused."""
        return await self._changed(email, ChangeKind.DISABLED, disabled=True)

    async def enable(self, email: str) -> Operator:
        """From the command line: let a disabled operator log in again. Raises AccountRefused."""
        return await self._changed(email, ChangeKind.ENABLED, disabled=False)

    async def _changed(
        self, email: str, kind: ChangeKind, *, password_hash: str | None = None, disabled: bool | None = None
    ) -> Operator:
        async with self.store.unit() as unit:
            known = await unit.operator_by_email(email.strip().lower())
            before = None if known is None else await unit.lock_operator(known.id)
            if before is None:
                raise AccountRefused("there is no operator with this e-mail address")
            after = evolve(
                before,
                password_hash=before.password_hash if password_hash is None else password_hash,
                disabled=before.disabled if disabled is None else disabled,
            )
            if after != before:
                await unit.set_operator(after.id, after.password_hash, disabled=after.disabled)
                if kind in _ENDS_LOG_INS:
                    await unit.revoke_sessions(UserType.OPERATOR, after.id, _ENDS_LOG_INS[kind])
                if kind is ChangeKind.PASSWORD_CHANGED:  # who forgot the old one need not wait for that
                    await unit.forget_attempts(self.codes.hashed_email(after.email))
                await unit.keep_change(Change(UserType.OPERATOR, after.id, kind))
        return after

    async def _wait(self, unit: IdentityUnit, key: bytes, address: str) -> Problem | None:
        """Count a try from this address and on this e-mail address; the refusal when it is one too many."""
        budget = self.limits.log_ins_per_address
        wait = budgets.wait_for(budget, await unit.spend(budget, self.codes.hashed_address(address)))
        if wait:
            return _too_many("Too many log-ins were tried from here", wait)
        attempts = await unit.lock_attempts(key)
        now = await unit.now()
        wait = rules.wait_to_log_in(attempts, now)
        if wait:
            return _too_many("Too many log-ins failed on this address", wait)
        await unit.save_attempts(rules.tried(attempts, now))
        return None

    async def _admitted(self, operator: Operator, password: str, key: bytes) -> LoggedIn:
        newer = None
        if self.passwords.outdated(operator.password_hash):
            newer = await self.passwords.hash(password)
        async with self.store.unit() as unit:
            # Not disabled, nor the password changed, meanwhile; nor while this is written.
            if await unit.lock_operator(operator.id) == operator:
                await unit.forget_attempts(key)
                if newer is not None:
                    await unit.replace_password_hash(operator.id, operator.password_hash, newer)
                return await self.log_ins.open(unit, operator, await unit.now())
        raise _wrong()

    async def _same(self, password: str, operator: Operator | None) -> bool:
        stored = None if operator is None or operator.disabled else operator.password_hash
        try:
            return await self.passwords.verify(password, stored)
        except TooManyWaiting:
            raise Problem(
                Code.UNAVAILABLE, "Too many log-ins at once; please try again.", retry_after=1
            ) from None


def _long_enough(password: str) -> None:
    shortest, longest = rules.PASSWORD_CHARACTERS
    if not shortest <= len(password) <= longest:
        raise AccountRefused(f"a password has {shortest} to {longest} characters")


def _too_many(sentence: str, wait: timedelta) -> Problem:
    return Problem(Code.RATE_LIMITED, f"{sentence}; please wait.", retry_after=rules.whole_seconds(wait))


def _wrong() -> Problem:
    return Problem(Code.UNAUTHENTICATED, "E-mail or password are wrong.")
