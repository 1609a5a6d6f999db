"""The list of ended log-ins of one process: what it knows, when it dares to say so, and what it forgets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import define, field

from halobestie_adapters.errors import StoreUnavailable
from halobestie_app.problems import Code, Problem
from halobestie_app.workers.revocations import FRESH_SECONDS, MARGIN, OVERLAP, Revocations
from halobestie_core.ports.identity import Revoked
from halobestie_core.ports.revocations import Ended, EndedLogIns
from support.waiting import eventually

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIFE = timedelta(hours=1)
ANI, BUDI = UUID(int=1), UUID(int=2)


@define
class Place:
    """A store, a clock and ears of the test's own; ``since`` is what was asked for."""

    rows: list[Ended] = field(factory=list)
    seconds: float = 1000.0
    away: bool = False
    since: list[datetime | None] = field(factory=list)
    nudges: int = 0
    heard: list[UUID] = field(factory=list)

    @property
    def now(self) -> datetime:
        """The store's clock."""
        return NOON + timedelta(seconds=self.seconds - 1000)

    async def ended(self, since: datetime | None, reach: timedelta) -> EndedLogIns:
        """Give what is there."""
        if self.away:
            raise StoreUnavailable("away")
        self.since.append(since)
        after = self.now - reach if since is None else since
        return EndedLogIns(self.now, [row for row in self.rows if row.at > after])

    def ends(self, login: UUID, *, ago: float = 0) -> None:
        """Let a log-in end, some seconds ago."""
        self.rows.append(Ended(login, Revoked.LOGOUT, self.now - timedelta(seconds=ago)))

    def nudge(self) -> None:
        """Count."""
        self.nudges += 1

    def hear(self, news: Sequence[Ended]) -> None:
        """Note."""
        self.heard += [one.login for one in news]


@pytest.fixture
def place() -> Place:
    """Where log-ins end."""
    return Place()


@pytest.fixture
def gone(place: Place) -> Revocations:
    """A list that was not loaded yet."""
    made = Revocations(place, LIFE, place.nudge, clock=lambda: place.seconds)
    made.on_news(place.hear)
    return made


def refused(gone: Revocations) -> None:
    """It says that it cannot tell."""
    with pytest.raises(Problem) as problem:
        gone.refuses(ANI)
    assert problem.value.code is Code.UNAVAILABLE
    assert problem.value.headers == {"Retry-After": "1"}


async def test_before_it_was_loaded_it_says_nothing(place: Place, gone: Revocations) -> None:
    """Neither that somebody may come, nor that the process is ready."""
    place.ends(ANI)
    refused(gone)
    assert await gone.condition() is not None
    await gone.refresh()
    assert (gone.refuses(ANI), gone.refuses(BUDI)) == (True, False)
    assert await gone.condition() is None


async def test_it_answers_until_it_is_too_old(place: Place, gone: Revocations) -> None:
    """Counted from before the reading; what it knows stays known to whoever asks only for that."""
    await gone.refresh()
    place.seconds += FRESH_SECONDS - 0.01
    assert not gone.refuses(ANI)
    place.seconds += 0.01
    refused(gone)
    assert await gone.condition() is not None
    assert not gone.has(ANI)
    await gone.refresh()
    assert not gone.refuses(ANI)


async def test_an_absent_store_makes_it_no_younger(place: Place, gone: Revocations) -> None:
    """A look that failed was none."""
    await gone.refresh()
    place.away = True
    place.seconds += FRESH_SECONDS
    with pytest.raises(StoreUnavailable):
        await gone.refresh()
    refused(gone)


async def test_whoever_commits_late_is_found(place: Place, gone: Revocations) -> None:
    """A log-in that ended before what was seen, and was not to be seen yet, is seen at the next look."""
    place.ends(ANI)
    await gone.refresh()
    place.seconds += 1
    place.ends(BUDI, ago=OVERLAP.total_seconds() - 2)
    await gone.refresh()
    assert gone.refuses(BUDI)
    assert place.since == [None, NOON - OVERLAP]
    assert place.heard == [ANI, BUDI]


async def test_one_that_ends_here_counts_at_once(place: Place, gone: Revocations) -> None:
    """Without a look, and the others are told; it is news once."""
    gone.ended(ANI)
    refused(gone)
    await gone.refresh()
    gone.ended(BUDI)
    place.ends(BUDI)
    assert gone.refuses(BUDI)
    await gone.refresh()
    assert place.heard == [BUDI]
    assert place.nudges == 2


async def test_what_no_token_outlives_is_forgotten(place: Place, gone: Revocations) -> None:
    """A token's life and a margin later; nothing before."""
    place.ends(ANI)
    place.seconds += 1
    place.ends(BUDI)
    await gone.refresh()
    place.seconds += (LIFE + MARGIN).total_seconds() - 0.5
    await gone.refresh()
    assert (gone.has(ANI), gone.has(BUDI)) == (False, True)
    place.seconds += 61
    await gone.refresh()
    assert not gone.has(BUDI)


async def test_it_looks_by_itself_and_when_told(place: Place, gone: Revocations) -> None:
    """Once a second, at every nudge, and until it is stopped."""
    stop = asyncio.Event()
    running = asyncio.create_task(gone.run(stop))
    await eventually(_looked(place, 1))
    gone.look_soon()
    await eventually(_looked(place, 2), seconds=0.9)
    await eventually(_looked(place, 3), seconds=3)
    stop.set()
    await running


def _looked(place: Place, times: int) -> Callable[[], Awaitable[bool]]:
    async def looked() -> bool:
        return len(place.since) >= times

    return looked
