import base64
from collections.abc import Iterator
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import Role
from hazardlens.serve.reports.changes import move_report
from hazardlens.serve.reports.views import HistoryView, ReportList, ReportView
from support.intake import REPORTS, START, Clock, photo_of, sent, services_behind
from support.people import authenticate_by_header, headers_of, person
from support.serving import problem_of, serving

LI: Final = headers_of("li")


def cursor_of(at: str, report_id: str = "a" * 32) -> str:
    return f"after={base64.urlsafe_b64encode(f'{at} {report_id}'.encode()).decode()}"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header, now=clock) as client:
        yield client


@pytest.fixture(scope="module")
def ids(client: TestClient, clock: Clock) -> list[str]:
    """Oldest first, an hour apart, two of them at the same moment."""
    made = []
    for n, text in enumerate(("电梯坏了", "100% 井盖没了", "", "burst PIPE in_the yard", "a", "b")):
        clock.now = START
        clock.move(hours=min(n, 4))
        options = {"headers": headers_of("hotline"), "external_id": n} if n == 2 else {}
        made.append(sent(client, photo_of(n), text=text, address="Elm Street" if n == 3 else "", **options)["id"])
    return made[:4] + sorted(made[4:])


def listed(client: TestClient, **parameters: object) -> list[str]:
    response = client.get(REPORTS, params={name: str(value) for name, value in parameters.items()}, headers=LI)
    assert response.status_code == 200, response.text
    return [report.id for report in ReportList.model_validate_json(response.content).reports]


def test_the_newest_come_first(client: TestClient, ids: list[str]) -> None:
    assert listed(client) == ids[::-1]


@pytest.mark.parametrize("limit", [1, 2, 4, 6])
def test_pages_make_the_whole(client: TestClient, ids: list[str], limit: int) -> None:
    found: list[str] = []
    after: str | None = ""
    while after is not None and len(found) <= len(ids):
        page = client.get(REPORTS, params={"limit": limit, "after": after}, headers=LI).json()
        assert len(page["reports"]) <= limit
        found += [report["id"] for report in page["reports"]]
        after = page["next"]
    assert found == ids[::-1]


def test_what_comes_in_meanwhile_moves_no_later_page(store_url: str) -> None:
    clock = Clock()
    with serving(authenticate=authenticate_by_header, now=clock, database_url=store_url) as client:
        ids = []
        for seed in range(4):
            clock.move(seconds=1)
            ids.append(sent(client, photo_of(seed))["id"])
        first = client.get(REPORTS, params={"limit": 2}, headers=LI).json()
        clock.move(seconds=1)
        sent(client, photo_of(9))
        second = client.get(REPORTS, params={"limit": 2, "after": first["next"]}, headers=LI).json()
    assert [report["id"] for report in (*first["reports"], *second["reports"])] == ids[::-1]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("filters", "which"),
    [
        pytest.param({"state": "prefilled"}, range(6), id="state"),
        pytest.param({"state": "received,confirmed"}, [], id="other states"),
        pytest.param({"category": "elevator_fault,raised_manhole_cover"}, [0, 1], id="categories"),
        pytest.param({"urgency": "immediate"}, [1], id="urgency"),
        pytest.param({"source": "account:hotline"}, [2], id="source"),
        pytest.param({"external_id": "2"}, [2], id="external id"),
        pytest.param({"created_from": "2026-01-05T09:00:00Z", "created_to": "2026-01-05T11:00:00Z"}, [1, 2], id="time"),
        pytest.param({"created_from": "2026-01-05T19:00:00+08:00"}, [3, 4, 5], id="a time elsewhere"),
        pytest.param({"text": "pipe IN"}, [3], id="words in any case"),
        pytest.param({"text": "井盖"}, [1], id="Chinese words"),
        pytest.param({"text": "elm"}, [3], id="words of the address"),
        pytest.param({"text": "%"}, [1], id="a percent sign is no wildcard"),
        pytest.param({"text": "_"}, [3], id="neither is a line"),
        pytest.param({"text": "井盖", "urgency": "none"}, [], id="all must hold"),
        pytest.param({"state": ""}, range(6), id="an empty filter filters nothing"),
    ],
)
def test_filters(client: TestClient, ids: list[str], filters: dict[str, str], which: list[int]) -> None:
    found = listed(client, **filters)
    expected = [ids[n] for n in which]
    assert sorted(found) == sorted(expected)


