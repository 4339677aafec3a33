"""From a report's rows to a line of the reviewed export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import RowMapping

from hazardlens.model.exports.reviewed import (
    ClipMoment,
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
from hazardlens.serve.store.media_tables import FRAME, VIDEO

_DECIDES: Final = "first"
"""Kind of a review that decides; a second look does not change what was decided, it only may take the report back."""


@dataclass(frozen=True, slots=True)
class ReviewedPicture:
    """A photo of a report, or a frame of its clip, on which somebody has decided.

    Attributes:
        media: its row of `report_media`.
        boxes: as decided.
        moment: of a frame.
    """

    media: RowMapping
    boxes: Sequence[Mapping[str, Any]]
    moment: ClipMoment | None


def pictures_of(stored: StoredReport) -> list[ReviewedPicture]:
    """What of a report goes into an export: its photos and frames; never the clip itself, nor frames that came later.

    Raises:
        ValueError: the rows do not fit together, or there is no picture.
    """
    boxes = _last_decision(stored)["boxes"]
    if len(boxes) > len(stored.media) or any(media["kind"] != FRAME for media in stored.media[len(boxes) :]):
        raise ValueError(f"the decision is on {len(boxes)} of {len(stored.media)} photos")
    clips = {media["n"]: media["sha256"] or None for media in stored.media if media["kind"] == VIDEO}
    found = [
        ReviewedPicture(media, drawn, _moment(media, clips))
        for media, drawn in zip(stored.media, boxes, strict=False)
        if media["kind"] != VIDEO
    ]
    if not found:
        raise ValueError("there is no photo of it, and no frame of its clip")
    return found


def _moment(media: RowMapping, clips: Mapping[int, str | None]) -> ClipMoment | None:
    if media["kind"] != FRAME:
        return None
    return ClipMoment(sha256=clips.get(media["of_n"]), time_s=round(media["time_s"], 3))


def assemble_report(
    stored: StoredReport,
    pictures: Sequence[tuple[ReviewedPicture, ExportedPhoto]],
    *,
    group: str | None,
    include_text: bool,
) -> ReviewedReport:
    """The line of one report.

    Args:
        stored: its rows.
        pictures: from `pictures_of`, each with its file.
        group: that it shares with others; None where it is alone.
        include_text: whether the reporter's words come along.

    Raises:
        ValueError: the rows do not fit together.
    """
    row = stored.row
    last = _last_decision(stored)
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
        photos=tuple(_photo(picture, photo) for picture, photo in pictures),
        reviews=tuple(_entry(review) for review in stored.reviews),
        text=row["text"] if include_text else None,
    )


def _last_decision(stored: StoredReport) -> RowMapping:
    decisions = [review for review in stored.reviews if review["kind"] == _DECIDES]
    if not decisions:
        raise ValueError("no review decided it")
    return decisions[-1]


def predicted_hazards(stored: StoredReport) -> dict[str, Category | None]:
    """The labels that the model drew, and the hazards that they stood for."""
    pictures = (media for media in stored.media if media["kind"] != VIDEO)
    seen = [DetectionResult.model_validate(one) for media in pictures for one in media["detections"]]
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


def _photo(picture: ReviewedPicture, photo: ExportedPhoto) -> ReviewedPhoto:
    media = picture.media
    size_wh = (media["width"], media["height"])
    seen = [DetectionResult.model_validate(one) for one in media["detections"]]
    return ReviewedPhoto(
        file=photo.file,
        sha256=photo.sha256,
        width=size_wh[0],
        height=size_wh[1],
        boxes=tuple(ReviewedBox.model_validate(box) for box in picture.boxes),
        predicted=tuple(
            PredictedBox(label=one.label, confidence=one.confidence, box=PixelBox(**one.box.model_dump()))
            for one in seen
            if one.box.x_min < one.box.x_max and one.box.y_min < one.box.y_max
        ),
        video=picture.moment,
    )


def _entry(review: RowMapping) -> ReviewEntry:
    return ReviewEntry(**{name: review[name] for name in ReviewEntry.model_fields})
