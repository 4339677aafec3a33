"""Which decisions are looked at again, and why."""

from datetime import date, timedelta
from typing import Any

import pytest

from hazardlens.serve.stats import suspicious
from hazardlens.serve.stats.suspicious import find_doubts, find_suspicious
from hazardlens.serve.stats.window import Window
from hazardlens.serve.store.engine import Store
from support.decisions import NOON, add_decided, add_review, box

WEEK = Window(date(2026, 3, 2), date(2026, 3, 8))
HEAP = box("stacked_clutter", 10, 10, 60, 60)
SEEN = box("stacked_clutter", 12, 10, 60, 62, confidence=0.9)
FAR = box("dangling_cable", 70, 70, 90, 90)
GUESS = box("dangling_cable", 70, 70, 90, 90, confidence=0.4)


def decision(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any column
    usual = {"machine": "stacked_clutter", "category": "stacked_clutter", "verdict": "correct", "confidence": 0.9}
    return {**usual, "boxes": [[HEAP]], **changes}


@pytest.mark.parametrize(
    ("changes", "photos", "expected"),
    [
        pytest.param({}, [[SEEN]], [], id="they agree"),
        pytest.param({"category": "other"}, [[SEEN]], ["sure_but_overruled"], id="sure, and overruled"),
        pytest.param({"category": "other", "confidence": 0.84}, [[SEEN]], [], id="unsure, and overruled"),
        pytest.param({"category": "other", "confidence": None}, [[SEEN]], [], id="no pre-fill to overrule"),
        pytest.param({"boxes": [[HEAP, FAR]]}, [[SEEN]], ["box_far_from_prediction"], id="a box of nobody's"),
        pytest.param({"boxes": [[FAR]]}, [[]], ["box_far_from_prediction"], id="a box where nothing was seen"),
        pytest.param({"boxes": [[HEAP, FAR]]}, [[SEEN, GUESS]], [], id="another label in the same place is near"),
        pytest.param({"boxes": [[]]}, [[SEEN]], ["sure_box_removed"], id="a sure box is gone"),
        pytest.param({"boxes": [[]]}, [[GUESS]], [], id="a guess is gone"),
        pytest.param({"boxes": [[], []]}, [[], [SEEN]], ["sure_box_removed"], id="on the second photo"),
        pytest.param({"boxes": None}, [[SEEN]], [], id="boxes as predicted"),
        pytest.param({"boxes": [[]], "verdict": "reject"}, [[SEEN]], [], id="a rejected report keeps no boxes"),
    ],
)
def test_a_decision_is_in_doubt(
    changes: dict[str, Any], photos: list[list[dict[str, Any]]], expected: list[str]
) -> None:
    assert [doubt.why for doubt in find_doubts(decision(**changes), photos)] == expected


def test_a_doubt_says_which_box_of_which_photo_and_how_far() -> None:
    [doubt] = find_doubts(decision(boxes=[[], [box("exit_door", 0, 0, 20, 20)]]), [[], [SEEN]])[1:]
    assert (doubt.photo, doubt.label, doubt.score, doubt.iou) == (
        1,
        "stacked_clutter",
        0.9,
        0.028,
    )
    assert doubt.box is not None
    assert doubt.box.model_dump() == SEEN["box"]


def test_decisions_in_doubt_are_listed_newest_first_with_where_to_look(store: Store) -> None:
    sure = {"confidence": 0.95, "reason": "false_alarm"}
    for n in range(3):
        add_decided(store, str(n) * 32, "reject", "not_a_hazard", at=NOON + timedelta(minutes=n), **sure)
    add_decided(store, "a" * 32, confidence=0.95)  # agreed
    add_decided(store, "b" * 32, "cannot_tell", "other", confidence=0.95)
    add_decided(store, "c" * 32, "reject", "not_a_hazard", at=WEEK.end, **sure)
    add_decided(store, "d" * 32, "reject", "not_a_hazard", **sure)
    add_review(store, "d" * 32)  # thought better of it
    with store.read() as connection:
        every = find_suspicious(connection, WEEK, limit=50)
        two = find_suspicious(connection, WEEK, limit=2)
    assert [report.report_id[0] for report in every.reports] == ["2", "1", "0"]
    assert (every.looked_at, every.complete) == (5, True)
    first = every.reports[0]
    assert (first.machine, first.person, first.confidence) == ("stacked_clutter", "not_a_hazard", 0.95)
    assert first.link == f"/review?report={'2' * 32}"
    assert ([report.report_id[0] for report in two.reports], two.complete) == (["2", "1"], False)


def test_decisions_are_read_in_pages_and_none_is_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspicious, "_CHUNK", 2)
    for n in range(5):
        detections = [[SEEN], [GUESS]]
        boxes = [[HEAP], [FAR]] if n != 3 else [[], [FAR]]
        add_decided(store, str(n) * 32, "correct", boxes=boxes, detections=detections)
    with store.read() as connection:
        found = find_suspicious(connection, WEEK, limit=50)
    assert (found.looked_at, found.complete) == (5, True)
    assert [(report.report_id[0], report.doubts[0].photo) for report in found.reports] == [("3", 0)]
