"""How long operators wait for a page of failed money among a million rows, whatever they look for.

The rows are made by the script beside this one. Each question is asked of the port itself, count and page and
names together, several times in turn; prints JSON: medians in milliseconds, and how many rows each finds.
"""

import asyncio
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from attrs import evolve

from halobestie_adapters.embedded import EmbeddedStores
from halobestie_adapters.postgres.failures import PostgresFailures
from halobestie_adapters.postgres.migrations import migrate
from halobestie_adapters.postgres.pool import make_pool
from halobestie_core.causes import Cause
from halobestie_core.flow.evening import FailureStatus
from halobestie_core.ports.failures import Id, NameBegins, Phone, Wanted

ROUNDS: Final = 7
PAGE: Final = 50
ROWS: Final = 1_000_000
CROWD: Final = Path(__file__).with_suffix(".sql")
NOW: Final = datetime.now(UTC)
WEEK: Final = Wanted(begin=NOW - timedelta(30), end=NOW - timedelta(23))
RARE: Final = (Cause.PAYMENT_MISMATCH, Cause.DUPLICATE_PAYMENT, Cause.LATE_PAYMENT)
AYU: Final = UUID(f"0c000000{76:024x}")

QUESTIONS: Final[Mapping[str, tuple[Wanted, Sequence[int]]]] = {
    "everything": (Wanted(), (0, 1_000, 100_000, ROWS // 2, ROWS - PAGE)),
    "open": (Wanted(states=[FailureStatus.OPEN]), (0, 5_000)),
    "actioned": (Wanted(states=[FailureStatus.ACTIONED]), (0, 120_000)),
    "superseded": (Wanted(states=[FailureStatus.SUPERSEDED]), (0, 375_000)),
    "a common cause": (Wanted(causes=[Cause.NO_MITRA_AVAILABLE]), (0, 130_000)),
    "rare causes": (Wanted(causes=RARE), (0, 10_000)),
    "a week": (WEEK, (0, 10_000)),
    "a week's actioned of one cause": (
        evolve(WEEK, states=[FailureStatus.ACTIONED], causes=[Cause.CUSTOMER_CANCELLED]),
        (0,),
    ),
    "a customer": (Wanted(sought=Id(AYU)), (0,)),
    "a phone": (Wanted(sought=Phone(f"+62812{76:08}")), (0,)),
    "a name of two hundred people": (Wanted(sought=NameBegins("ayu77")), (0,)),
    "a name of one in five": (Wanted(sought=NameBegins("teman")), (0, 100_000)),
}


async def main() -> None:
    """Fill a database, ask everything in turn, print."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStores(Path(folder) / "data") as stores:
        await migrate(stores.database_url)
        began = time.perf_counter()
        fill(stores.database_url)
        filled = time.perf_counter() - began
        async with make_pool(stores.database_url, 1) as pool:
            found = await asked(PostgresFailures(pool))
    figures = {
        "rows": ROWS,
        "page": PAGE,
        "rounds": ROUNDS,
        "filled_in_seconds": round(filled, 1),
        "questions": found,
        "machine": {
            "processors": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
    }
    print(json.dumps(figures, indent=2))


def fill(database_url: str) -> None:
    """Make the rows, and sweep them as the table asks for."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in CROWD.read_bytes().split(b";\n\n"):
            connection.execute(statement)
        connection.execute("VACUUM ANALYZE")


async def asked(failures: PostgresFailures) -> list[dict[str, Any]]:
    """Ask every question in every round, so that none has a quieter machine than the others."""
    times: dict[tuple[str, int], list[float]] = {}
    totals: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, (wanted, offsets) in QUESTIONS.items():
            for offset in offsets:
                began = time.perf_counter()
                _, totals[name] = await failures.page(wanted, PAGE, offset)
                times.setdefault((name, offset), []).append((time.perf_counter() - began) * 1000)
    return [
        {
            "question": name,
            "offset": offset,
            "of": totals[name],
            "ms": round(statistics.median(spent), 2),
            "slowest_ms": round(max(spent), 2),
        }
        for (name, offset), spent in times.items()
    ]


if __name__ == "__main__":
    asyncio.run(main())
