"""Every fault that servers are put to, by name, with what has to hold. Does not know how that is judged."""

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from support.bounds import Bound


@frozen
class Fault:
    """What is done, and what has to hold."""

    what: str
    holds: str
    bounds: tuple[Bound, ...] = ()
    """What of it is a number that the row has."""


_STORES: Final = {"postgres": "PostgreSQL", "redis": "Redis", "gateway": "the gateway", "fcm": "FCM"}
_MANNERS: Final = {"slow": "latency", "shaken": "resets", "stalled": "a black hole"}
_RIGHT_AGAIN: Final = Bound("availability right again, after", 5)
_CLOSED: Final = Bound("availability closed, after", 1)
_NO_SLOWER: Final = Bound("a request meanwhile", 0.05, "p99", than="a request before")

FAULTS: Final[Mapping[str, Fault]] = {
    "instance_killed": Fault(
        "`kill -9` of an instance, or of all, at random",
        "ready < 2 s, overdue deadlines < 1 s, outbox drained < 2 s",
        (Bound("ready", 2), Bound("overdue deadline", 1), Bound("outbox drained", 2)),
    ),
    "killed_at_a_point": Fault(
        "`kill -9` at every named point", "what was half done is done once, or not at all"
    ),
    "rolling_restart": Fault("SIGTERM to one instance after the other", "0 commands fail after retry"),
    "stopped_in_a_black_hole": Fault(
        "SIGTERM while PostgreSQL is a black hole", "ended <= 10 s", (Bound("ended", 10),)
    ),
    "postgres_killed": Fault(
        "`kill -9` of PostgreSQL",
        "nothing acknowledged lost; serving again <= 5 s p95; no request hangs beyond 5 s",
        (Bound("serving again, after", 5, "p95"), Bound("a request", 5)),
    ),
    "backend_killed": Fault(
        "`kill -9` of one backend of PostgreSQL",
        "serving again <= 1 s p99; no request hangs beyond 5 s",
        (Bound("serving again, after", 1, "p99"), Bound("a request", 5)),
    ),
    "redis_flushed": Fault("Redis `FLUSHALL`", "availability right again <= 5 s", (_RIGHT_AGAIN,)),
    "redis_killed": Fault(
        "`kill -9` of Redis, which comes back empty", "availability right again <= 5 s", (_RIGHT_AGAIN,)
    ),
    "redis_away": Fault(
        "Redis away",
        "availability fails closed <= 1 s, right again <= 5 s; HTTP p99 rises < 50 ms",
        (_CLOSED, _RIGHT_AGAIN, _NO_SLOWER),
    ),
    "redis_paused": Fault(
        "Redis paused",
        "availability fails closed <= 1 s, right again <= 5 s; HTTP p99 rises < 50 ms",
        (_CLOSED, _RIGHT_AGAIN, _NO_SLOWER),
    ),
    **{
        f"{where}_{manner}": Fault(
            f"{bad} between servers and {name}",
            "converged < 5 s after healing",
            (Bound("converged, after", 5),),
        )
        for where, name in _STORES.items()
        for manner, bad in _MANNERS.items()
    },
    "webhooks": Fault(
        "webhooks 1-5 times, shuffled, late, with wrong token, amount, currency, id",
        "M1-M10; p99 < 200 ms",
        (Bound("answered", 0.2, "p99"),),
    ),
    "deadlines": Fault(
        "deadlines, a thousand a second",
        "0 early, each once; p99 <= 25 ms under load",
        (Bound("late", 0.025, "p99"),),
    ),
    "deadlines_and_a_kill": Fault(
        "the same, and `kill -9` of an instance among them",
        "0 early, each once; <= 1 s after the kill",
        (Bound("late", 1),),
    ),
    "idle_sockets": Fault(
        "idle sockets, all dropped at once",
        "<= 25 KB each; all resumed <= 15 s, nothing lost",
        (Bound("KB each", 25), Bound("all resumed, after", 15)),
    ),
    "slow_clients": Fault(
        "slow headers, slow bodies, half frames, slow readers",
        "closed <= 10 s with the right code; others' p99 unchanged",
        (Bound("closed, after", 10),),
    ),
    "malformed": Fault(
        "malformed, oversize, fragmented and deep input, HTTP and WebSocket", "0 crashes, 0 answers >= 500"
    ),
}
