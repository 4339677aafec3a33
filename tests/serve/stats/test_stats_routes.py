"""`/v1/stats` over HTTP: rights, CSV and JSON that say the same, and questions that make no sense."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import ROLE_ACTIONS, Action, Role
from hazardlens.serve.stats.overview import TABLES
from support.decisions import NOON, add_decided, add_report
from support.people import authenticate_by_header, headers_of
from support.serving import problem_of, serving

LI = headers_of("li")
WEEK = {"from": "2026-03-02", "to": "2026-03-08"}
PATHS = ("/v1/stats", "/v1/stats.csv?table=kept", "/v1/stats/suspicious")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header, now=lambda: NOON + timedelta(hours=2)) as client:
        store = client.app.state.services.store  # type: ignore[attr-defined]  # an ASGI app of any kind
        add_decided(store, "a" * 32, "reject", "not_a_hazard", confidence=0.95, reason="false_alarm")
        add_decided(store, "b" * 32, reporter_group="=1+1")
        add_report(store, "c" * 32, urgency="immediate")
        yield client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", list(Role))
def test_figures_are_for_those_who_may_read_them(client: TestClient, path: str, role: Role) -> None:
    answer = client.get(path, headers=headers_of("li", role))
    assert (answer.status_code == 200) == (Action.READ_STATS in ROLE_ACTIONS[role])


@pytest.mark.parametrize("path", PATHS)
def test_whoever_is_not_signed_in_is_asked_to(client: TestClient, path: str) -> None:
    problem_of(client.get(path), 401, "unauthenticated")


def test_the_figures_of_a_week(client: TestClient) -> None:
    stats = client.get("/v1/stats", params=WEEK, headers=LI).json()
    assert (stats["first_day"], stats["last_day"], stats["received"]) == ("2026-03-02", "2026-03-08", 3)
    assert (stats["waiting_now"], stats["reviews"], stats["reviewers"]) == (1, 2, 1)
    assert [row["n"] for row in stats["tables"]["waiting"] if row["under_4_h"]] == [1, 1]
    assert stats["tables"]["kept"][0]["share"] == 0.5
    assert set(stats["tables"]) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_a_csv_file_holds_what_the_json_holds(client: TestClient, table: str) -> None:
    expected = client.get("/v1/stats", params=WEEK, headers=LI).json()["tables"][table]
    answer = client.get("/v1/stats.csv", params={**WEEK, "table": table}, headers=LI)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{table}_2026-03-02_2026-03-08.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        {name: "" if value is None else str(value).replace("=1+1", "'=1+1") for name, value in row.items()}
        for row in expected
    ]


def test_no_cell_of_a_csv_file_is_a_formula(client: TestClient) -> None:
    answer = client.get("/v1/stats.csv", params={**WEEK, "table": "clues_by_group"}, headers=LI)
    assert "\r\n1.0,0.2065" in answer.text
    assert "'=1+1" in answer.text


def test_decisions_in_doubt_come_with_a_link(client: TestClient) -> None:
    found = client.get("/v1/stats/suspicious", params=WEEK, headers=LI).json()
    assert [report["link"] for report in found["reports"]] == [f"/review?report={'a' * 32}"]
    assert [doubt["why"] for doubt in found["reports"][0]["doubts"]] == ["sure_but_overruled"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        pytest.param("/v1/stats?from=monday", "field_invalid", id="no day"),
        pytest.param("/v1/stats?form=2026-03-02", "field_unknown", id="a misspelt parameter"),
        pytest.param("/v1/stats?table=kept", "field_unknown", id="a parameter of another path"),
        pytest.param("/v1/stats.csv", "field_invalid", id="no table"),
        pytest.param("/v1/stats.csv?table=reports", "field_invalid", id="a table that there is not"),
        pytest.param("/v1/stats/suspicious?limit=0", "field_invalid", id="none"),
        pytest.param("/v1/stats/suspicious?limit=201", "field_invalid", id="too many"),
        pytest.param("/v1/stats/suspicious?limit=%C2%B2", "field_invalid", id="a digit that is no number"),
        pytest.param("/v1/stats/suspicious?limit=all", "field_invalid", id="no number"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: TestClient, path: str, code: str) -> None:
    problem_of(client.get(path, headers=LI), 422, code)
