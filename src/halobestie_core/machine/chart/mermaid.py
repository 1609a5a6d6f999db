"""A table as a Mermaid state diagram, for places that draw Mermaid by themselves."""

from typing import Any

from halobestie_core.machine.chart.edges import Way, edges, loops
from halobestie_core.machine.engine import Machine
from halobestie_core.machine.table import snake


def mermaid(machine: Machine[Any]) -> str:
    """Return the diagram's source; what fails is marked in words, since Mermaid cannot dash one edge."""
    lines = [
        "stateDiagram-v2",
        "    direction LR",
        f"    [*] --> {machine.initial} : {snake(machine.opening)}",
    ]
    for edge in edges(machine):
        ways = "<br/>".join(_way(way) for way in edge.ways)
        lines.append(f"    {edge.source} --> {edge.target} : {ways}")
    for state in machine.states:  # a loop drawn as an edge would hide others: it is told inside its state
        inside = [f"    {state} : ↻ {_way(way)}" for way in loops(machine, state)]
        lines += [f"    {state} : {state}", *inside] if inside else []
    lines += [f"    {state} --> [*]" for state in machine.states if state in machine.terminal]
    if machine.failures:
        failing = ",".join(state for state in machine.states if state in machine.failures)
        lines.append("    classDef failure stroke-dasharray:6 3,stroke-width:2px")
        lines.append(f"    class {failing} failure")
    return "\n".join(lines) + "\n"


def _way(way: Way) -> str:
    guard = f" [{way.guard}]" if way.guard else ""
    cause = f" ✕ {way.cause}" if way.cause else ""
    return ", ".join(way.commands) + guard + cause
