"""Writes docs/proof.md, the page for auditors: what is promised, what shows it, and what was measured.

    python proof.py           explore and simulate (a minute or two), and write the page
    python proof.py --check   say whether the page is of the rules, the laws and the tests that stand

Nothing on the page is typed by hand: laws come from the database's invariants and from the exploration, races
from their catalogue, mutants from their report, figures from runs made here.
"""

import hashlib
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from halobestie_adapters.postgres.invariants import Q
from halobestie_app.simulation import night
from halobestie_core import chat, extension, pairing, payment, presence
from halobestie_core.explore import PROOF, explore, figures, invariants
from halobestie_core.explore.bounds import ALWAYS

ROOT: Final = Path(__file__).resolve().parent
SQL: Final = "../src/halobestie_adapters/postgres/sql/invariants.sql"
PAGE: Final = ROOT / "docs" / "proof.md"
MUTANTS: Final = ROOT / "docs" / "mutants.md"
RACES: Final = ROOT / "docs" / "races.md"
FAULTS: Final = ROOT / "docs" / "reliability.md"
CORE: Final = ROOT / "src" / "halobestie_core"
NIGHTS: Final = 30
MACHINES: Final = (payment.PAYMENT, pairing.PAIRING, chat.CHAT, extension.EXTENSION, presence.PRESENCE)
BEGIN, END = "<!-- measured -->", "<!-- as measured -->"

SUBJECTS: Final = {
    "M": "Money",
    "P": "Pairing",
    "C": "Capacity and presence",
    "H": "Chats",
    "X": "Extensions",
    "T": "Deadlines and delivery",
    "A": "Identity and operators",
}

TESTS: Final = {
    "A1": ("acceptance/test_races_of_identity.py", "acceptance/test_back_office.py"),
    "A2": ("acceptance/test_codes.py", "app/test_identity_races.py"),
    "A3": ("acceptance/test_authorisation.py", "acceptance/test_foreign.py"),
    "A4": ("acceptance/test_back_office.py", "app/usecases/test_catalogue.py"),
    "A5": ("acceptance/test_marks.py", "acceptance/conftest.py"),
    "C3": ("app/usecases/test_presence_races.py", "app/workers/test_heartbeats.py"),
    "C4": ("acceptance/test_availability.py", "app/workers/test_availability.py"),
    "H1": ("contract/test_messages.py", "adapters/postgres/test_messages.py"),
    "H2": ("app/ws/test_delivery.py", "browser/test_returning.py"),
    "H3": ("app/ws/test_delivery.py", "acceptance/test_foreign.py"),
    "M8": ("app/usecases/test_price_races.py",),
    "M9": ("acceptance/test_money_storm.py", "acceptance/test_webhooks.py"),
    "M10": ("acceptance/test_gateway_away.py", "app/usecases/test_reconciling.py"),
    "T3": ("app/workers/test_deadlines.py", "faults/test_floods.py"),
    "T4": ("app/workers/test_relay_races.py", "faults/test_instances.py"),
    "T5": ("acceptance/test_idempotency.py", "acceptance/test_unknown_commits.py"),
}
"""Of laws that no query and no state can say whole: the stories that tell them."""

WORDS: Final = {
    "A1": "A refresh token has at most one successor, and using it again outside thirty seconds of "
    "grace ends the whole family; five seconds after a log-out, a block or a revocation nothing "
    "works any more, sockets included.",
    "A2": "A code is taken once, in its life, within five tries; sending it again forgives no failure.",
    "A3": "Nobody reads or writes what is another's, by any route.",
    "A4": "Every change by an operator has one row of history with its author; a stale one changes nothing.",
    "A5": "No log, metric, push or error tells a phone, a token, a code or a word of a chat.",
    "C2": "Nobody accepts who is offline at that commit.",
    "C3": "With pings required, nobody is online without a fresh heartbeat for longer than five "
    "seconds; a fresh heartbeat is never overwritten by an old one, nor swept away.",
    "C4": "What customers hear of who is there is ten seconds old at most; unknown is said as unknown.",
    "H1": "A chat's messages are numbered from 1 without a gap, and what its author sent twice is there"
    " once.",
    "H2": "An acknowledged message is in PostgreSQL and can be read until it is destroyed on purpose; "
    "two seconds after a reconnect each of the two has every one of them, once, in order.",
    "H3": "Nobody but the two of a chat receives its frames, and nothing is said in one that is paused "
    "or over.",
    "M2": "A payment is held exactly when one open request or pending extension uses it, and by that "
    "one; none stays confirmed and unheld for a minute past its end.",
    "M6": "A failed payment above 0 has exactly one refund due, open or settled, of its amount; no "
    "capture is both charged and owed back.",
    "M9": "A webhook counts once; one that does not match in amount, currency or id moves nothing.",
    "M10": "Ten minutes after the gateway answers again, what it calls paid is in our books, or in "
    "quarantine.",
    "M11": "A customer has at most one first-session discount, reserved or spent; extensions are never "
    "discounted or free.",
    "M12": "Ledger, failures, moves and histories are never changed or deleted; what an operator did "
    "with a failure, and that it was superseded, is set once.",
    "M13": "A payment backs at most one open request or pending extension, of its own kind and customer;"
    " a fallback makes no payment and no invoice.",
    "P4": 'A search ends as "all rejected" only if everybody who was offered it declined and, by the '
    "facts recorded with the move, nobody eligible was left.",
    "T2": "Nothing fires before its time, and each deadline fires once.",
    "T3": "Deadlines fire within 25 ms for 99 of 100 and within a second for all; what is overdue when "
    "an instance starts, within a second.",
    "T4": "Whatever somebody must hear of, and every command for later, is written in the transaction "
    "that makes it so; two seconds later nothing is unsent while the outside is up.",
    "T5": "A command that is sent again under its key has one effect, also when nobody knew of the first.",
}
"""The promise, where what the database or a state can be asked is only part of it; else the query's words."""

