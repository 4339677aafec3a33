"""Look a data set through before anybody trains on it: every row, label file, picture and split.

Unlike `read_records`, which refuses the first thing that breaks the format, this goes on and lists all it finds.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from hazardlens.training.data.duplicates import picture_hash
from hazardlens.training.data.findings import CheckReport, Finding, error, warning
from hazardlens.training.data.leaks import Look, split_findings, twin_findings
from hazardlens.training.data.records import COLUMNS, label_path, read_boxes, read_labels
from hazardlens.training.data.splits import SplitManifest
from hazardlens.training.errors import DatasetError, DatasetInvalidError, DatasetMissingError

PROVENANCES: Final = ("own", "open", "unclear", "rendered")
_ORIENTATION_TAG: Final = 0x0112

Advance = Callable[[int, int], None]
"""Called with (done, total) after each photo."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of photos.csv; every cell is text, missing ones are empty."""

    line: int
    cells: dict[str, str]

    @property
    def photo(self) -> str:
        return self.cells["photo"]

    def words(self, column: str) -> list[str]:
        return self.cells[column].split()


def check_dataset(root: Path, split: SplitManifest | None = None, advance: Advance | None = None) -> CheckReport:
    """Look through the data set at `root`, and through `split` where there is one.

    Raises:
        DatasetMissingError: it has no photos.csv or no labels.txt.
        DatasetInvalidError: one of the two cannot be read at all.
    """
    names = read_labels(root)
    rows = _read_rows(root / "photos.csv")
    findings = [*_row_findings(rows, names), *_stray_files(root, rows)]
    looks = []
    for done, row in enumerate(rows, start=1):
        findings += _label_findings(root, row, names)
        look, problems = _look_at(root, row)
        findings += problems
        looks += [] if look is None else [look]
        if advance is not None:
            advance(done, len(rows))
    if split is not None:
        findings += split_findings(looks, split)
    findings += twin_findings(looks, split)
    return CheckReport(len(rows), tuple(findings))


def _read_rows(path: Path) -> list[_Row]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise DatasetInvalidError(f"{path}: not UTF-8 text") from problem
    except OSError as problem:
        raise DatasetMissingError(f"{path}: {problem.strerror}") from problem
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise DatasetInvalidError(f"{path}: the header lacks {', '.join(missing)}")
    return [_Row(reader.line_num, {column: row[column] or "" for column in COLUMNS}) for row in reader]


def _row_findings(rows: list[_Row], names: tuple[str, ...]) -> Iterator[Finding]:
    seen: set[str] = set()
    for row in rows:
        where = f"photos.csv line {row.line}"
        if row.photo in seen:
            yield error("photo_listed_twice", row.photo, f"{where}: the photo has a row already")
        seen.add(row.photo)
        for column in ("source", "licence", "group"):
            if not row.cells[column].strip():
                yield error("cell_empty", row.photo, f"{where}: {column} is empty")
        if row.cells["provenance"] not in PROVENANCES:
            found = row.cells["provenance"]
            yield error("provenance_unknown", row.photo, f"{where}: expected one of {PROVENANCES}, found {found!r}")
        strangers = sorted({*row.words("looked_for"), *row.words("labels")} - set(names))
        if strangers:
            yield error("label_unknown", row.photo, f"{where}: {', '.join(strangers)} is not in labels.txt")


def _stray_files(root: Path, rows: list[_Row]) -> Iterator[Finding]:
    """Files that no row names: they would never train and never be missed."""
    photos = {row.photo for row in rows}
    stems = {Path(photo).stem for photo in photos}
    for path in sorted((root / "photos").glob("*")):
        if (name := path.relative_to(root).as_posix()) not in photos:
            yield warning("photo_extra", name, "photos.csv has no row for it")
    for path in sorted((root / "labels").glob("*")):
        if path.stem not in stems:
            yield warning("labels_extra", path.relative_to(root).as_posix(), "photos.csv has no row for its photo")


def _label_findings(root: Path, row: _Row, names: tuple[str, ...]) -> Iterator[Finding]:
    path = label_path(root, row.photo)
    try:
        labels, _ = read_boxes(path, names)
    except DatasetMissingError as problem:
        yield error("labels_missing", row.photo, str(problem))
        return
    except DatasetError as problem:
        yield error("box_invalid", row.photo, str(problem))
        return
    if set(labels) != set(row.words("labels")):
        told = f"photos.csv says {sorted(row.words('labels'))}, its label file {sorted(set(labels))}"
        yield error("labels_differ", row.photo, told)
    unsearched = sorted(set(labels) - set(row.words("looked_for")))
    if unsearched:
        told = f"{', '.join(unsearched)} has boxes, but was not looked for: there may be more of them"
        yield warning("boxes_incomplete", row.photo, told)


def _look_at(root: Path, row: _Row) -> tuple[Look | None, list[Finding]]:
    """Hash and open one photo."""
    path = root / row.photo
    try:
        data = path.read_bytes()
    except OSError as problem:
        return None, [error("photo_missing", row.photo, f"{path}: {problem.strerror}")]
    findings = []
    digest = hashlib.sha256(data).hexdigest()
    if digest != row.cells["sha256"]:
        findings.append(
            error("hash_differs", row.photo, f"photos.csv says {row.cells['sha256']}, the file is {digest}")
        )
    try:
        with Image.open(io.BytesIO(data)) as picture:
            findings += _picture_findings(picture, row)
            picture.draft("L", (picture.width // 4, picture.height // 4))
            hashed = picture_hash(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        findings.append(error("photo_broken", row.photo, f"cannot be decoded: {problem}"))
        hashed = None
    return Look(row.photo, row.cells["group"], digest, hashed), findings


def _picture_findings(picture: Image.Image, row: _Row) -> Iterator[Finding]:
    stated = (row.cells["width"], row.cells["height"])
    if stated != (str(picture.width), str(picture.height)):
        told = f"photos.csv says {stated[0]}x{stated[1]}, the picture is {picture.width}x{picture.height}"
        yield error("size_differs", row.photo, told)
    exif = picture.getexif()
    if exif.get(_ORIENTATION_TAG, 1) != 1:
        yield error("not_upright", row.photo, "EXIF says the picture has to be turned: its boxes are ambiguous")
    elif exif:
        yield warning("metadata", row.photo, "the picture still carries EXIF metadata")
