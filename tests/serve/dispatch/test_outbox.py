"""What has to be told is written with the decision, and taken by one server at a time; on each kind of database."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from hazardlens.model.taxonomy import Category
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.dispatch.deliveries import retry_delivery
from hazardlens.serve.dispatch.errors import DeliveryNotDeadError
from hazardlens.serve.dispatch.outbox import Claimed, DeliveryState, claim_due, enqueue_delivery, is_due
from hazardlens.serve.dispatch.outcomes import Patience, write_outcome
from hazardlens.serve.dispatch.sending import Outcome
from hazardlens.serve.reports.changes import locked_report
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import deliveries, dispatch_targets, reports
from support.dispatch import LATER, ROUTE, SECRET, add_decided, delivery_of, enqueue, set_target, waiting_delivery
from support.postgres import PostgresServer
from support.reports import prefill_of
from support.serving import wait_until

LEASE = timedelta(seconds=100)
URL = "http://127.0.0.1:1/"


def _claim(store: Store, after: timedelta = timedelta(0), resting: tuple[str, ...] = ()) -> Claimed | None:
    with store.write() as connection:
        return claim_due(connection, LATER + after, lease=LEASE, resting=resting)


def _count(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(deliveries)).scalar_one()


@pytest.mark.parametrize("state", [State.CONFIRMED, State.CORRECTED])
def test_a_decision_waits_to_be_told(store: Store, state: State) -> None:
    set_target(store)
    report_id = add_decided(store, state=state, external_id="12345-6", latitude=31.2, longitude=121.5)
    delivery = delivery_of(store, enqueue(store, report_id) or "")
    assert (delivery["state"], delivery["attempts"], delivery["next_at"]) == (DeliveryState.WAITING, 0, LATER)
    message = delivery["payload"]
    assert message["type"] == "report_decided"
    told = message["report"]
    assert (told["id"], told["state"], told["route"]) == (report_id, state, ROUTE)
    assert (told["external_id"], told["latitude"], told["longitude"]) == ("12345-6", 31.2, 121.5)
    assert told["decided_at"] == LATER.isoformat()
    assert told["media"] == [
        {
            "n": 0,
            "kind": "image",
            "width": 640,
            "height": 480,
            "preview": f"/v1/reports/{report_id}/media/0?form=preview",
        }
    ]


def test_it_is_not_told_who_reported_it(store: Store) -> None:
    set_target(store)
    report_id = add_decided(store, reporter="王小明 13800000000")
    delivery = delivery_of(store, enqueue(store, report_id) or "")
    assert "王小明" not in json.dumps(delivery["payload"], ensure_ascii=False)


@pytest.mark.parametrize(("category", "told"), [(Category.STACKED_CLUTTER, True), (Category.BLOCKED_FIRE_EXIT, False)])
def test_external_codes_go_with_the_category_that_they_are_of(store: Store, category: Category, told: bool) -> None:
    set_target(store)
    codes = {"gb_t_47678_5_2026": {"code": "06036"}}
    prefill = prefill_of(Category.STACKED_CLUTTER, "routine", 0.9) | {"codes": codes}
    report_id = add_decided(store, category=str(category), prefill=prefill)
    found = delivery_of(store, enqueue(store, report_id) or "")["payload"]["report"]["codes"]
    assert found == (codes if told else {})


@pytest.mark.parametrize(
    "columns",
    [
        {"state": State.REJECTED},
        {"state": State.CANNOT_TELL},
        {"state": State.PREFILLED},
        {"category": Category.NOT_A_HAZARD.value},
        {"prefilled": False},
        {"route": "fire_service"},
        {"route": None},
    ],
    ids=["rejected", "cannot tell", "undecided", "no hazard", "no category", "a route without target", "no route"],
)
def test_nothing_waits_where_there_is_nothing_or_nobody_to_tell(store: Store, columns: dict[str, Any]) -> None:
    set_target(store)
    report_id = add_decided(store, **columns)
    assert enqueue(store, report_id) is None
    assert _count(store) == 0


@pytest.mark.parametrize(("url", "enabled"), [(None, True), (URL, False)], ids=["no address", "not enabled"])
def test_nothing_waits_for_a_target_that_takes_nothing(store: Store, url: str | None, enabled: bool) -> None:
    set_target(store, url, enabled=enabled)
    assert enqueue(store, add_decided(store)) is None


def test_a_decision_that_is_undone_is_not_told(store: Store) -> None:
    set_target(store)
    report_id = add_decided(store)

    def decide_and_fail() -> None:
        with store.write() as connection:
            assert enqueue_delivery(connection, locked_report(connection, report_id), LATER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_and_fail()
    assert _count(store) == 0


def test_of_two_decisions_only_the_later_one_is_told(store: Store) -> None:
    report_id, first = waiting_delivery(store, URL)
    second = enqueue(store, report_id) or ""
    assert delivery_of(store, first)["state"] == DeliveryState.WITHDRAWN
    claimed = _claim(store)
    assert claimed is not None
    assert claimed.id == second
    assert _claim(store) is None


def test_a_decision_that_was_given_up_is_not_told_after_a_later_one(store: Store) -> None:
    report_id, first = waiting_delivery(store, URL)
    with store.write() as connection:
        connection.execute(update(deliveries).values(state=DeliveryState.DEAD))
    enqueue(store, report_id)
    act = Act(SYSTEM, LATER)
    with store.write() as connection, pytest.raises(DeliveryNotDeadError):
        retry_delivery(connection, act, first)


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.REJECTED, State.RESOLVED, State.PREFILLED])
def test_a_decision_that_no_longer_holds_is_not_told(store: Store, state: State) -> None:
    report_id, delivery_id = waiting_delivery(store, URL)
    with store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == report_id).values(state=state.value))
    assert _claim(store) is None
    assert delivery_of(store, delivery_id)["state"] == DeliveryState.WITHDRAWN


def test_what_is_claimed_is_left_alone_until_its_lease_ends(store: Store) -> None:
    report_id, delivery_id = waiting_delivery(store, URL)
    claimed = _claim(store)
    assert claimed is not None
    assert (claimed.id, claimed.report_id, claimed.attempt) == (delivery_id, report_id, 1)
    assert (claimed.url, claimed.secret, claimed.route) == (URL, SECRET, ROUTE)
    assert _claim(store, LEASE - timedelta(seconds=1)) is None
    again = _claim(store, LEASE)
    assert again is not None
    assert (again.id, again.attempt) == (delivery_id, 2)


def test_what_was_never_tried_is_due_though_the_clock_has_gone_back(store: Store) -> None:
    waiting_delivery(store, URL)
    hour = timedelta(hours=1)
    assert _claim(store, -hour) is not None
    assert _claim(store, -hour) is None  # it is being sent


def test_a_target_that_is_switched_off_keeps_its_deliveries(store: Store) -> None:
    _, delivery_id = waiting_delivery(store, URL)
    for enabled in (False, True):
        with store.write() as connection:
            connection.execute(update(dispatch_targets).values(enabled=enabled))
        assert (_claim(store) is not None) is enabled
    assert delivery_of(store, delivery_id)["state"] == DeliveryState.WAITING


def test_resting_routes_are_left_alone(store: Store) -> None:
    waiting_delivery(store, URL)
    assert _claim(store, resting=(ROUTE,)) is None
    with store.read() as connection:
        assert not is_due(connection, LATER, [ROUTE])
        assert is_due(connection, LATER, ["fire_service"])


def test_many_servers_take_each_delivery_once(store: Store) -> None:
    set_target(store)
    expected = {enqueue(store, add_decided(store)) for _ in range(20)}
    taken: list[str] = []
    start = threading.Barrier(5)

    def take() -> None:
        start.wait()
        while (claimed := _claim(store)) is not None:
            taken.append(claimed.id)

    threads = [threading.Thread(target=take) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 20
    assert set(taken) == expected


def test_a_server_that_takes_one_does_not_hold_up_the_others(postgres: PostgresServer) -> None:
    store = Store(postgres.new_database())
    store.migrate()
    set_target(store)
    first, second = (enqueue(store, add_decided(store)) for _ in range(2))
    with store.write() as connection:
        mine = claim_due(connection, LATER, lease=LEASE)
        theirs = _claim(store)
    assert mine is not None
    assert theirs is not None
    assert {mine.id, theirs.id} == {first, second}
    store.close()


def test_a_review_and_the_note_of_an_answer_do_not_block_each_other(postgres: PostgresServer) -> None:
    store = Store(postgres.new_database())
    store.migrate()
    report_id, _ = waiting_delivery(store, URL)
    claimed = _claim(store)
    assert claimed is not None
    noted: list[DeliveryState | None] = []

    def note() -> None:
        with store.write() as connection:
            noted.append(write_outcome(connection, claimed, Outcome(200, {}, None), LATER, Patience(5, 0.5)))

    thread = threading.Thread(target=note)
    with store.write() as connection:
        row = locked_report(connection, report_id)
        thread.start()
        wait_until(lambda: _waits_for_a_lock(store))
        enqueue_delivery(connection, row, LATER)
    thread.join()
    assert noted == [None], "the message was withdrawn while it was on its way"
    store.close()


def _waits_for_a_lock(store: Store) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.read() as connection:
        return bool(connection.scalar(text(query)))
