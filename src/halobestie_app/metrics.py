"""What the server counts and times, for Prometheus: the one owner of its client. Knows nobody who counts.

Others get a `Metrics` and call its small methods; none of them waits or fails. Labels are closed words (a
machine, an edge, a cause, a route's template), never an id, a phone or anything that a person sent, so that
the number of series is bounded by the program and not by its use.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from halobestie_adapters.audit import logged, machine_of
from halobestie_core import chat, extension, pairing, payment
from halobestie_core.flow.deadlines import CLOCKS
from halobestie_core.flow.decide import Moved
from halobestie_core.machine import Moved as Move
from halobestie_core.machine import snake

PREFIX: Final = "halobestie_"
CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
OUTBOX_KINDS: Final = ("frame", "push", "invoice", "later")

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ANSWERS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LATENESS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_CLOCKS: Final = (payment.Tick, pairing.TimeUp, pairing.NextWave, chat.TimeUp, extension.TimeUp)
"""The commands that a deadline asks for."""


disable_created_metrics()  # type: ignore[no-untyped-call] # theirs has no types
"""When a series began is one more line for each, and asked for by nobody."""


class Metrics:
    """Every series of one instance, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._moves = self._counter(
            "transitions", "Moves saved here.", "machine", "from_state", "command", "to_state", "cause"
        )
        self._lateness = self._histogram(
            "deadline_lateness_seconds", "From a deadline to its move.", _LATENESS, "machine"
        )
        self._answers = self._histogram(
            "http_request_seconds",
            "From a request to the end of its answer.",
            _ANSWERS,
            "listener",
            "method",
            "route",
            "status",
        )
        self._handshakes = self._histogram(
            "socket_handshake_seconds", "From a socket's valid token to its snapshot.", _ANSWERS
        )
        self._messages = self._histogram(
            "socket_message_seconds", "From a message to its acknowledgement.", _ANSWERS
        )
        self._pushes = self._counter("pushes", "Pushes, by what became of them.", "result")
        self._received = self._counter("webhooks_received", "Deliveries, by answer.", "result")
        self._quarantined = self._counter(
            "webhook_quarantined", "Deliveries that could not be applied.", "reason"
        )
        self._gateway = self._counter("gateway_calls", "Calls of the gateway.", "call", "result")
        self._replays = self._counter("idempotency_replays", "Requests answered as once before.")
        self._looks = self._counter("reconciler_looks", "Invoices looked at, by finding.", "result")
        self._breaker = self._gauge("breaker_open", "Whether calls are held back for now (1).", "of")
        self._outbox = self._gauge("outbox_age_seconds", "Of the oldest row that is due.", "kind")
        for kind in OUTBOX_KINDS:
            self._outbox.labels(kind)
        for machine in CLOCKS:
            self._lateness.labels(machine)
        self._children: dict[object, Any] = {}

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"{PREFIX}{name}", what, labels, registry=self.registry)

    def _histogram(self, name: str, what: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"{PREFIX}{name}", what, labels, buckets=buckets, registry=self.registry)

    # ------------------------------------------------------------------------------------------ counting

    def moved(self, moved: Moved) -> None:
        """Count what was just saved, and how late it was if a deadline asked for it."""
        for move in logged(moved.moves):
            self._move(move)

    def _move(self, move: Move[Any]) -> None:
        cause = move.events[0].cause
        before = None if move.before is None else move.before.status
        key = (type(move.after), before, type(move.command), move.after.status, cause)
        found = self._children.get(key)
        if found is None:
            labels = (machine_of(move).name, before or "", snake(key[2]), move.after.status, cause or "")
            found = self._children[key] = self._moves.labels(*map(str, labels))
        found.inc()
        if isinstance(move.command, _CLOCKS) and move.before is not None:
            due = getattr(move.before, "wake_at", None)
            if due is not None:
                late = max(0.0, (move.at - due).total_seconds())
                self._lateness.labels(machine_of(move).name).observe(late)

    def watching(self, listener: str) -> Callable[[str, str, int, float], None]:
        """Give the hook of one listener: told method, route template, status and seconds of each answer."""
        known: dict[tuple[str, str, int], Any] = {}

        def answered(method: str, route: str, status: int, seconds: float) -> None:
            key = (method, route, status // 100)
            observe = known.get(key)
            if observe is None:
                verb = method if method in _METHODS else "other"
                child = self._answers.labels(listener, verb, route, f"{status // 100}xx")
                observe = child.observe
                if verb == method:  # else whoever makes up methods would fill the memory
                    known[key] = observe
            observe(seconds)

        return answered

    def handshake(self, seconds: float) -> None:
        """Count a socket that was let in."""
        self._handshakes.observe(seconds)

    def message(self, seconds: float) -> None:
        """Count a message that was kept."""
        self._messages.observe(seconds)

    def pushed(self, result: str) -> None:
        """Count a push: its fate at one device, or its outcome where it reached no device."""
        self._pushes.labels(result).inc()

    def webhook(self, result: str) -> None:
        """Count a delivery by how it was answered."""
        self._received.labels(result).inc()

    def expect_quarantine(self, reasons: Iterable[str]) -> None:
        """Show these reasons from now on, at 0 until the first: an alert must see the step from 0 to 1."""
        for reason in reasons:
            self._quarantined.labels(reason)

    def quarantined(self, reason: str) -> None:
        """Count a delivery that could not be applied."""
        self._quarantined.labels(reason).inc()

    def gateway(self, call: str, result: str) -> None:
        """Count a call of the gateway: which, and how it ended."""
        self._gateway.labels(call, result).inc()

    def show_breaker(self, of: str, is_open: Callable[[], bool]) -> None:
        """Show at each scrape whether calls of somebody outside are held back."""
        self._breaker.labels(of).set_function(lambda: float(is_open()))

    def replayed(self) -> None:
        """Count a request that was answered with an earlier answer."""
        self._replays.inc()

    def looked(self, result: str) -> None:
        """Count one look of the reconciler."""
        self._looks.labels(result).inc()

    def outbox_age(self, kind: str, seconds: float) -> None:
        """Show how long the oldest row of a kind has waited; 0: none waits."""
        self._outbox.labels(kind).set(seconds)

    # ------------------------------------------------------------------------------------------- showing

    def show(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Show a number that is asked for at each scrape; the name gets our prefix."""
        self._gauge(name, what).set_function(value)

    def text(self) -> bytes:
        """Write everything in Prometheus's text format."""
        return generate_latest(self.registry)
