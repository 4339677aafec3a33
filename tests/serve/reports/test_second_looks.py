"""Second looks: by another person, blind, and what follows when the two disagree or cannot tell."""

from typing import Any

import pytest

from support.desk import Desk, ok
from support.serving import problem_of


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
