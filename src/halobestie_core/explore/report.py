"""The report: what was visited, judged and taken, and what never was, as data and in Markdown."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from attrs import frozen

from halobestie_core.explore import ends, house, laws, moving, refusing
from halobestie_core.explore.bounds import Bounds
from halobestie_core.explore.coverage import Entry, entries
from halobestie_core.explore.story import Story, first_with, of_breach, of_state
from halobestie_core.explore.untaken import why_not
from halobestie_core.explore.walk import FoundError, Progress, Walk

PROOF: Final = (
    Bounds.of(1, 3),
    Bounds.of(2, 2),
    Bounds.of(1, 2, waves=True),
    Bounds.of(1, 1, overlap=True),
)
"""What is explored where nobody asks for something else: together they take every row that can be taken."""


@frozen
class Explored:
    """What one exploration found; ``story`` is the shortest way to what is wrong, if something is."""

    bounds: Bounds
    states: int
    edges: int
    depth: int
    nights: int
    decisions: int
    taken: Counter[Entry]
    story: Story | None = None

    @property
    def name(self) -> str:
        """Its size, in words."""
        more = " in waves" * self.bounds.waves + " overlapping" * self.bounds.overlap
        return f"{self.bounds.customers} x {self.bounds.mitras}{more}"


def explore(bounds: Bounds, progress: Progress | None = None) -> Explored:
    """Visit every state within these bounds, and judge each state, each move and where it can end."""
    walk = Walk(bounds)
    told: Story | None = None
    try:
        walk.run(progress)
        told = _stuck(walk)
    except FoundError as found:
        told = of_breach(walk, found)
    return Explored(
        bounds,
        len(walk.found),
        walk.edges,
        len(walk.layers) - 1,
        len(walk.nights),
        walk.nights.decisions,
        walk.nights.seen + walk.house.seen,
        told,
    )


def _stuck(walk: Walk) -> Story | None:
    numbers = {night for state in walk.found for night in walk.parts(state)[1]}
    for law in ends.LAWS:
        for stuck in law(walk.nights, numbers):
            state = first_with(walk, stuck.night)
            return of_state(walk, state, ((stuck.law, stuck.said),))
    return None


def invariants() -> tuple[tuple[str, str], ...]:
    """Return the name and the sentence of every law that is judged."""
    every: tuple[Callable[..., Any], ...] = (
        *laws.STATE_LAWS,
        *moving.MOVE_LAWS,
        *refusing.REFUSAL_LAWS,
        *house.PRESENCE_LAWS,
        *ends.LAWS,
    )
    return tuple((law.__name__, (law.__doc__ or "").strip().splitlines()[0]) for law in every)


def figures(found: Iterable[Explored]) -> dict[str, Any]:
    """Return all figures as JSON-able data, for reports and pages."""
    explored = tuple(found)
    taken: Counter[Entry] = Counter()
    for one in explored:
        taken += one.taken
    every = entries()
    return {
        "explorations": [_of_one(one) for one in explored],
        "invariants": [{"name": name, "says": says} for name, says in invariants()],
        "taken": [
            {"of": of, "entry": entry, "times": taken[of, entry]} for of, entry in every if taken[of, entry]
        ],
        "never_taken": [
            {"of": of, "entry": entry, "because": why_not(of, entry)}
            for of, entry in every
            if not taken[of, entry]
        ],
        "held": all(one.story is None for one in explored),
    }


def _of_one(one: Explored) -> dict[str, Any]:
    return {
        "name": one.name,
        "customers": one.bounds.customers,
        "mitras": one.bounds.mitras,
        "states": one.states,
        "edges": one.edges,
        "depth": one.depth,
        "nights": one.nights,
        "decisions": one.decisions,
        "bounds": list(one.bounds.sentences),
        "story": None if one.story is None else str(one.story),
    }


def markdown(data: dict[str, Any]) -> str:
    """Return the figures as a page fragment; ``seconds`` and ``mebibytes`` of an exploration are optional."""
    lines = [
        "| customers x mitras | states | edges | depth | decisions | seconds |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for one in data["explorations"]:
        seconds = one.get("seconds", "")
        row = (
            one["name"],
            *(f"{one[key]:,}" for key in ("states", "edges", "depth", "decisions")),
            str(seconds),
        )
        lines.append(f"| {' | '.join(row)} |")
    for one in data["explorations"]:
        lines += ["", f"## {one['name']}", "", *(f"* {said}" for said in one["bounds"])]
        if one["story"] is not None:
            lines += ["", "Something is broken:", "", one["story"]]
    lines += [
        "",
        "## What is judged",
        "",
        *(f"* `{law['name']}`: {law['says']}" for law in data["invariants"]),
    ]
    taken = len(data["taken"])
    lines += [
        "",
        "## What was taken",
        "",
        f"{taken} of {taken + len(data['never_taken'])} entries and reasons.",
    ]
    lines += [f"* never: {one['of']}, {one['entry']}: {one['because']}" for one in data["never_taken"]]
    return "\n".join(lines) + "\n"
