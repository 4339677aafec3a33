"""What reviewing refuses: other people, wrong ids, bodies that are none; and a failure, which leaves nothing behind."""

from typing import Any

import pytest
from sqlalchemy import select

from hazardlens.serve.access.roles import Role
from hazardlens.serve.store.tables import reviews
from support.desk import Desk, ok
from support.people import headers_of
from support.serving import problem_of


def test_what_a_database_cannot_keep_is_refused(any_desk: Desk) -> None:
    report_id = any_desk.add()
    body: dict[str, Any] = {"version": any_desk.claim(report_id), "verdict": "confirm"}
    problem_of(any_desk.post(report_id, "review", **body, note="a\0"), 422, "field_invalid")
    problem_of(any_desk.post("%00", "claim", version=1), 404, "not_found")
    assert ok(any_desk.post(report_id, "review", **body, note="\\u0000"))["verdict"] == "confirm"


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
