"""Reviewed reports and their photos, for tests of exports."""

import hashlib
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from PIL import Image

from hazardlens.model.exports import (
    ClipMoment,
    ExportHead,
    ExportItem,
    PixelBox,
    PredictedBox,
    ReviewedBox,
    ReviewedPhoto,
    ReviewedReport,
    write_export,
)
from hazardlens.model.exports.entries import write_folder
from hazardlens.model.exports.forms import FORMS, FormName
from hazardlens.model.exports.reviewed import ModelName, Prefill
from hazardlens.model.exports.writing import LeftOut, export_entries
from hazardlens.model.taxonomy import Category, Urgency

NOON: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
HEAD: Final = ExportHead("corrections", NOON, "a test")
BoxXyxy = tuple[int, int, int, int]
Drawn = tuple[str, BoxXyxy]
_SUFFIXES: Final = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


@cache
def photo_file(size_wh: tuple[int, int] = (64, 48), colour: str = "teal", kind: str = "PNG") -> bytes:
    """A photo of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size_wh, colour).save(out, kind)
    return out.getvalue()


def pixel_box(xyxy: BoxXyxy) -> PixelBox:
    """A box of these corners."""
    return PixelBox(x_min=xyxy[0], y_min=xyxy[1], x_max=xyxy[2], y_max=xyxy[3])


def reviewed_photo(
    content: bytes,
    boxes: Iterable[Drawn] = (),
    predicted: Iterable[tuple[str, float, BoxXyxy]] = (),
) -> ReviewedPhoto:
    """A photo with boxes."""
    with Image.open(io.BytesIO(content)) as image:
        suffix, (width, height) = _SUFFIXES[str(image.format)], image.size
    sha256 = hashlib.sha256(content).hexdigest()
    return ReviewedPhoto(
        file=f"photos/{sha256}.{suffix}",
        sha256=sha256,
        width=width,
        height=height,
        boxes=tuple(ReviewedBox(label=label, box=pixel_box(xyxy)) for label, xyxy in boxes),
        predicted=tuple(
            PredictedBox(label=label, confidence=confidence, box=pixel_box(xyxy))
            for label, confidence, xyxy in predicted
        ),
    )


def reviewed_report(number: int, photos: Sequence[ReviewedPhoto], **changes: Any) -> ReviewedReport:  # noqa: ANN401 - any field
    """A confirmed report."""
    usual: dict[str, Any] = {
        "report_id": f"{number:032x}",
        "created_at": NOON,
        "decided_at": NOON,
        "decided_by": "account:li",
        "verdict": "confirm",
        "category": Category.STACKED_CLUTTER,
        "urgency": Urgency.ROUTINE,
        "reason": None,
        "looked_for": ("stacked_clutter", "blocked_exit"),
        "place": None,
        "group": f"report/{number:032x}",
        "audit": False,
        "prefill": Prefill(
            category=Category.STACKED_CLUTTER,
            urgency=Urgency.ROUTINE,
            confidence=0.75,
            model=ModelName(name="tiny", version="2026.1"),
            policy="2026.1+0a1b2c3d4e5f",
        ),
        "photos": tuple(photos),
        "reviews": (),
    }
    return ReviewedReport(**{**usual, **changes})


def item(number: int, *drawn: Sequence[Drawn], **changes: Any) -> ExportItem:  # noqa: ANN401 - any field
    """A report with one photo of its own for each list of boxes."""
    contents = tuple(photo_file((64 + number, 48 + n)) for n in range(len(drawn)))
    photos = [reviewed_photo(content, boxes) for content, boxes in zip(contents, drawn, strict=True)]
    return ExportItem(reviewed_report(number, photos, **changes), contents)


def of_clip(whole: ExportItem, *times_s: float, sha256: str = "c" * 64) -> ExportItem:
    """The same report, whose last photos are frames of a clip at these times."""
    photos = whole.report.photos
    still = len(photos) - len(times_s)
    frames = [
        photo.model_copy(update={"video": ClipMoment(sha256=sha256, time_s=time_s)})
        for photo, time_s in zip(photos[still:], times_s, strict=True)
    ]
    report = whole.report.model_copy(update={"photos": (*photos[:still], *frames)})
    return ExportItem(report, whole.contents)


def two_items() -> list[ExportItem]:
    """A confirmed report with two photos, one of them without boxes, and a rejected one."""
    return [
        item(1, [("stacked_clutter", (2, 3, 40, 41)), ("exit_door", (0, 0, 9, 30))], []),
        item(2, [], verdict="reject", category=Category.NOT_A_HAZARD, urgency=Urgency.NONE, reason="false_alarm"),
    ]


def make_export(folder: Path, items: Iterable[ExportItem | LeftOut] | None = None) -> Path:
    """A reviewed export in a folder."""
    write_export(folder, two_items() if items is None else items, HEAD)
    return folder


def make_form(folder: Path, form: FormName, items: Iterable[ExportItem]) -> Path:
    """An export in another form."""
    write_folder(folder, export_entries(FORMS[form], items, HEAD, folder.parent))
    return folder
