"""What administrators do with accounts and keys, and what the log says of it."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from hazardlens.serve.access.roles import Role
from support.accounts import CHEAP_HASH, PASSWORD, person_in, services_in, session_headers
from support.serving import problem_of, serving

ACCOUNTS = "/v1/accounts"
KEYS = "/v1/keys"


def _administrating() -> Iterator[TestClient]:
    with serving() as client:
        client.headers.update(session_headers(client, "boss", Role.ADMINISTRATOR))
        yield client


client = pytest.fixture(_administrating, name="client")
"""Signed in as an administrator."""

calm = pytest.fixture(_administrating, scope="module", name="calm")
"""The same, shared by tests that change nothing."""


def boss_of(client: TestClient) -> str:
    return str(client.get("/v1/session").json()["account"]["id"])


def test_from_a_new_account_to_its_first_session(client: TestClient) -> None:
    made = client.post(ACCOUNTS, json={"name": "Li", "display_name": "李雷", "role": "reviewer"})
    assert made.status_code == 201
    account, link = made.json()["account"], made.json()["link"]
    assert (account["name"], account["display_name"], account["has_password"]) == ("li", "李雷", False)
    assert link["url"].startswith("http://testserver/setup#token=")
    assert [one["name"] for one in client.get(ACCOUNTS).json()["accounts"]] == ["boss", "li"]
    person = TestClient(client.app)
    token = link["url"].split("=")[1]
    assert person.post("/v1/setup", json={"token": token, "password": PASSWORD}).status_code == 201
    assert person.post("/v1/session", json={"name": "li", "password": PASSWORD}).status_code == 201
    assert client.get(ACCOUNTS).json()["accounts"][1]["has_password"] is True


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"name": "BOSS", "role": "reviewer"}, 409, "name_taken", id="taken"),
        pytest.param({"name": "a b", "role": "reviewer"}, 422, "field_invalid", id="a blank"),
        pytest.param({"name": "", "role": "reviewer"}, 422, "field_invalid", id="empty"),
        pytest.param({"name": "li", "role": "public"}, 422, "field_invalid", id="the role of the public"),
        pytest.param({"name": "li", "role": "king"}, 422, "field_invalid", id="no role"),
        pytest.param({"name": "li"}, 422, "field_invalid", id="without role"),
        pytest.param({"name": "li", "role": "reviewer", "password": "x"}, 422, "field_unknown", id="a password"),
        pytest.param({"name": "li", "role": "reviewer", "display_name": "a\0b"}, 422, "field_invalid", id="NUL"),
    ],
)
def test_what_is_no_account(calm: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    problem_of(calm.post(ACCOUNTS, json=body), status, code)
    assert len(calm.get(ACCOUNTS).json()["accounts"]) == 1


def test_each_thing_about_an_account_can_be_changed_by_itself(client: TestClient) -> None:
    path = f"{ACCOUNTS}/{person_in(services_in(client).store, 'li')}"
    seen = [client.patch(path, json=change).json() for change in ({"role": "engineer"}, {"display_name": "李"}, {})]
    assert [(one["role"], one["display_name"]) for one in seen] == [("engineer", "li")] + [("engineer", "李")] * 2
    assert client.patch(path, json={"disabled": True}).json()["disabled_at"] is not None
    assert client.patch(path, json={"disabled": False}).json()["disabled_at"] is None


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "reviewer"}, {"role": "engineer", "disabled": True}])
def test_the_last_administrator_stays(client: TestClient, change: dict[str, Any]) -> None:
    path = f"{ACCOUNTS}/{boss_of(client)}"
    client.post(ACCOUNTS, json={"name": "invited", "role": "administrator"})  # cannot sign in yet
    store = services_in(client).store
    other = person_in(store, "other", Role.ADMINISTRATOR)
    assert client.patch(f"{ACCOUNTS}/{other}", json={"disabled": True}).status_code == 200
    problem_of(client.patch(path, json=change), 409, "last_administrator")
    assert client.patch(path, json={"display_name": "Boss"}).status_code == 200
    assert client.patch(f"{ACCOUNTS}/{other}", json={"disabled": False}).status_code == 200
    assert client.patch(path, json=change).status_code == 200


@pytest.mark.parametrize("account_id", ["0" * 32, "x", "..", "boss"])
def test_an_account_that_is_not_there(calm: TestClient, account_id: str) -> None:
    for response in (
        calm.patch(f"{ACCOUNTS}/{account_id}", json={"disabled": True}),
        calm.post(f"{ACCOUNTS}/{account_id}/password-link"),
    ):
        assert response.status_code == 404
    if account_id != "..":
        problem_of(calm.patch(f"{ACCOUNTS}/{account_id}", json={}), 404, "account_missing")


def test_a_key_is_shown_once(client: TestClient) -> None:
    body = {"name": "city hotline", "actions": ["report", "classify", "report"], "reporter_group": "RIDERS"}
    made = client.post(KEYS, json=body)
    assert made.status_code == 201
    key, secret = made.json()["key"], made.json()["secret"]
    assert (key["actions"], key["reporter_group"], key["last_used_at"]) == (["classify", "report"], "RIDERS", None)
    assert key["created_by"] == f"account:{boss_of(client)}"
    listed = client.get(KEYS)
    assert listed.json() == {"keys": [key]}
    assert secret.split("_")[2] not in listed.text
    system = TestClient(client.app, headers={"Authorization": f"Bearer {secret}"})
    problem_of(system.post("/v1/classify"), 415, "content_type_unsupported")
    for _ in range(2):
        assert client.delete(f"{KEYS}/{key['id']}").status_code == 204
    problem_of(system.post("/v1/classify"), 401, "unauthenticated")
    assert client.get(KEYS).json()["keys"][0]["revoked_at"] is not None
    problem_of(client.post(KEYS, json=body), 409, "name_taken")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"actions": []}, id="for nothing"),
        pytest.param({"actions": ["review"]}, id="for what people do"),
        pytest.param({"actions": ["fly"]}, id="for what nobody does"),
        pytest.param({"name": " "}, id="without a name"),
        pytest.param({"name": "a\nb"}, id="two lines"),
        pytest.param({"reporter_group": ""}, id="an empty group"),
    ],
)
def test_what_is_no_key(calm: TestClient, change: dict[str, Any]) -> None:
    problem_of(calm.post(KEYS, json={"name": "k", "actions": ["report"]} | change), 422, "field_invalid")
    assert calm.get(KEYS).json() == {"keys": []}


@pytest.mark.parametrize("key_id", ["0" * 32, "x"])
def test_a_key_that_is_not_there(calm: TestClient, key_id: str) -> None:
    problem_of(calm.delete(f"{KEYS}/{key_id}"), 404, "key_missing")


def test_every_act_is_in_the_log_with_who_did_it_and_in_which_request(client: TestClient) -> None:
    account = client.post(ACCOUNTS, json={"name": "li", "role": "reviewer"}).json()["account"]["id"]
    key = client.post(KEYS, json={"name": "k", "actions": ["report"]}).json()["key"]["id"]
    client.patch(f"{ACCOUNTS}/{account}", json={"role": "engineer", "disabled": True}, headers={"X-Request-ID": "r-1"})
    client.post(f"{ACCOUNTS}/{account}/password-link")
    client.delete(f"{KEYS}/{key}")
    events = client.get("/v1/audit").json()["events"]
    assert [(event["action"], event["target"]) for event in events[:-1]] == [
        ("key_revoked", f"key:{key}"),
        ("password_link_made", f"account:{account}"),
        ("account_changed", f"account:{account}"),
        ("key_added", f"key:{key}"),
        ("password_link_made", f"account:{account}"),
        ("account_added", f"account:{account}"),
    ]
    assert {(event["actor"], event["actor_name"]) for event in events[:-1]} == {(f"account:{boss_of(client)}", "boss")}
    assert (events[2]["request_id"], events[2]["detail"]) == (
        "r-1",
        {"name": "li", "role": "engineer", "disabled": True},
    )
    assert "hash" not in str(events)
    assert CHEAP_HASH not in str(events)


def test_what_was_refused_leaves_no_trace(calm: TestClient) -> None:
    before = calm.get("/v1/audit").json()
    calm.post(ACCOUNTS, json={"name": "boss", "role": "reviewer"})
    calm.patch(f"{ACCOUNTS}/{boss_of(calm)}", json={"disabled": True})
    assert calm.get("/v1/audit").json() == before


def test_the_log_comes_in_pages(client: TestClient) -> None:
    path = f"{ACCOUNTS}/{person_in(services_in(client).store, 'li')}"
    for n in range(101):
        client.patch(path, json={"display_name": f"li {n}"})
    first = client.get("/v1/audit").json()
    second = client.get("/v1/audit", params={"before": first["next"]}).json()
    assert (len(first["events"]), len(second["events"]), second["next"]) == (100, 3, None)
    assert first["events"][-1]["seq"] > second["events"][0]["seq"]
    for query, code in (("?before=x", "field_invalid"), ("?before=²", "field_invalid"), ("?after=1", "field_unknown")):
        problem_of(client.get(f"/v1/audit{query}"), 422, code)
