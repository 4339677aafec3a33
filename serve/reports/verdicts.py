"""What a reviewer says of a report: the body of a review, checked against the report, with its gaps filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import Field
from sqlalchemy import RowMapping

from hazardlens.model.pipeline import Box
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category, Urgency
from hazardlens.model.triage.values import Answer
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.reports.workflow import Verdict

MAX_BOXES: Final = 200


class Reason(StrEnum):
    """Why the pre-fill was not right; what a retrained model is asked to do better."""

    WRONG_CATEGORY = "wrong_category"
    WRONG_URGENCY = "wrong_urgency"
    WRONG_BOX = "wrong_box"
    MISSED_HAZARD = "missed_hazard"
    FALSE_ALARM = "false_alarm"
    NOT_VISIBLE = "not_visible"
    DUPLICATE = "duplicate"
    OTHER = "other"


class LabelledBox(Answer):
    """One thing on a photo."""

    label: str = Field(min_length=1, max_length=100, examples=["manhole_open"])
    box: Box


PhotoBoxes = list[LabelledBox]


class ReviewBody(Answer):
    """A decision on a report that whoever sends it has claimed."""

    version: int = Field(description="Of the report as it was seen.", examples=[3])
    verdict: Verdict
    category: Category | None = Field(
        None, description="Null: as it is. A rejected report is always `not_a_hazard`.", examples=["stacked_clutter"]
    )
    urgency: Urgency | None = Field(None, description="Null: as it is. A rejected report is always `none`.")
    reason: Reason | None = Field(None, description="Required to correct and to reject.")
    note: str | None = Field(None, max_length=2000, description="For people to read.")
    boxes: list[PhotoBoxes] | None = Field(
        None,
        max_length=64,
        description="For each photo, all that is on it, in pixels of the upright original. Null: as it is, by the last "
        "decision, or else the model; without its hazards where the report is rejected.",
    )
    looked_for: list[str] | None = Field(
        None,
        max_length=200,
        description="Labels that were searched for on all photos, completely: where one has no box, it is not there. "
        "Null: those of all hazards; none where nothing can be told, or where a report is rejected for another reason "
        "than that no hazard is to be seen.",
    )


@dataclass(frozen=True, slots=True)
class Photo:
    """What a decision has to fit: size in pixels of the upright original, and the boxes that are known so far.

    Attributes:
        is_clip: boxes are drawn on its frames, never on it.
    """

    width: int
    height: int
    known: PhotoBoxes
    is_clip: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision without gaps.

    Attributes:
        category: None only where nobody can tell, and the machine has not looked.
        urgency: likewise.
        boxes: for each photo.
        looked_for: labels, sorted.
    """

    verdict: Verdict
    category: Category | None
    urgency: Urgency | None
    reason: Reason | None
    note: str | None
    boxes: list[PhotoBoxes]
    looked_for: list[str]


def rule(
    body: ReviewBody,
    row: Mapping[str, Any] | RowMapping,
    photos: Sequence[Photo],
    hazards: Mapping[str, Category | None],
) -> Ruling:
    """Check a body against its report and fill in what it leaves out.

    Args:
        body: as sent.
        row: the report.
        photos: its photos, in order.
        hazards: every label that a box may have, and the hazard that it stands for.

    Raises:
        FieldInvalidError: it contradicts itself or does not fit the report; the detail says where.
    """
    category, urgency = _outcome(body, row)
    boxes = _boxes(body, photos, hazards)
    known = [photo.known for photo in photos]
    changed = (category, urgency) != (row["category"], row["urgency"]) or not same_boxes(boxes, known)
    if body.verdict is Verdict.CONFIRM and changed:
        raise FieldInvalidError("verdict: confirm says that all is right; send correct with what is not, and why")
    if body.verdict is Verdict.CORRECT and not changed:
        raise FieldInvalidError("verdict: correct changes nothing; send confirm")
    return Ruling(
        body.verdict,
        category,
        urgency,
        body.reason,
        body.note or None,
        boxes,
        _looked_for(body, hazards),
    )


def known_labels(model_labels: Mapping[str, Category | None], *seen: str) -> dict[str, Category | None]:
    """Labels that a box may have: of the model in service, of the taxonomy, and those that the report already has."""
    return {**dict.fromkeys(seen), **LABEL_HAZARDS, **model_labels}


