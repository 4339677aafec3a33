"""Claims: one reviewer holds a report, for `claim_lease_s`, and nobody changes what they have not seen."""

from datetime import timedelta

from support.desk import LEASE_S, Desk, ok
from support.serving import problem_of


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
