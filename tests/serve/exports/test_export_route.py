"""`GET /v1/exports`: its forms and filters, who may ask, what is written down, and what is left on disk."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import Role
from hazardlens.serve.store.tables import audit_events, reports
from support.exporting import ENGINEER, NOW, add, decide, export_zip, exported
from support.intake import services_behind
from support.painted import paint_detector
from support.people import authenticate_by_header, headers_of
from support.reports import HEAP, grey_photo
from support.serving import problem_of, serving


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving(paint_detector(), authenticate=authenticate_by_header, now=lambda: NOW) as client:
        yield client


@pytest.mark.parametrize(
    ("form", "inside"),
    [
        ("coco", {"annotations/instances.json", "images/{id}-0.jpg"}),
        ("yolo", {"data.yaml", "train.txt", "val.txt", "looked_for.csv", "labels/{id}-0.txt", "images/{id}-0.jpg"}),
        ("label_studio", {"tasks.json", "labeling_config.xml", "images/{id}-0.jpg"}),
    ],
)
def test_other_forms(client: TestClient, form: str, inside: set[str]) -> None:
    report_id = add(client)
    decide(client, report_id)
    answer = client.get("/v1/exports", params={"form": form}, headers=ENGINEER)
    name = f'attachment; filename="hazardlens-{form}-20260304T120000Z.zip"'
    assert (answer.headers["content-disposition"], answer.headers["cache-control"]) == (name, "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert set(archive.namelist()) == {entry.format(id=report_id) for entry in inside}


def test_it_works_on_each_database(store_url: str, tmp_path: Path) -> None:
    with serving(authenticate=authenticate_by_header, now=lambda: NOW, database_url=store_url) as client:
        ids = {add(client, photos=[grey_photo(shade=shade)] * 2, seen=[[HEAP], []]) for shade in range(3)}
        for report_id in ids:
            decide(client, report_id)
        assert set(exported(client, tmp_path, **{"from": "2026-03-01", "category": "stacked_clutter"})) == ids
        assert set(exported(client, tmp_path, to="2026-03-01")) == set()


def test_filters(client: TestClient, tmp_path: Path) -> None:
    early, late = add(client, model_version="2026.1"), add(client, model_version="2026.2")
    decide(client, early)
    decide(client, late, verdict="correct", category="blocked_fire_exit", reason="wrong_category")
    with services_behind(client).store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == early).values(decided_at=NOW - timedelta(days=3)))
    for query, expected in (
        ({"from": "2026-03-02"}, {late}),
        ({"to": "2026-03-02"}, {early}),
        ({"from": "2026-03-01T20:00:00+08:00", "to": "2026-03-04T12:00:00Z"}, {early}),
        ({"category": "blocked_fire_exit"}, {late}),
        ({"model_version": "2026.1"}, {early}),
        ({"model_version": "2026.3"}, set()),
    ):
        assert set(exported(client, tmp_path, **query)) == expected, query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("form=csv", "field_invalid"),
        ("from=yesterday", "field_invalid"),
        ("from=2026-03-01T10:00:00", "field_invalid"),
        ("from=2026-03-02&to=2026-03-02", "field_invalid"),
        ("category=hole", "field_invalid"),
        ("include_text=yes", "field_invalid"),
        ("form=coco&form=yolo", "field_invalid"),
        (f"model_version={'x' * 101}", "field_invalid"),
        ("since=2026-03-02", "field_unknown"),
    ],
)
def test_refuses_what_it_does_not_understand(client: TestClient, query: str, code: str) -> None:
    problem_of(client.get(f"/v1/exports?{query}", headers=ENGINEER), 422, code)


@pytest.mark.parametrize("role", Role)
def test_only_engineers_and_administrators_may(client: TestClient, role: Role) -> None:
    answer = client.get("/v1/exports", headers=headers_of("somebody", role))
    if role in {Role.ENGINEER, Role.ADMINISTRATOR}:
        assert answer.status_code == 200
    else:
        problem_of(answer, 403, "forbidden")
    problem_of(client.get("/v1/exports"), 401, "unauthenticated")


def test_who_exported_what_is_written_down(client: TestClient) -> None:
    decide(client, add(client))
    client.get(
        "/v1/exports", params={"form": "coco", "include_text": "true"}, headers={**ENGINEER, "X-Request-ID": "r-7"}
    )
    with services_behind(client).store.read() as connection:
        (event,) = connection.execute(select(audit_events)).mappings()
    assert (event["actor"], event["action"]) == ("account:wang", "reports_exported")
    assert event["target"] == "export:hazardlens-coco-20260304T120000Z"
    assert (event["detail"]["reports"], event["detail"]["form"]) == (1, "coco")
    assert event["detail"]["filters"]["include_text"] is True
    assert event["request_id"] == "r-7"


def test_nothing_is_left_on_disk(client: TestClient) -> None:
    decide(client, add(client))
    data = services_behind(client).settings.data_path
    before = {path for path in data.rglob("*") if "sqlite3" not in path.name}
    for form in ("reviewed", "yolo"):
        export_zip(client, form=form)
    assert {path for path in data.rglob("*") if "sqlite3" not in path.name} == before


def test_an_export_of_nothing_is_an_export(client: TestClient, tmp_path: Path) -> None:
    assert exported(client, tmp_path) == {}
    with zipfile.ZipFile(io.BytesIO(export_zip(client, form="label_studio"))) as archive:
        assert json.loads(archive.read("tasks.json")) == []
