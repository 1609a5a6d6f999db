"""Every reachable state of the composed machines, visited with the functions that the server runs.

Not imported by the rest of the core. Begin with :func:`explore` and :class:`Bounds`; :func:`figures` gives
what was found as data.
"""

from halobestie_core.explore.bounds import Bounds
from halobestie_core.explore.report import PROOF, Explored, explore, figures, invariants, markdown
from halobestie_core.explore.story import Story

__all__ = ["PROOF", "Bounds", "Explored", "Story", "explore", "figures", "invariants", "markdown"]
