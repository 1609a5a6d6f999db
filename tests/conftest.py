"""What all tests share: the servers, and how Hypothesis and anyio run."""

import os

import pytest
from hypothesis import Phase, settings

pytest_plugins = ["support.stores", "support.rounds", "support.faults"]

# No deadline: a laptop that sleeps is not a bug. `print_blob` makes a failure of the night repeatable by day.
settings.register_profile("default", deadline=None, print_blob=True, max_examples=100)
settings.register_profile("thorough", deadline=None, print_blob=True, max_examples=2000)
# For mutants it counts whether a test fails, not how small its example is; and there are hundreds of them.
settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    max_examples=25,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop that the server runs on."""
    return "asyncio"
