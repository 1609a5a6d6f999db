"""One payment, decided in ten lines: no database, no clock, no server."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from halobestie_core import Evening, Ignored, Mode, Moved, Refused, decide, wake_at
from halobestie_core.payment import Abandon, Confirm, Create

now, evening = datetime(2026, 1, 2, 12, 0, tzinfo=UTC), Evening()
trial = Create(UUID(int=1), UUID(int=2), 0, Mode.CHAT, 12, False, True, timeout_minutes=20)  # noqa: FBT003 - in order
confirm = Confirm(captured=False, timeout_minutes=20)

for wish in (trial, confirm, confirm, Abandon()):
    match decide(evening, wish, now):
        case Moved(after, moves, effects, later):
            evening = after
            print("moved:", *(type(event).__name__ for move in moves for event in move.events))
        case Ignored(because):
            print("ignored:", because)
        case Refused(snapshot, _, reason, allowed):
            print("refused:", reason, "when", snapshot.status, "- possible now:", *allowed)
    now += timedelta(minutes=5)

print("the clock will look at it at", wake_at(evening))
