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
    *,
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="What to do, as TOML.")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="Folder with photos.csv, labels/ and photos/.")],
    weights: Annotated[Path, typer.Option("--weights", metavar="PATH", help="Safetensors or a bundle to start from.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Run folder: new, unless --resume.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out after a kill.")] = False,
    rendered: Annotated[
        list[Path] | None,
        typer.Option("--rendered", metavar="DIR", help="Rendered set, or folder of sets; may be repeated."),
    ] = None,
    parts: Annotated[
        Path | None, typer.Option("--parts", metavar="DIR", help="What composed scenes put into photos.")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option("--minutes", metavar="M", min=0.1, help="Fit the epochs of the stages into this time."),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="PART", help="rendered or composed: go without; may be repeated."),
    ] = None,
    stock_loss: Annotated[
        bool, typer.Option("--stock-loss", help="Take what nobody looked for for absent, to compare.")
    ] = False,
    exclude_provenance: Annotated[
        list[str] | None,
        typer.Option("--exclude-provenance", metavar="NAME", help="Leave such photos out; may be repeated."),
    ] = None,
) -> None:
    """Fine-tune a detector on photos that are only partly labelled; a line per epoch tells how it goes.

    Exit code 0: finished; 2: the inputs or the run folder are not usable; 130: interrupted, go on with --resume.

    Example: hazardlens train --config training/configs/hazards.toml --data ../shared/data --rendered datasets/rendered
    --parts ../shared/data/parts --weights ../shared/weights/yolo11n.safetensors --out runs/hazards
    """
    with training_command():
        from hazardlens.training.config import read_config, without
        from hazardlens.training.fitting.material import Sources
        from hazardlens.training.fitting.runs import train as train_run

        settings = without(read_config(config), leave_out or ())
        try:
            train_run(
                settings.model_copy(update={"loss": "stock"}) if stock_loss else settings,
                sources=Sources(data, tuple(rendered or ()), parts, tuple(exclude_provenance or ())),
                weights=weights,
                out=out,
                resume=resume,
                minutes=minutes,
                report=lambda line: typer.echo(printable(line)),
            )
        except KeyboardInterrupt as interrupt:
            tell(f"interrupted: the same command with --resume goes on in {out}")
            raise typer.Exit(_INTERRUPTED) from interrupt
