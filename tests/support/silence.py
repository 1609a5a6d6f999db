"""What a house lets out, in words: its logs, refusals, stores beside PostgreSQL. Knows no secret."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import redis
from attrs import define, field

from support.marks import spoken
from support.server import Instance

WAITING: Final = "SELECT id, audience::text, payload::text FROM outbox WHERE id > %s ORDER BY id"


@define
class Silence:
    """Remembers how far it has looked, so that each test looks at its own."""

    refusals: list[str] = field(factory=list)
    last_row: int = 0
    _looked: dict[int, tuple[int, int]] = field(factory=dict)

    def said(self, instances: Sequence[Instance]) -> dict[str, str]:
        """What was logged, printed and refused since it was last asked."""
        spots = {"refusals": "\n".join(self.refusals)}
        self.refusals.clear()
        for number, instance in enumerate(instances):
            logged, printed = list(instance.logged), list(instance.printed)
            first, second = self._looked.get(number, (0, 0))
            # A server that was started anew prints anew.
            new = logged[first:] + printed[second if second <= len(printed) else 0 :]
            spots[f"the log of instance {number}"] = spoken(new)
            self._looked[number] = len(logged), len(printed)
        return spots

    def waits(self, rows: Iterable[Mapping[str, Any]]) -> str:
        """The rows of the outbox that came since."""
        told = []
        for row in rows:
            self.last_row = row["id"]
            told.append(f"{row['audience']} {row['payload']}")
        return "\n".join(told)


def held_at(url: str) -> str:
    """What a Redis holds; nothing where a test has taken it away."""
    try:
        with redis.Redis.from_url(url) as client:
            return held(client)
    except redis.RedisError:
        return ""


def held(client: redis.Redis) -> str:
    """Everything that a database of Redis holds, names and values."""
    reading: dict[bytes, Callable[[bytes], Any]] = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": client.xrange,
    }
    found = []
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        found.append(repr((key, reading[kind](key) if kind in reading else None)))
    return "\n".join(found)
