"""Chats: ended by hand, by either side. Knows no message and no extension."""

from uuid import UUID

from halobestie_app.usecases import refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import perform
from halobestie_core import chat
from halobestie_core.ports.reads import SessionSeen
from halobestie_core.ports.store import Actor, Loaded, Named, Scope
from halobestie_core.words import ActorType, Party


async def end_by_customer(desk: Desk, customer_id: UUID, session_id: UUID) -> SessionSeen:
    """End a chat, at any time while it lives."""
    return await _end(desk, session_id, Party.CUSTOMER, Actor(ActorType.CUSTOMER, customer_id))


async def end_by_mitra(desk: Desk, mitra_id: UUID, session_id: UUID) -> SessionSeen:
    """End a chat whose paid time is over."""
    return await _end(desk, session_id, Party.MITRA, Actor(ActorType.MITRA, mitra_id))


async def _end(desk: Desk, session_id: UUID, by: Party, actor: Actor) -> SessionSeen:
    def end(loaded: Loaded) -> chat.End:
        session = loaded.evening.chat
        if session is None:
            raise refusals.not_found("chat session")
        owner = session.customer_id if by is Party.CUSTOMER else session.mitra_id
        if actor.id != owner:
            raise refusals.not_yours("chat session")
        return chat.End(by)

    outcome = await perform(desk, Scope(session_id=session_id, mitra_of_session=True), end, actor)
    if outcome.refused is not None:
        raise refusals.problem(outcome.refused)
    session, loaded = outcome.evening.chat, outcome.loaded
    if session is None or loaded.customer is None or loaded.mitra_name is None:
        raise LookupError("a chat that was decided on has both its people")
    return SessionSeen(session, loaded.customer, Named(session.mitra_id, loaded.mitra_name))
