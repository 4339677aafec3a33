"""Decisions: what each leaves behind, what does not fit, the same one sent twice, one taken back."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import insert, select

from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.reports.changes import move_report
from hazardlens.serve.store.tables import deliveries, dispatch_targets
from support.desk import Desk, ok
from support.reports import HEAP, detections_of
from support.serving import problem_of

ALL_HAZARD_LABELS: Final = sorted(label for label, hazard in LABEL_HAZARDS.items() if hazard is not None)
PREDICTED: Final = [[{"label": one["label"], "box": one["box"]} for one in detections_of([HEAP])]]
MOVED: Final = [[{"label": HEAP[0], "box": {"x_min": 90, "y_min": 110, "x_max": 310, "y_max": 370}}]]


@pytest.mark.parametrize(
    ("body", "state", "category", "urgency", "boxes", "looked_for", "kept"),
    [
        pytest.param(
            {"verdict": "confirm"},
            "confirmed",
            "stacked_clutter",
            "routine",
            PREDICTED,
            ALL_HAZARD_LABELS,
            True,
            id="confirm",
        ),
        pytest.param(
            {"verdict": "correct", "category": "blocked_fire_exit", "urgency": "urgent", "reason": "wrong_category"},
            "corrected",
            "blocked_fire_exit",
            "urgent",
            PREDICTED,
            ALL_HAZARD_LABELS,
            False,
            id="another category",
        ),
        pytest.param(
            {"verdict": "correct", "reason": "wrong_box", "boxes": MOVED},
            "corrected",
            "stacked_clutter",
            "routine",
            MOVED,
            ALL_HAZARD_LABELS,
            False,
            id="another box",
        ),
        pytest.param(
            {"verdict": "reject", "reason": "false_alarm"},
            "rejected",
            "not_a_hazard",
            "none",
            [[]],
            ALL_HAZARD_LABELS,
            False,
            id="nothing there",
        ),
        pytest.param(
            {"verdict": "reject", "reason": "duplicate"},
            "rejected",
            "not_a_hazard",
            "none",
            [[]],
            [],
            False,
            id="a duplicate is no negative",
        ),
        pytest.param(
            {"verdict": "confirm", "looked_for": ["stacked_clutter", "exit_door"]},
            "confirmed",
            "stacked_clutter",
            "routine",
            PREDICTED,
            ["exit_door", "stacked_clutter"],
            True,
            id="own list of labels",
        ),
        pytest.param(
            {"verdict": "cannot_tell"}, "cannot_tell", "stacked_clutter", "routine", [[]], [], False, id="cannot tell"
        ),
    ],
)
def test_a_decision_changes_the_report_and_leaves_a_review(
    desk: Desk,
    body: dict[str, Any],
    state: str,
    category: str,
    urgency: str,
    boxes: object,
    looked_for: list[str],
    kept: bool,
) -> None:
    report_id = desk.add()
    version = desk.claim(report_id)
    desk.now += timedelta(seconds=7)
    view = ok(desk.post(report_id, "review", version=version, note="seen", **body))
    assert (view["state"], view["category"], view["urgency"]) == (state, category, urgency)
    assert (view["verdict"], view["decided_by"], view["claim"]) == (body["verdict"], "account:li", None)
    assert (view["version"], view["decided_at"]) == (version + 1, desk.now.isoformat().replace("+00:00", "Z"))
    (review,) = desk.reviews(report_id)
    assert (review["kind"], review["reviewer"], review["seconds"], review["note"]) == ("first", "account:li", 7, "seen")
    assert (review["boxes"], review["looked_for"], review["prefill_kept"]) == (boxes, looked_for, kept)
    assert (review["reason"], review["model_version"]) == (body.get("reason"), "1")
    assert desk.actions(report_id) == ["receive", "claim", body["verdict"]]


def test_context_stays_on_the_photo_of_a_rejected_report_and_hazards_do_not(desk: Desk) -> None:
    door = ("exit_door", (10, 10, 90, 200))
    report_id = desk.add(seen=[[HEAP, door], [HEAP]])
    desk.decide(report_id, verdict="reject", reason="false_alarm")
    assert [[one["label"] for one in photo] for photo in desk.reviews(report_id)[0]["boxes"]] == [["exit_door"], []]


def test_a_corrected_category_goes_to_whoever_acts_on_it(desk: Desk) -> None:
    report_id = desk.add()
    view = desk.decide(report_id, verdict="correct", reason="wrong_category", category="burst_pipe", urgency="urgent")
    policy = desk.services.slot.model.classifier.policy.data
    assert view["route"] == policy.categories["burst_pipe"].route  # type: ignore[index]
    assert desk.decide(desk.add(), verdict="confirm")["route"] == "sub_district_grid"
    assert desk.decide(desk.add(), verdict="reject", reason="false_alarm")["route"] is None


def test_whoever_acts_on_a_decision_is_told_of_it_in_the_same_transaction(desk: Desk) -> None:
    target = {"url": "https://example.org/hook", "secret": "s", "enabled": True, "version": 1}
    target |= {"route": "sub_district_grid", "updated_at": desk.now, "updated_by": "system"}
    with desk.services.store.write() as connection:
        connection.execute(insert(dispatch_targets).values(target))
    confirmed, rejected = desk.add(), desk.add()
    desk.decide(confirmed, verdict="confirm")
    desk.decide(rejected, verdict="reject", reason="false_alarm")
    with desk.services.store.read() as connection:
        assert list(connection.scalars(select(deliveries.c.report_id))) == [confirmed]


def test_a_report_that_no_model_has_seen_can_be_decided_and_given_back(desk: Desk) -> None:
    report_id = desk.add(prefilled=False)
    version = desk.claim(report_id)
    problem_of(desk.post(report_id, "review", version=version, verdict="confirm"), 422, "field_invalid")
    assert ok(desk.post(report_id, "release", version=version))["state"] == "received"
    view = desk.decide(
        report_id, verdict="correct", reason="missed_hazard", category="damaged_wall", urgency="routine", boxes=[[]]
    )
    assert (view["state"], view["category"]) == ("corrected", "damaged_wall")


def test_a_decision_that_does_not_fit_is_refused_and_changes_nothing(desk: Desk) -> None:
    report_id = desk.add()
    version = desk.claim(report_id)
    body: dict[str, Any] = {"version": version, "verdict": "correct", "reason": "wrong_box", "boxes": []}
    problem = problem_of(desk.post(report_id, "review", **body), 422, "field_invalid")
    assert problem.detail == "boxes: expected a list for each of 1 photos, found 0"
    assert desk.reviews(report_id) == []
    assert desk.get(f"/v1/reports/{report_id}")["version"] == version


def test_the_same_decision_sent_twice_is_answered_twice_and_made_once(any_desk: Desk) -> None:
    report_id = any_desk.add()
    body: dict[str, Any] = {
        "version": any_desk.claim(report_id),
        "verdict": "correct",
        "reason": "wrong_urgency",
        "urgency": "urgent",
    }
    first = ok(any_desk.post(report_id, "review", **body))
    assert ok(any_desk.post(report_id, "review", **body)) == first
    assert len(any_desk.reviews(report_id)) == 1
    other = {**body, "urgency": "immediate"}
    problem_of(any_desk.post(report_id, "review", **other), 409, "report_changed")
    problem_of(any_desk.post(report_id, "review", "wang", **body), 409, "report_changed")
    told = any_desk.now
    for move in ("forward", "resolve"):  # those who act may be faster than a line that was gone
        with any_desk.services.store.write() as connection:
            move_report(connection, report_id, move, principal=SYSTEM, now=told)
        assert ok(any_desk.post(report_id, "review", **body))["verdict"] == "correct"
    assert len(any_desk.reviews(report_id)) == 1
    reopened = ok(any_desk.post(report_id, "reopen", version=first["version"] + 2))
    problem_of(any_desk.post(report_id, "review", **body), 409, "report_changed")
    assert reopened["state"] == "in_review"


def test_undo_gives_the_report_back_with_what_was_decided(any_desk: Desk) -> None:
    report_id = any_desk.add()
    view = any_desk.decide(
        report_id, verdict="correct", reason="wrong_box", category="damaged_wall", urgency="urgent", boxes=MOVED
    )
    again = ok(any_desk.post(report_id, "reopen", version=view["version"], reason="undo"))
    assert (again["state"], again["claim"]["by"], again["verdict"]) == ("in_review", "account:li", None)
    assert (again["category"], again["urgency"]) == ("damaged_wall", "urgent")
    view = ok(any_desk.post(report_id, "review", version=again["version"], verdict="confirm"))
    assert view["state"] == "confirmed"
    assert [review["boxes"] for review in any_desk.reviews(report_id)] == [MOVED, MOVED], "as it is, not as predicted"
    assert any_desk.actions(report_id) == ["receive", "claim", "correct", "reopen", "confirm"]
