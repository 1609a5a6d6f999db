"""``halobestie machines``: writes, checks or prints the pages drawn from the tables. Needs no server."""

from pathlib import Path

import click

from halobestie_core.atlas import NOTICE, pages

FOLDER = Path("docs/machines")


@click.command()
@click.option(
    "--out",
    default=FOLDER,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; fail and name the pages that are not as they should be."
)
@click.option(
    "--print", "name", metavar="NAME", help="Write nothing; print one page, for example payment.svg."
)
def machines(out: Path, check: bool, name: str | None) -> None:  # noqa: FBT001 - click gives options by position or name
    """Draw the five machines: diagrams, matrix, causes, reactions, and JSON for client teams."""
    drawn = pages()
    if name is not None:
        if name not in drawn:
            raise click.BadParameter(
                f"no page {name!r}; there are {', '.join(sorted(drawn))}", param_hint="--print"
            )
        click.echo(drawn[name], nl=False)
        return
    wrong = stale(out, drawn)
    if check and wrong:
        raise click.ClickException(
            f"stale in {out}: {', '.join(wrong)} (write them anew: halobestie machines)"
        )
    if not check:
        out.mkdir(parents=True, exist_ok=True)
        for page, text in drawn.items():
            (out / page).write_text(text, encoding="utf-8")
        for page in wrong:
            if page not in drawn:
                (out / page).unlink()
    click.echo(f"{out}: {len(drawn)} pages, {'all fresh' if check else f'{len(wrong)} changed'}")


def stale(folder: Path, drawn: dict[str, str]) -> list[str]:
    """Return the names of pages that are missing, differ, or were written for a table that is no more."""
    files = sorted(path for path in folder.glob("*") if path.is_file())
    texts = {path.name: path.read_text("utf-8", errors="replace") for path in files}
    differ = [page for page, text in drawn.items() if texts.get(page) != text]
    left_over = [name for name, text in texts.items() if name not in drawn and text.startswith(NOTICE)]
    return differ + left_over
