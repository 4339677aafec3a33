"""Credentials on the way in: keys, cookies, and those that are not, or no longer, good."""

import asyncio
import secrets
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from hazardlens.serve.access.accounts import change_account, set_password
from hazardlens.serve.access.authentication import CSRF_HEADER
from hazardlens.serve.access.keys import revoke_key
from hazardlens.serve.access.roles import Action, Role
from hazardlens.serve.access.sessions import COOKIE
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import accounts, api_keys, sessions
from support.accounts import BY_SYSTEM, CHEAP_HASH, Clock, key_headers, person_in, services_in, session_headers
from support.serving import CLASSIFY, problem_of, serving

ACCOUNTS = "/v1/accounts"
MODELS = "/v1/models"
REPORTS = "/v1/reports"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def client(clock: Clock) -> Iterator[TestClient]:
    """One for all tests, so each of them names its own people and keys."""
    with serving(now=clock, session_idle_h=4, session_max_h=12) as client:
        yield client


def store_of(client: TestClient) -> Store:
    return services_in(client).store


def test_a_key_does_what_it_was_made_for_and_nothing_else(client: TestClient) -> None:
    headers = key_headers(client, "hotline", Action.READ_REPORTS)
    assert client.get(REPORTS, headers=headers).status_code == 200
    problem_of(client.get(MODELS, headers=headers), 403, "forbidden")  # not even what everybody may
    problem_of(client.get(ACCOUNTS, headers=headers), 403, "forbidden")


def test_a_key_needs_no_csrf_token(client: TestClient) -> None:
    response = client.post(CLASSIFY, headers=key_headers(client, "no token", Action.CLASSIFY))
    problem_of(response, 415, "content_type_unsupported")


def _bad(headers: dict[str, str], kind: str) -> str:
    key = headers["Authorization"].removeprefix("Bearer ")
    _, key_id, secret = key.split("_")
    return {
        "another secret": f"Bearer hzl_{key_id}_{secret[::-1]}",
        "another id": f"Bearer hzl_{key_id[::-1]}_{secret}",
        "no secret": f"Bearer hzl_{key_id}_",
        "another prefix": f"Bearer abc_{key_id}_{secret}",
        "no scheme": key,
        "Basic": "Basic bGk6cGFzc3dvcmQ=",
        "a session's token": "Bearer " + "0" * 64,
        "nothing": "",
        "not ASCII": "Bearer hzl_é_ü",
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        *("another secret", "another id", "no secret", "another prefix", "no scheme", "Basic", "a session's token"),
        *("nothing", "not ASCII"),
    ],
)
def test_a_bad_key_is_refused_even_where_nobody_needs_one(client: TestClient, kind: str) -> None:
    bad = _bad(key_headers(client, f"bad: {kind}", Action.READ_MODELS), kind)
    assert client.get(MODELS).status_code == 200
    response = client.get(MODELS, headers={b"Authorization": bad.encode("latin-1")})
    problem_of(response, 401, "unauthenticated")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_bad_key_is_refused_though_a_good_session_comes_along(client: TestClient) -> None:
    headers = session_headers(client, "li") | {"Authorization": "Bearer hzl_x_y"}
    problem_of(client.get(MODELS, headers=headers), 401, "unauthenticated")


def test_a_revoked_key_is_refused_at_once(client: TestClient) -> None:
    headers = key_headers(client, "revoked", Action.READ_REPORTS)
    assert client.get(REPORTS, headers=headers).status_code == 200
    with store_of(client).write() as connection:
        revoke_key(connection, BY_SYSTEM, "revoked")
    problem_of(client.get(REPORTS, headers=headers), 401, "unauthenticated")


def test_a_key_in_the_database_can_no_longer_do_what_keys_must_not(client: TestClient) -> None:
    headers = key_headers(client, "mighty", Action.READ_MODELS)
    actions = ["manage_accounts", "an action of the past", "read_models"]
    with store_of(client).write() as connection:
        connection.execute(update(api_keys).where(api_keys.c.name == "mighty").values(actions=actions))
    assert client.get(MODELS, headers=headers).status_code == 200
    problem_of(client.get(ACCOUNTS, headers=headers), 403, "forbidden")


def test_when_a_key_was_used_is_noted_to_the_minute(client: TestClient, clock: Clock) -> None:
    headers = key_headers(client, "to the minute", Action.READ_MODELS)
    noted = []
    for seconds in (0, 59, 1, 30):
        clock.pass_by(seconds=seconds)
        client.get(MODELS, headers=headers)
        with store_of(client).read() as connection:
            query = select(api_keys.c.last_used_at).where(api_keys.c.name == "to the minute")
            noted.append(connection.execute(query).scalar_one())
    assert [(time - noted[0]).total_seconds() for time in noted] == [0, 0, 60, 60]


def test_keys_and_tokens_are_kept_as_hashes_only(client: TestClient) -> None:
    key, cookie = key_headers(client, "hashed", Action.REPORT), session_headers(client, "li")
    plain = {key["Authorization"].rsplit("_", 1)[1], cookie["Cookie"].split("=")[1]}
    with store_of(client).read() as connection:
        rows = [*connection.execute(select(api_keys)).all(), *connection.execute(select(sessions)).all()]
    assert not any(secret in repr(row) for row in rows for secret in plain)


