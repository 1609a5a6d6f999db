"""How a field is spelled in JSON. Knows nothing else."""

from typing import Any

import attrs


def wire_name(field: "attrs.Attribute[Any]") -> str:
    """Give the alias without trailing underscores, which only keep Python's own words free."""
    return (field.alias or field.name).rstrip("_")
