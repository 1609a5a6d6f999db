"""The pages of docs/machines, all of them, from the tables. Knows no file and no folder."""

from halobestie_core.atlas.data import data
from halobestie_core.atlas.index import causes_page, index
from halobestie_core.atlas.machines import MACHINES
from halobestie_core.atlas.reactions import reactions_page
from halobestie_core.machine.chart.page import NOTICE, page
from halobestie_core.machine.chart.svg import svg


def pages() -> dict[str, str]:
    """Return every page by its file name, the same text for the same tables."""
    made = {
        "README.md": index(MACHINES),
        "causes.md": causes_page(MACHINES),
        "reactions.md": reactions_page(MACHINES),
        "machines.json": data(MACHINES),
    }
    for machine in MACHINES:
        made[f"{machine.name}.md"] = page(machine)
        made[f"{machine.name}.svg"] = NOTICE + svg(machine)
    return made


__all__ = ["MACHINES", "NOTICE", "pages"]
