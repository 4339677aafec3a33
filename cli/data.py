"""`hazardlens data check | stats | split | manifest | add-labels`: labelled photos, before anybody trains on them.

The other commands of `data` are in `render` and `exports`.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hazardlens.cli import exports, render
from hazardlens.cli.extras import progress_bar, training_command
from hazardlens.cli.terminal import printable, tell

if TYPE_CHECKING:
    from hazardlens.training.data.findings import CheckReport
    from hazardlens.training.data.splits import SplitManifest
    from hazardlens.training.data.stats import DatasetStats

_FolderArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Folder with photos.csv, labels.txt, labels/ and photos/.")
]
_SplitOption = Annotated[Path | None, typer.Option("--split", metavar="FILE", help="Split manifest to look at too.")]


def register(app: typer.Typer) -> None:
    """Add the `data` commands."""
    data = typer.Typer(
        no_args_is_help=True,
        help="Labelled photos, and what reviewers decided.",
    )
    data.command("check")(check)
    data.command("stats")(stats)
    data.command("split")(split)
    data.command("manifest")(manifest)
    data.command("add-labels")(add_labels)
    render.register(data)
    exports.register(data)
    app.add_typer(data, name="data")


def check(
    folder: _FolderArgument,
    split: _SplitOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Findings of one kind that the table shows.")] = 5,
) -> None:
    """Check rows, label files, pictures and split; list everything that is wrong.

    Exit code 0: fit to train on (there may be warnings); 1: something is wrong; 2: it cannot be checked at all.

    Example: hazardlens data check ../shared/data --split datasets/split-v1.json
    """
    with training_command():
        from hazardlens.training.data.check import check_dataset

        with progress_bar("Checking photos") as advance:
            report = check_dataset(folder, _read_split(split), advance)
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        _show_report(report, limit)
    raise typer.Exit(0 if report.is_fit else 1)


def stats(
    folder: _FolderArgument,
    split: _SplitOption = None,
    save: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the counts into this file.")] = None,
) -> None:
    """Count photos and boxes by source, label and split, and what was looked for.

    Example: hazardlens data stats ../shared/data --split datasets/split-v1.json --save stats.png
    """
    with training_command():
        from hazardlens.training.data.records import read_labels, read_records
        from hazardlens.training.data.splitting import sides
        from hazardlens.training.data.stats import dataset_stats, save_stats_chart

        chosen = _read_split(split)
        records = read_records(folder)
        counted = dataset_stats(records, read_labels(folder), None if chosen is None else sides(chosen, records))
        if save is not None:
            save_stats_chart(counted, save)
    _show_stats(counted)


def split(
    folder: _FolderArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Manifest to write.")],
    config: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Which sources test, and how much validates.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--hold-out", metavar="SOURCE", help="Only test this source too; with --from.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Split manifest to hold the source out of.")
    ] = None,
) -> None:
    """Divide the photos by group and source into train, val and test, and write the manifest.

    The same photos and configuration give the same manifest. Pictures that look alike stay on one side.

    With --hold-out one more source of an existing split only tests, and all other photos stay on their side: train on
    that split, evaluate, and see what the model is worth on a source that it has never seen.

    Example: hazardlens data split ../shared/data --config datasets/split-v1.toml --out datasets/split-v1.json
    """
    if (config is None) == (source is None) or (source is None) != (base is None):
        tell("give either --config, or --hold-out with --from")
        raise typer.Exit(2)
    with training_command():
        made = _divided(folder, config) if config else _held_out(folder, str(source), Path(str(base)))
        _write_split(made, out)
    sides = [entry.split for entry in made.photos.values()]
    counts = ", ".join(f"{side} {sides.count(side)}" for side in ("train", "val", "test"))
    typer.echo(f"{out}: split {made.name}, {counts} photos, sha256 {made.sha256}")


def _divided(folder: Path, config: Path) -> "SplitManifest":
    from hazardlens.training.data.records import read_records
    from hazardlens.training.data.splits import make_split
    from hazardlens.training.data.splitting import find_twins, read_split_config

    records = read_records(folder)
    with progress_bar("Looking for twins") as advance:
        twins = find_twins(records, advance)
    return make_split(records, read_split_config(config), twins)


def _held_out(folder: Path, source: str, base: Path) -> "SplitManifest":
    from hazardlens.training.data.records import read_records
    from hazardlens.training.data.splits import hold_out, read_split

    return hold_out(read_records(folder), read_split(base), source)


def _write_split(made: "SplitManifest", path: Path) -> None:
    from hazardlens.training.data.splits import write_split

    write_split(made, path)


def manifest(
    folder: _FolderArgument,
    split: Annotated[Path, typer.Option("--split", metavar="FILE", help="Split manifest of these photos.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into.")],
) -> None:
    """Write what the repository keeps of the photos: a list with hashes and licences, and the data set card.

    Example: hazardlens data manifest ../shared/data --split datasets/split-v1.json --out datasets
    """
    with training_command():
        from hazardlens.training.data.splits import read_split
        from hazardlens.training.shipping.pool import pool_files

        files = pool_files(folder, read_split(split))
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (out / name).write_text(text, "utf-8")
    typer.echo(f"{out}: {', '.join(files)}")


def add_labels(
    folder: _FolderArgument,
    labels: Annotated[
        Path, typer.Option("--labels", metavar="FILE", help="Table of what was looked for on these photos later.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write the photos with all labels into.")],
) -> None:
    """Lay labels that were looked for later over a pool of photos, in a folder of its own.

    Photos are linked, not copied, where the disk can do that. A label that was looked for on a photo before is refused.

    Example: hazardlens data add-labels ../shared/data --labels datasets/labels-added.csv --out runs/pool
    """
    with training_command():
        from hazardlens.training.data.added import read_added, write_with_added

        added = read_added(labels)
        counted = write_with_added(folder, added, out)
    found = ", ".join(f"{count} {label}" for label, count in sorted(counted.items()))
    typer.echo(f"{out}: photos, {len({each.photo for each in added})} looked at again, {found}")


def _read_split(path: Path | None) -> "SplitManifest | None":
    from hazardlens.training.data.splits import read_split

    return None if path is None else read_split(path)


def _show_report(report: "CheckReport", limit: int) -> None:
    console = Console()
    if report.findings:
        table = Table("severity", "code", "photo or file", "what", title="Findings")
        shown: dict[str, int] = {}
        for finding in sorted(report.findings, key=lambda item: (item.severity, item.code)):
            shown[finding.code] = shown.get(finding.code, 0) + 1
            if shown[finding.code] <= limit:
                cells = (finding.severity.value, finding.code, finding.subject, finding.message)
                table.add_row(*(escape(printable(cell)) for cell in cells))
        for code, count in shown.items():
            if count > limit:
                table.add_row("", code, "", f"... and {count - limit} more")
        console.print(table)
    verdict = "fit to train on" if report.is_fit else "NOT fit to train on"
    console.print(f"{report.photos} photos, {len(report.findings)} findings: {verdict}")


def _show_stats(stats: "DatasetStats") -> None:
    console = Console()
    sides = [side for side in ("train", "val", "test", "no split") if side in stats.splits]
    sources = Table(title="Sources", box=SIMPLE_HEAD, pad_edge=False)
    sources.add_column("source", no_wrap=True)
    sources.add_column("from")
    for column in ("photos", "groups", *sides, "boxes"):
        sources.add_column(column, justify="right")
    for source in stats.sources:
        split_counts = (source.splits.get(side, 0) for side in sides)
        counts = (source.photos, source.groups, *split_counts, sum(source.boxes.values()))
        sources.add_row(source.source, source.provenance, *(str(count) for count in counts))
    labels = Table(title="Labels: boxes by split, photos by what is known", box=SIMPLE_HEAD, pad_edge=False)
    labels.add_column("label", no_wrap=True)
    for column in (*sides, *stats.labels[0].photos):
        labels.add_column(column, justify="right")
    for label in stats.labels:
        counts = (*(label.boxes.get(side, 0) for side in sides), *label.photos.values())
        labels.add_row(label.label, *(str(count) for count in counts))
    origins = Table("label", "boxes by source", title="Where the boxes are", box=SIMPLE_HEAD, pad_edge=False)
    for label in stats.labels:
        found = [
            f"{source.source} {source.boxes[label.label]}" for source in stats.sources if label.label in source.boxes
        ]
        origins.add_row(label.label, ", ".join(found) or "none")
    console.print(sources, labels, origins, f"{stats.photos} photos", sep="\n")
