"""The use case: decided reports out, in any form, while they are read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from importlib.metadata import version

from sqlalchemy import RowMapping

from hazardlens.model.errors import ImageError
from hazardlens.model.exports.entries import Entry
from hazardlens.model.exports.forms import FORMS
from hazardlens.model.exports.reviewed import ExportLabel
from hazardlens.model.exports.writing import KNOWN_LABELS, ExportHead, ExportItem, LeftOut, export_entries
from hazardlens.model.taxonomy import Category
from hazardlens.serve.access.audit import Act
from hazardlens.serve.exports.asking import Wanted
from hazardlens.serve.exports.assembling import assemble_report, pictures_of, predicted_hazards
from hazardlens.serve.exports.groups import read_groups
from hazardlens.serve.exports.photos import ExportedPhoto, export_photo
from hazardlens.serve.exports.selecting import StoredReport, find_reports, read_reports
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.blobs import BlobStore, get_or_lost
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import BlobMissingError

Advance = Callable[[int, int], None]
Notice = Callable[[str, str], None]
"""Told of each report that is left out: its id, and why in one line."""


@dataclass(frozen=True, slots=True)
class ExportSource:
    """Where reports are taken from."""

    store: Store
    blobs: BlobStore
    settings: Settings


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was begun: written down in the audit log, and what is in it is known.

    Attributes:
        wanted: what was asked for.
        head: what it says of itself.
        ids: of its reports.
        groups: of those that share one.
    """

    wanted: Wanted
    head: ExportHead
    ids: tuple[str, ...]
    groups: Mapping[str, str]


def begin_export(
    source: ExportSource, wanted: Wanted, act: Act, labels: Mapping[str, Category | None] | None = None
) -> Export:
    """Find what goes into an export, and write down that somebody took it.

    Args:
        source: where from.
        wanted: what was asked for.
        act: who asks, when, and in which request.
        labels: of the model in service, with their hazards.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    created = act.now.astimezone(UTC)
    name = f"hazardlens-{wanted.form}-{created:%Y%m%dT%H%M%SZ}"
    known = {label.name for label in KNOWN_LABELS}
    more = (ExportLabel(name=name, hazard=hazard) for name, hazard in (labels or {}).items() if name not in known)
    head = ExportHead(name, created, f"hazardlens {version('hazardlens')}", wanted.filters, (*KNOWN_LABELS, *more))
    with source.store.read() as connection:
        ids = tuple(find_reports(connection, wanted.filters))
        groups = read_groups(connection)
    with source.store.write() as connection:
        act.write(
            connection,
            "reports_exported",
            f"export:{name}",
            form=wanted.form.value,
            filters=wanted.filters.model_dump(mode="json"),
            reports=len(ids),
        )
    return Export(wanted, head, ids, groups)


def entries_of(source: ExportSource, export: Export, notice: Notice, advance: Advance | None = None) -> Iterator[Entry]:
    """The files of an export, made one after the other.

    Args:
        source: where from.
        export: from `begin_export`.
        notice: told of what is left out.
        advance: told (reports done, reports in all).

    Raises:
        StoreUnavailableError: the database cannot be reached.
        BlobStoreError: the photos cannot be reached.
        OSError: the disk is full.
    """
    folder = source.settings.data_path
    folder.mkdir(parents=True, exist_ok=True)
    yield from export_entries(FORMS[export.wanted.form], _items(source, export, notice, advance), export.head, folder)


def _items(
    source: ExportSource, export: Export, notice: Notice, advance: Advance | None
) -> Iterator[ExportItem | LeftOut]:
    stored = read_reports(source.store, export.ids, export.wanted.filters)
    for done, one in enumerate(stored, 1):
        try:
            yield _item(source, export, one)
        except (BlobMissingError, ImageError, ValueError) as error:
            notice(one.row["id"], _first_line(error))
            yield LeftOut(one.row["id"])
        if advance is not None:
            advance(done, len(export.ids))


def _item(source: ExportSource, export: Export, stored: StoredReport) -> ExportItem:
    pictures = pictures_of(stored)
    photos = [_file_of(source, picture.media) for picture in pictures]
    report = assemble_report(
        stored,
        list(zip(pictures, photos, strict=True)),
        group=export.groups.get(stored.row["id"]),
        include_text=export.wanted.filters.include_text,
    )
    return ExportItem(report, tuple(photo.content for photo in photos), predicted_hazards(stored))


def _file_of(source: ExportSource, media: RowMapping) -> ExportedPhoto:
    size_wh = (media["width"], media["height"])
    max_pixels = max(source.settings.max_pixels, size_wh[0] * size_wh[1])
    return export_photo(get_or_lost(source.blobs, media["sha256"]), size_wh, max_pixels=max_pixels)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


def file_name(export: Export) -> str:
    """Of the zip: it says what is in it and when it was made."""
    return f"{export.head.name}.zip"
