"""Deliveries that could not be applied: an operator looks into them, and says so once. Knows no screen."""

from uuid import UUID

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import refusals
from halobestie_core.ports.inbox import Filed, Inbox, InboxState


class AlreadyResolvedError(Problem):
    """Somebody else has dealt with it, or with another note; ``row`` is what they wrote."""

    def __init__(self, row: Filed) -> None:
        super().__init__(Code.ALREADY_ACTIONED, "An operator has dealt with this delivery.")
        self.row = row


async def resolve(inbox: Inbox, delivery_id: UUID, note: str, operator_id: UUID) -> Filed:
    """Write down what was found out; the same again gives the row as it stands.

    Raises a problem where there is no such delivery, where it is not in quarantine, and where another note
    was written first.
    """
    await inbox.resolve(delivery_id, note, operator_id)
    row = await inbox.filed(delivery_id)
    if row is None:
        raise refusals.not_found("webhook")
    if row.state is not InboxState.RESOLVED:
        detail = f"A webhook that is {row.state} needs nobody's word."
        raise Problem(Code.INVALID_STATE, detail, state=row.state, allowed=())
    if row.resolved_by is None or (row.resolved_by.id, row.note) != (operator_id, note):
        raise AlreadyResolvedError(row)
    return row


__all__ = ["AlreadyResolvedError", "resolve"]
