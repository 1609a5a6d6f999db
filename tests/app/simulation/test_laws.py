"""What the database is asked, the nights are asked too, law by law; or it is said here why they are not."""

import ast
import re
from pathlib import Path

from halobestie_adapters.postgres.invariants import Q
from halobestie_app import simulation

NOT_HERE = {
    "M12": "in memory nothing guards the rows of a table: that triggers do is asked of the database alone",
    "A1": "nobody logs in: identity is not part of the nights",
    "A2": "no code is sent: identity is not part of the nights",
    "A4": "the twin keeps no histories of settings and prices; actions on failures are part of M6",
}
"""The laws that queries ask for and nights do not, and why."""

_NAMED = re.compile(r"((?:[A-Z]\d+)(?:, [A-Z]\d+)*): ")


def asked() -> set[str]:
    """The laws that hold at every commit and of which a query asks."""
    return {name.split("_")[0].upper() for name, said in Q.descriptions.items() if said.startswith("S")}


def judged() -> set[str]:
    """The laws that some function of the simulation says it is."""
    found: set[str] = set()
    for path in Path(simulation.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                named = _NAMED.match(ast.get_docstring(node) or "")
                found.update(named[1].split(", ") if named else ())
    return found


def test_every_law_is_judged_or_said_why_not() -> None:
    """No query asks for what the nights pass over in silence, and no reason is left of what they judge."""
    assert asked() > {"M1", "M7", "M8", "P3", "X3", "T1"}
    assert asked() - judged() == asked() & set(NOT_HERE)
    assert not judged() & set(NOT_HERE)
