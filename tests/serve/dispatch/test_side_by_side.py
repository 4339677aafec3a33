"""Several routes at once, one message at a time each, on each kind of database."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hazardlens.serve.dispatch import worker as worker_module
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.dispatch.sending import Sender
from hazardlens.serve.dispatch.worker import DeliveryWorker
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import deliveries
from support.dispatch import LATER, ROUTE, add_decided, enqueue, set_target
from support.receiver import Answer, Received, receiver
from support.serving import PATIENCE_S, serving, wait_until

OTHER = "fire_service"


def _worker(store: Store, *, senders: int) -> DeliveryWorker:
    sender = Sender(PATIENCE_S, allow_private=True, now=lambda: LATER)
    return DeliveryWorker(store, sender, max_attempts=20, now=lambda: LATER, draw=lambda: 0.0, senders=senders)


def _enqueue(store: Store, route: str, count: int) -> list[str]:
    """Ids in the order in which they are due."""
    return sorted(enqueue(store, add_decided(store, route=route)) or "" for _ in range(count))


def _delivered(store: Store) -> int:
    with store.read() as connection:
        query = select(deliveries.c.id).where(deliveries.c.state == DeliveryState.DELIVERED)
        return len(connection.execute(query).all())


def _ids(received: list[Received]) -> list[str]:
    return [str(request.headers["X-Hazardlens-Delivery"]) for request in received]


@contextlib.contextmanager
def _sending(*workers: DeliveryWorker) -> Iterator[None]:
    threads = [thread for worker in workers for thread in worker.start()]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads)


def test_a_slow_receiver_delays_its_own_route_and_nobody_elses(store: Store) -> None:
    """Costs 1 s: the threads' first round."""
    answered = threading.Event()

    def answer_late(_: Received) -> Answer:
        answered.wait(PATIENCE_S)
        return Answer()

    with receiver(answer_late) as slow, receiver() as quick:
        set_target(store, slow.url)
        set_target(store, quick.url, route=OTHER)
        theirs = _enqueue(store, ROUTE, 3)
        with store.write() as connection:  # whoever is free would take these first
            connection.execute(update(deliveries).values(next_at=LATER - timedelta(minutes=1)))
        others = _enqueue(store, OTHER, 4)
        with _sending(_worker(store, senders=3)):
            try:
                wait_until(lambda: _delivered(store) == len(others))
                assert _ids(quick.received) == others
                assert _ids(slow.received) == theirs[:1]
            finally:
                answered.set()
            wait_until(lambda: _delivered(store) == len(theirs) + len(others))
    assert _ids(slow.received) == theirs


def test_a_worker_that_is_told_to_stop_sees_what_is_under_way_to_its_end_and_begins_nothing(store: Store) -> None:
    """Costs 1 s: the threads' first round."""
    answered = threading.Event()

    def answer_late(_: Received) -> Answer:
        answered.wait(PATIENCE_S)
        return Answer()

    with receiver(answer_late) as server:
        set_target(store, server.url)
        waiting = _enqueue(store, ROUTE, 2)
        worker = _worker(store, senders=2)
        with _sending(worker):
            wait_until(lambda: len(server.received) == 1)
            worker.stop()
            answered.set()
    assert _ids(server.received) == waiting[:1]
    assert _delivered(store) == 1


def test_several_servers_with_several_threads_send_each_message_once(store: Store) -> None:
    """Costs 1 s: the threads' first round."""
    with receiver() as one, receiver() as another:
        set_target(store, one.url)
        set_target(store, another.url, route=OTHER)
        theirs, others = _enqueue(store, ROUTE, 5), _enqueue(store, OTHER, 5)
        with _sending(_worker(store, senders=3), _worker(store, senders=3)):
            wait_until(lambda: _delivered(store) == len(theirs) + len(others))
    assert sorted(_ids(one.received)) == theirs
    assert sorted(_ids(another.received)) == others


def test_a_route_is_free_again_when_an_outcome_cannot_be_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    with receiver() as server:
        set_target(store, server.url)
        waiting = _enqueue(store, ROUTE, 2)
        worker = _worker(store, senders=1)
        with monkeypatch.context() as patch:
            patch.setattr(worker_module, "write_outcome", fail)
            with pytest.raises(ZeroDivisionError):
                worker.send_one()
        assert worker.send_one() is True
    assert _ids(server.received) == waiting


def test_a_setting_says_how_many_there_are() -> None:
    def senders() -> list[str]:
        return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("deliveries"))

    with serving(webhook_senders=2):
        assert senders() == ["deliveries-0", "deliveries-1"]
    assert senders() == []
