"""What an erasure takes, and what it leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Role
from hazardlens.serve.erasure.erasing import Why, area_of, erase_originals, erase_report
from hazardlens.serve.services import Services
from hazardlens.serve.store.removals import remove_noted
from hazardlens.serve.store.tables import deliveries, report_links, reports, reviews
from support import personal
from support.accounts import session_headers
from support.intake import REPORTS, Clock
from support.personal import marks_in, rows_of
from support.serving import problem_of

Decide = Callable[..., None]
Send = Callable[..., dict[str, Any]]


def erase(services: Services, report_id: str) -> int | None:
    now = services.now()
    with services.store.write() as connection:
        photos = erase_report(connection, report_id, Act(SYSTEM, now), Why.REQUEST)
    remove_noted(services.store, services.blobs, now)
    return photos


def files_in(services: Services) -> list[Path]:
    return [path for path in services.settings.media_path.rglob("*") if path.is_file()]


def test_nothing_that_names_anybody_is_left(services: Services, send: Send, decide: Decide) -> None:
    decide(send())
    before = rows_of(services.store)
    assert set(marks_in(before)) == set(personal.MARKS), "the test would find nothing to miss"
    with services.store.read() as connection:
        report_id = connection.execute(select(reports.c.id)).scalar_one()
    assert erase(services, report_id) == 1
    assert marks_in(rows_of(services.store)) == {}
    assert files_in(services) == []


def test_sqlite_leaves_nothing_in_its_files(services: Services, send: Send, decide: Decide) -> None:
    if not services.store.is_sqlite:
        pytest.skip("how PostgreSQL's files forget is for its VACUUM: see docs/privacy.md")
    report = send()
    decide(report)
    erase(services, report["id"])
    services.store.settle()
    file = Path(services.store.engine.url.database or "")
    content = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert [mark for mark in personal.MARKS if mark.encode() in content] == []


def test_figures_stay_as_they_were(client: TestClient, services: Services, send: Send, decide: Decide) -> None:
    engineer = session_headers(client, "wang", Role.ENGINEER)
    first, second = send(1), send(2)
    decide(first)
    decide(second, "reject", "false_alarm")
    seen = [client.get(path, headers=engineer).json() for path in ("/v1/stats", "/v1/stats/suspicious")]
    for report in (first, second):
        erase(services, report["id"])
    assert [client.get(path, headers=engineer).json() for path in ("/v1/stats", "/v1/stats/suspicious")] == seen
    with services.store.read() as connection:
        row = connection.execute(select(reports).where(reports.c.id == first["id"])).mappings().one()
        assert connection.scalar(select(func.count()).select_from(reviews)) == 2
    assert row["category"] == first["category"]
    assert (row["area"], row["verdict"], row["model_version"]) == ("31.23,121.47", "confirm", "0")


def test_history_tells_that_it_was_erased_and_not_what(
    client: TestClient, services: Services, reviewer: dict[str, str], send: Send, decide: Decide
) -> None:
    report = send()
    decide(report)
    erase(services, report["id"])
    events = client.get(f"{REPORTS}/{report['id']}/history", headers=reviewer).json()["events"]
    assert [event["action"] for event in events] == ["receive", "prefill", "claim", "confirm", "erase"]
    assert events[-1] | {"seq": 0, "at": ""} == {
        "seq": 0,
        "at": "",
        "actor": "system",
        "actor_name": "hazardlens",
        "action": "erase",
        "before": {},
        "after": {"erased": "all", "state": "confirmed"},
        "reason": "request",
        "note": None,
        "model_version": "0",
        "policy": events[-1]["policy"],
    }
    assert marks_in(str(events)) == {}


def test_an_erased_report_is_shown_as_such_and_stays_as_it_is(
    client: TestClient, services: Services, reviewer: dict[str, str], send: Send, decide: Decide
) -> None:
    report = send()
    decide(report)
    erase(services, report["id"])
    path = f"{REPORTS}/{report['id']}"
    shown = client.get(path, headers=reviewer).json()
    assert (shown["text"], shown["latitude"], shown["address"], shown["area"]) == ("", None, None, "31.23,121.47")
    assert shown["erased_at"] is not None
    for form in ("original", "preview", "annotated"):
        problem_of(client.get(f"{path}/media/0?form={form}", headers=reviewer), 404, "media_missing")
    again = client.post(f"{path}/reopen", json={"version": shown["version"]}, headers=reviewer)
    problem_of(again, 409, "move_not_allowed")
    resolved = client.post(f"{path}/resolution", json={"status": "resolved", "note": "x"}, headers=reviewer)
    problem_of(resolved, 409, "move_not_allowed")


def test_erasing_twice_is_the_same_as_once(services: Services, send: Send) -> None:
    report = send()
    assert erase(services, report["id"]) == 1
    once = rows_of(services.store)
    assert erase(services, report["id"]) is None
    assert rows_of(services.store) == once


def test_what_nobody_decided_leaves_the_queue(
    client: TestClient, services: Services, reviewer: dict[str, str], send: Send
) -> None:
    report = send()
    client.post(f"{REPORTS}/{report['id']}/claim", json={"version": report["version"]}, headers=reviewer)
    erase(services, report["id"])
    assert client.get("/v1/queue", headers=reviewer).json()["counts"]["waiting"] == 0
    assert client.get(f"{REPORTS}/{report['id']}", headers=reviewer).json()["state"] == "cannot_tell"


def test_what_waits_to_be_told_is_withdrawn(services: Services, send: Send, decide: Decide) -> None:
    report = send()
    decide(report)
    erase(services, report["id"])
    with services.store.read() as connection:
        row = connection.execute(select(deliveries)).mappings().one()
    assert (row["state"], row["payload"], row["last_error"]) == ("withdrawn", {}, None)


def test_a_photo_that_two_reports_share_stays_until_the_last_one_goes(
    client: TestClient, services: Services, reviewer: dict[str, str], send: Send, clock: Clock
) -> None:
    first = send(7)
    clock.move(minutes=5)
    second = _again(client, 7)
    erase(services, first["id"])
    path = f"{REPORTS}/{second['id']}/media/0"
    assert client.get(path, params={"form": "original"}, headers=reviewer).content == personal.photo(7)
    assert client.get(path, headers=reviewer).status_code == 200
    with services.store.read() as connection:
        assert connection.execute(select(report_links.c.distance_m)).scalar_one() is None
    erase(services, second["id"])
    assert files_in(services) == []


def _again(client: TestClient, seed: int) -> dict[str, Any]:
    response = client.post(REPORTS, files={"file": ("b.jpg", personal.photo(seed))}, data=personal.fields())
    assert response.status_code == 201
    report: dict[str, Any] = response.json()
    return report


def test_originals_alone_can_go(
    client: TestClient, services: Services, reviewer: dict[str, str], send: Send, decide: Decide
) -> None:
    report = send()
    decide(report)
    now = services.now()
    for expected in (1, None):
        with services.store.write() as connection:
            assert erase_originals(connection, report["id"], Act(SYSTEM, now), Why.RETENTION) == expected
    remove_noted(services.store, services.blobs, now)
    path = f"{REPORTS}/{report['id']}"
    problem_of(client.get(f"{path}/media/0?form=original", headers=reviewer), 404, "media_missing")
    assert client.get(f"{path}/media/0?form=annotated", headers=reviewer).status_code == 200
    assert client.get(path, headers=reviewer).json()["address"] == personal.WORDS["address"]
    assert b"wangxiaoming" not in b"".join(path.read_bytes() for path in files_in(services))


@pytest.mark.parametrize(
    ("place", "area"),
    [((31.2304161, 121.4737012), "31.23,121.47"), ((-0.001, -0.004), "0.00,0.00"), ((None, None), None)],
)
def test_of_a_place_an_area_is_left(place: tuple[float | None, float | None], area: str | None) -> None:
    assert area_of(*place) == area
