"""The index of the folder, and the frame around the causes."""

from halobestie_core.atlas.machines import Machines
from halobestie_core.machine.chart.causes import causes
from halobestie_core.machine.chart.matrix import grid
from halobestie_core.machine.chart.page import NOTICE

INTRODUCTION = """\
Everything that has a status is one of these five tables. Code, pictures, database checks and this folder all
come from them; `halobestie machines` writes the folder anew, and a test fails while it is stale.
"""

ELSEWHERE = """\
- [Reactions](reactions.md): what follows what, from one machine to another
- [Causes](causes.md): why money could not be served, in Indonesian and English, and what leads there
- [machines.json](machines.json): all of it as data, for client teams
"""

READING = """\
From left to right. A solid line moves; a dashed line with a cross at its head fails, and names its cause. A
double border: nothing leaves this state. What moves something and leaves its state as it is stands inside the
box. Lines that say the same of several commands are drawn once.
"""

CAUSES = "Every failure carries one of these tags: a closed list, the same in code, database, API and here.\n"


def index(machines: Machines) -> str:
    """Return the folder's README."""
    listed = grid(
        ("machine", "what it is", "states", "rows", "fingerprint"),
        (
            (
                f"[{machine.name}]({machine.name}.md)",
                machine.about,
                str(len(machine.states)),
                str(len(machine.rows)),
                f"`{machine.fingerprint}`",
            )
            for machine in machines
        ),
    )
    pictures = [f"![{machine.name}]({machine.name}.svg)\n" for machine in machines]
    parts = [
        NOTICE,
        "# The machines\n",
        INTRODUCTION,
        listed,
        ELSEWHERE,
        "## How to read a picture\n",
        READING,
    ]
    return "\n".join((*parts, *pictures))


def causes_page(machines: Machines) -> str:
    """Return the page of the causes."""
    return "\n".join((NOTICE, "# Causes\n", CAUSES, causes(machines)))
