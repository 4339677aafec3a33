"""Reads a reviewed export and believes nothing in it before it has checked it."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from pydantic import BaseModel, ValidationError

from hazardlens.model.errors import ExportInvalidError
from hazardlens.model.exports.files import ExportFiles, open_files, read_limited
from hazardlens.model.exports.photos import upright_size_wh
from hazardlens.model.exports.reviewed import (
    MANIFEST_FILE,
    PHOTOS_VERSION,
    REPORTS_FILE,
    ExportManifest,
    ReviewedPhoto,
    ReviewedReport,
)
from hazardlens.model.exports.tally import Tally

_MIB: Final = 1024 * 1024
MAX_MANIFEST_BYTES: Final = 256 * _MIB
MAX_LINE_BYTES: Final = 4 * _MIB
MAX_PHOTO_BYTES: Final = 256 * _MIB
"""A lossless photo of 50 megapixels takes up to 150 MB."""

Advance = Callable[[int, int], None]
_Model = TypeVar("_Model", bound=BaseModel)
_Sizes = dict[str, tuple[int, int]]


class ReviewedExport:
    """An export whose files were checked; close it, or use it as a context.

    Attributes:
        manifest: `export.json`.
    """

    def __init__(self, files: ExportFiles, manifest: ExportManifest) -> None:
        self._files = files
        self.manifest = manifest

    def reports(self) -> Iterator[ReviewedReport]:
        """The reports, in the order of the file, one at a time.

        Raises:
            ExportInvalidError: a line breaks the format.
        """
        with self._files.open(REPORTS_FILE) as stream:
            number = 0
            while line := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                yield parse_line(line, number)

    def read_photo(self, photo: ReviewedPhoto) -> bytes:
        """The file of a photo of one of the reports.

        Raises:
            ExportMissingError: it is gone.
            ExportInvalidError: it has changed, or cannot be read.
        """
        content = read_limited(self._files, photo.file, MAX_PHOTO_BYTES)
        _check_sum(photo.file, hashlib.sha256(content).hexdigest(), photo.sha256)
        return content

    def close(self) -> None:
        """Close a zip; there is nothing to close in a folder."""
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def read_export(path: Path, advance: Advance | None = None) -> ReviewedExport:
    """Open an export and check all of it: checksums, the schema, sizes of photos, boxes, labels and counts.

    Args:
        path: a folder, or a zip of one, which is read in place.
        advance: told (files checked, files in all).

    Raises:
        ExportMissingError: it, or a file of it, is not there.
        ExportInvalidError: anything in it is not as the format asks; the message names the file.
    """
    files = open_files(path)
    try:
        content = read_limited(files, MANIFEST_FILE, MAX_MANIFEST_BYTES)
        manifest = _parse(ExportManifest, content, MANIFEST_FILE)
        export = ReviewedExport(files, manifest)
        _check_reports(export, _check_files(files, manifest, advance))
    except BaseException:
        files.close()
        raise
    return export


def parse_line(line: bytes, number: int) -> ReviewedReport:
    """A line of `reports.jsonl`, counted from 1.

    Raises:
        ExportInvalidError: it breaks the format.
    """
    where = f"{REPORTS_FILE}: line {number}"
    if len(line) > MAX_LINE_BYTES:
        raise ExportInvalidError(f"{where}: more than {MAX_LINE_BYTES} bytes")
    return _parse(ReviewedReport, line, where)


def _parse(model: type[_Model], content: bytes, where: str) -> _Model:
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise ExportInvalidError(f"{where}: {f'{field}: ' if field else ''}{first['msg']}{more}") from error


def _check_files(files: ExportFiles, manifest: ExportManifest, advance: Advance | None) -> _Sizes:
    """Compare each file with its checksum; returns the photos' sizes by file name."""
    sizes_wh: _Sizes = {}
    for done, (name, sha256) in enumerate(manifest.files.items(), 1):
        if name == REPORTS_FILE:
            digest = hashlib.sha256()
            with files.open(name) as stream:
                while piece := stream.read(_MIB):
                    digest.update(piece)
            _check_sum(name, digest.hexdigest(), sha256)
        else:
            content = read_limited(files, name, MAX_PHOTO_BYTES)
            _check_sum(name, hashlib.sha256(content).hexdigest(), sha256)
            sizes_wh[name] = upright_size_wh(name, content)
        if advance is not None:
            advance(done, len(manifest.files))
    return sizes_wh


def _check_sum(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise ExportInvalidError(f"{name}: sha256 is {found}, the export says {expected}")


def _check_reports(export: ReviewedExport, sizes_wh: _Sizes) -> None:
    manifest = export.manifest
    labels = {label.name for label in manifest.labels}
    seen: set[str] = set()
    used: set[str] = set()
    tally = Tally()
    for report in export.reports():
        where = f"{REPORTS_FILE}: report {report.report_id}"
        if report.report_id in seen:
            raise ExportInvalidError(f"{where}: is there more than once")
        if report.report_id in manifest.left_out:
            raise ExportInvalidError(f"{where}: {MANIFEST_FILE} says that it was left out")
        if report.has_frames and manifest.schema_version == PHOTOS_VERSION:
            raise ExportInvalidError(f"{where}: has frames of a clip, which schema version {PHOTOS_VERSION} has not")
        if unknown := sorted(report.labels() - labels):
            raise ExportInvalidError(f"{where}: label {unknown[0]!r} is not among those of {MANIFEST_FILE}")
        for photo in report.photos:
            size_wh = sizes_wh.get(photo.file)
            if size_wh != (photo.width, photo.height):
                found = "is not listed" if size_wh is None else f"is {size_wh[0]}x{size_wh[1]}"
                raise ExportInvalidError(f"{where}: {photo.file} {found}, the line says {photo.width}x{photo.height}")
        seen.add(report.report_id)
        used.update(photo.file for photo in report.photos)
        tally.add(report)
    if unused := sorted(sizes_wh.keys() - used):
        raise ExportInvalidError(f"{unused[0]}: listed, but no report has it")
    if tally.counts() != manifest.counts:
        raise ExportInvalidError(f"{MANIFEST_FILE}: counts: differ from what {REPORTS_FILE} holds")
