"""Extensions (*Perpanjang*): asked for, answered, or met with silence. Knows neither frames nor money's ways.

Silence can only be judged with facts of the outside: whether the mitra has a live socket is asked of the
shared registry before the transaction (unknown counts as unreachable), the online flag and the heartbeat are
those of the mitra's row under its lock, the policy is that of the moment. They ride in the command and so are
recorded with the move.
"""

from functools import partial
from typing import TypeVar
from uuid import UUID

from attrs import frozen

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.once import id_for, once
from halobestie_app.usecases.perform import Done, perform
from halobestie_core import extension, payment
from halobestie_core.extension import Extension, Silence
from halobestie_core.flow import AskExtension
from halobestie_core.machine import Moved
from halobestie_core.payment import PaymentSession
from halobestie_core.ports.idempotency import Attempt
from halobestie_core.ports.presence import User
from halobestie_core.ports.store import CLOCK, Actor, Loaded, Scope
from halobestie_core.reasons import Reason
from halobestie_core.words import ActorType, UserType

T = TypeVar("T")


@frozen
class Wanted:
    """What a customer asks with; minutes and price are the payment's, and may only be repeated."""

    payment_id: UUID | None
    duration_minutes: int | None = None
    price: int | None = None


async def ask(
    desk: Desk, customer_id: UUID, session_id: UUID, wanted: Wanted, attempt: Attempt | None = None
) -> Extension:
    """Ask the mitra to go on. The same payment again is answered with the extension that waits."""

    async def before(extension_id: UUID) -> Extension | None:
        seen = await desk.reads.extension(extension_id)
        return seen.extension if seen is not None and seen.customer.id == customer_id else None

    return await once(
        attempt, before, lambda: _ask(desk, customer_id, session_id, wanted, id_for(desk, attempt))
    )


async def _ask(
    desk: Desk, customer_id: UUID, session_id: UUID, wanted: Wanted, extension_id: UUID
) -> Extension:

    def wish(loaded: Loaded) -> AskExtension:
        _may_ask(loaded, customer_id, wanted, extension_id)
        return AskExtension(extension_id, desk.settings().extension_timeout_seconds)

    scope = Scope(customer_id=customer_id, session_id=session_id, extension_payment_id=wanted.payment_id)
    outcome = await perform(desk, scope, wish, Actor(ActorType.CUSTOMER, customer_id))
    if outcome.told is not None:
        raise refusals.told(outcome.told, outcome.evening.extension_payment)
    return _judged(outcome)


async def answer(desk: Desk, mitra_id: UUID, extension_id: UUID, *, accepted: bool) -> Extension:
    """Take the mitra's answer; one that comes overdue is judged against what the silence became."""
    kind = extension.Accept if accepted else extension.Reject
    scope = Scope(extension_id=extension_id, mitra_id=mitra_id)
    actor = Actor(ActorType.MITRA, mitra_id)

    def wish(loaded: Loaded, *, connected: bool | None = None) -> Silence:
        session = _found(loaded.evening.chat, "extension")
        if session.mitra_id != mitra_id:
            raise refusals.not_yours("extension")
        return _facts(desk, loaded, kind, connected=connected)

    try:
        outcome = await perform(desk, scope, wish, actor)
    except _TooLateError:
        # An answer in time waits for nothing outside; only now does it matter whether there is a socket.
        connected = await _is_connected(desk, mitra_id)
        outcome = await perform(desk, scope, partial(wish, connected=connected), actor)
    if outcome.told is not None:
        raise _resolved(outcome.evening.extension)
    return _judged(outcome)


async def time_up(desk: Desk, extension_id: UUID) -> Done:
    """Let the clock look at a window."""
    seen = await desk.reads.extension(extension_id)
    if seen is None:
        raise LookupError(f"no extension {extension_id}")
    connected = await _is_connected(desk, seen.mitra.id)
    return await perform(
        desk,
        Scope(extension_id=extension_id, mitra_id=seen.mitra.id),
        lambda loaded: _facts(desk, loaded, extension.TimeUp, connected=connected),
        CLOCK,
    )


