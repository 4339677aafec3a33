"""The body of a review against its report: what is refused, and in which words."""

from typing import Any, Final

import pytest
from pydantic import ValidationError

from hazardlens.model.pipeline import Box
from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.reports.verdicts import MAX_BOXES, LabelledBox, Photo, ReviewBody, Ruling, known_labels, rule

SIZE_PX: Final = (640, 480)
ROW: Final = {"category": "stacked_clutter", "urgency": "routine"}
KNOWN: Final = [
    LabelledBox(label="stacked_clutter", box=Box(x_min=100, y_min=120, x_max=300, y_max=360)),
    LabelledBox(label="exit_door", box=Box(x_min=10, y_min=10, x_max=90, y_max=200)),
]
MOVED: Final = {"label": "stacked_clutter", "box": {"x_min": 90, "y_min": 110, "x_max": 310, "y_max": 370}}


def decide(**body: object) -> Ruling:
    parsed = ReviewBody.model_validate({"version": 1, **body})
    return rule(parsed, ROW, [Photo(*SIZE_PX, KNOWN)], known_labels({"skip_bin": None}, "old_label"))


def _with(box: dict[str, int] | None = None, label: str = "stacked_clutter") -> dict[str, Any]:
    boxes = [[{"label": label, "box": {**MOVED["box"], **(box or {})}}]]  # type: ignore[dict-item]
    return {"verdict": "correct", "reason": "wrong_box", "boxes": boxes}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(_with({"x_max": 90}), "boxes[0][0].box: x_min must be less", id="a box without width"),
        pytest.param(_with({"y_min": 371}), "boxes[0][0].box: x_min must be less", id="a box upside down"),
        pytest.param(_with({"x_max": SIZE_PX[0] + 1}), "reaches out of the photo", id="a box too far right"),
        pytest.param(_with({"y_max": SIZE_PX[1] + 1}), "reaches out of the photo", id="a box too far down"),
        pytest.param(_with(label="cat"), "'cat' is no label", id="no such label"),
        pytest.param({"verdict": "correct", "reason": "other", "boxes": []}, "each of 1 photos", id="too few lists"),
        pytest.param({"verdict": "confirm", "looked_for": ["cat"]}, "looked_for: 'cat'", id="looked for no label"),
        pytest.param({"verdict": "correct", "category": "other"}, "reason: missing", id="corrected without a reason"),
        pytest.param({"verdict": "reject"}, "reason: missing", id="rejected without a reason"),
        pytest.param({"verdict": "correct", "reason": "other"}, "changes nothing", id="nothing corrected"),
        pytest.param({"verdict": "confirm", "category": "other"}, "send correct", id="a confirmation that corrects"),
        pytest.param({"verdict": "confirm", "boxes": [[MOVED]]}, "send correct", id="a confirmation that moves a box"),
        pytest.param(
            {"verdict": "correct", "reason": "other", "category": "not_a_hazard", "urgency": "none"},
            "send reject",
            id="a correction that rejects",
        ),
        pytest.param({"verdict": "correct", "reason": "other", "urgency": "none"}, "none goes with", id="not urgent"),
        pytest.param({"verdict": "reject", "reason": "other", "category": "other"}, "not_a_hazard", id="rejected"),
        pytest.param(
            {"verdict": "correct", "reason": "other", "boxes": [[MOVED] * (MAX_BOXES + 1)]}, "more than", id="too many"
        ),
    ],
)
def test_a_body_that_does_not_fit_its_report_is_refused(body: dict[str, Any], words: str) -> None:
    with pytest.raises(FieldInvalidError) as refusal:
        decide(**body)
    assert words in refusal.value.detail


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_with({"x_min": -1}), id="a box too far left"),
        pytest.param({"verdict": "maybe"}, id="no such verdict"),
        pytest.param({"verdict": "reject", "reason": "mood"}, id="no such reason"),
        pytest.param({"verdict": "confirm", "mood": "good"}, id="no such key"),
    ],
)
def test_a_body_that_says_nothing_known_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        decide(**body)


def test_a_confirmation_may_repeat_the_boxes_in_any_order() -> None:
    boxes = [[one.model_dump(mode="json") for one in reversed(KNOWN)]]
    assert decide(verdict="confirm", boxes=boxes).boxes == [list(reversed(KNOWN))]


@pytest.mark.parametrize("label", ["manhole_open", "skip_bin", "old_label"])
def test_a_box_may_have_labels_of_the_taxonomy_of_the_model_and_of_the_report(label: str) -> None:
    assert decide(**_with(label=label)).boxes[0][0].label == label


def test_what_was_looked_for_is_by_default_every_label_of_a_hazard() -> None:
    hazards = sorted(label for label, hazard in LABEL_HAZARDS.items() if hazard is not None)
    assert decide(verdict="confirm").looked_for == hazards
    assert "exit_door" not in hazards


def test_a_rejected_report_keeps_boxes_of_context_only() -> None:
    assert decide(verdict="reject", reason="false_alarm").boxes == [[KNOWN[1]]]
    assert decide(verdict="reject", reason="duplicate").boxes == [[KNOWN[1]]]
