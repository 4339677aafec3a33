"""`hazardlens train`: fine-tune a detector on labelled photos, in a run folder that survives a kill."""

from pathlib import Path
from typing import Annotated

import typer

from hazardlens.cli.extras import training_command
from hazardlens.cli.terminal import printable, tell

_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the `train` command."""
    app.command("train")(train)


def train(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="What to do, as TOML.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder with photos.csv, labels/ and photos/.")],
    weights: Annotated[Path, typer.Option("--weights", metavar="PATH", help="Safetensors or a bundle to start from.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Run folder: new, unless --resume.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out after a kill.")] = False,
    exclude_provenance: Annotated[
        list[str] | None,
        typer.Option("--exclude-provenance", metavar="NAME", help="Leave such photos out; may be repeated."),
    ] = None,
) -> None:
    """Fine-tune a detector on photos that are only partly labelled; a line per epoch tells how it goes.

    Exit code 0: finished; 2: the inputs or the run folder are not usable; 130: interrupted, go on with --resume.

    Example: hazardlens train --config training/configs/first-light.toml --data ../shared/data
    --weights ../shared/weights/yolo11n.safetensors --out runs/first-light
    """
    with training_command():
        from hazardlens.training.config import read_config
        from hazardlens.training.fitting.runs import train as train_run

        try:
            train_run(
                read_config(config),
                data=data,
                weights=weights,
                out=out,
                resume=resume,
                exclude_provenance=exclude_provenance or (),
                report=lambda line: typer.echo(printable(line)),
            )
        except KeyboardInterrupt as interrupt:
            tell(f"interrupted: the same command with --resume goes on in {out}")
            raise typer.Exit(_INTERRUPTED) from interrupt
