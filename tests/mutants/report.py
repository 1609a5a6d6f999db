"""The page about the mutants: how many there were, who caught them, and why some survived."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from mutants.bends import MACHINES
from mutants.survivors import WHY
from mutants.trial import Verdict

FLOOR: Final = 0.95
"""The share that has to be caught."""

_HEAD: Final = """# Mutants

Every rule of the core is bent in turn: a row is missing or leads elsewhere, a guard lets everything through
or says the opposite, a field is not set, a cause is not given, a repeat is not ignored, a refusal has another
reason, a reaction does not follow. For each bend the core's tests run until the first one fails; the tests
that only draw the tables take no part, for they would hear everything and prove nothing.

Written by `make mutants`; `make test` fails when a table has changed since.
"""


def page(verdicts: Sequence[Verdict]) -> str:
    """Write the page, in Markdown."""
    caught = [verdict for verdict in verdicts if verdict.caught_by]
    survivors = [verdict for verdict in verdicts if not verdict.caught_by]
    lines = [
        _HEAD,
        f"**{len(caught)} of {len(verdicts)} were caught: {share(verdicts):.1%}.**",
        "",
        f"Tables: {fingerprints()}.",
        "",
        "## By what was bent",
        "",
        *_table(("", "mutants", "caught"), _counted(verdicts)),
        "",
        "## By whom they were caught",
        "",
        *_table(("tests", "caught"), _catchers(caught)),
        "",
        "## Survivors",
        "",
        *(_table(("mutant", "why it survives"), _survivors(survivors)) if survivors else ["None."]),
        "",
    ]
    return "\n".join(lines)


def share(verdicts: Sequence[Verdict]) -> float:
    """The share of those that were caught."""
    return sum(verdict.caught_by is not None for verdict in verdicts) / len(verdicts)


def fingerprints() -> str:
    """The tables that were bent, told from any others."""
    return ", ".join(f"{machine.name} `{machine.fingerprint}`" for machine in MACHINES)


def unexplained(survivors: Iterable[Verdict]) -> list[str]:
    """The names of survivors that nobody gave a reason for."""
    return [verdict.name for verdict in survivors if verdict.name not in WHY]


def _counted(verdicts: Sequence[Verdict]) -> Iterable[tuple[str, ...]]:
    homes = list(dict.fromkeys(verdict.home for verdict in verdicts))
    for home in homes:
        mine = [verdict for verdict in verdicts if verdict.home == home]
        yield home, str(len(mine)), str(sum(verdict.caught_by is not None for verdict in mine))


def _catchers(caught: Iterable[Verdict]) -> Iterable[tuple[str, ...]]:
    files = Counter(str(verdict.caught_by).split("::", maxsplit=1)[0] for verdict in caught)
    return [
        (f"`{file}`", str(count)) for file, count in sorted(files.items(), key=lambda one: (-one[1], one[0]))
    ]


def _survivors(survivors: Iterable[Verdict]) -> Iterable[tuple[str, ...]]:
    return [(verdict.name, WHY.get(verdict.name, "**nobody knows**")) for verdict in survivors]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
