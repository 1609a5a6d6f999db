"""Two lives at once, one in memory to choose by and one on PostgreSQL to be audited. Mitras begin offline."""

from random import Random

from psycopg.sql import SQL

from halobestie_app.usecases import presence
from halobestie_core.settings import Settings
from support.lives import CUSTOMERS, MITRAS, Beats, Chance, Life
from support.places import MemoryPlace
from support.postgres_places import PostgresPlace

# The clock of a place begins in its past: so do its prices and settings, and what is sealed is sealed anew.
_SETTLED = """
SET session_replication_role = replica;
UPDATE pricing_tiers SET updated_at = '2025-01-01';
UPDATE pricing_promotions SET updated_at = '2025-01-01';
UPDATE pricing_tiers_history x SET seal = seal_of(to_jsonb(x) - 'seal');
UPDATE pricing_promotions_history x SET seal = seal_of(to_jsonb(x) - 'seal');
INSERT INTO app_config SELECT key, after, at FROM app_config_history;
RESET session_replication_role;
"""


async def lived(place: PostgresPlace, settings: Settings, seed: int, steps: int) -> Life:
    """Lead a life by seeded chance, and return the one on PostgreSQL."""
    memory = MemoryPlace()
    await place.conn.execute(SQL(_SETTLED))
    chance = Chance(memory.tables, Random(seed))
    lives = [Life(memory, settings), Life(place, settings)]
    for life in lives:
        await _begun(life)
    for _ in range(steps):
        act = chance.next()
        for life in lives:
            await life.do(act)
    return lives[1]


async def _begun(life: Life) -> None:
    """Register everybody as the server would: online is what one becomes by a move."""
    for customer_id in CUSTOMERS:
        await life.place.customer(customer_id, f"customer {customer_id.int:x}")
    for mitra_id in MITRAS:
        await life.place.mitra(mitra_id, f"mitra {mitra_id.int:x}", online=False)
    for mitra_id in MITRAS:

        async def on(life: Life, mitra_id: object = mitra_id) -> None:
            await presence.switch(life.desk, Beats(life), mitra_id, online=True)  # type: ignore[arg-type] # one of them

        await life.do(on)
