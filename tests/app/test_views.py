"""What the API shows of what was read: names in the promised order, clocks rounded up, money as it stands."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve, frozen

from halobestie_app.views import active, chats, mitras, pairings, payments, times
from halobestie_core.causes import Cause
from halobestie_core.chat import ChatSession, EndReason, SessionStatus
from halobestie_core.extension import Extension
from halobestie_core.flow.availability import Listener
from halobestie_core.pairing import PairingRequest, RequestStatus
from halobestie_core.payment import PaymentSession, PaymentStatus
from halobestie_core.ports.reads import (
    CustomerActive,
    ExtensionSeen,
    MitraActive,
    PaymentSeen,
    RequestSeen,
    SessionSeen,
)
from halobestie_core.ports.store import Named
from halobestie_core.presence import MitraPresence, PresenceStatus
from halobestie_core.settings import Settings
from halobestie_core.wire import to_wire
from halobestie_core.words import Mode, OperatorAction, RequestKind, TimeoutPolicy, TopicSensitivity

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
ANI, SARI, PAID, ASKED, CHAT, LONGER = (UUID(int=number) for number in range(6))
MINUTE = timedelta(minutes=1)

PAYMENT = PaymentSession(
    id=PAID,
    customer_id=ANI,
    amount=10000,
    mode=Mode.CHAT,
    duration_minutes=5,
    is_extension=False,
    is_first_session_discount=False,
    created_at=NOW,
    expires_at=NOW + 20 * MINUTE,
)
FAILED = evolve(
    PAYMENT,
    status=PaymentStatus.FAILED_PAIRING,
    cause_tag=Cause.NO_MITRA_AVAILABLE,
    confirmed_at=NOW,
    fallback_open=True,
    fallback_until=NOW + 2 * MINUTE,
)
REQUEST = PairingRequest(
    id=ASKED,
    customer_id=ANI,
    payment_session_id=PAID,
    kind=RequestKind.GENERAL,
    mode=Mode.CHAT,
    duration_minutes=5,
    topic_sensitivity=TopicSensitivity.SENSITIVE,
    created_at=NOW,
    deadline_at=NOW + MINUTE,
    timeout_seconds=60,
)
NOBODY_CAME = evolve(REQUEST, status=RequestStatus.EXPIRED, cause_tag=Cause.NO_MITRA_AVAILABLE)
SESSION = ChatSession(
    id=CHAT,
    customer_id=ANI,
    mitra_id=SARI,
    payment_session_id=PAID,
    pairing_request_id=ASKED,
    mode=Mode.CHAT,
    topic_sensitivity=TopicSensitivity.NORMAL,
    started_at=NOW,
    expires_at=NOW + 5 * MINUTE,
)
EXTENSION = Extension(
    id=LONGER,
    session_id=CHAT,
    payment_session_id=PAID,
    requested_duration_minutes=12,
    requested_price=25000,
    requested_at=NOW,
    deadline_at=NOW + timedelta(seconds=10),
    timeout_seconds=10,
)
NAMES = (Named(ANI, "Ani"), Named(SARI, "Sari"))


@frozen
class Board:
    """Who is eligible; None: nobody knows."""

    eligible: frozenset[UUID] | None

    def count(self) -> int | None:
        """How many."""
        return None if self.eligible is None else len(self.eligible)

    def is_eligible(self, mitra_id: UUID) -> bool | None:
        """Whether this one is."""
        return None if self.eligible is None else mitra_id in self.eligible


SOMEBODY = Board(frozenset({UUID(int=99)}))

# ---------------------------------------------------------------------- clocks


@pytest.mark.parametrize(
    "left, shown",
    [
        (timedelta(0), 0),
        (timedelta(microseconds=1), 1),
        (timedelta(seconds=1), 1),
        (timedelta(seconds=1, microseconds=1), 2),
        (timedelta(seconds=-1), 0),
        (timedelta(microseconds=-1), 0),
    ],
)
def test_whole_seconds(left: timedelta, shown: int) -> None:
    """Rounded up: 0 means that nothing is left."""
    assert times.whole_seconds(left) == shown
    assert times.seconds_until(NOW + left, NOW) == shown


@pytest.mark.parametrize(
    "session, shown",
    [
        (SESSION, 241),
        (evolve(SESSION, status=SessionStatus.EXTENDING, remaining=timedelta(seconds=7.5)), 8),
        (evolve(SESSION, status=SessionStatus.CLOSING, closing_until=NOW + 2 * MINUTE), 61),
        (evolve(SESSION, status=SessionStatus.CLOSING, closing_until=NOW), 0),
        (evolve(SESSION, status=SessionStatus.ENDED, ended_at=NOW, end_reason=EndReason.TIME_UP), 0),
    ],
)
def test_seconds_left(session: ChatSession, shown: int) -> None:
    """Of paid time when active, frozen when extending, of grace when closing, nothing when ended."""
    now = NOW + timedelta(seconds=59, microseconds=1)
    assert chats.session(SessionSeen(session, *NAMES), now).seconds_left == shown


# ---------------------------------------------------------------------- money


@pytest.mark.parametrize(
    "payment, action, refund",
    [
        (PAYMENT, None, None),
        (evolve(PAYMENT, status=PaymentStatus.CONSUMED), None, None),
        (FAILED, None, "due"),
        (FAILED, OperatorAction.REFUNDED, "refunded"),
        (FAILED, OperatorAction.CREDITED, "credited"),
        (FAILED, OperatorAction.NO_ACTION, "retained"),
        (evolve(FAILED, amount=0), None, None),
        (evolve(PAYMENT, status=PaymentStatus.EXPIRED), None, None),
    ],
)
def test_refund(payment: PaymentSession, action: OperatorAction | None, refund: str | None) -> None:
    """Failed money above nothing is due until an operator says what became of it."""
    assert payments.payment_session(PaymentSeen(payment, action)).refund == refund


@pytest.mark.parametrize(
    "payment, until", [(FAILED, NOW + 2 * MINUTE), (evolve(FAILED, fallback_open=False), None)]
)
def test_fallback_until(payment: PaymentSession, until: datetime | None) -> None:
    """Until when money may be used again is told while it may be, though the payment never forgets it."""
    assert payments.payment_session(PaymentSeen(payment)).fallback_until == until


def test_free_trial() -> None:
    """Free by a promotion, and only then."""
    free = evolve(PAYMENT, amount=0, is_first_session_discount=True)
    assert payments.payment_session(PaymentSeen(free)).is_free_trial
    assert not payments.payment_session(PaymentSeen(PAYMENT)).is_free_trial


# ---------------------------------------------------------------------- falling back


@pytest.mark.parametrize(
    "request_, seen, board, expected",
    [
        (NOBODY_CAME, PaymentSeen(FAILED), SOMEBODY, True),
        (NOBODY_CAME, PaymentSeen(FAILED), Board(frozenset()), False),
        (NOBODY_CAME, PaymentSeen(FAILED), Board(None), False),
        (NOBODY_CAME, PaymentSeen(FAILED, OperatorAction.CREDITED), SOMEBODY, False),
        (NOBODY_CAME, PaymentSeen(evolve(FAILED, fallback_open=False)), SOMEBODY, False),
        (NOBODY_CAME, PaymentSeen(evolve(FAILED, fallback_until=NOW)), SOMEBODY, False),
        (NOBODY_CAME, PaymentSeen(evolve(FAILED, id=LONGER)), SOMEBODY, False),
        (NOBODY_CAME, None, SOMEBODY, False),
        (REQUEST, PaymentSeen(evolve(PAYMENT, status=PaymentStatus.CONFIRMED)), SOMEBODY, False),
        (evolve(NOBODY_CAME, targeted_mitra_id=SARI), PaymentSeen(FAILED), Board(frozenset({SARI})), False),
        (
            evolve(NOBODY_CAME, targeted_mitra_id=SARI),
            PaymentSeen(FAILED),
            Board(frozenset({SARI, ANI})),
            True,
        ),
        (evolve(NOBODY_CAME, targeted_mitra_id=SARI), PaymentSeen(FAILED), SOMEBODY, True),
    ],
)
def test_fallback_available(
    request_: PairingRequest, seen: PaymentSeen | None, board: Board, expected: bool
) -> None:
    """Only if it would be accepted now and another mitra than the target is known to be there."""
    assert pairings.fallback_available(request_, seen, NOW, board) is expected


# ---------------------------------------------------------------------- cold starts


def test_customer_active() -> None:
    """Everything at once, as the wire shows it, in the promised order."""
    seen = CustomerActive(
        now=NOW,
        session=SessionSeen(SESSION, *NAMES),
        request=RequestSeen(NOBODY_CAME, NAMES[0]),
        payment=PaymentSeen(FAILED),
        extension=ExtensionSeen(EXTENSION, *NAMES),
    )
    shown = to_wire(active.customer_active(seen, Settings(), SOMEBODY))
    assert list(shown) == ["session", "pairing_request", "payment_session", "extension"]
    assert shown["session"]["expires_at"] == "2026-11-20T20:05:00Z"
    assert shown["session"]["mitra"] == {"id": str(SARI), "display_name": "Sari"}
    assert shown["pairing_request"]["fallback_available"] is True
    assert shown["pairing_request"]["targeted_mitra"] is None
    assert " ".join(shown["extension"]) == (
        "id session_id payment_session_id status cause_tag via_timeout duration_minutes price default_action"
        " requested_at deadline_at timeout_seconds responded_at version"
    )
    assert (shown["extension"]["duration_minutes"], shown["extension"]["price"]) == (12, 25000)


def test_customer_without_anything() -> None:
    """Nothing is null, and is there."""
    nothing = CustomerActive(now=NOW, session=None, request=None, payment=None, extension=None)
    shown = to_wire(active.customer_active(nothing, Settings(), SOMEBODY))
    assert shown == {"session": None, "pairing_request": None, "payment_session": None, "extension": None}


def test_mitra_active() -> None:
    """Status, offers, chats, and extensions with whom they come from, under today's policy."""
    listener = Listener(MitraPresence(SARI, PresenceStatus.ONLINE, NOW), 1)
    seen = MitraActive(
        now=NOW,
        listener=listener,
        offers=[RequestSeen(REQUEST, NAMES[0])],
        sessions=[SessionSeen(SESSION, *NAMES)],
        extensions=[ExtensionSeen(EXTENSION, *NAMES)],
    )
    settings = Settings(
        max_customers_per_mitra=5, extension_default_action_on_timeout=TimeoutPolicy.AUTO_REJECT
    )
    shown = to_wire(active.mitra_active(seen, settings, 30))
    assert list(shown) == ["status", "offers", "sessions", "extensions"]
    assert shown["status"] == {
        "is_online": True,
        "last_heartbeat_at": "2026-11-20T20:00:00Z",
        "heartbeat_cadence_seconds": 30,
        "active_sessions": 1,
        "max_customers": 5,
    }
    assert shown["offers"] == [
        {
            "id": str(ASKED),
            "kind": "general",
            "customer": {"display_name": "Ani"},
            "duration_minutes": 5,
            "topic_sensitivity": "sensitive",
            "deadline_at": "2026-11-20T20:01:00Z",
            "seconds_left": 60,
        }
    ]
    assert [one["id"] for one in shown["sessions"]] == [str(CHAT)]
    [extension] = shown["extensions"]
    assert extension["customer"] == {"id": str(ANI), "display_name": "Ani"}
    assert extension["default_action"] == "auto_reject"


def test_mitra_who_was_never_heard_of() -> None:
    """Offline and silent."""
    shown = mitras.mitra_status(Listener(MitraPresence(SARI), 0), 30, 3)
    assert (shown.is_online, shown.last_heartbeat_at) == (False, None)
