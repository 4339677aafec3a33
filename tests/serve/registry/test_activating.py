"""Another model into service: what changes, what stays, and who may."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hazardlens.serve.access.roles import Role
from hazardlens.serve.store.tables import audit_events, model_events
from support.models import Models, activate, failing_onnx, services_of, version_of_answer
from support.people import headers_of
from support.serving import problem_of


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path)


def rows(client: Any, table: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - a table
    with services_of(client).store.read() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.seq)).mappings()]


def test_the_new_model_answers(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        assert version_of_answer(client) == "1"
        answer = activate(client, "2")
        assert (answer.status_code, answer.json()["version"], answer.json()["active"]) == (200, "2", True)
        assert version_of_answer(client) == "2"
        assert client.get("/readyz").json()["model"] == "tiny 2"


@pytest.mark.parametrize("wanted", ["2", "tiny@2", "odd-folder"])
def test_a_model_goes_by_its_version_its_full_name_and_its_folder(models: Models, wanted: str) -> None:
    models.add("2", folder="odd-folder")
    with models.serving() as client:
        assert activate(client, wanted).json()["version"] == "2"


def test_the_default_can_be_put_back_by_name(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        activate(client, "2")
        assert activate(client, "1").status_code == 200
        assert version_of_answer(client) == "1"


def test_a_bundle_that_was_copied_in_while_the_server_runs_is_found(models: Models) -> None:
    with models.serving() as client:
        problem_of(activate(client, "2"), 404, "model_missing")
        models.add("2")
        assert activate(client, "2").status_code == 200


def test_two_bundles_of_one_version_are_told_apart_by_folder_only(models: Models) -> None:
    models.add("2", "manhole_open", "first")
    models.add("2", "stacked_clutter", "second")
    with models.serving() as client:
        problem = problem_of(activate(client, "2"), 409, "model_ambiguous")
        assert "first, second" in problem.detail
        assert activate(client, "second").status_code == 200


def test_copies_of_one_bundle_are_no_riddle(models: Models) -> None:
    models.add("2", folder="first")
    models.add("2", folder="second")
    with models.serving() as client:
        assert activate(client, "2").status_code == 200


def test_the_record_says_who_did_what(models: Models) -> None:
    models.add("2")
    with models.serving() as client:
        activate(client, "2", json={"reason": "fewer missed manholes", "verdict": "worse", "forced": True})
        (event,) = rows(client, model_events)
        (audit,) = rows(client, audit_events)
    assert (event["actor"], event["action"], event["version"]) == ("account:gao", "activated", "2")
    assert event["detail"]["previous"] == "tiny@1"
    assert event["detail"]["forced"] is True
    assert event["detail"]["reason"] == "fewer missed manholes"
    assert (audit["actor_name"], audit["action"], audit["target"]) == ("gao", "model_activated", "model:2")
    assert audit["request_id"]


def test_a_refusal_is_on_the_record_too(models: Models) -> None:
    models.add_onnx("2", failing_onnx())
    with models.serving() as client:
        activate(client, "2")
        (event,) = rows(client, model_events)
    assert (event["action"], event["detail"]["code"]) == ("refused", "bundle_invalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/models/2/activate"),
        ("POST", "/v1/models/rollback"),
        ("POST", "/v1/models/2/shadow"),
        ("DELETE", "/v1/models/2/shadow"),
    ],
)
@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({}, 401, "unauthenticated", id="nobody"),
        pytest.param(headers_of("li", Role.REVIEWER), 403, "forbidden", id="a reviewer"),
    ],
)
def test_not_everybody_may(
    models: Models, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    models.add("2")
    with models.serving() as client:
        problem_of(client.request(method, path, headers=headers), status, code)
        assert version_of_answer(client) == "1"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"{", 400, "json_invalid", id="no JSON"),
        pytest.param(b'{"why": "x"}', 422, "field_unknown", id="another field"),
        pytest.param(b'{"reason": 5}', 422, "field_invalid", id="another type"),
        pytest.param(b'{"reason": "%s"}' % (b"x" * 501), 422, "field_invalid", id="a long reason"),
        pytest.param(b'"\xb2"', 400, "text_not_utf8", id="no UTF-8"),
    ],
)
def test_a_note_that_is_none_changes_nothing(models: Models, body: bytes, status: int, code: str) -> None:
    models.add("2")
    with models.serving() as client:
        problem_of(activate(client, "2", content=body, media_type="application/json"), status, code)
        problem_of(activate(client, "2", content=b"x=1", media_type="text/plain"), 415, "content_type_unsupported")
        assert version_of_answer(client) == "1"


def test_a_path_of_any_length_is_no_trouble(models: Models) -> None:
    with models.serving() as client:
        problem_of(activate(client, "x" * 300), 422, "field_invalid")
        problem_of(activate(client, "..%2f..%2fetc"), 404, "not_found")


def test_back_and_back_again(models: Models) -> None:
    for version in ("2", "3"):
        models.add(version)
    with models.serving() as client:
        problem_of(client.post("/v1/models/rollback", headers=_engineer()), 409, "no_previous_model")
        activate(client, "2")
        activate(client, "3")
        assert client.get("/v1/models").json()["previous"] == "tiny@2"
        assert client.post("/v1/models/rollback", headers=_engineer()).json()["version"] == "2"
        assert client.post("/v1/models/rollback", headers=_engineer()).json()["version"] == "1"
        assert version_of_answer(client) == "1"
        problem_of(client.post("/v1/models/rollback", headers=_engineer()), 409, "no_previous_model")
        last = rows(client, model_events)[-1]
    assert (last["version"], last["detail"]["rolled_back"]) == ("1", True)


def test_the_metrics_tell(models: Models) -> None:
    models.add("2")
    models.add_onnx("3", failing_onnx())
    with models.serving() as client:
        activate(client, "2")
        activate(client, "3")
        text = client.get("/metrics").text
    assert 'hazardlens_model_info{name="tiny",version="2"} 1.0' in text
    assert text.count("hazardlens_model_info{") == 1
    assert 'hazardlens_model_swaps_total{outcome="activated"} 1.0' in text
    assert 'hazardlens_model_swaps_total{outcome="refused"} 1.0' in text
    assert "hazardlens_model_fallback 0.0" in text


def _engineer() -> dict[str, str]:
    return headers_of("gao", Role.ENGINEER)
