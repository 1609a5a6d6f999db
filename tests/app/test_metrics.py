"""What is counted, under which labels, and that nothing else is."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from halobestie_app.metrics import Metrics
from halobestie_core import presence
from halobestie_core.flow import decide
from halobestie_core.flow.decide import Moved
from halobestie_core.flow.evening import Evening
from halobestie_core.payment import Create, PaymentSession, PaymentStatus, Tick
from halobestie_core.presence import MitraPresence, PresenceStatus
from halobestie_core.words import Mode, Provider

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One series; None if it is not there."""
    return metrics.registry.get_sample_value(name, labels)


def saved(evening: Evening, wish: object, now: datetime = NOW) -> Moved:
    """What a wish does."""
    verdict = decide(evening, wish, now)
    assert isinstance(verdict, Moved)
    return verdict


def pending() -> Moved:
    """A new payment."""
    wish = Create(
        uuid4(),
        uuid4(),
        10_000,
        Mode.CHAT,
        5,
        is_extension=False,
        is_first_session_discount=False,
        timeout_minutes=20,
        price_source_id=None,
        targeted_mitra_id=None,
        provider=Provider.DEVELOPMENT,
    )
    return saved(Evening(), wish)


def test_moves_are_counted_by_edge() -> None:
    """By machine, states, command and cause."""
    metrics = Metrics()
    for _ in range(3):
        metrics.moved(pending())
    edge = {"machine": "payment", "from_state": "", "command": "create", "to_state": "pending", "cause": ""}
    assert value(metrics, "halobestie_transitions_total", **edge) == 3


def test_a_deadline_is_late_by_what_passed_since() -> None:
    """The lateness of a deadline is that of its move."""
    metrics, new = Metrics(), pending()
    assert value(metrics, "halobestie_deadline_lateness_seconds_count", machine="payment") == 0
    late = saved(new.after, Tick(), NOW + timedelta(minutes=20, seconds=1.5))
    paid = late.after.payment
    assert isinstance(paid, PaymentSession)
    assert paid.status is PaymentStatus.EXPIRED
    metrics.moved(new)
    metrics.moved(late)
    assert value(metrics, "halobestie_deadline_lateness_seconds_count", machine="payment") == 1
    assert value(metrics, "halobestie_deadline_lateness_seconds_sum", machine="payment") == 1.5


def test_heartbeats_are_no_moves() -> None:
    """As in the log."""
    metrics = Metrics()
    here = MitraPresence(uuid4(), PresenceStatus.ONLINE, last_heartbeat_at=NOW)
    metrics.moved(
        saved(
            Evening(mitra=here), presence.Heartbeat(NOW + timedelta(seconds=30)), NOW + timedelta(seconds=30)
        )
    )
    assert b"halobestie_transitions_total{" not in metrics.text()


def test_made_up_methods_make_no_series() -> None:
    """Whatever is sent, the number of series is bounded."""
    metrics = Metrics()
    answered = metrics.watching("public")
    for number in range(100):
        answered(f"METHOD{number}", "/api/hello", 405, 0.001)
    answered("GET", "/api/hello", 200, 0.001)
    answered("GET", "/api/hello", 204, 0.001)
    labels = {"listener": "public", "route": "/api/hello"}
    name = "halobestie_http_request_seconds_count"
    assert value(metrics, name, method="other", status="4xx", **labels) == 100
    assert value(metrics, name, method="GET", status="2xx", **labels) == 2
    assert metrics.text().count(b"halobestie_http_request_seconds_count{") == 2


def test_a_reason_is_there_before_its_first_time() -> None:
    """An alert sees the step from 0 to 1."""
    metrics = Metrics()
    metrics.expect_quarantine(["not_json", "unknown_invoice"])
    assert value(metrics, "halobestie_webhook_quarantined_total", reason="not_json") == 0
    metrics.quarantined("not_json")
    assert value(metrics, "halobestie_webhook_quarantined_total", reason="not_json") == 1


@pytest.mark.parametrize("open_", [True, False])
def test_a_breaker_is_asked_at_each_scrape(open_: bool) -> None:
    """It opens and closes by itself."""
    metrics = Metrics()
    metrics.show_breaker("xendit", lambda: open_)
    assert value(metrics, "halobestie_breaker_open", of="xendit") == float(open_)


def test_two_instances_share_nothing() -> None:
    """Each has a registry of its own."""
    one, other = Metrics(), Metrics()
    one.replayed()
    assert value(one, "halobestie_idempotency_replays_total") == 1
    assert value(other, "halobestie_idempotency_replays_total") == 0
