"""Two people at the same moment, on each kind of database."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.serve.access.accounts import add_account, change_account, count_accounts
from hazardlens.serve.access.authentication import CSRF_HEADER
from hazardlens.serve.access.errors import LastAdministratorError, LinkInvalidError, NameTakenError
from hazardlens.serve.access.keys import add_key, mark_used
from hazardlens.serve.access.links import make_password_link, make_setup_link, redeem_link
from hazardlens.serve.access.roles import Action, Role
from hazardlens.serve.errors import RequestError
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import accounts, api_keys
from support.accounts import BY_SYSTEM, CHEAP_HASH, NOON, PASSWORD, person_in, services_in, session_headers
from support.serving import serving


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hazardlens.serve.access.links.hash_password", lambda _: CHEAP_HASH)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """How acts that begin at the same moment end, in no order: "done", or the code of what was refused."""
    start, ends = threading.Barrier(len(acts)), list[str]()

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except RequestError as error:
            ends.append(error.code)
        else:
            ends.append("done")

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def redeem(store: Store, token: str, name: str = "") -> None:
    redeem_link(store, token=token, name=name, password=PASSWORD, min_chars=12, now=NOON, request_id=None)


def setup_token(store: Store) -> str:
    with store.write() as connection:
        link = make_setup_link(connection, BY_SYSTEM, 24)
    assert link is not None
    return link.token


def test_two_setup_links_make_one_administrator(store: Store) -> None:
    tokens = [setup_token(store) for _ in range(4)]
    acts = [lambda n=n, token=token: redeem(store, token, f"boss{n}") for n, token in enumerate(tokens)]
    assert at_once(*acts) == sorted(["done"] + [LinkInvalidError.code] * 3)
    with store.read() as connection:
        assert count_accounts(connection) == 1


def test_a_link_that_two_use_is_used_once(store: Store) -> None:
    account_id = person_in(store, "li")
    with store.write() as connection:
        token = make_password_link(connection, BY_SYSTEM, account_id, 24).token
    assert at_once(*[lambda: redeem(store, token)] * 4) == sorted(["done"] + [LinkInvalidError.code] * 3)


def test_two_administrators_who_disable_each_other_leave_one(store: Store) -> None:
    ids = [person_in(store, name, Role.ADMINISTRATOR) for name in ("one", "other")]

    def disable(account_id: str) -> None:
        with store.write() as connection:
            change_account(connection, BY_SYSTEM, account_id, disabled=True)

    acts = [lambda account_id=account_id: disable(account_id) for account_id in ids]
    assert at_once(*acts) == ["done", LastAdministratorError.code]
    with store.read() as connection:
        left = connection.execute(select(accounts.c.id).where(accounts.c.disabled_at.is_(None))).all()
    assert len(left) == 1


def test_a_name_is_given_once(store: Store) -> None:
    def add() -> None:
        with store.write() as connection:
            add_account(connection, BY_SYSTEM, name="li", role=Role.REVIEWER)

    assert at_once(*[add] * 4) == sorted(["done"] + [NameTakenError.code] * 3)


def test_a_key_is_made_found_and_noted(store: Store) -> None:
    with store.write() as connection:
        row, key = add_key(connection, BY_SYSTEM, name="hotline", actions=[Action.REPORT])
    with store.write() as connection:
        mark_used(connection, key.id, NOON)
    with store.read() as connection:
        assert (
            connection.execute(select(api_keys.c.last_used_at).where(api_keys.c.id == row["id"])).scalar_one() == NOON
        )


@pytest.mark.usefixtures("cheap_passwords")
def test_people_and_systems_come_in_on_each_database(store_url: str) -> None:
    with serving(database_url=store_url) as client:
        person_in(services_in(client).store, "boss", Role.ADMINISTRATOR)
        opened = client.post("/v1/session", json={"name": "boss", "password": PASSWORD})
        headers = {CSRF_HEADER: opened.json()["csrf_token"]}
        made = client.post("/v1/keys", json={"name": "k", "actions": ["read_reports"]}, headers=headers).json()
        system = TestClient(client.app, headers={"Authorization": f"Bearer {made['secret']}"})
        assert system.get("/v1/reports").status_code == 200
        assert client.get("/v1/keys").json()["keys"][0]["last_used_at"] is not None
        assert client.delete("/v1/session", headers=headers).status_code == 204
        events = [event["action"] for event in _audit(client, session_headers(client, "boss"))]
    assert events == ["signed_out", "key_added", "signed_in", "account_added"]


def _audit(client: TestClient, headers: dict[str, str]) -> list[dict[str, str]]:
    events: list[dict[str, str]] = client.get("/v1/audit", headers=headers).json()["events"]
    return events
