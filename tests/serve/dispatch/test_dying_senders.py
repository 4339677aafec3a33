"""Servers that die, hang or come too late while they send, on each kind of database."""

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from hazardlens.serve.dispatch.outbox import DeliveryState, claim_due
from hazardlens.serve.dispatch.outcomes import Patience, write_outcome
from hazardlens.serve.dispatch.sending import Outcome, Sender
from hazardlens.serve.dispatch.worker import DeliveryWorker
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.engine import Store
from support.dispatch import (
    LATER,
    delivery_of,
    events_of,
    report_of,
    waiting_delivery,
)
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


def test_a_server_that_dies_in_the_middle_leaves_it_to_be_sent_again_under_the_same_id(store: Store) -> None:
    clock = _Clock()
    with receiver() as server:
        report_id, delivery_id = waiting_delivery(store, server.url)
        with store.write() as connection:  # taken, perhaps sent, and never heard of again
            dead = claim_due(connection, clock(), lease=timedelta(seconds=100))
        worker = _worker(store, clock)
        assert worker.send_one() is False
        clock.pass_(seconds=100)
        assert worker.send_one() is True
        assert dead is not None
        assert server.received[0].headers["X-Hazardlens-Delivery"] == dead.id == delivery_id
        # It was not dead after all, only slow: what it has to say comes too late, and changes nothing.
        with store.write() as connection:
            late = write_outcome(connection, dead, Outcome(None, {}, "late"), clock(), Patience(1, 0.0))
    assert late is None
    assert delivery_of(store, delivery_id)["state"] == DeliveryState.DELIVERED
    assert events_of(store, report_id) == [FORWARDED]


def test_a_server_whose_lease_ran_out_has_no_say_while_another_sends(store: Store) -> None:
    _, delivery_id = waiting_delivery(store, "http://127.0.0.1:1/")
    lease = timedelta(seconds=100)
    with store.write() as connection:
        slow = claim_due(connection, LATER, lease=lease)
    with store.write() as connection:
        fast = claim_due(connection, LATER + lease, lease=lease)
    assert slow is not None
    assert fast is not None
    refused, arrived = Outcome(500, {}, "answered 500"), Outcome(204, {}, None)
    with store.write() as connection:
        assert write_outcome(connection, slow, refused, LATER + lease, Patience(1, 0.0)) is None
        assert write_outcome(connection, fast, arrived, LATER + lease, Patience(1, 0.0)) is DeliveryState.DELIVERED
    assert delivery_of(store, delivery_id)["last_error"] is None


DYING: Final = """
import sys, datetime
from hazardlens.serve.dispatch.sending import Sender
from hazardlens.serve.dispatch.worker import DeliveryWorker
from hazardlens.serve.store.engine import Store
now = lambda: datetime.datetime.fromisoformat(sys.argv[2])
sender = Sender(60, allow_private=True, now=now)
DeliveryWorker(Store(sys.argv[1]), sender, max_attempts=20, now=now, draw=lambda: 0.0).send_one()
"""


def test_a_server_that_is_killed_while_it_sends_loses_nothing(store: Store, store_url: str) -> None:
    """Costs 3 s: a real process, and a real kill, while the receiver has the message and has not answered yet."""
    killed = threading.Event()

    def answer(_: object) -> Answer:
        killed.wait(PATIENCE_S)
        return Answer()

    with receiver(answer) as server:
        report_id, delivery_id = waiting_delivery(store, server.url)
        with subprocess.Popen([sys.executable, "-c", DYING, store_url, LATER.isoformat()]) as process:
            wait_until(lambda: len(server.received) == 1)
            process.kill()
        killed.set()
        assert delivery_of(store, delivery_id)["state"] == DeliveryState.WAITING
        assert _worker(store).send_one() is False
        assert _worker(store, lambda: LATER + timedelta(minutes=10)).send_one() is True
    assert [request.headers["X-Hazardlens-Delivery"] for request in server.received] == [delivery_id] * 2
    assert report_of(store, report_id)["state"] == State.FORWARDED
    assert events_of(store, report_id) == [FORWARDED]
