"""The arrows of the house, and what the core never does: read a clock, draw chance, wait, or talk."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "src" / "halobestie_core"
MODULES = sorted(CORE.rglob("*.py"))
CLOCKS_AND_CHANCE = {
    "now",
    "utcnow",
    "today",
    "uuid1",
    "uuid4",
    "getnode",
    "time",
    "monotonic",
    "perf_counter",
}
OUTSIDE = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
FORBIDDEN_MODULES = {
    "random",
    "secrets",
    "time",
    "logging",
    "os",
    "socket",
    "asyncio",
    "threading",
    "warnings",
}


def sins(tree: ast.AST) -> Iterator[str]:
    """Yield every call and import of a module that the core must not have."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS_AND_CHANCE:
                yield f"line {node.lineno}: calls {name}()"
            case ast.Call(func=ast.Name(id=name)) if name in CLOCKS_AND_CHANCE | OUTSIDE:
                yield f"line {node.lineno}: calls {name}()"
            case ast.Import(names=names):
                yield from (f"line {node.lineno}: imports {n.name}" for n in names if _forbidden(n.name))
            case ast.ImportFrom(module=str(module)) if _forbidden(module):
                yield f"line {node.lineno}: imports {module}"
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield f"line {node.lineno}: waits"
            case _:
                pass


def _forbidden(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in FORBIDDEN_MODULES


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_reads_no_clock_and_draws_no_chance(module: Path) -> None:
    """Time, ids and facts are arguments, in the core's own test tools too."""
    assert list(sins(ast.parse(module.read_text()))) == []


@pytest.mark.parametrize(
    "sin",
    [
        "datetime.now(UTC)",
        "uuid.uuid4()",
        "import random",
        "from time import sleep",
        "print(1)",
        "async def f():\n    await g()",
    ],
)
def test_the_check_sees_each_sin(sin: str) -> None:
    """A check that finds nothing must be able to find something."""
    assert len(list(sins(ast.parse(sin)))) == 1


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_a_module_has_one_subject(module: Path) -> None:
    """Each says what it is in its first line, and is short enough to have one subject."""
    text = module.read_text()
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= 400


def test_the_arrows_point_one_way() -> None:
    """The contracts of the house hold: the layers, the nouns apart from each other, no I/O in the core."""
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own linter
    assert told.returncode == 0, told.stdout
