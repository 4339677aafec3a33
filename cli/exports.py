"""`hazardlens data export | convert | import-labels`: what reviewers decided, for training and for other tools."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from hazardlens.cli.acting import who_is_here
from hazardlens.cli.errors import OutputError, StoreMissingError
from hazardlens.cli.extras import progress_bar
from hazardlens.cli.terminal import shown_path, tell

if TYPE_CHECKING:
    from hazardlens.model.exports.entries import Entry
    from hazardlens.serve.exports.exporting import ExportSource

_ZIP: Final = ".zip"
_LABEL_STUDIO: Final = ", boxes from Label Studio"
_Form = Literal["reviewed", "coco", "yolo", "label_studio"]
_OutOption = Annotated[
    Path, typer.Option("--out", metavar="PATH", help="New folder to write, or new zip where it ends in .zip.")
]
_ExportArgument = Annotated[Path, typer.Argument(metavar="EXPORT", help="Reviewed export, a folder or a zip.")]


def register(data: typer.Typer) -> None:
    """Add the commands to those of `data`."""
    data.command("export")(export)
    data.command("convert")(convert)
    data.command("import-labels")(import_labels)


def export(
    out: _OutOption,
    form: Annotated[_Form, typer.Option("--form", help="How to write it.")] = "reviewed",
    decided_from: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Decided then or later: a day, or a time with zone.")
    ] = None,
    decided_to: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Decided before.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category, as decided.")] = None,
    model_version: Annotated[str | None, typer.Option(help="Only what this model had pre-filled.")] = None,
    include_text: Annotated[
        bool, typer.Option("--include-text", help="With the reporters' words, which may name people.")
    ] = False,
) -> None:
    """Write what reviewers decided, from the database and the photos of the settings; the server may be running.

    Exit code 1: it is written, but reports whose photos are lost were left out.

    Example: hazardlens data export --out corrections --from 2026-03-01
    """
    from hazardlens.model.exports.forms import FormName
    from hazardlens.serve.access.audit import Act
    from hazardlens.serve.access.principals import Principal
    from hazardlens.serve.exports.asking import Wanted, make_filters
    from hazardlens.serve.exports.exporting import begin_export, entries_of

    filters = make_filters(
        decided_from=decided_from,
        decided_to=decided_to,
        category=category,
        model_version=model_version,
        include_text=include_text,
    )
    left_out: list[str] = []

    def notice(report_id: str, reason: str) -> None:
        left_out.append(f"report {report_id} is left out: {reason}")

    act = Act(Principal("system", "", who_is_here(), frozenset()), datetime.now(UTC))
    with _writing(out), _opened_source() as source, progress_bar("Exporting reports") as advance:
        begun = begin_export(source, Wanted(FormName(form), filters), act)
        _write(out, entries_of(source, begun, notice, advance), act.now)
    for line in left_out:
        tell(line)
    tell(f"{shown_path(out)}: {len(begun.ids) - len(left_out)} reports as {form}")
    raise typer.Exit(1 if left_out else 0)


def convert(
    exported: _ExportArgument,
    form: Annotated[_Form, typer.Option("--form", help="How to write it.")],
    out: _OutOption,
) -> None:
    """Write a reviewed export in the form of another tool.

    Example: hazardlens data convert corrections --form coco --out coco
    """
    from hazardlens.model.exports import read_export
    from hazardlens.model.exports.forms import FORMS, FormName, head_of, items_of
    from hazardlens.model.exports.writing import export_entries

    with _writing(out), progress_bar("Checking") as check, read_export(exported, check) as opened:
        head = head_of(opened)
        _write(out, export_entries(FORMS[FormName(form)], items_of(opened), head, None), head.created)
    tell(f"{shown_path(out)}: {opened.manifest.counts.reports} reports as {form}")


def import_labels(
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS.json", help="What Label Studio exported, in its format JSON.")
    ],
    exported: Annotated[
        Path, typer.Option("--export", metavar="EXPORT", help="Reviewed export that the tasks were made from.")
    ],
    out: _OutOption,
) -> None:
    """Carry boxes that were corrected in Label Studio back: write a new reviewed export with them.

    Example: hazardlens data import-labels project-1.json --export corrections --out corrections-2
    """
    from dataclasses import replace

    from hazardlens.model.exports import read_export
    from hazardlens.model.exports.corrections import corrected_items, read_label_studio
    from hazardlens.model.exports.forms import head_of
    from hazardlens.model.exports.writing import ReviewedForm, export_entries

    corrections = read_label_studio(labels)
    with _writing(out), progress_bar("Checking") as check, read_export(exported, check) as opened:
        told = head_of(opened)
        head = replace(told, created=datetime.now(UTC), source=_with_label_studio(told.source))
        _write(out, export_entries(ReviewedForm(), corrected_items(opened, corrections), head, None), head.created)
    tell(f"{shown_path(out)}: {len(corrections)} photos from Label Studio")


def _with_label_studio(source: str) -> str:
    """Where it came from, told once however often labels come back."""
    return source if source.endswith(_LABEL_STUDIO) else f"{source}{_LABEL_STUDIO}"


@contextmanager
def _opened_source() -> Iterator["ExportSource"]:
    """The database and the photos of the settings.

    Raises:
        StoreMissingError: there is no database; an empty one would give an empty export.
    """
    from hazardlens.serve.exports.exporting import ExportSource
    from hazardlens.serve.settings import load_settings
    from hazardlens.serve.store.engine import Store
    from hazardlens.serve.store.places import open_blobs

    settings = load_settings()
    store = Store(settings.store_url)
    try:
        file = store.engine.url.database if store.is_sqlite else None
        if file is not None and not Path(file).exists():
            raise StoreMissingError(f"{shown_path(file)}: no database there; HAZARDLENS_DATA_PATH says where to look")
        store.migrate()
        blobs = open_blobs(settings.media_url, folder=settings.media_path, endpoint_url=settings.s3_endpoint_url)
        yield ExportSource(store, blobs, settings)
    finally:
        store.close()


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Refuse a place that is taken before any work is done, and say of a disk that fails what was to be written.

    Raises:
        OutputError: something is there, or it cannot be written.
    """
    if out.exists():
        raise OutputError(f"{shown_path(out)}: is there already; an export is never written over")
    try:
        yield
    except OSError as error:
        raise OutputError(f"{shown_path(out)}: cannot be written: {error.strerror or error}") from error


def _write(out: Path, entries: Iterable["Entry"], at: datetime) -> None:
    from hazardlens.model.exports.entries import write_folder, write_zip

    if out.suffix == _ZIP:
        write_zip(out, entries, at)
    else:
        write_folder(out, entries)
