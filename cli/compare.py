"""`hazardlens compare`: several evaluations side by side."""

from pathlib import Path
from typing import Annotated

import typer

from hazardlens.cli.extras import training_command
from hazardlens.cli.tables import show_table
from hazardlens.cli.terminal import tell


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare")(compare)


def compare(
    evaluations: Annotated[
        list[str], typer.Argument(metavar="NAME=DIR...", help="Folders that `hazardlens evaluate` wrote, with names.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for comparison.html and comparison.md.")],
) -> None:
    """Put evaluations beside each other on one page: an ablation, networks, or sources left out one by one.

    The first is what the others are compared with. Where two looked at the same photos, their difference has an
    interval for which places are drawn in pairs. Where one holds out a source that the others do not, its figures on
    that source stand apart.

    Example: hazardlens compare real=runs/real-evaluation both=runs/both-evaluation --out runs/ablation
    """
    if len(evaluations) < 2:
        tell("give two evaluations or more, each as NAME=DIR")
        raise typer.Exit(2)
    with training_command():
        from hazardlens.training.measuring.comparison import read_all
        from hazardlens.training.measuring.comparison_page import PAGE_FILE, write_comparison

        table = write_comparison(read_all(evaluations), out)
    show_table(table)
    typer.echo(f"{out / PAGE_FILE}: written")
