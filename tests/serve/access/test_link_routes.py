"""Where one-time links lead: the first administrator, and passwords."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from hazardlens.serve.access.accounts import change_account
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.first_start import invitation
from hazardlens.serve.access.links import make_password_link, make_setup_link
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Role
from hazardlens.serve.store.tables import audit_events, one_time_links
from support.accounts import (
    BY_SYSTEM,
    PASSWORD,
    Clock,
    person_in,
    services_in,
    session_headers,
)
from support.serving import problem_of, serving

SESSION = "/v1/session"
SETUP = "/v1/setup"
NEW = "quite another horse battery"

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def client(clock: Clock) -> Iterator[TestClient]:
    with serving(now=clock) as client:
        yield client


def sign_in(client: TestClient, name: str = "li", password: str = PASSWORD, **request: Any) -> Response:  # noqa: ANN401
    return client.post(SESSION, json={"name": name, "password": password}, **request)


def person(client: TestClient, name: str = "li", role: Role = Role.REVIEWER) -> str:
    return person_in(services_in(client).store, name, role)


def link_for(client: TestClient, account_id: str, clock: Clock) -> str:
    services = services_in(client)
    with services.store.write() as connection:
        return make_password_link(connection, Act(SYSTEM, clock()), account_id, 24).token


def setup_token(client: TestClient) -> str:
    services = services_in(client)
    told = invitation(services.store, services.settings, services.now(), "http://127.0.0.1:8000")
    assert told is not None
    found = re.search(r"^http://127\.0\.0\.1:8000/setup#token=([0-9a-f]{64})$", told, re.MULTILINE)
    assert found, told
    return found[1]


def audited(client: TestClient) -> list[tuple[str, str, str]]:
    with services_in(client).store.read() as connection:
        query = select(audit_events.c.actor, audit_events.c.action, audit_events.c.target).order_by(audit_events.c.seq)
        return [(row.actor, row.action, row.target) for row in connection.execute(query)]


def test_the_first_start_makes_an_administrator_once(client: TestClient) -> None:
    early, token = setup_token(client), setup_token(client)  # every restart prints a new one
    assert early != token
    look = client.post(f"{SETUP}/look", json={"token": token})
    assert look.json() == {"purpose": "setup", "account_name": "", "password_min_chars": 12}
    body = {"token": token, "name": "Boss", "password": PASSWORD}
    made = client.post(SETUP, json=body)
    assert (made.status_code, made.json()["name"], made.json()["role"]) == (201, "boss", "administrator")
    for used in (token, early):
        problem_of(client.post(SETUP, json=body | {"token": used, "name": "other"}), 410, "link_invalid")
        problem_of(client.post(f"{SETUP}/look", json={"token": used}), 410, "link_invalid")
    services = services_in(client)
    assert invitation(services.store, services.settings, services.now(), "http://h") is None
    assert sign_in(client, "boss").status_code == 201
    assert audited(client)[0] == ("system", "account_added", f"account:{made.json()['id']}")


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        pytest.param({"password": "short"}, "password_weak", id="a short password"),
        pytest.param({"name": "the boss"}, "field_invalid", id="a name with a blank"),
        pytest.param({"name": ""}, "field_invalid", id="no name"),
    ],
)
def test_a_bad_choice_does_not_use_up_the_link(client: TestClient, choice: dict[str, str], code: str) -> None:
    body = {"token": setup_token(client), "name": "boss", "password": PASSWORD}
    problem_of(client.post(SETUP, json=body | choice), 422, code)
    assert client.post(SETUP, json=body).status_code == 201


def test_a_link_is_good_for_a_time(client: TestClient, clock: Clock) -> None:
    token = setup_token(client)
    clock.pass_by(hours=24)
    problem_of(client.post(f"{SETUP}/look", json={"token": token}), 410, "link_invalid")
    setup_token(client)
    with services_in(client).store.read() as connection:
        assert connection.execute(select(func.count()).select_from(one_time_links)).scalar_one() == 1


def test_a_password_link_changes_the_password_and_ends_sessions(client: TestClient, clock: Clock) -> None:
    account_id = person(client)
    headers = session_headers(client, "li")
    early, token = link_for(client, account_id, clock), link_for(client, account_id, clock)
    problem_of(client.post(f"{SETUP}/look", json={"token": early}), 410, "link_invalid")
    look = client.post(f"{SETUP}/look", json={"token": token}).json()
    assert (look["purpose"], look["account_name"]) == ("password", "li")
    assert client.post(SETUP, json={"token": token, "password": NEW}).json()["id"] == account_id
    problem_of(client.get(SESSION, headers=headers), 401, "unauthenticated")
    problem_of(sign_in(client), 401, "login_failed")
    problem_of(client.post(SETUP, json={"token": token, "password": NEW}), 410, "link_invalid")
    assert sign_in(client, password=NEW).status_code == 201


def test_a_link_of_a_disabled_account_is_none(client: TestClient, clock: Clock) -> None:
    account_id = person(client)
    token = link_for(client, account_id, clock)
    with services_in(client).store.write() as connection:
        change_account(connection, BY_SYSTEM, account_id, disabled=True)
        change_account(connection, BY_SYSTEM, account_id, disabled=False)
    problem_of(client.post(f"{SETUP}/look", json={"token": token}), 410, "link_invalid")


def test_a_setup_link_is_none_once_there_is_an_account(client: TestClient) -> None:
    token = setup_token(client)
    person(client)
    problem_of(client.post(SETUP, json={"token": token, "name": "x", "password": PASSWORD}), 410, "link_invalid")
    with services_in(client).store.write() as connection:
        assert make_setup_link(connection, BY_SYSTEM, 24) is None
