"""Signing in and signing out, over HTTP."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from httpx2 import Response
from sqlalchemy import Connection, func, select
from starlette.testclient import TestClient

from hazardlens.serve.access import passwords
from hazardlens.serve.access.accounts import change_account, set_password
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.authentication import CSRF_HEADER
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import ROLE_ACTIONS, Role
from hazardlens.serve.access.sessions import COOKIE, SECURE_COOKIE
from hazardlens.serve.access.throttle import OF_NAME
from hazardlens.serve.json_requests import MAX_BYTES
from hazardlens.serve.store.tables import accounts, audit_events, sessions
from support.accounts import (
    BY_SYSTEM,
    CHEAP_HASH,
    CHEAP_HASHER,
    NOON,
    PASSWORD,
    Clock,
    person_in,
    services_in,
    session_headers,
)
from support.serving import problem_of, serving

SESSION = "/v1/session"
SETUP = "/v1/setup"

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def client(clock: Clock) -> Iterator[TestClient]:
    with serving(now=clock) as client:
        yield client


@pytest.fixture(scope="module")
def calm() -> Iterator[TestClient]:
    """Shared by tests that change nothing."""
    with serving() as client:
        person(client)
        yield client


def sign_in(client: TestClient, name: str = "li", password: str = PASSWORD, **request: Any) -> Response:  # noqa: ANN401
    return client.post(SESSION, json={"name": name, "password": password}, **request)


def person(client: TestClient, name: str = "li", role: Role = Role.REVIEWER) -> str:
    return person_in(services_in(client).store, name, role)


def audited(client: TestClient) -> list[tuple[str, str, str]]:
    with services_in(client).store.read() as connection:
        query = select(audit_events.c.actor, audit_events.c.action, audit_events.c.target).order_by(audit_events.c.seq)
        return [(row.actor, row.action, row.target) for row in connection.execute(query)]


def test_from_signing_in_to_signing_out(client: TestClient) -> None:
    account_id = person(client)
    opened = sign_in(client, " LI ")
    assert opened.status_code == 201
    told = opened.json()
    assert told["account"] == {"id": account_id, "name": "li", "display_name": "li", "role": "reviewer"}
    assert told["actions"] == sorted(ROLE_ACTIONS[Role.REVIEWER])
    assert client.get(SESSION).json() == told
    assert client.get("/v1/queue").status_code == 200
    problem_of(client.delete(SESSION), 403, "csrf_token_missing")
    closed = client.delete(SESSION, headers={CSRF_HEADER: told["csrf_token"]})
    assert (closed.status_code, closed.content) == (204, b"")
    assert COOKIE not in client.cookies
    problem_of(client.get(SESSION), 401, "unauthenticated")
    assert audited(client)[1:] == [
        (f"account:{account_id}", "signed_in", f"account:{account_id}"),
        (f"account:{account_id}", "signed_out", f"account:{account_id}"),
    ]


def test_the_cookie_of_a_session_that_was_ended_is_good_for_nothing(client: TestClient) -> None:
    headers = session_headers(client, "li")
    assert client.delete(SESSION, headers=headers).status_code == 204
    problem_of(client.get(SESSION, headers=headers), 401, "unauthenticated")
    assert client.delete(SESSION, headers=headers).status_code == 204  # whoever is out may leave


@pytest.mark.parametrize(
    ("settings", "secure"),
    [
        pytest.param({}, False, id="a laptop"),
        pytest.param({"public_url": "https://h.example"}, True, id="behind TLS"),
    ],
)
def test_scripts_other_sites_and_open_lines_never_see_the_cookie(settings: dict[str, Any], secure: bool) -> None:
    with serving(**settings) as client:
        person(client)
        cookie = sign_in(client).headers["set-cookie"].lower().split("; ")
    assert cookie[0].startswith("__host-hazardlens_session=" if secure else "hazardlens_session=")
    assert {"httponly", "samesite=strict", "path=/"} <= set(cookie)
    assert ("secure" in cookie) == secure
    assert not any(part.startswith(("max-age", "expires", "domain")) for part in cookie)


def test_a_cookie_that_another_host_could_set_is_nobody_s_behind_tls() -> None:
    with serving(public_url="https://h.example") as client:
        person(client)
        token = sign_in(client).cookies[SECURE_COOKIE]
        client.cookies.clear()
        assert client.get(SESSION, headers={"Cookie": f"{SECURE_COOKIE}={token}"}).status_code == 200
        problem_of(client.get(SESSION, headers={"Cookie": f"{COOKIE}={token}"}), 401, "unauthenticated")


def test_a_wrong_name_and_a_wrong_password_look_alike(client: TestClient, clock: Clock) -> None:
    disabled = person(client, "wang")
    invited = services_in(client).store
    with invited.write() as connection:
        change_account(connection, BY_SYSTEM, disabled, disabled=True)
    person(client)
    answers = [
        problem_of(sign_in(client, "li", "a wrong password"), 401, "login_failed"),
        problem_of(sign_in(client, "nobody"), 401, "login_failed"),
        problem_of(sign_in(client, "wang"), 401, "login_failed"),
        problem_of(sign_in(client, "no name at all\n"), 401, "login_failed"),
    ]
    assert len({(answer.title, answer.detail) for answer in answers}) == 1


@pytest.mark.parametrize("name", ["li", "nobody", "wang"])
def test_every_name_costs_one_hash(client: TestClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    person(client)
    with services_in(client).store.write() as connection:
        change_account(connection, BY_SYSTEM, person_of(connection, "wang"), disabled=True)
    checked: list[str | None] = []

    def count(_password: str, stored: str | None) -> bool:
        checked.append(stored)
        return False

    monkeypatch.setattr("hazardlens.serve.access.signing_in.password_matches", count)
    problem_of(sign_in(client, name), 401, "login_failed")
    assert checked == [CHEAP_HASH if name == "li" else None]


def person_of(connection: Any, name: str) -> str:  # noqa: ANN401 - SQLAlchemy's
    from hazardlens.serve.access.accounts import add_account

    return str(add_account(connection, BY_SYSTEM, name=name, role=Role.REVIEWER, password_hash=CHEAP_HASH)["id"])


def test_after_failures_the_right_password_has_to_wait_too(client: TestClient, clock: Clock) -> None:
    person(client)
    for _ in range(OF_NAME.free):
        problem_of(sign_in(client, password="a wrong password"), 401, "login_failed")  # noqa: S106 - a wrong one
    response = sign_in(client)
    problem_of(response, 429, "rate_limited")
    assert response.headers["retry-after"] == "1"
    clock.pass_by(seconds=1)
    assert sign_in(client).status_code == 201
    assert [action for _, action, _ in audited(client)][1:] == ["sign_in_refused"] * OF_NAME.free + ["signed_in"]


def test_an_outdated_hash_is_renewed_when_its_password_is_known(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = person(client)
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))
    sign_in(client)
    with services_in(client).store.read() as connection:
        stored = connection.execute(select(accounts.c.password_hash).where(accounts.c.id == account_id)).scalar_one()
    assert stored != CHEAP_HASH
    assert stored.startswith("$argon2id$v=19$m=8,t=2,")
    client.cookies.clear()
    assert sign_in(client).status_code == 201


def test_signing_in_clears_sessions_that_are_over(client: TestClient, clock: Clock) -> None:
    session_headers(client, "li")
    clock.pass_by(hours=13)
    sign_in(client)
    with services_in(client).store.read() as connection:
        assert connection.execute(select(func.count()).select_from(sessions)).scalar_one() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [(SESSION, {"name": "li", "password": PASSWORD}), (SETUP, {"token": "0" * 64, "password": PASSWORD})],
)
def test_no_page_of_another_site_signs_anybody_in(calm: TestClient, path: str, body: dict[str, str]) -> None:
    response = calm.post(path, json=body, headers={"Origin": "http://evil.example"})
    problem_of(response, 403, "csrf_token_missing")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param({"name": "li"}, 422, "field_invalid", id="no password"),
        pytest.param({"name": "li", "password": 5}, 422, "field_invalid", id="a number"),
        pytest.param({"name": "li", "password": "x" * 5000}, 422, "field_invalid", id="endless"),
        pytest.param({"name": "li", "password": "x", "role": "administrator"}, 422, "field_unknown", id="a wish"),
    ],
)
def test_what_is_no_login(calm: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    response = calm.post(SESSION, json=body)
    problem_of(response, status, code)
    assert "xxx" not in response.text


def test_whoever_is_signed_in_can_change_the_password(client: TestClient) -> None:
    account_id = person(client)
    headers, other = session_headers(client, "li"), session_headers(client, "li")
    path, good = f"{SESSION}/password", {"password": PASSWORD, "new_password": f"{PASSWORD} again"}
    wrong = client.post(path, json=good | {"password": "a wrong password"}, headers=headers)
    problem_of(wrong, 401, "login_failed")
    problem_of(client.post(path, json=good | {"new_password": "short"}, headers=headers), 422, "password_weak")
    problem_of(client.post(path, json=good), 401, "unauthenticated")
    assert client.post(path, json=good, headers=headers).status_code == 204
    for ended in (headers, other):
        problem_of(client.get(SESSION, headers=ended), 401, "unauthenticated")
    problem_of(sign_in(client), 401, "login_failed")
    assert sign_in(client, password=good["new_password"]).status_code == 201
    assert [(actor, target) for actor, action, target in audited(client) if action == "password_changed"] == [
        (f"account:{account_id}", f"account:{account_id}")
    ]


def test_a_session_that_was_left_open_is_no_way_to_guess_the_password(client: TestClient) -> None:
    headers = session_headers(client, "li")
    body = {"password": "a wrong password", "new_password": f"{PASSWORD} again"}
    answers = [client.post(f"{SESSION}/password", json=body, headers=headers) for _ in range(OF_NAME.free + 1)]
    assert [answer.status_code for answer in answers] == [401] * OF_NAME.free + [429]


LATER = Act(SYSTEM, NOON + timedelta(milliseconds=50))


def _another_password(connection: Connection, account_id: str) -> None:
    set_password(connection, LATER, account_id, CHEAP_HASHER.hash(f"{PASSWORD} again"))


def _no_account(connection: Connection, account_id: str) -> None:
    change_account(connection, LATER, account_id, disabled=True)


@pytest.mark.parametrize("end", [_another_password, _no_account])
@pytest.mark.parametrize("act", ["sign in", "change the password"])
def test_a_password_that_ends_while_it_is_looked_at_opens_nothing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, end: Callable[[Connection, str], None], act: str
) -> None:
    account_id = person(client)
    headers = session_headers(client, "li")
    store = services_in(client).store

    def look(password: str, stored: str | None) -> bool:
        found = passwords.password_matches(password, stored)
        with store.write() as connection:
            end(connection, account_id)
        return found

    monkeypatch.setattr("hazardlens.serve.access.signing_in.password_matches", look)
    if act == "sign in":
        answer = sign_in(client)
    else:
        body = {"password": PASSWORD, "new_password": f"{PASSWORD} of the thief"}
        answer = client.post(f"{SESSION}/password", json=body, headers=headers)
    problem_of(answer, 401, "login_failed")
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(sessions)).scalar_one() == 0


def test_a_login_in_pieces_takes_no_memory_from_reports() -> None:
    with serving(max_received_bytes=2 * MAX_BYTES) as client:
        pieces = iter([b" " * MAX_BYTES] * 4)
        answer = client.post(SESSION, content=pieces, headers={"Content-Type": "application/json"})
    problem_of(answer, 413, "body_too_large")
