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

JSON: Final = "-H 'Content-Type: application/json'"
RULE: Final = 78


def welcome(telling: Telling, notes: Notes, data_dir: Path, *, robots_are_here: bool) -> None:
    """Print it all."""
    robots = " and ".join(f"{robot.name} ({robot.phone})" for robot in ROBOTS)
    here = "online, and say yes to everybody" if robots_are_here else "still on their way"
    log_in = f"""{{"email": "{OPERATOR_EMAIL}", "password": "{notes.password}"}}"""
    head = f"{telling.bold('Halo Bestie is running')}{'Ctrl-C stops it':>{RULE - 22}}"
    telling.lines(
        "",
        head,
        telling.rule(RULE),
        f"customers and mitras  {telling.bold(str(notes.public))}    its routes: /openapi.json",
        f"operators             {telling.bold(str(notes.internal))}",
        "",
        telling.bold("Who you can be"),
        "  a customer          anybody, nothing has to be proved",
        f"  a mitra             {SPARE.phone} ({SPARE.name}); codes for phones are printed here",
        f"  an operator         {OPERATOR_EMAIL}, password {notes.password}",
        f"  The mitras {robots} are robots: {here}.",
        "",
        telling.bold("What to try, in a second terminal"),
        f"  {ourselves()} demo --evening",
        telling.faint("      a customer's whole evening, told as it happens"),
        f"  curl -sX POST {notes.public}/api/shared/auth/anonymous",
        telling.faint('      come in as a customer; then send -H "Authorization: Bearer <access_token>"'),
        f"  curl -s {notes.public}/api/client/chat/pricing -H 'Authorization: Bearer <access_token>'",
        telling.faint("      what a chat costs"),
        f"  curl -s {notes.internal}/internal/auth/login {JSON} \\",
        f"       -d '{log_in}'",
        telling.faint("      log in as the operator; then GET /internal/config"),
        "",
        f"The data stays in {shown(data_dir)}; `make demo-reset` forgets it. What happens is told below.",
        telling.rule(RULE),
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
