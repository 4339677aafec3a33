from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from starlette.testclient import TestClient

from hazardlens.model.bundle import read_bundle
from hazardlens.model.detector import OnnxDetector, ScriptedDetector
from hazardlens.model.triage.reasons import DOUBTS
from hazardlens.serve.metrics import Shortage
from support import broken_pictures, pictures
from support.intake import photo_of, send
from support.people import authenticate_by_header, headers_of
from support.project import REPO
from support.serving import CLASSIFY, found, serving
from support.tiny_bundle import make_tiny_bundle


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving(ScriptedDetector([found()])) as client:
        yield client


def scrape(client: TestClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in response.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_requests_decisions_and_photos_are_counted(client: TestClient) -> None:
    for _ in range(3):
        client.post(CLASSIFY, files=[("file", pictures.jpeg()), ("file", pictures.jpeg())])
    values = scrape(client)
    assert values['hazardlens_requests_total{method="POST",route="/v1/classify",status="200"}'] == 3
    assert values["hazardlens_photos_total"] == 6
    decided = {name: value for name, value in values.items() if name.startswith("hazardlens_decisions_total")}
    assert list(decided.values()) == [3]
    assert 'category="stacked_clutter"' in next(iter(decided))


def test_every_stage_is_timed(client: TestClient) -> None:
    client.post(CLASSIFY, files={"file": pictures.jpeg()})
    values = scrape(client)
    # The network's own stages are told by the real detector only.
    for stage in ("receive", "queue", "decode", "inference", "triage", "total"):
        assert values[f'hazardlens_stage_seconds_count{{stage="{stage}"}}'] == 1
    assert values['hazardlens_request_seconds_count{route="/v1/classify"}'] == 1
    assert values["hazardlens_body_bytes_count"] == 1


def test_the_stages_of_the_network_are_timed_and_those_of_several_photos_add_up(tmp_path: Path) -> None:
    with serving(OnnxDetector(read_bundle(make_tiny_bundle(tmp_path / "tiny").path))) as client:
        client.post(CLASSIFY, files=[("file", pictures.jpeg())] * 3)
        values = scrape(client)
    stages = ("preprocess", "network", "postprocess")
    assert [values[f'hazardlens_stage_seconds_count{{stage="{stage}"}}'] for stage in stages] == [1, 1, 1]
    parts = sum(values[f'hazardlens_stage_seconds_sum{{stage="{stage}"}}'] for stage in stages)
    assert 0 < parts <= values['hazardlens_stage_seconds_sum{stage="inference"}'] + 0.001


def test_storing_a_report_is_a_stage_too(client: TestClient) -> None:
    send(client, photo_of(1))
    assert scrape(client)['hazardlens_stage_seconds_count{stage="store"}'] == 1


def test_abstentions_are_counted_by_category_and_reason() -> None:
    with serving() as client:  # which finds nothing
        client.post(CLASSIFY, files={"file": pictures.jpeg()})
        values = scrape(client)
    key = 'hazardlens_abstentions_total{category="not_a_hazard",reason="nothing_found"}'
    assert values[key] == 1


TEXTS = ("", "井盖没了", "好像是井盖", "没有堆物", "已经清理好了", "help", "电缆掉下来了，井盖没了")


def test_a_decision_needs_a_person_exactly_where_it_gives_such_a_reason() -> None:
    for confidence in (0.2, 0.95):
        with serving(ScriptedDetector([found(confidence=confidence)])) as client:
            for text in TEXTS:
                data = {"text": text} if text else {}
                prefill = client.post(CLASSIFY, files={"file": pictures.jpeg()}, data=data).json()["prefill"]
                doubts = [reason["code"] for reason in prefill["reasons"] if reason["code"] in DOUBTS]
                assert prefill["needs_human"] == bool(doubts), (text, confidence, prefill)


def test_refused_uploads_are_counted_by_code(client: TestClient) -> None:
    client.post(CLASSIFY, files={"file": broken_pictures.gif()})
    client.post("/v1/reports", files={"file": broken_pictures.gif()})
    client.get("/v1/reports/nothing")
    values = scrape(client)
    refused = {name: value for name, value in values.items() if name.startswith("hazardlens_uploads_refused_total")}
    assert refused == {'hazardlens_uploads_refused_total{code="image_format_unsupported"}': 2}


def test_what_reviewers_change_is_counted_once_by_class_and_model() -> None:
    with serving(ScriptedDetector([found()]), authenticate=authenticate_by_header, second_review_share=0) as client:
        li = headers_of("li")
        for change in (
            {"verdict": "confirm"},
            {"verdict": "correct", "urgency": "immediate", "reason": "wrong_urgency"},
        ):
            report = send(client, photo_of(1)).json()
            claimed = client.post(f"/v1/reports/{report['id']}/claim", json={"version": report["version"]}, headers=li)
            body = {"version": claimed.json()["version"], **change}
            for _ in range(2):  # the second one is a repetition
                answer = client.post(f"/v1/reports/{report['id']}/review", json=body, headers=li)
                assert answer.status_code == 200, answer.text
        values = scrape(client)
    of = 'category="stacked_clutter"'
    model = 'model_version="0"'
    assert values[f'hazardlens_reviews_total{{{of},{model},verdict="confirm"}}'] == 1
    assert values[f'hazardlens_reviews_total{{{of},{model},verdict="correct"}}'] == 1
    changed = {name: value for name, value in values.items() if name.startswith("hazardlens_overrides_total")}
    assert changed == {f'hazardlens_overrides_total{{{of},field="urgency",{model}}}': 1}


def test_problems_are_counted_by_code(client: TestClient) -> None:
    client.post(CLASSIFY, files={"file": broken_pictures.gif()})
    client.post(CLASSIFY, content=b"x")
    values = scrape(client)
    assert values['hazardlens_problems_total{code="image_format_unsupported"}'] == 1
    assert values['hazardlens_problems_total{code="content_type_unsupported"}'] == 1


def test_what_is_going_on_now_can_be_seen(client: TestClient) -> None:
    values = scrape(client)
    assert values["hazardlens_requests_in_flight"] == 1  # the scrape itself
    assert values["hazardlens_queue_length"] == values["hazardlens_workers_busy"] == 0
    assert values["hazardlens_received_bytes"] == 0
    assert values["process_resident_memory_bytes"] > 1e6


def test_clients_cannot_make_new_series(client: TestClient) -> None:
    def try_another(number: int) -> None:
        client.get(f"/nothing/{number}")
        client.request(f"VERB{number}", f"/nothing/{number}")
        client.request(f"VERB{number}", CLASSIFY)

    try_another(0)
    scrape(client)  # which makes series of its own
    before = scrape(client)
    for number in range(1, 10):
        try_another(number)
    after = set(scrape(client))
    assert after == set(before)
    assert not any("nothing" in name or "VERB" in name for name in after)


def test_apps_count_for_themselves(client: TestClient) -> None:
    client.post(CLASSIFY, files={"file": pictures.jpeg()})
    with serving() as other:
        assert scrape(other)["hazardlens_photos_total"] == 0


def test_the_help_and_the_page_name_all_that_can_be_used_up(client: TestClient) -> None:
    (told,) = (line for line in client.get("/metrics").text.splitlines() if "HELP hazardlens_overloaded_total" in line)
    page = (REPO / "docs" / "operations.md").read_text("utf-8").splitlines()
    (row,) = (line for line in page if line.startswith("| `hazardlens_overloaded_total` |"))
    named = ["queue_full", "share", "wait", "memory", "connections"]
    assert list(get_args(Shortage)) == named
    assert [name for name in named if name not in told or f"`{name}`" not in row] == []
