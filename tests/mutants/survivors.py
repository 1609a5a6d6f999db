"""Why some mutants survive: what the bend changes cannot be seen, or is seen by tests of another storey."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WHY: Final[Mapping[str, str]] = MappingProxyType({})
"""From a mutant's name to the reason."""
