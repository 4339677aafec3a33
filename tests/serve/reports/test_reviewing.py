"""Claims, decisions, undoing, second looks: what each leaves behind, and how two people never overwrite each other."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from httpx2 import Response
from sqlalchemy import insert, select
from starlette.testclient import TestClient

from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Role
from hazardlens.serve.reports.changes import move_report
from hazardlens.serve.services import Services
from hazardlens.serve.store.tables import deliveries, dispatch_targets, report_events, reviews
from support.people import authenticate_by_header, headers_of
from support.reports import BEGINNING, HEAP, add_report, detections_of
from support.serving import problem_of, serving

LEASE_S: Final = 600
ALL_HAZARD_LABELS: Final = sorted(label for label, hazard in LABEL_HAZARDS.items() if hazard is not None)
PREDICTED: Final = [[{"label": one["label"], "box": one["box"]} for one in detections_of([HEAP])]]
MOVED: Final = [[{"label": HEAP[0], "box": {"x_min": 90, "y_min": 110, "x_max": 310, "y_max": 370}}]]


class Desk:
    """The service, its clock and its lots, in the hands of a test."""

    def __init__(self) -> None:
        self.now = BEGINNING + timedelta(hours=1)
        self.lot = 0.99
        self.client: TestClient

    @property
    def services(self) -> Services:
        services: Services = self.client.app.state.services  # type: ignore[attr-defined]
        return services

    def add(self, **columns: Any) -> str:  # noqa: ANN401 - any of `add_report`'s
        return add_report(self.services.store, self.services.blobs, **columns)

    def post(self, report_id: str, act: str, who: str = "li", **body: Any) -> Response:  # noqa: ANN401 - JSON
        return self.client.post(f"/v1/reports/{report_id}/{act}", json=body, headers=headers_of(who))

    def get(self, path: str, who: str = "li") -> dict[str, Any]:
        answer = self.client.get(path, headers=headers_of(who))
        return ok(answer)

    def claim(self, report_id: str, who: str = "li") -> int:
        """Claim what is there; returns the version then."""
        version = self.get(f"/v1/reports/{report_id}")["version"]
        return int(ok(self.post(report_id, "claim", who, version=version))["version"])

    def decide(self, report_id: str, who: str = "li", **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        version = self.claim(report_id, who)
        return ok(self.post(report_id, "review", who, version=version, **body))

    def reviews(self, report_id: str, who: str = "li") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/v1/reports/{report_id}/reviews", who)["reviews"]
        return found

    def actions(self, report_id: str) -> list[str]:
        query = (
            select(report_events.c.action).where(report_events.c.report_id == report_id).order_by(report_events.c.seq)
        )
        with self.services.store.read() as connection:
            return list(connection.scalars(query))

    def waiting(self, who: str = "li") -> list[str]:
        return [report["id"] for report in self.get("/v1/queue", who)["reports"]]


def ok(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@contextlib.contextmanager
def open_desk(url: str) -> Iterator[Desk]:
    desk = Desk()
    with serving(
        authenticate=authenticate_by_header,
        now=lambda: desk.now,
        draw=lambda: desk.lot,
        database_url=url,
        claim_lease_s=LEASE_S,
        second_review_share=0.5,
        sweep_interval_s=3600,
    ) as client:
        desk.client = client
        yield desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(f"sqlite:///{tmp_path / 'test.sqlite3'}") as desk:
        yield desk


@pytest.fixture
def any_desk(store_url: str) -> Iterator[Desk]:
    """On each kind of database."""
    with open_desk(store_url) as desk:
        yield desk


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


def test_only_one_of_two_reviewers_holds_a_report(any_desk: Desk) -> None:
    report_id = any_desk.add()
    version = any_desk.claim(report_id)
    problem = problem_of(any_desk.post(report_id, "claim", "wang", version=version), 409, "report_changed")
    assert problem.detail == "li is reviewing this report"
    problem_of(any_desk.post(report_id, "review", "wang", version=version, verdict="confirm"), 409, "report_changed")
    problem_of(any_desk.post(report_id, "release", "wang", version=version), 409, "report_changed")
    assert any_desk.waiting("wang") == []
    ok(any_desk.post(report_id, "review", version=version, verdict="confirm"))


def test_a_claim_is_renewed_by_its_holder_and_free_for_others_once_it_has_run_out(any_desk: Desk) -> None:
    report_id = any_desk.add()
    version = any_desk.claim(report_id)
    assert any_desk.claim(report_id) == version, "opening it again at once changes nothing"
    any_desk.now += timedelta(seconds=LEASE_S * 0.6)
    renewed = any_desk.claim(report_id)
    assert renewed == version + 1
    any_desk.now += timedelta(seconds=LEASE_S * 0.6)
    problem_of(any_desk.post(report_id, "claim", "wang", version=renewed), 409, "report_changed")
    any_desk.now += timedelta(seconds=LEASE_S)
    assert any_desk.waiting("wang") == [report_id]
    any_desk.claim(report_id, "wang")
    assert any_desk.actions(report_id) == ["receive", "claim", "renew", "expire", "claim"]
    problem_of(any_desk.post(report_id, "review", version=renewed, verdict="confirm"), 409, "report_changed")


def test_a_decision_after_the_claim_ran_out_still_counts_when_nobody_took_the_report(desk: Desk) -> None:
    report_id = desk.add()
    version = desk.claim(report_id)
    desk.now += timedelta(days=1)
    assert ok(desk.post(report_id, "review", version=version, verdict="confirm"))["state"] == "confirmed"


def test_what_was_seen_must_be_what_is_there(desk: Desk) -> None:
    report_id = desk.add()
    problem_of(desk.post(report_id, "claim", version=1), 409, "report_changed")
    version = desk.claim(report_id)
    problem_of(desk.post(report_id, "review", version=version - 1, verdict="confirm"), 409, "report_changed")
    problem_of(desk.post(report_id, "release", version=version - 1), 409, "report_changed")


def test_without_a_claim_nothing_is_decided(desk: Desk) -> None:
    report_id = desk.add()
    problem_of(desk.post(report_id, "review", version=2, verdict="confirm"), 409, "move_not_allowed")
    problem_of(desk.post(report_id, "release", version=2), 409, "move_not_allowed")
    problem_of(desk.post(report_id, "reopen", version=2), 409, "move_not_allowed")


def test_what_a_database_cannot_keep_is_refused(any_desk: Desk) -> None:
    report_id = any_desk.add()
    body: dict[str, Any] = {"version": any_desk.claim(report_id), "verdict": "confirm"}
    problem_of(any_desk.post(report_id, "review", **body, note="a\0"), 422, "field_invalid")
    problem_of(any_desk.post("%00", "claim", version=1), 404, "not_found")
    assert ok(any_desk.post(report_id, "review", **body, note="\\u0000"))["verdict"] == "confirm"


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


def test_a_report_on_which_one_cannot_tell_goes_to_another_once(any_desk: Desk) -> None:
    report_id = any_desk.add()
    any_desk.decide(report_id, verdict="cannot_tell")
    assert (any_desk.waiting("li"), any_desk.waiting("wang")) == ([], [report_id])
    any_desk.decide(report_id, "wang", verdict="cannot_tell")
    assert any_desk.waiting("li") == any_desk.waiting("wang") == []
    assert [review["kind"] for review in any_desk.reviews(report_id)] == ["first", "first"]


class TestSecondLook:
    """A share of decisions is looked at by another person, who does not see them."""

    @pytest.fixture
    def decided(self, desk: Desk) -> str:
        desk.lot = 0.49
        report_id = desk.add()
        desk.decide(report_id, verdict="confirm")
        return report_id

    def test_is_another_s_and_blind(self, desk: Desk, decided: str) -> None:
        assert desk.waiting("li") == []
        problem_of(desk.post(decided, "claim", version=4), 409, "move_not_allowed")
        view = ok(desk.post(decided, "claim", "wang", version=4))
        assert (view["state"], view["verdict"], view["decided_by"]) == ("in_review", None, None)
        assert desk.reviews(decided, "wang") == []
        assert desk.waiting("chen") == []

    def test_that_agrees_leaves_the_report_as_it_is(self, desk: Desk, decided: str) -> None:
        view = desk.decide(decided, "wang", verdict="confirm")
        assert (view["state"], view["decided_by"], view["second_review"]) == ("confirmed", "account:li", "done")
        assert [(review["kind"], review["reviewer"]) for review in desk.reviews(decided)] == [
            ("first", "account:li"),
            ("second", "account:wang"),
        ]
        assert desk.actions(decided)[-1] == "agree"

    def test_that_disagrees_sends_it_to_a_third_as_the_more_urgent_of_the_two(self, desk: Desk, decided: str) -> None:
        body: dict[str, Any] = {
            "verdict": "correct",
            "category": "blocked_fire_exit",
            "urgency": "immediate",
            "reason": "other",
        }
        view = desk.decide(decided, "wang", **body)
        assert (view["state"], view["verdict"], view["second_review"]) == ("prefilled", None, "done")
        assert (view["category"], view["urgency"]) == ("blocked_fire_exit", "immediate")
        assert desk.waiting("chen") == [decided]
        final = desk.decide(decided, "chen", verdict="confirm")
        assert (final["state"], final["second_review"]) == ("confirmed", "done"), "nobody looks a fourth time"

    def test_sent_twice_counts_once(self, desk: Desk, decided: str) -> None:
        version = desk.claim(decided, "wang")
        for _ in range(2):
            ok(desk.post(decided, "review", "wang", version=version, verdict="confirm"))
        assert len(desk.reviews(decided)) == 2

    def test_needs_a_claim_and_can_be_given_back(self, desk: Desk, decided: str) -> None:
        problem_of(desk.post(decided, "review", "wang", version=4, verdict="confirm"), 409, "report_changed")
        version = desk.claim(decided, "wang")
        ok(desk.post(decided, "release", "wang", version=version))
        assert desk.waiting("chen") == [decided]

    def test_is_off_when_the_decision_is_taken_back(self, desk: Desk, decided: str) -> None:
        ok(desk.post(decided, "reopen", version=4))
        assert desk.waiting("wang") == []

    def test_held_by_another_keeps_the_decision_from_being_taken_back(self, desk: Desk, decided: str) -> None:
        version = desk.claim(decided, "wang")
        problem_of(desk.post(decided, "reopen", version=version), 409, "report_changed")


@pytest.mark.parametrize("act", ["claim", "release", "review", "reopen"])
def test_nobody_but_reviewers_may_and_nothing_is_found_under_a_wrong_id(desk: Desk, act: str) -> None:
    report_id = desk.add()
    body: dict[str, Any] = {"version": 2, **({"verdict": "confirm"} if act == "review" else {})}
    path = f"/v1/reports/{report_id}/{act}"
    problem_of(desk.client.post(path, json=body), 401, "unauthenticated")
    problem_of(desk.client.post(path, json=body, headers=headers_of("eva", Role.ENGINEER)), 403, "forbidden")
    problem_of(desk.post("0" * 32, act, **body), 404, "report_missing")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        pytest.param(b"{", "application/json", 400, "json_invalid", id="not JSON"),
        pytest.param(b'{"version": 2, "who": "me"}', "application/json", 422, "field_unknown", id="another key"),
        pytest.param(b'{"version": "x"}', "application/json", 422, "field_invalid", id="no version"),
        pytest.param(b"{}", "text/plain", 415, "content_type_unsupported", id="not announced as JSON"),
        pytest.param(b" " * (1024 * 1024 + 1), "application/json", 413, "body_too_large", id="too long"),
    ],
)
def test_a_body_that_is_none_is_refused(desk: Desk, content: bytes, kind: str, status: int, code: str) -> None:
    headers = {**headers_of("li"), "Content-Type": kind}
    problem_of(desk.client.post(f"/v1/reports/{desk.add()}/claim", content=content, headers=headers), status, code)


def test_a_failure_half_way_leaves_nothing_behind(any_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    report_id = any_desk.add()
    version = any_desk.claim(report_id)

    def fail(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("hazardlens.serve.reports.reviewing._write_review", fail)
    answer = any_desk.post(report_id, "review", version=version, verdict="confirm")
    problem_of(answer, 500, "internal_error")
    assert any_desk.get(f"/v1/reports/{report_id}")["state"] == "in_review"
    assert any_desk.actions(report_id) == ["receive", "claim"]
    with any_desk.services.store.read() as connection:
        assert connection.execute(select(reviews)).all() == []
