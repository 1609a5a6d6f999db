"""A mitra is heard of: cheaply as a rule, at once where it matters."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from halobestie_app.usecases import presence
from support.desk import Office, office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """The office of one test."""
    async with office(database_url) as opened:
        yield opened


@pytest.mark.parametrize("silent, written", [(30, 0), (43, 1)])
async def test_a_heartbeat_near_the_threshold_is_written_at_once(
    desk: Office, silent: int, written: int
) -> None:
    """Whoever was told "heard" must not be swept, nor missed by a request for them, a moment later."""
    mitra = await desk.mitra(silent_for=timedelta(seconds=silent))
    heard = await presence.heartbeat(desk.desk, desk.beats, mitra)
    assert heard.presence.last_heartbeat_at is not None
    assert [one for one, _ in desk.beats.taken] == [mitra]
    assert desk.beats.written == written