def test_a_plus_sign_that_was_not_encoded_is_understood(client: TestClient, ids: list[str]) -> None:
    response = client.get(f"{REPORTS}?created_from=2026-01-05T19:00:00+08:00", headers=LI)
    assert len(response.json()["reports"]) == 3
    assert ids


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param("stat=prefilled", "field_unknown", id="a typo"),
        pytest.param("state=open", "field_invalid", id="no such state"),
        pytest.param("category=prefilled", "field_invalid", id="no such category"),
        pytest.param("limit=0", "field_invalid", id="no page"),
        pytest.param("limit=101", "field_invalid", id="too large a page"),
        pytest.param("limit=1&limit=2", "field_invalid", id="twice"),
        pytest.param("limit=ten", "field_invalid", id="no number"),
        pytest.param("created_from=2026-01-05", "field_invalid", id="a day"),
        pytest.param("created_from=2026-01-05T09:00:00", "field_invalid", id="no zone"),
        pytest.param("created_from=0001-01-01T00:00:00%2B14:00", "field_invalid", id="before the first hour of UTC"),
        pytest.param(cursor_of("0001-01-01T00:00:00+14:00"), "field_invalid", id="a cursor from then"),
        pytest.param(cursor_of("2026-01-05T08:00:00+00:00", "a\0"), "field_invalid", id="a cursor to no report"),
        pytest.param("after=x", "field_invalid", id="no cursor"),
        pytest.param("after=%C3%A9", "field_invalid", id="no base64"),
        pytest.param("after=MjAyNi0xMQ%3D%3D", "field_invalid", id="base64 of something else"),
        pytest.param("text=a%00", "field_invalid", id="a character that databases refuse"),
        pytest.param(f"text={'a' * 201}", "field_invalid", id="long words"),
    ],
)
def test_bad_queries_are_refused(client: TestClient, query: str, code: str) -> None:
    problem_of(client.get(f"{REPORTS}?{query}", headers=LI), 422, code)


def test_one_report_is_that_of_the_list(client: TestClient, ids: list[str]) -> None:
    alone = client.get(f"{REPORTS}/{ids[1]}", headers=LI)
    assert ReportView.model_validate_json(alone.content).id == ids[1]
    page = client.get(REPORTS, params={"urgency": "immediate"}, headers=LI).json()
    assert page["reports"] == [alone.json()]


def test_the_history_tells_all(client: TestClient, ids: list[str]) -> None:
    history = HistoryView.model_validate_json(client.get(f"{REPORTS}/{ids[2]}/history", headers=LI).content)
    assert [(event.action, event.actor, event.actor_name) for event in history.events] == [
        ("receive", "account:hotline", "hotline"),
        ("prefill", "system", "hazardlens"),
    ]
    assert history.events[1].before["state"] == "received"
    assert history.events[1].after["state"] == "prefilled"
    assert history.events[0].seq < history.events[1].seq


@pytest.mark.parametrize("path", ["", "/history"])
def test_an_unknown_report_is_missing(client: TestClient, path: str) -> None:
    problem_of(client.get(f"{REPORTS}/{'0' * 32}{path}", headers=LI), 404, "report_missing")


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/history", "/{id}/media/0"])
def test_who_only_reports_reads_nothing(client: TestClient, ids: list[str], path: str) -> None:
    problem_of(client.get(REPORTS + path.format(id=ids[0])), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/{id}", "/{id}/history"])
def test_an_unknown_parameter_is_refused(client: TestClient, ids: list[str], path: str) -> None:
    problem_of(client.get(REPORTS + path.format(id=ids[0]) + "?x=1", headers=LI), 422, "field_unknown")


def test_a_claim_shows_who_and_until_when(client: TestClient, clock: Clock, ids: list[str]) -> None:
    reviewer = person("wang", Role.REVIEWER)
    until = clock.now
    with services_behind(client).store.write() as connection:
        claim: dict[str, Any] = {"claimed_by": reviewer.actor, "claimed_until": until}
        move_report(connection, ids[5], "claim", principal=reviewer, now=clock.now, fields=claim)
    report = ReportView.model_validate_json(client.get(f"{REPORTS}/{ids[5]}", headers=LI).content)
    assert report.claim is not None
    assert (report.claim.by, report.claim.name, report.claim.until) == ("account:wang", "wang", until)
    assert report.state == "in_review"
