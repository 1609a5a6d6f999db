"""Two lives at once, one in memory to choose by and one on PostgreSQL to be audited. Mitras begin offline."""

from random import Random

from halobestie_app.usecases import presence
from halobestie_core.settings import Settings
from support.chances import Chance
from support.lives import CUSTOMERS, MITRAS, Beats, Life
from support.places import MemoryPlace
from support.postgres_places import PostgresPlace


async def lived(
    place: PostgresPlace, settings: Settings, seed: int, steps: int, *, billed: bool = False
) -> Life:
    """Lead a life by seeded chance, and return the one on PostgreSQL."""
    memory = MemoryPlace()
    chance = Chance(memory.tables, Random(seed), billed=billed)
    lives = [Life(memory, settings, billed=billed), Life(place, settings, billed=billed)]
    for life in lives:
        await _begun(life)
    for _ in range(steps):
        act = chance.next()
        for life in lives:
            await life.do(act)
    return lives[1]


async def _begun(life: Life) -> None:
    """Register everybody as the server would: online is what one becomes by a move."""
    await life.open()
    for customer_id in CUSTOMERS:
        await life.place.customer(customer_id, f"customer {customer_id.int:x}")
    for mitra_id in MITRAS:
        await life.place.mitra(mitra_id, f"mitra {mitra_id.int:x}", online=False)
    for mitra_id in MITRAS:

        async def on(life: Life, mitra_id: object = mitra_id) -> None:
            await presence.switch(life.desk, Beats(life), mitra_id, online=True)  # type: ignore[arg-type] # one of them

        await life.do(on)
