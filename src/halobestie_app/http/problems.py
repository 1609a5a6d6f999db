"""Writes problems as RFC 9457 answers, and turns the failures of stores into problems. Knows no route."""

from typing import Final

import orjson

from halobestie_adapters.errors import Busy, Conflict, StaleWrite, StoreUnavailable
from halobestie_app.problems import Code, Problem
from halobestie_core.wire import to_wire

CONTENT_TYPE: Final = b"application/problem+json"


def rendered(problem: Problem) -> bytes:
    """Write the body: ``type``, ``title``, ``status``, ``detail``, ``code`` and the problem's own members."""
    return orjson.dumps(
        {
            "type": f"urn:halobestie:problem:{problem.code.lower().replace('_', '-')}",
            "title": problem.code.heading,
            "status": problem.status,
            "detail": problem.detail,
            "code": problem.code.value,
            **to_wire(problem.members),
        }
    )


def translated(failure: Exception) -> Problem | None:
    """Give the problem that a store's failure is to a client; None when it is a mistake of ours."""
    if isinstance(failure, StoreUnavailable):
        return Problem(
            Code.UNAVAILABLE, "A store cannot be reached. Nothing may have changed.", retry_after=1
        )
    if isinstance(failure, (Busy, StaleWrite, Conflict)):
        return Problem(
            Code.UNAVAILABLE, "Somebody else is changing the same thing. Try again.", retry_after=1
        )
    return None


def unauthenticated() -> Problem:
    """No token, or none that is valid here and now."""
    return Problem(
        Code.UNAUTHENTICATED,
        "Send a valid access token of this listener.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def not_found() -> Problem:
    """No such path, or nothing there that the caller may see."""
    return Problem(Code.NOT_FOUND, "There is nothing here.")


def too_long(seconds: float) -> Problem:
    """The endpoint was given up; what it had begun is rolled back by its store."""
    return Problem(
        Code.UNAVAILABLE,
        f"No answer within {seconds:g} seconds. Look before trying again.",
        retry_after=1,
    )


def broken(request_id: str) -> Problem:
    """A mistake of ours: the client gets the id under which the log has the rest."""
    return Problem(Code.INTERNAL_ERROR, "Something broke on our side.", id=request_id)
