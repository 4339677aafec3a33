"""Reads what Label Studio exports (its format "JSON"), and carries corrected boxes back into a reviewed export."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from hazardlens.model.errors import ExportInvalidError, ExportMissingError
from hazardlens.model.exports.reading import ReviewedExport
from hazardlens.model.exports.reviewed import (
    PixelBox,
    ReportId,
    ReviewedBox,
    ReviewedPhoto,
    ReviewedReport,
    ReviewEntry,
)
from hazardlens.model.exports.writing import ExportItem
from hazardlens.model.manifest import Name, Sha256

MAX_LABELS_BYTES: Final = 1024 * 1024 * 1024
_SLACK: Final = 0.01
"""Percent by which a box that was drawn in a browser may leave the photo."""

_Side = Annotated[int, Field(ge=1, le=1_000_000)]
_Percent = Annotated[float, Field(ge=-_SLACK, le=100 + _SLACK)]


class _Value(BaseModel):
    x: _Percent
    y: _Percent
    width: _Percent
    height: _Percent
    rotation: Literal[0] = 0
    rectanglelabels: Annotated[tuple[Name, ...], Field(min_length=1, max_length=1)]


class _Region(BaseModel):
    type: Literal["rectanglelabels"]
    value: _Value
    original_width: _Side
    original_height: _Side
    image_rotation: Literal[0] = 0


class _Person(BaseModel):
    id: int


class _Annotation(BaseModel):
    result: tuple[_Region, ...]
    updated_at: AwareDatetime
    was_cancelled: bool = False
    completed_by: int | _Person | None = None


class _Data(BaseModel):
    report_id: ReportId
    photo: Annotated[int, Field(ge=0)]
    sha256: Sha256


class _Task(BaseModel):
    data: _Data
    annotations: tuple[_Annotation, ...]


_TASKS: Final = TypeAdapter(tuple[_Task, ...])


@dataclass(frozen=True, slots=True)
class CorrectedPhoto:
    """The boxes of one photo as somebody left them in Label Studio.

    Attributes:
        report_id: of its report.
        n: which photo of it, from 0.
        sha256: of the photo's file in the export.
        size_wh: of the photo, in pixels.
        boxes: all of them.
        reviewer: who saved them last, by id.
        at: when.
    """

    report_id: str
    n: int
    sha256: str
    size_wh: tuple[int, int] | None
    boxes: tuple[ReviewedBox, ...]
    reviewer: str
    at: datetime


def read_label_studio(path: Path) -> list[CorrectedPhoto]:
    """The photos of a file that Label Studio exported as JSON; of each, what was saved last and not skipped.

    Raises:
        ExportMissingError: there is no such file.
        ExportInvalidError: it is no such file, or holds what no box of ours can: other shapes, turned boxes or photos,
            boxes with no label or several.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_LABELS_BYTES + 1)
    except FileNotFoundError as error:
        raise ExportMissingError(f"{path}: no such file") from error
    except OSError as error:
        raise ExportInvalidError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_LABELS_BYTES:
        raise ExportInvalidError(f"{path.name}: more than {MAX_LABELS_BYTES} bytes")
    try:
        tasks = _TASKS.validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ExportInvalidError(f"{path.name}: {where or 'the file'}: {first['msg']}") from error
    return [_corrected(task, saved) for task in tasks if (saved := _last_saved(task)) is not None]


def _last_saved(task: _Task) -> _Annotation | None:
    saved = [annotation for annotation in task.annotations if not annotation.was_cancelled]
    return max(saved, key=lambda annotation: annotation.updated_at, default=None)


def _corrected(task: _Task, saved: _Annotation) -> CorrectedPhoto:
    data = task.data
    sizes = {(region.original_width, region.original_height) for region in saved.result}
    if len(sizes) > 1:
        raise ExportInvalidError(f"photo {data.photo} of report {data.report_id}: boxes are for photos of two sizes")
    who = saved.completed_by.id if isinstance(saved.completed_by, _Person) else saved.completed_by
    return CorrectedPhoto(
        data.report_id,
        data.photo,
        data.sha256,
        sizes.pop() if sizes else None,
        tuple(_box(region) for region in saved.result),
        f"label_studio:{'unknown' if who is None else who}",
        saved.updated_at,
    )


