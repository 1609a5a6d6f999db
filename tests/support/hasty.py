"""A server as ``halobestie serve`` runs it, but one that asks the gateway every second. Run as a program.

Nobody would want that of a server in earnest, so no variable and no option says it: only whoever puts a
server together can.
"""

from datetime import timedelta

from halobestie_app import log, running
from halobestie_app.commands import stores
from halobestie_app.commands.serve import ALL, chosen, said, served
from halobestie_app.usecases.till import Rhythm

SECOND = timedelta(seconds=1)
HASTY = Rhythm(
    first=SECOND,
    every=SECOND,
    before_end=SECOND / 2,
    sparsely=SECOND,
    rarely=2 * SECOND,
    asking=SECOND,
    over_per_second=500,
)


def main() -> None:
    """Serve until interrupted."""
    env = stores.prepared()
    log.set_up(env.log_format)
    running.run(served(env, chosen(ALL), said, rhythm=HASTY))


if __name__ == "__main__":
    main()
