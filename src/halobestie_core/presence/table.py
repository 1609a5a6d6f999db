"""The presence machine.

A heartbeat that lands first wins over the sweep: staleness is judged from the snapshot, not from what the
sweep saw.
"""

from datetime import datetime
from typing import Final

from halobestie_core.machine import (
    Ignore,
    Machine,
    Refuse,
    Row,
    always,
    of_command,
    of_snapshot,
    the_time,
    to,
)
from halobestie_core.presence.messages import (
    Block,
    GoOffline,
    GoOnline,
    Heartbeat,
    HeartbeatReceived,
    MitraBlocked,
    MitraRegistered,
    MitraUnblocked,
    Register,
    Stale,
    Unblock,
    WentOffline,
    WentOnline,
    WentStale,
)
from halobestie_core.presence.model import MitraPresence, PresenceStatus
from halobestie_core.reasons import Reason

OFFLINE: Final = PresenceStatus.OFFLINE
ONLINE: Final = PresenceStatus.ONLINE


@of_snapshot
def blocked(mitra: MitraPresence, _now: datetime) -> bool:
    """An operator shut the mitra out."""
    return mitra.is_blocked


@of_command
def too_long_silent(mitra: MitraPresence, command: Stale, now: datetime) -> bool:
    """Pings are required and the last heartbeat is older than the threshold."""
    return not mitra.is_fresh(now, command.stale_after_seconds, require_ping=command.require_ping)


def _latest_heartbeat(mitra: MitraPresence, command: Heartbeat, _now: datetime) -> datetime:
    """A heartbeat that was overtaken never turns the clock back."""
    return command.at if mitra.last_heartbeat_at is None else max(mitra.last_heartbeat_at, command.at)


def _opens(command: Register, _now: datetime) -> MitraPresence:
    return MitraPresence(id=command.id)


_not_blocked = (~blocked).called("not blocked")
_HEARD_NOW = {"last_heartbeat_at": the_time}
_HEARD = {"last_heartbeat_at": _latest_heartbeat}
_BLOCKS = {"blocked_at": the_time}

# fmt: off
PRESENCE: Final = Machine(
    name="presence",
    snapshot=MitraPresence,
    states=PresenceStatus,
    initial=OFFLINE,
    opening=Register,
    opens=_opens,
    born=MitraRegistered,
    about="Whether a mitra takes requests. A heartbeat that lands first wins over the sweep.",
    unlogged=frozenset({Heartbeat}),
    rows=(
        #   from     asked to   and it is        becomes  so we say          because, setting
        Row(OFFLINE, GoOnline,  _not_blocked,    ONLINE,  WentOnline,        None, _HEARD_NOW),
        Row(ONLINE,  Heartbeat, always,          ONLINE,  HeartbeatReceived, None, _HEARD),
        Row(ONLINE,  GoOffline, always,          OFFLINE, WentOffline),
        Row(ONLINE,  Stale,     too_long_silent, OFFLINE, WentStale),
        Row(ONLINE,  Block,     always,          OFFLINE, MitraBlocked,      None, _BLOCKS),
        Row(OFFLINE, Block,     _not_blocked,    OFFLINE, MitraBlocked,      None, _BLOCKS),
        Row(OFFLINE, Unblock,   blocked,         OFFLINE, MitraUnblocked,    None, {"blocked_at": to(None)}),
    ),
    ignored=(
        Ignore((ONLINE,), GoOnline, "online already; it counts as a heartbeat"),
        Ignore((OFFLINE,), GoOffline, "offline already"),
        Ignore((OFFLINE,), Stale, "offline already"),
        Ignore((ONLINE,), Stale, "heard of in time"),
        Ignore((OFFLINE,), Block, "blocked already"),
        Ignore((OFFLINE, ONLINE), Unblock, "not blocked"),
    ),
    refused=(
        Refuse((OFFLINE,), GoOnline, Reason.MITRA_BLOCKED),
        Refuse((OFFLINE,), Heartbeat, Reason.MITRA_OFFLINE),
    ),
)
# fmt: on
