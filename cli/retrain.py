"""`hazardlens retrain`: from what reviewers decided to a candidate, measured against the model in service."""

from pathlib import Path
from typing import Annotated

import typer

from hazardlens.cli.extras import progress_bar, training_command
from hazardlens.cli.terminal import printable, tell

_USAGE = 2
_REFUSED = 3
_INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the `retrain` command."""
    app.command("retrain")(retrain)


def retrain(  # noqa: PLR0917 - typer passes options by name
    exports: Annotated[
        list[Path], typer.Option("--from", metavar="EXPORT", help="Reviewed export, folder or zip; may be repeated.")
    ],
    bundle: Annotated[Path, typer.Option("--bundle", metavar="DIR", help="The model in service, to start from.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of this retraining: new, unless --resume.")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Labelled photos of old, to keep in the mix.")
    ] = None,
    split: Annotated[Path | None, typer.Option("--split", metavar="FILE", help="Split manifest of --data.")] = None,
    frozen_test: Annotated[
        Path | None,
        typer.Option("--frozen-test", metavar="DIR", help="Photos to test on; by default the test part of --data."),
    ] = None,
    frozen_split: Annotated[
        Path | None, typer.Option("--frozen-split", metavar="FILE", help="Split manifest of --frozen-test.")
    ] = None,
    datasets: Annotated[
        Path | None,
        typer.Option("--datasets", metavar="DIR", help="Dataset versions; by default dataset-versions/ beside --out."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Of the training, as TOML; a short one ships.")
    ] = None,
    gate: Annotated[
        Path | None, typer.Option("--gate", metavar="FILE", help="Margins of the gate, as TOML; some ship.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Of the candidate; by default the day and a hash, like 2026.11.27-1a2b3c.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="One epoch, to see the circle closed.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on in --out after a kill.")] = False,
) -> None:
    """Make a dataset version of reviewed exports, train on it, and compare the candidate with the model in service.

    Leaves a bundle and report.html in --out. Nothing enters service by itself: `hazardlens promote` does that.

    Exit code 0: the gate passed; 2: the inputs or the folder are not usable; 3: the gate refused; 130: interrupted, go
    on with --resume.

    Example: hazardlens retrain --from export-november.zip --bundle model/shipped --data ../shared/data
    --split datasets/split-v1.json --out runs/november
    """
    base = _pair(data, split, "--data", "--split")
    frozen = _pair(frozen_test, frozen_split, "--frozen-test", "--frozen-split")
    with training_command():
        from hazardlens.training.retraining.plan import Request
        from hazardlens.training.retraining.retrain import retrain as run
        from hazardlens.training.retraining.retrain import summary
        from hazardlens.training.shipping.gate import DEFAULT_MARGINS

        request = Request(
            exports=tuple(exports),
            bundle=bundle,
            out=out,
            datasets=datasets or out.parent / "dataset-versions",
            base=base,
            frozen=frozen,
            config=config,
            margins=gate or DEFAULT_MARGINS,
            version=version,
            quick=quick,
            resume=resume,
        )
        try:
            with progress_bar("Looking at photos") as advance:
                verdict = run(request, report=lambda line: typer.echo(printable(line)), advance=advance)
        except KeyboardInterrupt as interrupt:
            tell(f"interrupted: the same command with --resume goes on in {out}")
            raise typer.Exit(_INTERRUPTED) from interrupt
        for line in summary(verdict, out):
            typer.echo(printable(line))
    raise typer.Exit(0 if verdict.verdict == "passed" else _REFUSED)


def _pair(folder: Path | None, split: Path | None, folder_name: str, split_name: str) -> tuple[Path, Path] | None:
    """Both or neither."""
    if folder is not None and split is not None:
        return folder, split
    if folder is not None or split is not None:
        tell(f"error: {folder_name} and {split_name} go together")
        raise typer.Exit(_USAGE)
    return None
