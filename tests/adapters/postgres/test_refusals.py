"""What the database refuses by itself: doubles, changed history, shrinking versions, contradictory rows."""

from pathlib import Path

import pytest
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from halobestie_adapters.errors import Clash, Conflict, RuleBroken
from halobestie_adapters.postgres.errors import translated
from support.paragraphs import paragraphs

pytestmark = pytest.mark.anyio

Connection = AsyncConnection[TupleRow]

HERE = Path(__file__).parent


async def test_doubles_are_refused(world: Connection, subtests: pytest.Subtests) -> None:
    """Each thing that may be there once is refused a second time, with the domain's word for it."""
    for word, attempt in paragraphs(HERE / "doubles.sql", "clash"):
        with subtests.test(word):
            with pytest.raises(Conflict) as caught, translated():
                await world.execute(sql.SQL(attempt))
            assert caught.value.clash is Clash(word)


async def test_what_must_never_be_is_refused(world: Connection, subtests: pytest.Subtests) -> None:
    """Changed history, shrinking versions and contradictory rows are refused, under the rule's name."""
    for rule, attempt in paragraphs(HERE / "never.sql", "rule"):
        with subtests.test(rule, attempt=attempt):
            with pytest.raises(RuleBroken) as caught, translated():
                await world.execute(sql.SQL(attempt))
            assert caught.value.rule == rule


async def test_what_may_be_is_allowed(world: Connection, subtests: pytest.Subtests) -> None:
    """What is no move of a machine needs no new version."""
    for _, attempt in paragraphs(HERE / "allowed.sql", "may be"):
        with subtests.test(attempt):
            async with world.transaction(force_rollback=True):
                await world.execute(sql.SQL(attempt))
