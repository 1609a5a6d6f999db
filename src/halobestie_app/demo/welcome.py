"""What the demo says once it runs: where it is, who one can be, what to try. Does nothing else."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from halobestie_app.demo.people import OPERATOR_EMAIL, ROBOTS, SPARE
from halobestie_app.demo.place import Notes
from halobestie_app.demo.telling import Telling

RULE: Final = 78


def welcome(
    telling: Telling,
    notes: Notes,
    data_dir: Path,
    *,
    robots_are_here: bool,
    inbox: str | None = None,
    invoices: str | None = None,
) -> None:
    """Print it all. ``inbox``, ``invoices``: where pushes and bills can be seen, if they stay here."""
    names = " and ".join(robot.name for robot in ROBOTS)
    here = "online, and they say yes to everybody" if robots_are_here else "still on their way"
    title = "Halo Bestie is running"
    telling.lines(
        "",
        f"{telling.bold(title)}{'Ctrl-C stops it':>{RULE - len(title)}}",
        telling.rule(RULE),
        f"customers           {telling.bold(f'{notes.public}/app/')}",
        "                    anybody; nothing has to be proved",
        f"mitras              {telling.bold(f'{notes.public}/mitra/')}",
        f"                    {SPARE.name}, {SPARE.phone}; codes for phones are printed below",
        f"control center      {telling.bold(f'{notes.internal}/')}",
        f"                    {OPERATOR_EMAIL}, password {notes.password}",
        "",
        *_bills(telling, invoices),
        *_pushes(telling, inbox),
        f"{names} are mitras, too, but robots: {here}.",
        "",
        telling.bold("Both sides at once"),
        f"  Open the customers' page in one window and the mitras' in another. While {SPARE.name} has hers",
        "  open, the robots let her answer first.",
        "",
        telling.bold("Or in a second terminal (all routes: /openapi.json)"),
        *_tries(telling, notes),
        "",
        f"The data stays in {shown(data_dir)} until `make demo-reset`. What happens is told below.",
        telling.rule(RULE),
    )


def _bills(telling: Telling, invoices: str | None) -> tuple[str, ...]:
    if invoices is None:
        return ()
    return (f"payments            {telling.bold(invoices)}   (in Xendit's place; every bill has its page)",)


def _pushes(telling: Telling, inbox: str | None) -> tuple[str, ...]:
    if inbox is None:
        return ()
    return (f"pushes              {telling.bold(inbox)}   ({SPARE.name}'s phone; she must be online)",)


def _tries(telling: Telling, notes: Notes) -> tuple[str, ...]:
    return (
        f"  {ourselves()} demo --evening",
        telling.faint("      a customer's whole evening, told as it happens"),
        f"  curl -X POST {notes.public}/api/shared/auth/anonymous",
        telling.faint("      come in as a customer; then send -H 'Authorization: Bearer <access_token>'"),
        f"  curl {notes.internal}/internal/auth/login \\",
        "       -H 'Content-Type: application/json' \\",
        f"""       -d '{{"email": "{OPERATOR_EMAIL}", "password": "{notes.password}"}}'""",
        telling.faint("      log in as the operator; then GET /internal/config"),
    )


def ourselves() -> str:
    """The command that reaches this demo from a second terminal in the same folder."""
    given = os.environ.get("HALOBESTIE_DATA_DIR", "").strip()
    prefix = f"HALOBESTIE_DATA_DIR={shlex.quote(given)} " if given else ""
    program = Path(sys.argv[0])
    if program.name != "halobestie":
        return f"{prefix}{shlex.quote(shown(Path(sys.executable)))} -m halobestie_app"
    found = shutil.which("halobestie")
    on_path = found is not None and program.resolve() == Path(found).resolve()
    return prefix + ("halobestie" if on_path else shlex.quote(shown(program)))


def shown(path: Path) -> str:
    """A path as short as it can be said in this folder."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
