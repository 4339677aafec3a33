"""`POST /v1/erasures`: the data of one reporter, out, by an administrator."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import Action, Role
from hazardlens.serve.services import Services
from support import personal
from support.accounts import key_headers, session_headers
from support.intake import REPORTS
from support.personal import marks_in, rows_of
from support.serving import problem_of

ERASURES = "/v1/erasures"
Send = Callable[..., dict[str, Any]]


@pytest.fixture
def boss(client: TestClient) -> dict[str, str]:
    return session_headers(client, "boss", Role.ADMINISTRATOR)


def test_all_reports_of_a_reporter_go(client: TestClient, services: Services, boss: dict[str, str], send: Send) -> None:
    send(1)
    send(2)
    body = {"reporter": personal.WORDS["reporter"]}
    looked = client.post(ERASURES, json={**body, "dry_run": True}, headers=boss).json()
    assert looked == {"id": None, "reports": 2, "photos": 2, "undecided": 2, "finished_at": None}
    assert marks_in(rows_of(services.store))
    done = client.post(ERASURES, json=body, headers=boss).json()
    assert (done["reports"], done["photos"], done["undecided"]) == (2, 2, 2)
    assert done["finished_at"] is not None
    assert marks_in(rows_of(services.store)) == {}
    assert [path for path in services.settings.media_path.rglob("*") if path.is_file()] == []
    again = client.post(ERASURES, json=body, headers=boss).json()
    assert (again["reports"], again["finished_at"] is not None) == (0, True)


def test_two_senders_may_mean_two_people_by_one_name(client: TestClient, boss: dict[str, str], send: Send) -> None:
    anonymous = send(1)
    key = key_headers(client, "hotline", Action.REPORT)
    files = {"file": ("a.jpg", personal.photo(2))}
    theirs = client.post(REPORTS, files=files, data=personal.fields(), headers=key).json()
    client.post(ERASURES, json={"reporter": "rider-zeppelin", "source": "anonymous"}, headers=boss)
    erased = [client.get(f"{REPORTS}/{one['id']}", headers=boss).json()["erased_at"] for one in (anonymous, theirs)]
    assert [one is not None for one in erased] == [True, False]


def test_one_report_may_go(client: TestClient, boss: dict[str, str], send: Send) -> None:
    first, second = send(1), send(2)
    done = client.post(ERASURES, json={"report_id": first["id"]}, headers=boss).json()
    assert done["reports"] == 1
    shown = client.get(f"{REPORTS}/{second['id']}", headers=boss).json()
    assert (shown["erased_at"], shown["address"]) == (None, personal.WORDS["address"])
    problem_of(client.post(ERASURES, json={"report_id": "0" * 32}, headers=boss), 404, "report_missing")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reporter": ""},
        {"reporter": "a", "report_id": "0" * 32},
        {"report_id": "0" * 32, "source": "anonymous"},
        {"report_id": "1"},
        {"reporter": "a\0"},
    ],
    ids=str,
)
def test_what_it_is_about_must_be_clear(client: TestClient, boss: dict[str, str], body: dict[str, Any]) -> None:
    problem_of(client.post(ERASURES, json=body, headers=boss), 422, "field_invalid")


def test_a_name_that_is_part_of_another_is_another(client: TestClient, boss: dict[str, str], send: Send) -> None:
    report = send()
    for name in ("rider", "RIDER-ZEPPELIN", "rider-zeppelin ", "rider-%"):
        assert client.post(ERASURES, json={"reporter": name}, headers=boss).json()["reports"] == 0
    assert client.get(f"{REPORTS}/{report['id']}", headers=boss).json()["erased_at"] is None
