"""From a report's rows to a line of the reviewed export."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping

from hazardlens.model.exports.reviewed import (
    ModelName,
    PixelBox,
    PredictedBox,
    Prefill,
    ReviewedBox,
    ReviewedPhoto,
    ReviewedReport,
    ReviewEntry,
)
from hazardlens.model.pipeline import DetectionResult
from hazardlens.model.taxonomy import Category
from hazardlens.serve.exports.groups import rounded_place
from hazardlens.serve.exports.photos import ExportedPhoto
from hazardlens.serve.exports.selecting import StoredReport

_DECIDES: Final = "first"
"""Kind of a review that decides; a second look does not change what was decided, it only may take the report back."""


def assemble_report(
    stored: StoredReport, photos: Sequence[ExportedPhoto], *, group: str | None, include_text: bool
) -> ReviewedReport:
    """The line of one report.

    Args:
        stored: its rows.
        photos: its photos' files, in order.
        group: that it shares with others; None where it is alone.
        include_text: whether the reporter's words come along.

    Raises:
        ValueError: the rows do not fit together.
    """
    row = stored.row
    decisions = [review for review in stored.reviews if review["kind"] == _DECIDES]
    if not decisions:
        raise ValueError("no review decided it")
    last = decisions[-1]
    return ReviewedReport(
        report_id=row["id"],
        created_at=row["created_at"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        verdict=row["verdict"],
        category=row["category"],
        urgency=row["urgency"],
        reason=last["reason"],
        looked_for=tuple(last["looked_for"]),
        place=rounded_place(row["latitude"], row["longitude"]),
        group=group or f"report/{row['id']}",
        audit=row["audit"],
        prefill=_prefill(row),
        photos=tuple(
            _photo(media, photo, boxes) for media, photo, boxes in zip(stored.media, photos, last["boxes"], strict=True)
        ),
        reviews=tuple(_entry(review) for review in stored.reviews),
        text=row["text"] if include_text else None,
    )


def predicted_hazards(stored: StoredReport) -> dict[str, Category | None]:
    """The labels that the model drew, and the hazards that they stood for."""
    seen = [DetectionResult.model_validate(one) for media in stored.media for one in media["detections"]]
    return {one.label: one.hazard for one in seen}


def _prefill(row: RowMapping) -> Prefill | None:
    said = row["prefill"]
    if said is None:
        return None
    name, version = row["model_name"], row["model_version"]
    return Prefill(
        category=said["category"],
        urgency=said["urgency"],
        confidence=said["confidence"],
        model=ModelName(name=name, version=version) if name and version else None,
        policy=row["policy"],
    )


def _photo(media: RowMapping, photo: ExportedPhoto, boxes: Sequence[Mapping[str, Any]]) -> ReviewedPhoto:
    size_wh = (media["width"], media["height"])
    seen = [DetectionResult.model_validate(one) for one in media["detections"]]
    return ReviewedPhoto(
        file=photo.file,
        sha256=photo.sha256,
        width=size_wh[0],
        height=size_wh[1],
        boxes=tuple(ReviewedBox.model_validate(box) for box in boxes),
        predicted=tuple(
            PredictedBox(label=one.label, confidence=one.confidence, box=PixelBox(**one.box.model_dump()))
            for one in seen
            if one.box.x_min < one.box.x_max and one.box.y_min < one.box.y_max
        ),
    )


def _entry(review: RowMapping) -> ReviewEntry:
    return ReviewEntry(**{name: review[name] for name in ReviewEntry.model_fields})