def _box(region: _Region) -> ReviewedBox:
    value = region.value
    x_min, x_max = _whole_pixels(value.x, value.width, region.original_width)
    y_min, y_max = _whole_pixels(value.y, value.height, region.original_height)
    return ReviewedBox(label=value.rectanglelabels[0], box=PixelBox(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max))


def _whole_pixels(start: float, length: float, side: int) -> tuple[int, int]:
    """Percent of a side to the nearest whole pixels within it, at least one pixel long."""
    low, high = (min(max(share * side / 100, 0), side) for share in (start, start + length))
    if round(low) < round(high):
        return round(low), round(high)
    first = min(floor(low), side - 1)
    return first, max(ceil(high), first + 1)


def corrected_items(
    export: ReviewedExport, corrections: Iterable[CorrectedPhoto], advance: Callable[[int, int], None] | None = None
) -> Iterator[ExportItem]:
    """The reports of an export with corrected boxes in place of the old ones; where nothing changed, as they were.

    What a person changed is a correction by that person: the report's verdict is `correct`, unless it was rejected, and
    its `reviews` tell of it. Category, urgency and what was looked for stay: nobody was asked for them.

    Args:
        export: that the tasks were made from.
        corrections: from `read_label_studio`.
        advance: told (reports handed out, reports in all).

    Raises:
        ExportInvalidError: a correction is of a photo that the export does not have.
    """
    waiting = {(item.report_id, item.n): item for item in corrections}
    for done, report in enumerate(export.reports(), 1):
        found = [waiting.pop((report.report_id, n), None) for n in range(len(report.photos))]
        contents = tuple(export.read_photo(photo) for photo in report.photos)
        yield ExportItem(_with_corrections(report, found), contents)
        if advance is not None:
            advance(done, export.manifest.counts.reports)
    if waiting:
        report_id, n = next(iter(waiting))
        raise ExportInvalidError(f"photo {n} of report {report_id}: corrected, but not in this export")


def _with_corrections(report: ReviewedReport, found: list[CorrectedPhoto | None]) -> ReviewedReport:
    changed = [
        item
        for item, photo in zip(found, report.photos, strict=True)
        if item is not None and _is_changed(report, photo, item)
    ]
    if not changed:
        return report
    last = max(changed, key=lambda item: item.at)
    boxes = {item.n: item.boxes for item in changed}
    photos = [
        photo.model_copy(update={"boxes": boxes[n]}) if n in boxes else photo for n, photo in enumerate(report.photos)
    ]
    entry = ReviewEntry(
        kind="imported",
        verdict="correct",
        category=report.category,
        urgency=report.urgency,
        reviewer=last.reviewer,
        at=last.at,
    )
    update: dict[str, Any] = {"photos": tuple(photos), "reviews": (*report.reviews, entry)}
    if report.verdict != "reject":
        update |= {"verdict": "correct", "reason": "wrong_box", "decided_by": last.reviewer, "decided_at": last.at}
    return report.model_copy(update=update)


def _is_changed(report: ReviewedReport, photo: ReviewedPhoto, item: CorrectedPhoto) -> bool:
    where = f"photo {item.n} of report {report.report_id}"
    if item.sha256 != photo.sha256:
        raise ExportInvalidError(f"{where}: the corrected photo is another one")
    if item.size_wh not in {None, (photo.width, photo.height)}:
        raise ExportInvalidError(f"{where}: boxes are for a photo of another size")
    return sorted(map(_key, item.boxes)) != sorted(map(_key, photo.boxes))


def _key(item: ReviewedBox) -> tuple[str, tuple[int, int, int, int]]:
    return item.label, item.box.xyxy
