"""What operators see of mitras and of chats that go on. Holds no word of what is said in them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attrs import asdict, field, frozen

from halobestie_app.usecases.live_chats import Page, Reached
from halobestie_app.views.chats import Session, session
from halobestie_app.views.messages import WaitingExtension, waiting_extension
from halobestie_core.ports.back_office import MitraKept
from halobestie_core.ports.presence import User
from halobestie_core.words import TimeoutPolicy, UserType


@frozen
class MitraRow:
    """One mitra; ``is_connected`` is null while nobody knows, ``live_chats`` of at most ``max_customers``."""

    id: UUID
    phone: str = field(repr=False)
    display_name: str
    is_online: bool
    is_connected: bool | None
    blocked: bool
    blocked_at: datetime | None
    last_heartbeat_at: datetime | None
    live_chats: int
    max_customers: int
    created_at: datetime
    version: int


@frozen
class MitraRows:
    """A page of mitras by name, and how many were found."""

    rows: tuple[MitraRow, ...]
    total: int


@frozen
class LiveSession(Session):
    """A chat that goes on.

    ``mitra_reachable``: online, heard of lately, and connected. Null while nobody knows who is connected.
    """

    mitra_reachable: bool | None
    customer_connected: bool | None
    pending_extension: WaitingExtension | None


@frozen
class LiveSessions:
    """A page of the chats that go on, the oldest first, and how many there are of their kind."""

    rows: tuple[LiveSession, ...]
    total: int


def mitra_user(kept: MitraKept) -> User:
    """Say whom to ask after, to know whether a mitra is connected."""
    return User(UserType.MITRA, kept.named.id)


def mitra_row(kept: MitraKept, cap: int, connected: Collection[User] | None) -> MitraRow:
    """Show a mitra; ``cap`` in chats at once, ``connected``: those who are, None if unknown."""
    presence = kept.listener.presence
    return MitraRow(
        id=kept.named.id,
        phone=kept.phone,
        display_name=kept.named.display_name,
        is_online=presence.is_online,
        is_connected=None if connected is None else mitra_user(kept) in connected,
        blocked=presence.is_blocked,
        blocked_at=presence.blocked_at,
        last_heartbeat_at=presence.last_heartbeat_at,
        live_chats=kept.listener.live_chats,
        max_customers=cap,
        created_at=kept.created_at,
        version=presence.version,
    )


def live_sessions(page: Page, policy: TimeoutPolicy) -> LiveSessions:
    """Show a page; ``policy`` is what silence on an extension means at this moment."""
    return LiveSessions(tuple(_live(one, page.now, policy) for one in page.rows), page.total)


def _live(one: Reached, now: datetime, policy: TimeoutPolicy) -> LiveSession:
    extension = one.chat.extension
    return LiveSession(
        **asdict(session(one.chat.seen, now), recurse=False),
        mitra_reachable=one.mitra,
        customer_connected=one.customer,
        pending_extension=None if extension is None else waiting_extension(extension, policy),
    )
