"""How a command fails: one plain line on standard error, and a status. Knows no command.

0: done. 1: something is wrong, and the line says what. 2: the command was not used as it is meant. 130:
interrupted.
"""

import click

from halobestie_adapters.errors import StoreError
from halobestie_app.variables import BadVariable
from halobestie_core.errors import HaloBestieError

INTERRUPTED = 130


class CommandError(HaloBestieError):
    """A failure that was foreseen; its text is the line shown."""


def plainly(command: click.Command) -> int:
    """Run a click command and return its exit status."""
    try:
        status = command.main(prog_name="halobestie", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message())
        return 0
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except (HaloBestieError, BadVariable, StoreError) as foreseen:
        for line in str(foreseen).splitlines():
            click.echo(f"halobestie: {line}", err=True)
        return 1
    return status if isinstance(status, int) else 0