def _outcome(body: ReviewBody, row: Mapping[str, Any] | RowMapping) -> tuple[Category | None, Urgency | None]:
    if body.verdict is Verdict.REJECT:
        _require_reason(body)
        if body.category not in {None, Category.NOT_A_HAZARD} or body.urgency not in {None, Urgency.NONE}:
            raise FieldInvalidError("category: a rejected report is not_a_hazard, and its urgency none")
        return Category.NOT_A_HAZARD, Urgency.NONE
    category = body.category or (None if row["category"] is None else Category(row["category"]))
    urgency = body.urgency or (None if row["urgency"] is None else Urgency(row["urgency"]))
    if body.verdict is Verdict.CANNOT_TELL:
        return category, urgency
    if body.verdict is Verdict.CORRECT:
        _require_reason(body)
    if category is None or urgency is None:
        raise FieldInvalidError("category: no machine has looked at this report; send a category and an urgency")
    if (category is Category.NOT_A_HAZARD) != (urgency is Urgency.NONE):
        raise FieldInvalidError("urgency: none goes with not_a_hazard, and with nothing else")
    if body.verdict is Verdict.CORRECT and category is Category.NOT_A_HAZARD:
        raise FieldInvalidError("verdict: to say that there is no hazard, send reject")
    return category, urgency


def _require_reason(body: ReviewBody) -> None:
    if body.reason is None:
        raise FieldInvalidError(f"reason: missing; {body.verdict} needs one of {', '.join(Reason)}")


def _boxes(body: ReviewBody, photos: Sequence[Photo], hazards: Mapping[str, Category | None]) -> list[PhotoBoxes]:
    if body.boxes is None:
        kept = [photo.known for photo in photos]
        if body.verdict in {Verdict.REJECT, Verdict.CANNOT_TELL}:
            kept = [[one for one in photo if hazards.get(one.label) is None] for photo in kept]
        return kept
    if len(body.boxes) != len(photos):
        raise FieldInvalidError(f"boxes: expected a list for each of {len(photos)} photos, found {len(body.boxes)}")
    for n, (boxes, photo) in enumerate(zip(body.boxes, photos, strict=True)):
        if photo.is_clip and boxes:
            raise FieldInvalidError(f"boxes[{n}]: a clip has no boxes of its own; send those of its frames")
        if len(boxes) > MAX_BOXES:
            raise FieldInvalidError(f"boxes[{n}]: more than {MAX_BOXES} boxes")
        for index, one in enumerate(boxes):
            _check_box(f"boxes[{n}][{index}]", one, photo, hazards)
    return body.boxes


def _check_box(where: str, one: LabelledBox, photo: Photo, hazards: Mapping[str, Category | None]) -> None:
    if one.label not in hazards:
        raise FieldInvalidError(f"{where}.label: {one.label[:40]!r} is no label of the model or the taxonomy")
    box = one.box
    if box.x_min >= box.x_max or box.y_min >= box.y_max:
        raise FieldInvalidError(f"{where}.box: x_min must be less than x_max, and y_min less than y_max")
    if box.x_max > photo.width or box.y_max > photo.height:
        raise FieldInvalidError(f"{where}.box: reaches out of the photo of {photo.width} x {photo.height} pixels")


def _looked_for(body: ReviewBody, hazards: Mapping[str, Category | None]) -> list[str]:
    if body.looked_for is not None:
        for label in body.looked_for:
            if label not in hazards:
                raise FieldInvalidError(f"looked_for: {label[:40]!r} is no label of the model or the taxonomy")
        return sorted(set(body.looked_for))
    empty_handed = body.reason in {Reason.FALSE_ALARM, Reason.NOT_VISIBLE}
    complete = body.verdict in {Verdict.CONFIRM, Verdict.CORRECT} or (body.verdict is Verdict.REJECT and empty_handed)
    return sorted(label for label, hazard in hazards.items() if hazard is not None) if complete else []


def same_boxes(some: Sequence[PhotoBoxes], others: Sequence[PhotoBoxes]) -> bool:
    """Whether the boxes of all photos are the same, in whatever order."""

    def key(one: LabelledBox) -> tuple[object, ...]:
        return (one.label, *one.box.model_dump().values())

    return [sorted(map(key, photo)) for photo in some] == [sorted(map(key, photo)) for photo in others]
