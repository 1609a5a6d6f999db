"""Customers and mitras: how they come in, prove a phone, say their name, and leave.

It does not know how a code is drawn or sent, nor anything of HTTP. A refusal is raised only after its
transaction has committed, so that a wrong guess stays counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, final
from uuid import UUID

from attrs import evolve, field, frozen

from halobestie_adapters.errors import Clash, Conflict
from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import identity_budgets as budgets
from halobestie_app.usecases import identity_rules as rules
from halobestie_app.usecases.identity_budgets import Limits
from halobestie_app.usecases.log_ins import LoggedIn, LogIns
from halobestie_core.ports.budgets import Budget
from halobestie_core.ports.id_tokens import IdentityProvider, IdTokens, OutsideIdentity, ProviderAway
from halobestie_core.ports.identity import (
    Challenge,
    Change,
    ChangeKind,
    Codes,
    InvalidPhone,
    InvalidToken,
    OtpNotSent,
    OtpSender,
    Person,
    Phones,
)
from halobestie_core.ports.identity_store import IdentityStore, IdentityUnit
from halobestie_core.words import UserType


class AccountRefused(Exception):
    """An account that cannot be made; the sentence says why, to the person at the command line."""


@frozen
class CodeSent:
    """A code is on its way. Seconds: how long it lives, and after which the app may offer to send another."""

    expires_in: int
    resend_after: int


@final
@frozen
class Identity:
    """The use cases. `log_ins` are the public listener's.

    `sender` is None where nobody sends codes; `id_tokens` are of the other houses whose word is taken.
    """

    store: IdentityStore
    log_ins: LogIns
    codes: Codes
    phones: Phones
    sender: OtpSender | None
    new_id: Callable[[], UUID]
    limits: Limits
    id_tokens: Mapping[IdentityProvider, IdTokens] = field(factory=dict)

    async def sign_up(self, display_name: str | None = None) -> LoggedIn:
        """A new anonymous customer. Raises Problem VALIDATION_ERROR."""
        name = rules.DEFAULT_NAME if display_name is None else _name(display_name)
        async with self.store.unit() as unit:
            now = await unit.now()
            person = await self._new_customer(unit, name)
            return await self.log_ins.open(unit, person, now)

    async def request_code(self, user_type: UserType, phone: str, address: str = budgets.NOWHERE) -> CodeSent:
        """Send a code. Whether the phone is known is not even looked up. `address`: who asks for it.

        Raises Problem VALIDATION_ERROR, PROVIDER_NOT_CONFIGURED, RATE_LIMITED, UNAVAILABLE.
        """
        phone = self._phone(phone)
        if self.sender is None:
            raise Problem(Code.PROVIDER_NOT_CONFIGURED, "Codes cannot be sent: no provider is set up.")
        code = self.codes.fresh()
        async with self.store.unit() as unit:
            problem = await self._spend(
                unit, self.limits.codes_per_address, address, "Too many codes were asked for from here"
            )
            challenges = [] if problem else await unit.lock_challenges(phone)
            now = await unit.now()
            wait = rules.wait_to_send(challenges, now)
            if wait:
                problem = _too_many("Too many codes were asked for this phone", wait)
            if problem is None:
                problem = await self._spend(
                    unit, self.limits.codes_per_day, budgets.EVERYBODY, "Too many codes were sent today"
                )
            if problem is None:
                code_hash = self.codes.hashed(user_type, phone, code)
                challenges = [
                    rules.with_code(each, code_hash, now) if each.user_type is user_type else each
                    for each in challenges
                ]
                await unit.save_challenge(next(each for each in challenges if each.user_type is user_type))
        if problem is not None:
            raise problem
        try:
            await self.sender.send(phone, code)
        except OtpNotSent:
            raise Problem(
                Code.UNAVAILABLE,
                "The code could not be sent; please try again.",
                retry_after=rules.whole_seconds(rules.RESEND_AFTER),
            ) from None
        resend = max(rules.RESEND_AFTER, rules.wait_to_send(challenges, now))
        return CodeSent(rules.whole_seconds(rules.CODE_LIFE), rules.whole_seconds(resend))

    async def verify_customer(self, phone: str, code: str, caller: UUID | None = None) -> LoggedIn:
        """Log a customer in with a code. `caller` is the customer whose token came with it.

        A phone that has an account logs into that; otherwise a caller without a phone keeps their id and
        history and gets this one; otherwise a new customer is made. Raises Problem VALIDATION_ERROR,
        OTP_INVALID, OTP_LOCKED.
        """
        phone = self._phone(phone)
        async with self.store.unit() as unit:
            known = await unit.lock_customer(caller) if caller is not None else None
            outcome = await self._guess(unit, UserType.CUSTOMER, phone, code)
            if isinstance(outcome, datetime):
                person = await unit.person_by_phone(UserType.CUSTOMER, phone)
                if person is None and known is not None and not known.phone_verified:
                    await unit.verify_phone(known.id, phone)
                    person = evolve(known, phone_verified=True)
                if person is None:
                    person = await self._new_customer(unit, rules.DEFAULT_NAME, phone)
                return await self.log_ins.open(unit, person, outcome)
        raise outcome

    async def verify_identity(
        self, provider: IdentityProvider, id_token: str, caller: UUID | None = None
    ) -> LoggedIn:
        """Log a customer in by another house's word. `caller` is the customer whose token came with it.

        An identity that has an account logs into that; otherwise an anonymous caller keeps their id and
        history and gets the identity; otherwise a new customer is made. Raises Problem UNAUTHENTICATED,
        PROVIDER_NOT_CONFIGURED, UNAVAILABLE.
        """
        identity = await self._identity(provider, id_token)
        async with self.store.unit() as unit:
            owner = await unit.lock_identity(identity)
            whose = caller if owner is None else owner
            person = await unit.lock_customer(whose) if whose is not None else None
            # An owner may have been erased, identities and all, while we waited for their lock.
            if owner is None or person is None or not person.has_identity:
                if owner is not None or person is None or not person.is_anonymous:
                    name = rules.name_of(identity.name or "") or rules.DEFAULT_NAME
                    person = await self._new_customer(unit, name)
                await unit.add_identity(identity, person.id)
                person = evolve(person, has_identity=True)
            return await self.log_ins.open(unit, person, await unit.now())

    async def verify_mitra(self, phone: str, code: str) -> LoggedIn:
        """Log a mitra in with a code.

        Raises Problem VALIDATION_ERROR, OTP_INVALID, OTP_LOCKED and, after a right code,
        MITRA_NOT_REGISTERED or FORBIDDEN for one who is blocked.
        """
        phone = self._phone(phone)
        async with self.store.unit() as unit:
            outcome = await self._guess(unit, UserType.MITRA, phone, code)
            if isinstance(outcome, datetime):
                mitra = await unit.person_by_phone(UserType.MITRA, phone)
                if mitra is None:
                    outcome = Problem(Code.MITRA_NOT_REGISTERED, "This phone belongs to no registered mitra.")
                elif mitra.blocked:
                    outcome = Problem(Code.FORBIDDEN, "This account is blocked.")
                else:
                    return await self.log_ins.open(unit, mitra, outcome)
        raise outcome

    async def me(self, user_type: UserType, person_id: UUID) -> Person:
        """The caller as they are now. Raises Problem UNAUTHENTICATED when they are gone."""
        async with self.store.unit() as unit:
            return _still_there(await unit.person(user_type, person_id))

    async def rename(self, user_type: UserType, person_id: UUID, display_name: str) -> Person:
        """Change the caller's name. Raises Problem VALIDATION_ERROR, UNAUTHENTICATED."""
        name = _name(display_name)
        async with self.store.unit() as unit:
            return _still_there(await unit.rename(user_type, person_id, name))

    async def add_mitra(self, phone: str, display_name: str) -> Person:
        """Register a mitra, from the command line. Raises AccountRefused."""
        try:
            phone = self.phones.normalise(phone)
        except InvalidPhone as unfit:
            raise AccountRefused(str(unfit)) from None
        name = rules.name_of(display_name)
        if name is None:
            raise AccountRefused(_NAME_SENTENCE)
        mitra_id = self.new_id()
        try:
            async with self.store.unit() as unit:
                await unit.add_mitra(mitra_id, phone, name)
                after = {"display_name": name}
                await unit.keep_change(Change(UserType.MITRA, mitra_id, ChangeKind.CREATED, after=after))
        except Conflict as there:
            if there.clash is not Clash.MITRA_PHONE:
                raise
            raise AccountRefused("a mitra with this phone is registered already") from None
        return Person(mitra_id, UserType.MITRA, name, phone_verified=True)

    async def _identity(self, provider: IdentityProvider, id_token: str) -> OutsideIdentity:
        judge = self.id_tokens.get(provider)
        if judge is None:
            raise Problem(Code.PROVIDER_NOT_CONFIGURED, "This way to log in is not set up.")
        try:
            return await judge.verified(id_token)
        except InvalidToken:
            raise Problem(Code.UNAUTHENTICATED, "This identity cannot be believed.") from None
        except ProviderAway:
            raise Problem(
                Code.UNAVAILABLE,
                "This way to log in does not answer; please try again.",
                retry_after=_AWAY_SECONDS,
            ) from None

    async def _spend(self, unit: IdentityUnit, budget: Budget, who: str, sentence: str) -> Problem | None:
        """Take one from a budget; the refusal when there was none."""
        wait = budgets.wait_for(budget, await unit.spend(budget, self.codes.hashed_address(who)))
        return _too_many(sentence, wait) if wait else None

    async def _guess(
        self, unit: IdentityUnit, user_type: UserType, phone: str, code: str
    ) -> datetime | Problem:
        """Judge a code under its lock and write what came of it: the moment if right, else the refusal."""
        challenge = await unit.lock_challenge(user_type, phone) or Challenge(phone, user_type)
        now = await unit.now()
        verdict, after = rules.guess(
            challenge, now, lambda stored: self.codes.matches(user_type, phone, code, stored)
        )
        if verdict is rules.Guess.LOCKED:
            wait = rules.whole_seconds(rules.locked_for(after, now))
            return Problem(Code.OTP_LOCKED, "Too many wrong codes; please wait.", retry_after=wait)
        if verdict is rules.Guess.NO_CODE:
            return _wrong_code()
        await unit.save_challenge(after)
        return now if verdict is rules.Guess.RIGHT else _wrong_code()

    async def _new_customer(self, unit: IdentityUnit, name: str, phone: str | None = None) -> Person:
        customer_id = self.new_id()
        await unit.add_customer(customer_id, name, phone)
        return Person(customer_id, UserType.CUSTOMER, name, phone_verified=phone is not None)

    def _phone(self, text: str) -> str:
        try:
            return self.phones.normalise(text)
        except InvalidPhone as unfit:
            raise _invalid("$.phone", str(unfit)) from None


_AWAY_SECONDS: Final = 5
_NAME_SENTENCE = f"must be 1 to {rules.NAME_CHARACTERS} visible characters long, on one line"


def _name(text: str) -> str:
    name = rules.name_of(text)
    if name is None:
        raise _invalid("$.display_name", _NAME_SENTENCE)
    return name


def _still_there(person: Person | None) -> Person:
    if person is None:
        raise Problem(Code.UNAUTHENTICATED, "This account is gone.")
    return person


def _too_many(sentence: str, wait: timedelta) -> Problem:
    return Problem(Code.RATE_LIMITED, f"{sentence}; please wait.", retry_after=rules.whole_seconds(wait))


def _wrong_code() -> Problem:
    return Problem(Code.OTP_INVALID, "The code is wrong, used or too old.")


def _invalid(path: str, message: str) -> Problem:
    return Problem(
        Code.VALIDATION_ERROR, "The request is not valid.", errors=[{"path": path, "message": message}]
    )
