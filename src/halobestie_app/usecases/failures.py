"""Failed money: what operators look for, and what they do about it, once. Knows no screen."""

import re
from typing import Final
from uuid import UUID

from attrs import frozen

from halobestie_app.problems import Code, Problem
from halobestie_app.usecases import refusals
from halobestie_app.usecases.desk import Desk
from halobestie_app.usecases.perform import perform
from halobestie_core.flow import ActOnFailure
from halobestie_core.ports.failures import Failures, FailureSeen, Id, NameBegins, Phone, Sought
from halobestie_core.ports.identity import InvalidPhone, Phones
from halobestie_core.ports.store import Actor, Loaded, Scope
from halobestie_core.ports.stories import Stories
from halobestie_core.reasons import SENTENCES, Reason
from halobestie_core.words import ActorType, OperatorAction

HOME: Final = "+62"
"""What an operator leaves out who types a phone as people here say it: 0812..."""
_PHONE_TYPED: Final = re.compile(r"(\+?62|0)([0-9 ().-]{5,})", re.ASCII)


class AlreadyActionedError(Problem):
    """Another action was recorded first; ``row`` is the record of it."""

    def __init__(self, row: FailureSeen) -> None:
        super().__init__(Code.ALREADY_ACTIONED, SENTENCES[Reason.ALREADY_ACTIONED])
        self.row = row


@frozen
class FailureDesk:
    """The queue, what is done with it, and the story behind each of its rows."""

    desk: Desk
    failures: Failures
    stories: Stories
    phones: Phones

    async def act(
        self, operator_id: UUID, failure_id: UUID, action: OperatorAction, note: str | None
    ) -> FailureSeen:
        """Settle one row; the same action again gives the row as it stands, whatever the note says.

        Raises a problem where there is no such row, where another action was recorded, and where the money is
        in use again.
        """

        def settle(loaded: Loaded) -> ActOnFailure:
            if loaded.evening.failure is None:
                raise refusals.not_found("failed pairing")
            return ActOnFailure(action, note)

        actor = Actor(ActorType.OPERATOR, operator_id)
        outcome = await perform(self.desk, Scope(failure_id=failure_id), settle, actor)
        if outcome.refused is not None and outcome.refused.reason is not Reason.ALREADY_ACTIONED:
            raise refusals.problem(outcome.refused)
        seen = await self.failures.one(failure_id)
        if seen is None:
            raise LookupError("a row that was acted on cannot be gone")
        if outcome.refused is not None:
            raise AlreadyActionedError(seen)
        return seen


def sought(text: str | None, phones: Phones) -> Sought | None:
    """Read what an operator typed: an id, a phone, or how a name begins."""
    text = "" if text is None else text.strip()
    if not text:
        return None
    try:
        return Id(UUID(text))
    except ValueError:
        pass
    typed = _PHONE_TYPED.fullmatch(text)
    if typed or text.startswith("+"):
        try:
            return Phone(phones.normalise(HOME + typed[2] if typed else text))
        except InvalidPhone:
            pass
    return NameBegins(text)
