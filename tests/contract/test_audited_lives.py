"""Whatever happens by chance, the audit finds it as it was decided: logs, rows, ledger, histories, seals."""

import pytest

from halobestie_adapters.postgres.auditing import MACHINES, PostgresAudits, Scope
from halobestie_adapters.postgres.pool import make_pool
from halobestie_adapters.postgres.verifying import Unheard, verify
from halobestie_core.settings import Settings
from support.audited import lived
from support.lives import MITRAS
from support.postgres_places import PostgresPlace

pytestmark = pytest.mark.anyio

HOUSES = {
    11: Settings(),
    12: Settings(pairing_wave_size=1, max_customers_per_mitra=1, payment_session_timeout_minutes=5),
    13: Settings(mitra_require_ping=False, pairing_wave_size=2, max_customers_per_mitra=2),
}
BILLED = 13
"""In this life people pay on pages, and hence more slowly."""
STEPS = 500


@pytest.mark.parametrize("seed", HOUSES)
async def test_a_life_is_whole(seed: int, on_postgres: PostgresPlace, database_url: str) -> None:
    """Searches in waves, declines, time-outs, withdrawals, fallbacks, presence that goes stale, more time."""
    await lived(on_postgres, HOUSES[seed], seed, STEPS, billed=seed == BILLED)
    report = await verify(on_postgres.conn, tuple(map(Scope, MACHINES)), Unheard(), books=True)
    assert report.first is None, str(report.first)
    moves = {counted.machine: counted.moves for counted in report.counted}
    assert sum(moves.values()) > STEPS / 6
    assert min(moves.values()) > 4 or seed == BILLED, moves
    async with make_pool(database_url, 1) as pool:
        audits = PostgresAudits(pool)
        for mitra_id in MITRAS:
            verdict = await audits.verdict("presence", mitra_id)
            assert verdict is not None
            assert verdict.is_whole
            lines = await audits.lines("presence", mitra_id, 0, 200)
            assert len(lines) == verdict.checked