HEAD: Final = """# Why it can be trusted, for whoever has to check it

<!-- Written by `make proof`. Do not edit. -->

Halo Bestie takes money from people in distress. This page lists what must always hold, what shows that it
does, and how to check it oneself. The rules are five tables; [the machines](machines/README.md) are drawn
from them: a picture each, a matrix of every state and command, and the causes.

## In five minutes

```
make setup
.venv/bin/halobestie explore --customers 1 --mitras 3   # every state of a small house, judged
.venv/bin/halobestie simulate --virtual --seed 7        # a night of the whole server, with faults
make demo                                               # then, in a second terminal:
.venv/bin/halobestie demo --evening                     # an evening, every move told
.venv/bin/halobestie check --invariants                 # every law that SQL can say, asked of that database
.venv/bin/halobestie audit verify                       # every recorded move decided anew, every chain
```

Then change a row of that database by hand, and ask `audit verify` again: it names the first difference.

"""


def laws() -> dict[str, tuple[list[str], list[str]]]:
    """Each law by its code: the queries that ask for it, and the laws of states and moves that are it."""
    found: dict[str, tuple[list[str], list[str]]] = {code: ([], []) for code in TESTS}
    for name in Q.descriptions:
        found.setdefault(name.split("_")[0].upper(), ([], []))[0].append(name)
    for name, says in invariants():
        for code in re.findall(r"\b([A-Z][0-9]+)\b", says.split(":")[0]):
            found.setdefault(code, ([], []))[1].append(name)
    return dict(sorted(found.items(), key=lambda law: (list(SUBJECTS).index(law[0][0]), int(law[0][1:]))))


def _said(code: str, queries: Iterable[str], judged: Iterable[str]) -> str:
    if code in WORDS:
        return WORDS[code]
    for query in queries:
        return re.sub(r"^(S|E [^.]*)\. ", "", str(Q.descriptions[query]))
    sentences = dict(invariants())
    return next(sentences[name].split(": ", maxsplit=1)[1] for name in judged)