@pytest.mark.parametrize(
    ("steps_h", "alive"),
    [
        pytest.param([3.9, 3.9, 3.9], True, id="in use"),
        pytest.param([4.0], False, id="left alone for too long"),
        pytest.param([3.9, 3.9, 3.9, 0.4], False, id="in use for too long"),
    ],
)
def test_a_session_ends_by_itself(client: TestClient, clock: Clock, steps_h: list[float], alive: bool) -> None:
    headers = session_headers(client, "li")
    statuses = []
    for hours in steps_h:
        clock.pass_by(hours=hours)
        statuses.append(client.get(REPORTS, headers=headers).status_code)
    assert statuses == [200] * (len(steps_h) - 1) + [200 if alive else 401]


def test_a_stale_cookie_grants_what_everybody_has_and_no_more(client: TestClient, clock: Clock) -> None:
    headers = session_headers(client, "li")
    clock.pass_by(hours=13)
    assert client.get(MODELS, headers=headers).status_code == 200
    problem_of(client.post(CLASSIFY, headers=headers), 415, "content_type_unsupported")  # past the gate
    problem_of(client.get(REPORTS, headers=headers), 401, "unauthenticated")


def _disable(store: Store, account_id: str) -> None:
    with store.write() as connection:
        change_account(connection, BY_SYSTEM, account_id, disabled=True)


def _disable_by_hand(store: Store, account_id: str) -> None:
    with store.write() as connection:
        connection.execute(update(accounts).where(accounts.c.id == account_id).values(disabled_at=BY_SYSTEM.now))


def _new_password(store: Store, account_id: str) -> None:
    with store.write() as connection:
        set_password(connection, BY_SYSTEM, account_id, CHEAP_HASH)


@pytest.mark.parametrize("end", [_disable, _disable_by_hand, _new_password])
def test_what_ends_all_sessions_of_an_account(client: TestClient, end: Any) -> None:  # noqa: ANN401 - a function
    name = f"ended.{end.__name__}"
    account_id = person_in(store_of(client), name)
    devices = [session_headers(client, name), session_headers(client, name)]
    other = session_headers(client, "wang")
    end(store_of(client), account_id)
    assert [client.get(REPORTS, headers=headers).status_code for headers in (*devices, other)] == [401, 401, 200]


def test_a_new_role_holds_for_sessions_that_are_under_way(client: TestClient) -> None:
    headers = session_headers(client, "demoted", Role.ADMINISTRATOR)
    session_headers(client, "boss", Role.ADMINISTRATOR)
    account_id = client.get("/v1/session", headers=headers).json()["account"]["id"]
    assert client.get(ACCOUNTS, headers=headers).status_code == 200
    with store_of(client).write() as connection:
        change_account(connection, BY_SYSTEM, account_id, role=Role.REVIEWER)
    problem_of(client.get(ACCOUNTS, headers=headers), 403, "forbidden")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({CSRF_HEADER: None}, id="no token"),
        pytest.param({CSRF_HEADER: ""}, id="an empty token"),
        pytest.param({CSRF_HEADER: "0" * 64}, id="another token"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Origin": "http://evil.example"}, id="another origin"),
    ],
)
def test_a_change_by_a_session_that_may_be_another_site_s_doing(
    client: TestClient, changes: dict[str, str | None]
) -> None:
    good = session_headers(client, "boss", Role.ADMINISTRATOR)
    headers = {name: value for name, value in (good | changes).items() if value is not None}
    body = {"name": f"li{secrets.token_hex(4)}", "role": "reviewer"}
    problem_of(client.post(ACCOUNTS, json=body, headers=headers), 403, "csrf_token_missing")
    assert client.get(ACCOUNTS, headers=headers).status_code == 200  # looking changes nothing
    assert client.post(ACCOUNTS, json=body, headers=good).status_code == 201


def test_the_token_of_another_session_is_none(client: TestClient) -> None:
    one, other = (session_headers(client, "boss", Role.ADMINISTRATOR) for _ in range(2))
    headers = one | {CSRF_HEADER: other[CSRF_HEADER]}
    problem_of(client.post("/v1/keys", json={}, headers=headers), 403, "csrf_token_missing")


def test_without_anonymous_intake_the_public_sees_the_models_only() -> None:
    with serving(anonymous_intake=False) as client:
        assert client.get(MODELS).status_code == 200
        problem_of(client.post(CLASSIFY), 401, "unauthenticated")
        problem_of(client.post(REPORTS), 401, "unauthenticated")
        assert client.post(CLASSIFY, headers=session_headers(client, "li")).status_code == 415


def test_nothing_is_looked_up_on_the_event_loop(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    on_loop: list[bool] = []
    read = Store.read

    def watched(self: Store) -> Any:  # noqa: ANN401 - what Store.read returns
        try:
            asyncio.get_running_loop()
            on_loop.append(True)
        except RuntimeError:
            on_loop.append(threading.current_thread() is threading.main_thread())
        return read(self)

    headers = session_headers(client, "li"), key_headers(client, "off the loop", Action.CLASSIFY)
    monkeypatch.setattr(Store, "read", watched)
    for sent in headers:
        assert client.post(CLASSIFY, headers=sent).status_code == 415
    assert len(on_loop) >= len(headers), "and rounds in the background may look too"
    assert not any(on_loop)


def test_whoever_brings_nothing_costs_no_look_up(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "read", None)
    assert client.post(CLASSIFY).status_code == 415


def test_a_cookie_of_another_name_is_not_ours(client: TestClient) -> None:
    assert client.get(MODELS, headers={"Cookie": f"x{COOKIE}=1"}).status_code == 200
