"""Exceptions of the core: they keep their data and write their sentence late. Knows no HTTP."""

from halobestie_core.reasons import SENTENCES, Reason


class HaloBestieError(Exception):
    """The root of what the core raises."""


class RefusedError(HaloBestieError):
    """A refused verdict, for callers who asked for an exception with ``.moved()``."""

    def __init__(self, snapshot: object, command: object, reason: Reason, allowed: tuple[str, ...]) -> None:
        super().__init__(snapshot, command, reason, allowed)
        self.snapshot = snapshot
        self.command = command
        self.reason = reason
        self.allowed = allowed

    def __str__(self) -> str:
        status = getattr(self.snapshot, "status", "this state")
        allowed = ", ".join(self.allowed) or "nothing"
        return f"{type(self.command).__name__} in {status}: {SENTENCES[self.reason]} Allowed now: {allowed}."


class BrokenReactionError(HaloBestieError):
    """A sibling command that the reactions table promised was refused: the composition has a defect.

    Nothing was saved, since the whole composition is decided before anything is written.
    """

    def __init__(self, cause_event: object, refused: object) -> None:
        super().__init__(cause_event, refused)
        self.cause_event = cause_event
        self.refused = refused

    def __str__(self) -> str:
        return f"after {self.cause_event!r} the reactions table wants what was refused: {self.refused!r}"


class SettingError(HaloBestieError):
    """A setting out of its bounds."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(key, problem)
        self.key = key
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.key} {self.problem}"


class UnknownTierError(HaloBestieError):
    """No active tier has these minutes and mode (or this id does not match them)."""

    def __init__(self, mode: str, minutes: int) -> None:
        super().__init__(mode, minutes)
        self.mode = mode
        self.minutes = minutes

    def __str__(self) -> str:
        return f"no active tier sells {self.minutes} minutes of {self.mode}"
