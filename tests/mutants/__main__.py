"""``make mutants``: put every mutant on trial, two at a time, and write docs/mutants.md.

With words behind it, only those whose names hold them all, and no page: ``python -m mutants chat guard``.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mutants.bends import mutants
from mutants.report import page, share, unexplained
from mutants.trial import Verdict, held

PAGE = Path(__file__).parents[2] / "docs" / "mutants.md"


def main(words: Sequence[str]) -> int:
    """Say each verdict as it comes; 1: somebody survived and nobody knows why; 2: nobody is so called."""
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    chosen = [mutant for mutant in mutants() if all(word in mutant.name for word in words)]
    if not chosen:
        sys.stderr.write(f"no mutant is called {' '.join(words)!r}\n")
        return 2
    done: list[Verdict] = []

    def told(verdict: Verdict) -> None:
        done.append(verdict)
        how = "caught  " if verdict.caught_by else "SURVIVED"
        sys.stdout.write(f"{len(done):4}/{len(chosen)} {how} {verdict.seconds:6.1f} s  {verdict.name}\n")
        sys.stdout.flush()

    began = time.monotonic()
    verdicts = held(chosen, told)
    survivors = [verdict for verdict in verdicts if verdict.caught_by is None]
    sys.stdout.write(
        f"{len(verdicts) - len(survivors)} of {len(verdicts)} caught ({share(verdicts):.1%}) "
        f"in {time.monotonic() - began:.0f} s\n"
    )
    if not words:
        PAGE.write_text(page(verdicts))
    missing = unexplained(survivors)
    for name in missing:
        sys.stdout.write(f"survived without a reason: {name}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