# -- what asking needs, in its order -------------------------------------------------------------------------


def _may_ask(loaded: Loaded, customer_id: UUID, wanted: Wanted, extension_id: UUID) -> None:
    """Raise what the core cannot know: whose things these are, and what the body says of them."""
    session = _found(loaded.evening.chat, "chat session")
    if session.customer_id != customer_id:
        raise refusals.not_yours("chat session")
    if not session.is_live:
        raise refusals.told(Reason.SESSION_NOT_ACTIVE, session)
    if wanted.payment_id is None:
        raise _wrong("extension_payment_session_id", "is required")
    pending = loaded.evening.pending_extension
    if pending is not None and pending.payment_session_id != wanted.payment_id:
        raise refusals.told(Reason.EXTENSION_PENDING, pending)
    paid = _found(loaded.evening.extension_payment, "payment session")
    if paid.customer_id != customer_id:
        raise refusals.not_yours("payment session")
    if _would_do(paid, loaded, extension_id):
        _must_agree(wanted, paid)


def _would_do(paid: PaymentSession, loaded: Loaded, extension_id: UUID) -> bool:
    """Whether the payment itself is good; what is wrong with it matters more than what is said of it."""
    hold = payment.Hold(extension_id, for_extension=True)
    verdict = payment.PAYMENT.decide(paid, hold, loaded.now)
    return isinstance(verdict, Moved) and verdict.told is None


def _must_agree(wanted: Wanted, paid: PaymentSession) -> None:
    if wanted.duration_minutes not in {None, paid.duration_minutes}:
        raise _wrong("duration_minutes", f"must be what was paid for: {paid.duration_minutes}")
    if wanted.price not in {None, paid.amount}:
        raise _wrong("price", f"must be what was paid: {paid.amount}")


# -- what silence needs --------------------------------------------------------------------------------------


class _TooLateError(Exception):
    """The window is over, and nobody has looked yet whether the mitra can be reached."""


def _facts(desk: Desk, loaded: Loaded, kind: type[Silence], *, connected: bool | None) -> Silence:
    """Gather what the guards must see. ``connected``: ``None`` if nobody has looked."""
    asked = loaded.evening.pending_extension
    if connected is None and asked is not None and loaded.now >= asked.deadline_at:
        raise _TooLateError
    settings = desk.settings()
    mitra = loaded.mitra
    return kind(
        policy=settings.extension_default_action_on_timeout,
        ws_connected=connected is True,
        online=mitra is not None and desk.house.is_here(mitra.presence, loaded.now),
        grace_seconds=settings.closure_grace_seconds,
    )


async def _is_connected(desk: Desk, mitra_id: UUID) -> bool:
    return await desk.connections.is_connected(User(UserType.MITRA, mitra_id)) is True


# -- answers -------------------------------------------------------------------------------------------------


def _judged(outcome: Done) -> Extension:
    asked = outcome.evening.extension
    if outcome.refused is not None:
        if outcome.refused.reason is Reason.EXTENSION_RESOLVED:
            raise _resolved(asked)
        raise refusals.problem(outcome.refused)
    return _found(asked, "extension")


def _resolved(asked: Extension | None) -> Problem:
    """Say how it was answered, and, where it failed, why."""
    said = refusals.told(Reason.EXTENSION_RESOLVED, asked)
    if asked is not None:
        said.members["state"] = asked.status
        if asked.cause_tag is not None:
            said.members["reason"] = asked.cause_tag
    return said


def _found(it: T | None, what: str) -> T:
    if it is None:
        raise refusals.not_found(what)
    return it


def _wrong(name: str, message: str) -> Problem:
    errors = [{"path": f"$.{name}", "message": message}]
    return Problem(Code.VALIDATION_ERROR, f"{name} {message}.", errors=errors)
