"""The table that operators edit, what became of messages, and how those who act close a report."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.model.triage.policy import load_policy
from hazardlens.serve.access.roles import Role
from hazardlens.serve.dispatch import targets
from hazardlens.serve.dispatch.addresses import without_secrets
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.services import Services
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import audit_events, deliveries
from support.dispatch import ROUTE, add_decided, delivery_of, enqueue, events_of, report_of, set_target
from support.people import authenticate_by_header, headers_of
from support.receiver import receiver
from support.serving import problem_of, serving, wait_until

TARGETS: Final = "/v1/dispatch/targets"
DELIVERIES: Final = "/v1/dispatch/deliveries"
ADMIN: Final = headers_of("admin", Role.ADMINISTRATOR)
REVIEWER: Final = headers_of("li")
URL: Final = "https://grid.example.org/hazards"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header, webhook_allow_private=True) as client:
        yield client


@pytest.fixture
def store(client: TestClient) -> Store:
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # it is a FastAPI app
    return services.store


def _put(client: TestClient, route: str = ROUTE, **body: Any) -> Any:  # noqa: ANN401 - a response
    return client.put(f"{TARGETS}/{route}", json={"version": 0, "url": URL, "enabled": True, **body}, headers=ADMIN)


def _target(client: TestClient, route: str = ROUTE) -> dict[str, Any]:
    targets = client.get(TARGETS, headers=REVIEWER).json()["targets"]
    found: dict[str, Any] = next(target for target in targets if target["route"] == route)
    return found


def test_every_route_of_the_policy_is_listed_with_its_names(client: TestClient) -> None:
    targets = client.get(TARGETS, headers=REVIEWER).json()["targets"]
    assert [target["route"] for target in targets] == list(load_policy().data.routes)
    assert _target(client, "fire_service") == {
        "route": "fire_service",
        "name": {"zh": "消防救援", "en": "Fire service"},
        "url": None,
        "has_secret": False,
        "enabled": False,
        "version": 0,
        "updated_at": None,
        "updated_by": None,
    }


def test_a_secret_is_made_and_shown_once(client: TestClient) -> None:
    changed = _put(client).json()
    assert changed["secret"].startswith("whs_")
    assert (changed["target"]["url"], changed["target"]["has_secret"], changed["target"]["version"]) == (URL, True, 1)
    assert changed["target"]["updated_by"] == "account:admin"
    again = _put(client, version=1, url=f"{URL}/2").json()
    assert (again["secret"], again["target"]["version"]) == (None, 2)
    assert changed["secret"] not in client.get(TARGETS, headers=ADMIN).text


def test_a_secret_can_be_chosen_and_renewed(client: TestClient, store: Store) -> None:
    chosen = "0123456789abcdef"
    assert _put(client, secret=chosen).json()["secret"] == chosen
    assert _put(client, version=1).json()["secret"] is None
    renewed = _put(client, version=2, renew_secret=True).json()["secret"]
    assert renewed not in {None, chosen}


def test_of_two_who_set_a_target_at_once_the_second_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _put(client).status_code == 200
    monkeypatch.setattr(targets, "target_of", lambda *_: None)  # as if the first were not committed yet
    problem_of(_put(client), 409, "dispatch_target_changed")


def test_two_operators_do_not_overwrite_each_other(client: TestClient) -> None:
    assert _put(client).status_code == 200
    problem_of(_put(client, url="https://other.example.org/"), 409, "dispatch_target_changed")
    problem_of(_put(client, version=5), 409, "dispatch_target_changed")
    assert _target(client)["url"] == without_secrets(URL)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://grid example.org/"}, "dispatch_url_refused"),
        ({"url": "ftp://grid.example.org/"}, "dispatch_url_refused"),
        ({"url": None}, "dispatch_url_refused"),
        ({"secret": "short"}, "field_invalid"),
        ({"secret": "with spaces in it, 16"}, "field_invalid"),
        ({"version": -1}, "field_invalid"),
        ({"colour": "red"}, "field_unknown"),
    ],
    ids=["spaces", "other scheme", "enabled without address", "short", "spaces in a secret", "version", "unknown"],
)
def test_what_a_target_cannot_be_is_refused(client: TestClient, body: dict[str, Any], code: str) -> None:
    problem_of(_put(client, **body), 422, code)
    assert _target(client)["version"] == 0


def test_private_addresses_are_refused_unless_a_setting_allows_them() -> None:
    with serving(authenticate=authenticate_by_header) as client:
        for url in ("http://grid.example.org/", "https://10.0.0.1/", "https://[::1]/"):
            assert "webhook_allow_private" in problem_of(_put(client, url=url), 422, "dispatch_url_refused").detail


def test_a_route_that_the_policy_does_not_know_has_no_target(client: TestClient) -> None:
    problem_of(_put(client, "moon"), 404, "dispatch_route_unknown")
    problem_of(client.post(f"{TARGETS}/moon/test", headers=ADMIN), 404, "dispatch_route_unknown")


def test_a_row_whose_route_the_policy_lost_is_still_seen_and_can_be_switched_off(
    client: TestClient, store: Store
) -> None:
    set_target(store, URL, route="old_route")
    assert _target(client, "old_route")["name"] is None
    assert _put(client, "old_route", version=1, enabled=False).status_code == 200


def test_changes_are_in_the_audit_log_without_the_secret(client: TestClient, store: Store) -> None:
    secret = _put(client).json()["secret"]
    _put(client, version=1, enabled=False)
    with store.read() as connection:
        events = list(connection.execute(select(audit_events)).mappings())
    assert [(event["action"], event["target"], event["actor"]) for event in events] == [
        ("dispatch_target_set", f"route:{ROUTE}", "account:admin")
    ] * 2
    assert events[1]["detail"]["before"]["enabled"] is True
    assert events[1]["detail"]["after"]["enabled"] is False
    assert secret not in str(events)


def test_a_token_in_an_address_is_for_those_who_may_edit_it(client: TestClient, store: Store) -> None:
    with receiver() as server:
        url = f"{server.url}/hush?access_token=hush"
        _put(client, url=url)
        _put(client, url=f"{url}2", version=1)
        assert client.post(f"{TARGETS}/{ROUTE}/test", headers=ADMIN).json()["delivered"] is True
    assert server.received[0].path == "/hazards/hush?access_token=hush2"
    assert f"{url}2" in client.get(TARGETS, headers=ADMIN).text
    shown = f"http://127.0.0.1:{server.port}/…"
    assert _target(client)["url"] == shown
    assert "hush" not in client.get(TARGETS, headers=REVIEWER).text
    with store.read() as connection:
        details = connection.execute(select(audit_events.c.detail).order_by(audit_events.c.seq)).scalars().all()
    assert "hush" not in str(details)
    assert [detail["new_url"] for detail in details[:2]] == [True, True]
    assert (details[1]["before"]["url"], details[2]["url"]) == (shown,) * 2


def test_a_test_message_tells_what_came_of_it(client: TestClient, store: Store) -> None:
    with receiver() as server:
        _put(client, url=server.url, enabled=False)
        result = client.post(f"{TARGETS}/{ROUTE}/test", headers=ADMIN).json()
    assert result == {"delivered": True, "status": 204, "error": None}
    assert b'"type":"test"' in server.received[0].body
    result = client.post(f"{TARGETS}/{ROUTE}/test", headers=ADMIN).json()
    assert result["delivered"] is False
    assert "no connection" in result["error"]
    with store.read() as connection:
        assert connection.execute(select(deliveries)).first() is None
        actions = connection.execute(select(audit_events.c.action)).scalars().all()
    assert actions.count("dispatch_target_tested") == 2


def test_a_target_without_address_cannot_be_tried(client: TestClient) -> None:
    _put(client, url=None, enabled=False)
    problem_of(client.post(f"{TARGETS}/{ROUTE}/test", headers=ADMIN), 422, "dispatch_url_refused")


def _dead(store: Store) -> str:
    delivery_id = enqueue(store, add_decided(store))
    assert delivery_id is not None
    with store.write() as connection:
        dead = {"state": DeliveryState.DEAD, "attempts": 20, "last_error": "answered 500"}
        connection.execute(deliveries.update().where(deliveries.c.id == delivery_id).values(**dead))
    return delivery_id


def test_dead_letters_are_seen_and_sent_again(client: TestClient, store: Store) -> None:
    with receiver() as server:
        set_target(store, server.url)
        delivery_id = _dead(store)
        page = client.get(f"{DELIVERIES}?state=dead", headers=REVIEWER).json()
        assert [(row["id"], row["last_error"]) for row in page["deliveries"]] == [(delivery_id, "answered 500")]
        assert page["deliveries"][0]["next_at"] is None
        assert page["counts"] == {"waiting": 0, "delivered": 0, "dead": 1, "withdrawn": 0}
        retried = client.post(f"{DELIVERIES}/{delivery_id}/retry", headers=ADMIN).json()
        assert (retried["state"], retried["attempts"]) == ("waiting", 0)
        wait_until(lambda: delivery_of(store, delivery_id)["state"] == DeliveryState.DELIVERED)
    problem_of(client.post(f"{DELIVERIES}/{delivery_id}/retry", headers=ADMIN), 409, "delivery_not_dead")
    with store.read() as connection:
        assert connection.execute(select(audit_events.c.action)).scalars().all() == ["delivery_retried"]


def test_a_delivery_that_is_not_there_cannot_be_sent_again(client: TestClient) -> None:
    problem_of(client.post(f"{DELIVERIES}/0/retry", headers=ADMIN), 404, "delivery_missing")


def test_pages_follow_each_other(client: TestClient, store: Store) -> None:
    set_target(store, URL, enabled=True)
    made = [_dead(store) for _ in range(5)]
    seen: list[str] = []
    query = f"{DELIVERIES}?limit=2"
    while True:
        page = client.get(query, headers=REVIEWER).json()
        seen += [row["id"] for row in page["deliveries"]]
        if page["next"] is None:
            break
        query = f"{DELIVERIES}?limit=2&after={page['next']}"
    assert sorted(seen) == sorted(made)
    assert seen == sorted(seen, reverse=True)


def test_deliveries_of_one_report_or_route(client: TestClient, store: Store) -> None:
    set_target(store, URL)
    delivery = delivery_of(store, _dead(store))
    _dead(store)
    found = client.get(f"{DELIVERIES}?report_id={delivery['report_id']}", headers=REVIEWER).json()["deliveries"]
    assert [row["id"] for row in found] == [delivery["id"]]
    assert client.get(f"{DELIVERIES}?route=fire_service", headers=REVIEWER).json()["deliveries"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("state=lost", "field_invalid"),
        ("limit=0", "field_invalid"),
        ("route=%00", "field_invalid"),
        ("colour=red", "field_unknown"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: TestClient, query: str, code: str) -> None:
    problem_of(client.get(f"{DELIVERIES}?{query}", headers=REVIEWER), 422, code)


@pytest.mark.parametrize("state", [State.CONFIRMED, State.CORRECTED, State.FORWARDED])
def test_those_who_act_close_a_report(client: TestClient, store: Store, state: State) -> None:
    report_id = add_decided(store, state=state)
    body = {"status": "resolved", "note": "井盖已更换"}
    for _ in range(2):
        closed = client.post(f"/v1/reports/{report_id}/resolution", json=body, headers=REVIEWER).json()
        assert (closed["id"], closed["state"], closed["version"]) == (report_id, "resolved", 3)
        assert closed["resolved_at"] is not None
    assert events_of(store, report_id) == [("resolve", "account:li", "井盖已更换")]


@pytest.mark.parametrize("state", [State.PREFILLED, State.IN_REVIEW, State.REJECTED, State.CANNOT_TELL])
def test_a_report_that_nobody_confirmed_cannot_be_closed(client: TestClient, store: Store, state: State) -> None:
    report_id = add_decided(store, state=state)
    answer = client.post(f"/v1/reports/{report_id}/resolution", json={"status": "resolved"}, headers=REVIEWER)
    problem_of(answer, 409, "move_not_allowed")


def test_a_report_that_is_not_there_cannot_be_closed(client: TestClient) -> None:
    answer = client.post("/v1/reports/0/resolution", json={"status": "resolved"}, headers=REVIEWER)
    problem_of(answer, 404, "report_missing")


@pytest.mark.parametrize("body", [{}, {"status": "done"}, {"status": "resolved", "note": "a" * 2001}])
def test_a_resolution_says_resolved(client: TestClient, store: Store, body: dict[str, str]) -> None:
    answer = client.post(f"/v1/reports/{add_decided(store)}/resolution", json=body, headers=REVIEWER)
    problem_of(answer, 422, "field_invalid")


def test_from_the_decision_of_a_reviewer_to_the_receiver_and_back(client: TestClient, store: Store) -> None:
    """Nothing is faked but the receiver: claimed and confirmed by a person, told, and closed by those who act."""
    with receiver() as server:
        _put(client, url=server.url)
        report_id = add_decided(store, state=State.PREFILLED, decided_at=None, decided_by=None)
        path = f"/v1/reports/{report_id}"
        claimed = client.post(f"{path}/claim", json={"version": 2}, headers=REVIEWER).json()
        decision = {"version": claimed["version"], "verdict": "confirm", "category": claimed["category"]}
        decided = client.post(
            f"{path}/review", json={**decision, "urgency": claimed["urgency"]}, headers=REVIEWER
        ).json()
        assert decided["state"] == "confirmed", decided
        wait_until(lambda: report_of(store, report_id)["state"] == State.FORWARDED)
    assert len(server.received) == 1
    closed = client.post(f"{path}/resolution", json={"status": "resolved"}, headers=REVIEWER).json()
    assert closed["state"] == "resolved"
    assert [action for action, *_ in events_of(store, report_id)] == ["claim", "confirm", "forward", "resolve"]
