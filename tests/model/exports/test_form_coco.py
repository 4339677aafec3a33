"""COCO's own evaluation reads the COCO form: what is predicted exactly as it is true scores 1, and less scores less."""

import json
from pathlib import Path
from typing import Any

import pytest

from hazardlens.model.exports.forms import FormName
from support.exports import item, make_form

ITEMS = [
    item(1, [("stacked_clutter", (2, 3, 40, 41)), ("exit_door", (0, 0, 9, 30))], []),
    item(2, [("stacked_clutter", (10, 10, 66, 48))]),
    item(3, [], verdict="reject"),
]


def _evaluate(truth: Path, predictions: list[dict[str, Any]]) -> tuple[float, int]:
    """Average precision over all overlaps, and how many photos were looked at."""
    from faster_coco_eval import COCO, COCOeval_faster

    coco = COCO(str(truth))
    evaluation = COCOeval_faster(coco, coco.loadRes(predictions), "bbox", print_function=lambda *_: None)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0]), len(evaluation.params.imgIds)


def _as_predictions(truth: Path) -> list[dict[str, Any]]:
    return [
        {name: row[name] for name in ("image_id", "category_id", "bbox")} | {"score": 0.9}
        for row in json.loads(truth.read_text())["annotations"]
    ]


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    return make_form(tmp_path / "coco", FormName.COCO, ITEMS) / "annotations/instances.json"


def test_the_truth_scores_one_on_all_photos(truth: Path) -> None:
    score, photos = _evaluate(truth, _as_predictions(truth))
    assert score == pytest.approx(1.0)
    assert photos == 4


def test_a_box_on_a_photo_without_boxes_costs(truth: Path) -> None:
    wrong = {**_as_predictions(truth)[0], "image_id": 4, "score": 0.99}
    score, _ = _evaluate(truth, [wrong, *_as_predictions(truth)])
    assert score < 0.99


def test_categories_say_which_hazard_they_stand_for(truth: Path) -> None:
    categories = {row["name"]: row["supercategory"] for row in json.loads(truth.read_text())["categories"]}
    assert categories["manhole_open"] == "raised_manhole_cover"
    assert categories["exit_door"] == "context"
