"""A desk on this test's own database."""

from collections.abc import AsyncIterator

import pytest
from psycopg.conninfo import make_conninfo

from support.billing import Bank
from support.billing import bank as open_bank
from support.desk import Office, office


def patient(database_url: str) -> str:
    """Connections that wait long for a lock: on a busy machine eight at one row take over two seconds."""
    waits = "-c lock_timeout=20s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
    return make_conninfo(database_url, options=waits)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Office]:
    """The office of one test."""
    async with office(patient(database_url), connections=10) as opened:
        yield opened


@pytest.fixture
async def bank(database_url: str) -> AsyncIterator[Bank]:
    """The office of one test, with a till, and a stand-in for the gateway."""
    async with open_bank(patient(database_url)) as opened:
        yield opened
