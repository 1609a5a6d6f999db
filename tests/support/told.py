"""What a decision says, short enough to compare in one line."""

from halobestie_core import Evening, Ignored, Moved, Reason, Refused
from halobestie_core.flow.effects import (
    AskGateway,
    Audience,
    Effect,
    Push,
    Tell,
    ToCustomer,
    ToMitra,
    ToOffered,
)


def heard(verdict: object) -> list[str]:
    """Return who hears what, as ``customer: paired``; the gateway's steps as ``gateway: create``."""
    return [_said(effect) for effect in moved(verdict).effects if not isinstance(effect, Push)]


def pushed(verdict: object) -> list[Push]:
    """Return the pushes of a decision."""
    effects: tuple[Effect, ...] = moved(verdict).effects
    return [effect for effect in effects if isinstance(effect, Push)]


def _said(effect: Tell | AskGateway) -> str:
    if isinstance(effect, AskGateway):
        return f"gateway: {effect.step.value}"
    reason = f" ({effect.ids['reason']})" if "reason" in effect.ids else ""
    return f"{_audience(effect.audience)}: {effect.frame}{reason}"


def _audience(audience: Audience) -> str:
    match audience:
        case ToCustomer():
            return "customer"
        case ToMitra():
            return "mitra"
        case ToOffered(wave=None, but=None):
            return "offered"
        case ToOffered(wave=None):
            return "others"
        case ToOffered(wave=wave):
            return f"wave {wave}"


def moved(verdict: object) -> Moved:
    """Return the verdict, which must have moved."""
    assert isinstance(verdict, Moved), verdict
    return verdict


def happened(verdict: object) -> list[str]:
    """Return the events of a decision, by name and in order."""
    return [type(event).__name__ for move in moved(verdict).moves for event in move.events]


def after(verdict: object) -> Evening:
    """Return the evening after a decision that moved."""
    return moved(verdict).after


def told(verdict: object) -> Reason | None:
    """Return what the caller hears beside a move that was made."""
    return moved(verdict).told


def refused(verdict: object) -> Reason:
    """Return why a wish was refused."""
    assert isinstance(verdict, Refused), verdict
    return verdict.reason


def ignored(verdict: object) -> str:
    """Return why a wish was ignored."""
    assert isinstance(verdict, Ignored), verdict
    return verdict.because