def promises() -> Iterator[str]:
    """Write the laws, a table for each subject."""
    yield "## What must hold\n"
    yield (
        f"*Asked* are queries of [`invariants.sql`]({SQL}), after every story of the tests and by "
        "`halobestie check --invariants`; each was seen to speak on a planted contradiction. *Judged* are "
        "the laws of [the exploration](exploration.md), in every state and at every move; each was seen to "
        "find a planted mistake. *Told* are stories on real servers.\n"
    )
    subject = ""
    for code, (queries, judged) in laws().items():
        if code[0] != subject:
            subject = code[0]
            yield f"\n### {SUBJECTS[subject]}\n"
            yield "| | must hold | asked | judged | told |\n|---|---|---|---|---|"
        told = ", ".join(f"[{Path(test).stem}](../tests/{test})" for test in TESTS.get(code, ()))
        cells = (_said(code, queries, judged), _names(queries), _names(judged), told)
        yield f"| {code} | " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _names(names: Iterable[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names)


def measured() -> Iterator[str]:
    """Run what can be run here, and write what came of it."""
    yield f"On Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, of"
    yield f"{fingerprints()}.\n"
    yield "### Every state\n"
    yield "| customers x mitras | states | edges | depth | seconds |\n|---|--:|--:|--:|--:|"
    found = []
    for bounds in PROOF:
        one, seconds = timed(lambda bounds=bounds: explore(bounds))  # type: ignore[misc] # bound at once
        found.append(one)
        yield f"| {one.name} | {one.states:,} | {one.edges:,} | {one.depth} | {seconds:.1f} |"
    yield ""
    for one in found:
        yield f"* {one.name}: {' '.join(said for said in one.bounds.sentences if said not in ALWAYS)}"
    yield f"* Everywhere: {' '.join(ALWAYS)}"
    data = figures(found)
    yield (
        f"\n{len(data['invariants'])} laws, broken by {'none' if data['held'] else 'SOME'} of these states "
        f"and moves; {len(data['taken'])} rows, repeats and refusals taken, {len(data['never_taken'])} "
        "never, each for a reason that `explore --report` names.\n"
    )
    yield "### Nights of the server\n"
    reports, seconds = timed(lambda: [night(seed) for seed in range(1, NIGHTS + 1)])
    steps, broken = sum(one.steps for one in reports), sum(bool(one.breaches) for one in reports)
    hours = sum(one.seconds for one in reports) / 3600
    yield (
        f"Seeds 1 to {NIGHTS}: {steps:,} transactions with faults, in {hours:,.1f} virtual hours and "
        f"{seconds:.0f} s; {broken} nights with a breach. [How](simulation.md)."
    )


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Do it, and say how many seconds it took."""
    began = time.monotonic()
    return work(), time.monotonic() - began


def elsewhere() -> Iterator[str]:
    """Write what other reports say."""
    bent = re.search(r"\*\*([0-9]+ of [0-9]+) were caught: ([0-9.]+%)", MUTANTS.read_text())
    races = sum(
        line.startswith("| ") and "`" in line for line in RACES.read_text().split("\n## ")[0].splitlines()
    )
    if bent is None:
        raise SystemExit(f"{MUTANTS} does not say how many were caught: write it with `make mutants`")
    yield "\n### Whether the tests would notice\n"
    yield f"{bent[1]} bent rules were caught ({bent[2]}); every survivor is [explained](mutants.md).\n"
    yield "### Whoever comes at the same moment\n"
    yield f"{races} races have a name, forced orders and free rounds on a real PostgreSQL: [all](races.md).\n"
    yield "### Whatever breaks\n"
    yield faults() + " [Each, with how long it took to recover, and how to repeat it](reliability.md).\n"
    yield "### More\n"
    yield "[Money](money.md) · [security, control by control](security.md) · [decisions](decisions/README.md)"


def faults() -> str:
    """Sum up the table that `make faults` wrote."""
    rows = re.findall(r"(?m)^\| [^|]+ \| [^|]+ \| ([0-9,]+) \| ([0-9,]+) \| ", FAULTS.read_text())
    if not rows:
        raise SystemExit(f"{FAULTS} holds no table of faults: write it with `make faults`")
    rounds, violations = (sum(int(row[at].replace(",", "")) for row in rows) for at in (0, 1))
    return (
        f"{len(rows)} faults on three real instances (the webhooks on two), {rounds:,} rounds, "
        "each delivery, deadline, socket, dawdler and piece of nonsense counted as one; "
        f"{violations} violations."
    )


def fingerprints() -> str:
    """What everything here is about: the tables by name, and all that the core is made of."""
    tables = ", ".join(f"{machine.name} `{machine.fingerprint}`" for machine in MACHINES)
    return f"{tables}, and a core of `{digest()}`"


def digest() -> str:
    """A fingerprint of the core, comments aside: reactions, guards, laws and prices are no tables."""
    seen = hashlib.sha256()
    for module in sorted(CORE.rglob("*.py")):
        lines = (line.strip() for line in module.read_text().splitlines())
        seen.update(module.relative_to(CORE).as_posix().encode())
        seen.update("\n".join(line for line in lines if line and not line.startswith("#")).encode())
    return seen.hexdigest()[:16]


def diagrams() -> Iterator[str]:
    """Show what all of it is about."""
    yield "\n## The machines\n"
    for machine in MACHINES:
        yield f"[![The states of {machine.name}](machines/{machine.name}.svg)](machines/{machine.name}.md)\n"
    yield "What a move of one asks of another is a table too: [reactions](machines/reactions.md)."


def page(figures_of: Iterable[str]) -> str:
    """Put the page together around what was measured."""
    parts = (*promises(), "\n## What was measured\n", BEGIN, *figures_of, END, *elsewhere(), *diagrams())
    return HEAD + "\n".join(parts) + "\n"


def main(words: list[str]) -> int:
    """Write the page, or check it."""
    if words == ["--check"]:
        there = PAGE.read_text()
        kept = there[there.index(BEGIN) + len(BEGIN) + 1 : there.index(END) - 1]
        if fingerprints() not in kept or there != page([kept]):
            sys.stderr.write("docs/proof.md is not of these rules: write it again with `make proof`\n")
            return 1
        return 0
    if words:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    PAGE.write_text(page(measured()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
