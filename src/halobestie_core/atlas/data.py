"""machines.json: the tables as data, for client teams."""

import json

from halobestie_core.atlas.machines import Machines
from halobestie_core.causes import FALLBACK_CAUSES
from halobestie_core.causes import SENTENCES as CAUSES
from halobestie_core.machine.chart.export import export
from halobestie_core.reasons import SENTENCES as REASONS

# The shape of the file; one more when a reader made for an older one would misread it.
FORMAT = 1


def data(machines: Machines) -> str:
    """Return the file's text: JSON, indented, ending with a newline."""
    tables = {
        "format": FORMAT,
        "machines": [export(machine) for machine in machines],
        "causes": [
            {"name": cause.value, "id": words.id, "en": words.en, "fallback": cause in FALLBACK_CAUSES}
            for cause, words in CAUSES.items()
        ],
        "reasons": [{"name": reason.value, "en": sentence} for reason, sentence in REASONS.items()],
    }
    return json.dumps(tables, ensure_ascii=False, indent=2) + "\n"
