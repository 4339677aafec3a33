"""From the outbox to the receiver and back into the report, on each kind of database."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.roles import Role
from hazardlens.serve.dispatch import worker as worker_module
from hazardlens.serve.dispatch.deliveries import retry_delivery
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.dispatch.outcomes import pause_after
from hazardlens.serve.dispatch.sending import Sender
from hazardlens.serve.dispatch.worker import DeliveryWorker
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.store.tables import deliveries, reports
from support.dispatch import (
    LATER,
    add_decided,
    delivery_of,
    enqueue,
    events_of,
    report_of,
    set_target,
    waiting_delivery,
)
from support.people import person
from support.receiver import Answer, receiver
from support.serving import PATIENCE_S, wait_until

FORWARDED = ("forward", "system", None)


class _Clock:
    def __init__(self) -> None:
        self.time = LATER

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, **duration: float) -> None:
        self.time += timedelta(**duration)


def _worker(store: Store, clock: Callable[[], datetime] = lambda: LATER, *, max_attempts: int = 20) -> DeliveryWorker:
    sender = Sender(PATIENCE_S, allow_private=True, now=clock)
    return DeliveryWorker(store, sender, max_attempts=max_attempts, now=clock, draw=lambda: 0.0)


def test_a_message_that_arrives_moves_the_report_on(store: Store) -> None:
    with receiver() as server:
        report_id, delivery_id = waiting_delivery(store, server.url)
        worker = _worker(store)
        assert worker.send_one() is True
        assert worker.send_one() is False
    (received,) = server.received
    assert received.headers["X-Hazardlens-Delivery"] == delivery_id
    assert json.loads(received.body)["report"]["id"] == report_id
    delivery = delivery_of(store, delivery_id)
    assert (delivery["state"], delivery["delivered_at"], delivery["attempts"]) == (DeliveryState.DELIVERED, LATER, 1)
    report = report_of(store, report_id)
    assert (report["state"], report["forwarded_at"], report["version"]) == (State.FORWARDED, LATER, 3)
    assert events_of(store, report_id) == [FORWARDED]


def test_the_answer_may_close_the_report(store: Store) -> None:
    answer = Answer(200, json.dumps({"status": "resolved", "note": "已清理"}).encode())
    with receiver(lambda _: answer) as server:
        report_id, _ = waiting_delivery(store, server.url)
        _worker(store).send_one()
    report = report_of(store, report_id)
    assert (report["state"], report["resolved_at"]) == (State.RESOLVED, LATER)
    assert events_of(store, report_id) == [FORWARDED, ("resolve", "system", "已清理")]


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        ({"status": "resolved"}, None),
        ({"status": "resolved", "note": 5}, None),
        ({"status": "resolved", "note": "a" * 5000}, "a" * 2000),
        ({"status": "resolved", "note": "a\0b\ud800c"}, "ab?c"),
    ],
)
def test_a_note_that_cannot_be_kept_as_it_is_is_no_reason_to_fail(
    store: Store, answer: dict[str, object], note: str | None
) -> None:
    with receiver(lambda _: Answer(200, json.dumps(answer).encode())) as server:
        report_id, _ = waiting_delivery(store, server.url)
        _worker(store).send_one()
    assert events_of(store, report_id)[-1] == ("resolve", "system", note)


@pytest.mark.parametrize("answer", [{"status": "accepted"}, {"status": ["resolved"]}, {"note": "resolved"}])
def test_other_answers_leave_it_forwarded(store: Store, answer: dict[str, object]) -> None:
    with receiver(lambda _: Answer(200, json.dumps(answer).encode())) as server:
        report_id, _ = waiting_delivery(store, server.url)
        _worker(store).send_one()
    assert report_of(store, report_id)["state"] == State.FORWARDED


def test_a_report_that_was_reopened_meanwhile_stays_where_people_moved_it(store: Store) -> None:
    def reopen(_: object) -> Answer:
        with store.write() as connection:
            connection.execute(update(reports).values(state=State.IN_REVIEW.value))
        return Answer(200, b'{"status": "resolved"}')

    with receiver(reopen) as server:
        report_id, delivery_id = waiting_delivery(store, server.url)
        _worker(store).send_one()
    assert delivery_of(store, delivery_id)["state"] == DeliveryState.DELIVERED
    assert report_of(store, report_id)["state"] == State.IN_REVIEW
    assert events_of(store, report_id) == []


def test_what_is_refused_is_tried_again_later_and_later_and_then_given_up(store: Store) -> None:
    clock = _Clock()
    with receiver(lambda _: Answer(404)) as server:
        report_id, delivery_id = waiting_delivery(store, server.url)
        worker = _worker(store, clock, max_attempts=3)
        for attempt, pause_s in ((1, 5), (2, 10)):
            assert worker.send_one() is True
            delivery = delivery_of(store, delivery_id)
            assert (delivery["state"], delivery["attempts"]) == (DeliveryState.WAITING, attempt)
            assert (delivery["last_error"], delivery["next_at"]) == (
                "answered 404",
                clock() + timedelta(seconds=pause_s),
            )
            assert worker.send_one() is False
            clock.pass_(seconds=pause_s)
        assert worker.send_one() is True
        assert delivery_of(store, delivery_id)["state"] == DeliveryState.DEAD
        clock.pass_(days=1)
        assert worker.send_one() is False
    assert len({request.headers["X-Hazardlens-Delivery"] for request in server.received}) == 1
    assert len(server.received) == 3
    assert report_of(store, report_id)["state"] == State.CONFIRMED


def test_what_was_given_up_can_be_tried_again_under_the_same_id(store: Store) -> None:
    answers = iter([Answer(500), Answer(204)])
    clock = _Clock()
    with receiver(lambda _: next(answers)) as server:
        report_id, delivery_id = waiting_delivery(store, server.url)
        worker = _worker(store, clock, max_attempts=1)
        worker.send_one()
        assert delivery_of(store, delivery_id)["state"] == DeliveryState.DEAD
        clock.pass_(minutes=1)
        with store.write() as connection:
            retry_delivery(connection, _act(clock()), delivery_id)
        assert worker.send_one() is True
    assert delivery_of(store, delivery_id)["state"] == DeliveryState.DELIVERED
    assert report_of(store, report_id)["state"] == State.FORWARDED
    assert [request.headers["X-Hazardlens-Delivery"] for request in server.received] == [delivery_id] * 2


def _act(now: datetime) -> Act:
    return Act(person("admin", Role.ADMINISTRATOR), now)


def test_a_receiver_that_is_down_does_not_hold_up_the_others(store: Store) -> None:
    clock = _Clock()
    with receiver() as good, receiver(lambda _: Answer(503)) as down:
        set_target(store, down.url)
        set_target(store, good.url, route="fire_service")
        for _ in range(3):
            enqueue(store, add_decided(store))
        good_id = enqueue(store, add_decided(store, route="fire_service")) or ""
        worker = _worker(store, clock)
        while worker.send_one():
            pass
        assert delivery_of(store, good_id)["state"] == DeliveryState.DELIVERED
        assert len(down.received) == 1
        clock.pass_(seconds=60)
        assert worker.send_one() is True
        assert len(down.received) == 2


def test_a_message_that_is_refused_alone_does_not_stop_those_behind_it(store: Store) -> None:
    with receiver(lambda _: Answer(422)) as server:
        set_target(store, server.url)
        for _ in range(3):
            enqueue(store, add_decided(store))
        worker = _worker(store)
        while worker.send_one():
            pass
    assert len(server.received) == 3


def test_the_thread_sends_by_itself_and_ends_when_told(store: Store) -> None:
    with receiver() as server:
        _, delivery_id = waiting_delivery(store, server.url)
        worker = _worker(store)
        (thread,) = worker.start()
        wait_until(lambda: delivery_of(store, delivery_id)["state"] == DeliveryState.DELIVERED)
        worker.stop()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_the_thread_outlives_a_database_that_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "POLL_S", 0.01)
    asked: list[int] = []
    real = Store.read

    def failing(self: Store) -> AbstractContextManager[Connection]:
        asked.append(1)
        if len(asked) == 1:
            raise StoreUnavailableError("gone")
        if len(asked) == 2:
            raise ZeroDivisionError("a mistake of ours")
        return real(self)

    with receiver() as server:
        waiting_delivery(store, server.url)
        monkeypatch.setattr(Store, "read", failing)
        worker = _worker(store)
        (thread,) = worker.start()
        wait_until(lambda: len(server.received) == 1)
        worker.stop()
        thread.join(PATIENCE_S)


def test_pauses_grow_up_to_an_hour_and_half_of_them_is_by_lot() -> None:
    seconds = [pause_after(attempt, 0.0).total_seconds() for attempt in (1, 2, 3, 9, 10, 1000)]
    assert seconds == [5, 10, 20, 1280, 1800, 1800]
    assert pause_after(1, 0.5) == timedelta(seconds=7.5)
    assert pause_after(1000, 1.0) == timedelta(hours=1)


def test_deliveries_keep_their_own_time(store: Store) -> None:
    _, delivery_id = waiting_delivery(store, "http://127.0.0.1:1/")
    with store.write() as connection:
        connection.execute(update(deliveries).values(next_at=LATER + timedelta(microseconds=1), attempts=1))
    assert _worker(store).send_one() is False
    assert delivery_of(store, delivery_id)["attempts"] == 1
