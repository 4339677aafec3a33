"""`hazardlens evaluate` and `hazardlens export`: measure a trained model, and turn it into a bundle for serving."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hazardlens.cli import compare
from hazardlens.cli.extras import progress_bar, training_command
from hazardlens.cli.tables import show_table
from hazardlens.cli.terminal import tell

if TYPE_CHECKING:
    from hazardlens.training.data.splits import SplitName

_DataOption = Annotated[Path, typer.Option("--data", metavar="DIR", help="Labelled photos.")]
_SplitOption = Annotated[Path, typer.Option("--split", metavar="FILE", help="Split manifest of these photos.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("evaluate")(evaluate)
    compare.register(app)
    app.command("export")(export)


def evaluate(
    data: _DataOption,
    split: _SplitOption,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for figures, charts and tables.")],
    run: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of a training run.")] = None,
    bundle: Annotated[Path | None, typer.Option(metavar="DIR", help="Model bundle.")] = None,
    subset: Annotated[str, typer.Option(help="Which photos of the split: test or val.")] = "test",
    conditions: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Worse conditions to look again under: all, none, or some of dusk,blur,rain,jpeg,small.",
        ),
    ] = "all",
    pictures: Annotated[
        bool,
        typer.Option("--pictures", help="Put photos of mistakes into the page too; it must not be published then."),
    ] = False,
) -> None:
    """Measure a training run or a bundle on photos that it was not trained on.

    Writes report.html, a page that needs nothing else, and beside it the figures, what was found on each photo, and
    sheets of the worst mistakes. Those show photos of the data set: do not publish them.

    Example: hazardlens evaluate --bundle model/shipped --data ../shared/data --split datasets/split-v1.json --out out
    """
    folder = run or bundle
    if folder is None or (run and bundle):
        tell("give either --run or --bundle")
        raise typer.Exit(2)
    part = _subset(subset)
    with training_command():
        from hazardlens.training.measuring.conditions import choose_conditions
        from hazardlens.training.measuring.evaluate import Options, evaluate_bundle, evaluate_run, read_data, tables

        options = Options(choose_conditions(conditions), pictures)
        photos = read_data(data, split)
        with progress_bar("Looking at photos") as advance:
            evaluate_folder = evaluate_run if run else evaluate_bundle
            figures = evaluate_folder(folder, photos, part, out, advance, options)
    for table in tables(figures):
        show_table(table)
    if figures.trained_on_split is False:
        tell(f"warning: the model was trained on another split than {figures.split}: photos measured here may be known")
    typer.echo(f"{out / 'report.html'}: written, and figures and sheets beside it; the sheets must not be published")


def export(
    run: Annotated[Path, typer.Option("--run", metavar="DIR", help="Folder of a finished training run.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Bundle to write; an older one there is replaced.")],
    data: _DataOption,
    split: _SplitOption,
    *,
    name: Annotated[str | None, typer.Option(help="Name of the model; by default the run's.")] = None,
    version: Annotated[str | None, typer.Option(help="Version; by default today's date, like 2026.11.24.")] = None,
    remark: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Sentence for the card on what the figures do not say; may be repeated."),
    ] = None,
    sizes: Annotated[
        str | None, typer.Option(metavar="PX,PX", help="Input sizes to choose from; by default only the run's own.")
    ] = None,
    int8: Annotated[
        Literal["off", "auto"], typer.Option("--int8", help="auto: make 8-bit graphs too, to choose from.")
    ] = "off",
    start: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="Bundle that the run started from: the run goes only as far from it as validation photos say.",
        ),
    ] = None,
    beside: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Another run from the same weights, blended with likewise, before --start."),
    ] = None,
    rendered: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Rendered set, or folder of sets; where real photos are too few, its scenes that validate help to "
            "calibrate. May be repeated.",
        ),
    ] = None,
    parts: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Cut-out parts: scenes composed into validation photos help to calibrate."),
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=0.99, help="Share of alarms that are right, at least, on validation photos.")
    ] = 0.9,
    max_alarms: Annotated[
        float, typer.Option(min=0, max=100, help="False alarms per 100 harmless validation photos, at most.")
    ] = 2.5,
    quick: Annotated[bool, typer.Option("--quick", help="Measure variants on few photos: to try it out.")] = False,
) -> None:
    """Turn a trained network into a bundle: ONNX graph, thresholds, calibration, measured figures, model card.

    Thresholds and calibration are fitted on validation photos; the figures are measured on test photos, with the graph
    itself. Nothing is written unless graph and network agree.

    With several sizes, or 8-bit graphs beside float32 ones, the one ships that has the most AP50 per millisecond of
    those within a point of the best, on validation photos; the card lists all.

    Example: hazardlens export --run runs/first --out bundle --data ../shared/data --split datasets/split-v1.json
    """
    with training_command():
        from hazardlens.training.composing.registry import compositions
        from hazardlens.training.data.records import read_labels
        from hazardlens.training.data.rendered import read_sets
        from hazardlens.training.errors import DatasetMissingError
        from hazardlens.training.fitting.unfold import read_start
        from hazardlens.training.measuring.evaluate import read_data
        from hazardlens.training.measuring.thresholds import Goal
        from hazardlens.training.shipping.composed import composed_records
        from hazardlens.training.shipping.export import Wishes, export_run

        if parts is not None and not parts.is_dir():
            raise DatasetMissingError(f"{parts}: there is no such folder")
        wishes = Wishes(_sizes(sizes), int8 == "auto", Goal(precision, max_alarms), quick)
        photos = read_data(data, split)
        sets = read_sets(rendered or (), read_labels(data))
        with (
            TemporaryDirectory(prefix="hazardlens-composed-") as folder,
            progress_bar("Looking at photos") as advance,
        ):
            ways = () if parts is None else compositions(parts)
            bundle = export_run(
                run,
                out,
                photos,
                name=name,
                version=version,
                wishes=wishes,
                rendered=sets,
                composed=composed_records(photos.part("val"), ways, Path(folder)),
                remarks=remark or (),
                beside=beside,
                start=None if start is None else read_start(start),
                advance=advance,
                say=tell,
            )
    manifest = bundle.manifest
    graph = f"{manifest.input.size_px} px {manifest.weights} graph of {len(bundle.onnx_bytes) / 1e6:.1f} MB"
    typer.echo(f"{out}: {manifest.name} {manifest.version}, {graph}")


def _sizes(text: str | None) -> tuple[int, ...]:
    """The sizes of `--sizes`, each once, in order."""
    if text is None:
        return ()
    try:
        sizes = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        sizes = ()
    if not sizes or any(size % 32 or not 32 <= size <= 4096 for size in sizes):
        tell(f"--sizes: expected multiples of 32 up to 4096, with commas between them, found {text}")
        raise typer.Exit(2)
    return sizes


def _subset(text: str) -> "SplitName":
    if text == "test":
        return "test"
    if text == "val":
        return "val"
    tell(f"--subset: expected test or val, found {text}")
    raise typer.Exit(2)
