"""The public face: what the packages promise is there, in order, and complete."""

import subprocess
import sys
from importlib import import_module

import pytest

import halobestie_core

PACKAGES = [
    "halobestie_core",
    *(
        f"halobestie_core.{name}"
        for name in (
            "machine",
            "payment",
            "pairing",
            "chat",
            "extension",
            "presence",
            "flow",
            "testing",
            "wire",
            "audit",
        )
    ),
]


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_promised_is_there(name: str) -> None:
    """Every exported name exists, once, and has words."""
    package = import_module(name)
    promised = list(package.__all__)
    assert len(promised) == len(set(promised))
    for item in promised:
        assert hasattr(package, item), f"{name} promises {item}"
    assert package.__doc__


def test_the_face_of_the_core() -> None:
    """What the first page of the documentation uses is one import away."""
    first_page = {
        "Evening decide Moved Ignored Refused wake_at replay",
        "PAYMENT PAIRING CHAT EXTENSION PRESENCE REACTIONS",
        "OpenPairing FallBackToBlast CancelSearch AskExtension RecordCapture ActOnFailure",
        "Settings SETTINGS Cause Reason",
    }
    assert {name for line in first_page for name in line.split()} <= set(halobestie_core.__all__)


def test_the_core_brings_nothing_along() -> None:
    """Importing it brings neither Hypothesis nor an event loop, a socket or the rest of the house."""
    told = "import halobestie_core, sys; print(*sorted(sys.modules))"
    # An empty environment: what measures the coverage of this process would come along otherwise.
    asked = subprocess.run([sys.executable, "-c", told], env={}, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    brought = set(asked.stdout.split())
    unwanted = {
        "hypothesis",
        "asyncio",
        "socket",
        "psycopg",
        "starlette",
        "redis",
        "ssl",
        "halobestie_core.testing",
    }
    assert not unwanted & brought
    assert not any(name.startswith(("halobestie_adapters", "halobestie_app")) for name in brought)


def test_a_table_can_be_read_and_drawn() -> None:
    """Rows, a diagram, a matrix and the answers of this moment come with every table."""
    tables = (
        halobestie_core.PAYMENT,
        halobestie_core.PAIRING,
        halobestie_core.CHAT,
        halobestie_core.EXTENSION,
        halobestie_core.PRESENCE,
    )
    for table in tables:
        assert table.rows
        assert table.initial.value in table.mermaid()
        assert all(state.value in table.matrix() for state in table.states)
