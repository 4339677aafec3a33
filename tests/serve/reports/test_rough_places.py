"""Who only looks at reports sees their places roughly, and not who sent them."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import Action, Role
from support import personal
from support.accounts import key_headers, session_headers
from support.intake import REPORTS
from support.serving import serving

EXACT: Final = {"latitude": personal.PLACE[0], "longitude": personal.PLACE[1], **personal.WORDS}
ROUGH: Final = {
    "latitude": 31.23,
    "longitude": 121.474,
    "address": None,
    "reporter": None,
    "external_id": None,
    "text": personal.WORDS["text"],
}
ACTIONS: Final = {
    "looker": (Action.READ_REPORTS,),
    "exporter": (Action.READ_REPORTS, Action.EXPORT, Action.READ_ORIGINALS, Action.RESOLVE),
    "finder": (Action.READ_REPORTS, Action.READ_PLACES),
    "sender": (Action.READ_REPORTS, Action.REPORT),
}
SEES: Final = {
    "reviewer": EXACT,
    "administrator": EXACT,
    "engineer": ROUGH,
    "looker": ROUGH,
    "exporter": ROUGH,
    "finder": EXACT,
    "sender": EXACT,  # their own
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with serving() as client:
        yield client


@pytest.fixture(scope="module")
def people(client: TestClient) -> dict[str, dict[str, str]]:
    roles = {role.value: session_headers(client, role.value, role) for role in Role if role is not Role.PUBLIC}
    return {**roles, **{name: key_headers(client, name, *actions) for name, actions in ACTIONS.items()}}


@pytest.fixture(scope="module")
def report(client: TestClient, people: dict[str, dict[str, str]]) -> dict[str, Any]:
    """With a likely duplicate 40 m away."""
    photo = {"file": ("a.jpg", personal.photo())}
    near = personal.fields(latitude=personal.PLACE[0] + 0.00036)
    client.post(REPORTS, files=photo, data=near, headers=people["sender"])
    response = client.post(REPORTS, files=photo, data=personal.fields(), headers=people["sender"])
    told: dict[str, Any] = response.json()
    return told


def _seen(view: dict[str, Any]) -> dict[str, Any]:
    return {name: view[name] for name in EXACT}


@pytest.mark.parametrize("who", SEES)
def test_everybody_sees_what_they_need(
    client: TestClient, people: dict[str, dict[str, str]], report: dict[str, Any], who: str
) -> None:
    one = client.get(f"{REPORTS}/{report['id']}", headers=people[who]).json()
    listed = next(
        one for one in client.get(REPORTS, headers=people[who]).json()["reports"] if one["id"] == report["id"]
    )
    assert _seen(one) == _seen(listed) == SEES[who]
    (duplicate,) = one["duplicates"]
    assert duplicate["distance_m"] == (pytest.approx(40, abs=1) if SEES[who] is EXACT else 0)


@pytest.mark.parametrize("who", SEES)
def test_filters_find_nothing_that_is_not_shown(
    client: TestClient, people: dict[str, dict[str, str]], report: dict[str, Any], who: str
) -> None:
    for query in ({"text": "梧桐弄"}, {"external_id": personal.WORDS["external_id"]}):
        found = client.get(REPORTS, params=query, headers=people[who]).json()["reports"]
        assert bool(found) == (SEES[who] is EXACT)
    assert client.get(REPORTS, params={"text": "井盖"}, headers=people[who]).json()["reports"]


def test_the_sender_sees_what_they_sent(report: dict[str, Any]) -> None:
    assert _seen(report) == EXACT
