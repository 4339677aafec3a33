from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from hazardlens.model.detector import ScriptedDetector
from support import pictures
from support.serving import CLASSIFY, found, serving


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
    for stage in ("queue", "decode", "inference", "total"):
        assert values[f'hazardlens_stage_seconds_count{{stage="{stage}"}}'] == 1
    assert values['hazardlens_request_seconds_count{route="/v1/classify"}'] == 1
    assert values["hazardlens_body_bytes_count"] == 1


def test_problems_are_counted_by_code(client: TestClient) -> None:
    client.post(CLASSIFY, files={"file": pictures.gif()})
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
