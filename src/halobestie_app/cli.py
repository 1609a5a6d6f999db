"""The command line: finds the command and runs it. Knows no command's work.

Commands are modules of ``commands/`` and are imported only when they are asked for, so that ``halobestie
machines`` needs no database driver and ``halobestie --help`` is quick.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final

import click

from halobestie_app.commands.failing import plainly

# name -> (module of commands/, the command in it, one line of help)
COMMANDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "serve": ("serve", "serve", "Serve both listeners and the workers."),
    "demo": ("demo", "demo", "Serve with robots and sample log-ins, to try everything."),
    "simulate": ("simulate", "simulate", "Let many customers and mitras use a server that runs."),
    "migrate": ("migrate", "migrate", "Bring the database up to date."),
    "check": ("check", "check", "Check configuration, stores, migrations and invariants."),
    "operator": ("operator", "operator", "Manage operators of the control center."),
    "mitra": ("mitra", "mitra", "Manage mitras."),
    "reconcile": ("reconcile", "reconcile", "Ask the gateway about all that could still bring money."),
    "chat-keys": ("chat_keys", "chat_keys", "Manage the keys that keep chat text secret."),
    "erase": ("erase", "erase", "Have a customer forgotten."),
    "audit": ("audit", "audit", "Verify that everything is as it was decided."),
    "explore": ("explore", "explore_command", "Visit every state that customers and mitras can bring about."),
    "machines": ("machines", "machines", "Write or check the pages drawn from the tables."),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _help = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"halobestie_app.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_module, _command, text) in COMMANDS.items()])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="halobestie")
def halobestie() -> None:
    """Halo Bestie: paid peer listening, from the state machines to the running server."""


def main() -> None:
    """Run the command line; anything foreseen ends as one plain line and an exit status."""
    sys.exit(plainly(halobestie))
