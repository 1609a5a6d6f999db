"""A machine that can also draw itself: what tables are made with. Knows nothing that the engine does not."""

from attrs import frozen

from halobestie_core.machine import engine
from halobestie_core.machine.chart.matrix import matrix
from halobestie_core.machine.chart.mermaid import mermaid
from halobestie_core.machine.verdicts import S


@frozen(slots=False)
class Machine(engine.Machine[S]):
    """The engine's machine, with its pictures in words."""

    def mermaid(self) -> str:
        """Return the table as a Mermaid state diagram."""
        return mermaid(self)

    def matrix(self) -> str:
        """Return every state against every command, in Markdown: moved, ignored and why, or refused."""
        return matrix(self)
