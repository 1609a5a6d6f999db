"""Chats: ended by hand, by either side or an operator. Knows no extension."""

from uuid import UUID

from attrs import field, frozen

from halobestie_app.usecases import refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import Done, perform
from halobestie_core import chat
from halobestie_core.ports.messages import Messages, NotTheirs
from halobestie_core.ports.reads import SessionSeen
from halobestie_core.ports.store import Actor, Loaded, Named, Scope
from halobestie_core.reasons import Reason
from halobestie_core.words import ActorType, Party


@frozen
class LastWords:
    """What a customer says on leaving, and where such words are kept."""

    messages: Messages
    text: str = field(repr=False)


async def end_by_customer(
    desk: Desk, customer_id: UUID, session_id: UUID, words: LastWords | None = None
) -> SessionSeen:
    """End a chat, at any time while it lives. Words are kept with the end, or the command is refused."""
    sealed = None if words is None else await _sealed(words, customer_id, session_id)
    return await _end(desk, session_id, Party.CUSTOMER, Actor(ActorType.CUSTOMER, customer_id), words, sealed)


async def _sealed(words: LastWords, customer_id: UUID, session_id: UUID) -> bytes:
    try:
        return await words.messages.sealed_closing(customer_id, session_id, words.text)
    except NotTheirs as stranger:
        raise refusals.not_theirs(stranger) from None


async def end_by_mitra(desk: Desk, mitra_id: UUID, session_id: UUID) -> SessionSeen:
    """End a chat whose paid time is over."""
    return await _end(desk, session_id, Party.MITRA, Actor(ActorType.MITRA, mitra_id))


async def end_by_operator(desk: Desk, operator_id: UUID, session_id: UUID, reason: str) -> SessionSeen:
    """End a chat, at any time while it lives. The reason is kept with the move, and shown to nobody in it.

    One that an operator ended before is given as it is; one that ended otherwise is refused.
    """

    def end(loaded: Loaded) -> chat.End:
        if loaded.evening.chat is None:
            raise refusals.not_found("chat session")
        return chat.End(Party.OPERATOR, reason)

    scope = Scope(session_id=session_id, mitra_of_session=True)
    outcome = await perform(desk, scope, end, Actor(ActorType.OPERATOR, operator_id))
    ended = outcome.evening.chat
    if outcome.refused is not None:
        raise refusals.told(
            Reason.NOT_POSSIBLE, ended, end_reason=None if ended is None else ended.end_reason
        )
    return _seen(outcome)


async def _end(
    desk: Desk,
    session_id: UUID,
    by: Party,
    actor: Actor,
    words: LastWords | None = None,
    sealed: bytes | None = None,
) -> SessionSeen:
    def end(loaded: Loaded) -> chat.End:
        session = loaded.evening.chat
        if session is None:
            raise refusals.not_found("chat session")
        owner = session.customer_id if by is Party.CUSTOMER else session.mitra_id
        if actor.id != owner:
            raise refusals.not_yours("chat session")
        return chat.End(by)

    scope = Scope(session_id=session_id, mitra_of_session=True)
    outcome = await perform(desk, scope, end, actor, closing_message=sealed)
    if outcome.refused is not None:
        refusal = refusals.problem(outcome.refused)
        if by is Party.MITRA and "allowed" in refusal.members:
            refusal.members["allowed"] = []  # what is allowed here is the customer's to ask for
        raise refusal
    if outcome.moved is None and words is not None and await words.messages.closing(session_id) != words.text:
        # It had ended, without these words; nobody shall think that they were kept.
        raise refusals.told(Reason.SESSION_NOT_ACTIVE, outcome.evening.chat)
    return _seen(outcome)


def _seen(outcome: Done) -> SessionSeen:
    session, loaded = outcome.evening.chat, outcome.loaded
    if session is None or loaded.customer is None or loaded.mitra_name is None:
        raise LookupError("a chat that was decided on has both its people")
    return SessionSeen(session, loaded.customer, Named(session.mitra_id, loaded.mitra_name))
