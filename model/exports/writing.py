"""Writes reviewed reports in any form, one report in memory at a time.

A form says what a photo is called and which documents stand beside the photos. The photos go out as they come, and
their reports wait on disk meanwhile, since most documents can only be written when all reports are known.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final, Protocol

from hazardlens.model.errors import ExportInvalidError
from hazardlens.model.exports.entries import Entry, write_folder
from hazardlens.model.exports.photos import upright_size_wh
from hazardlens.model.exports.reading import parse_line
from hazardlens.model.exports.reviewed import (
    FRAMES_VERSION,
    MANIFEST_FILE,
    PHOTOS_VERSION,
    REPORTS_FILE,
    ExportFilters,
    ExportLabel,
    ExportManifest,
    ReviewedReport,
)
from hazardlens.model.exports.tally import Tally
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category

KNOWN_LABELS: Final = tuple(ExportLabel(name=name, hazard=hazard) for name, hazard in LABEL_HAZARDS.items())


@dataclass(frozen=True, slots=True)
class ExportItem:
    """A report and its photos.

    Attributes:
        report: the line.
        contents: the files of its photos, in their order.
        hazards: what labels in it stand for, as far as that is known with it.
    """

    report: ReviewedReport
    contents: tuple[bytes, ...]
    hazards: Mapping[str, Category | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A report whose photos are lost or can no longer be read: the others go on, and the export says so."""

    report_id: str


@dataclass(frozen=True, slots=True)
class ExportHead:
    """What is known of an export before its reports are.

    Attributes:
        name: of the export.
        created: when, with zone.
        source: what wrote it.
        filters: what was asked for.
        labels: in the order in which forms number them; those that only occur in reports come behind them.
        left_out: reports that will not be in it; more may join them on the way.
    """

    name: str
    created: datetime
    source: str
    filters: ExportFilters = field(default_factory=ExportFilters)
    labels: tuple[ExportLabel, ...] = KNOWN_LABELS
    left_out: tuple[str, ...] = ()


Reports = Callable[[], Iterator[ReviewedReport]]
"""All reports, as often as wanted, but one pass at a time."""


class Form(Protocol):
    """One way to write reviewed reports down."""

    def photo_name(self, report: ReviewedReport, n: int) -> str:
        """The file of photo `n` of a report, counted from 0."""

    def documents(self, head: ExportHead, reports: Reports) -> Iterator[Entry]:
        """The other files; called when all photos are out."""


def export_entries(
    form: Form, items: Iterable[ExportItem | LeftOut], head: ExportHead, folder: Path | None
) -> Iterator[Entry]:
    """All files of an export in a form.

    Args:
        form: which.
        items: reports and photos, read once.
        head: what is known before.
        folder: where the reports wait, in a file without a name that is gone with the process.

    Raises:
        ExportInvalidError: a photo is not what its report says.
    """
    written: set[str] = set()
    with TemporaryFile(dir=folder) as spool:
        for item in items:
            if isinstance(item, LeftOut):
                head = replace(head, left_out=(*head.left_out, item.report_id))
                continue
            head = _with_labels(head, item.hazards)
            spool.write(item.report.line())
            for n, content in enumerate(item.contents):
                name = form.photo_name(item.report, n)
                if name not in written:
                    _check_photo(item.report, n, content)
                    written.add(name)
                    yield Entry(name, (content,))
        yield from form.documents(head, lambda: _read_lines(spool))


def _with_labels(head: ExportHead, hazards: Mapping[str, Category | None]) -> ExportHead:
    known = {label.name for label in head.labels}
    more = [ExportLabel(name=name, hazard=hazard) for name, hazard in hazards.items() if name not in known]
    return replace(head, labels=(*head.labels, *more)) if more else head


def _check_photo(report: ReviewedReport, n: int, content: bytes) -> None:
    photo = report.photos[n]
    if hashlib.sha256(content).hexdigest() != photo.sha256:
        raise ExportInvalidError(f"{photo.file}: the content has another sha256")
    if upright_size_wh(photo.file, content) != (photo.width, photo.height):
        raise ExportInvalidError(f"{photo.file}: the photo is not {photo.width}x{photo.height}")


def _read_lines(spool: IO[bytes]) -> Iterator[ReviewedReport]:
    spool.seek(0)
    for number, line in enumerate(spool, 1):
        yield parse_line(line, number)


def all_labels(head: ExportHead, reports: Reports) -> tuple[ExportLabel, ...]:
    """The labels of the head, and behind them those that only occur in reports."""
    known = {label.name for label in head.labels}
    more = sorted({label for report in reports() for label in report.labels()} - known)
    return (*head.labels, *(ExportLabel(name=name, hazard=LABEL_HAZARDS.get(name)) for name in more))


class ReviewedForm:
    """The reviewed export itself: what training reads, and what every other form can be made from."""

    def photo_name(self, report: ReviewedReport, n: int) -> str:
        """See `Form`."""
        return report.photos[n].file

    def documents(self, head: ExportHead, reports: Reports) -> Iterator[Entry]:
        """See `Form`."""
        digest = hashlib.sha256()
        files: dict[str, str] = {}
        tally = Tally()
        with_frames = False

        def lines() -> Iterator[bytes]:
            nonlocal with_frames
            for report in reports():
                with_frames |= report.has_frames
                line = report.line()
                digest.update(line)
                tally.add(report)
                files.update((photo.file, photo.sha256) for photo in report.photos)
                yield line

        yield Entry(REPORTS_FILE, lines())
        manifest = ExportManifest(
            schema_version=FRAMES_VERSION if with_frames else PHOTOS_VERSION,
            name=head.name,
            created=head.created,
            source=head.source,
            filters=head.filters,
            labels=all_labels(head, reports),
            counts=tally.counts(),
            left_out=head.left_out,
            files={REPORTS_FILE: digest.hexdigest(), **files},
        )
        yield Entry(MANIFEST_FILE, ((manifest.model_dump_json(indent=1) + "\n").encode(),))


def write_export(folder: Path, items: Iterable[ExportItem | LeftOut], head: ExportHead) -> None:
    """Write a reviewed export; it is at `folder` whole or not at all.

    Args:
        folder: the new folder; nothing may be there.
        items: reports and photos, read once.
        head: what is known before.

    Raises:
        ExportInvalidError: a photo is not what its report says.
        FileExistsError: something is at `folder`.
        OSError: the disk failed.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_folder(folder, export_entries(ReviewedForm(), items, head, folder.parent))
