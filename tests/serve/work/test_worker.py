"""Who holds a job: for how long without the database, and what becomes of a job that was let go of."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from hazardlens.serve.errors import UnavailableError
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.work.choosing import queue_of
from hazardlens.serve.work.errors import JobLostError, JobPostponedError
from hazardlens.serve.work.worker import LEASE, MAX_ATTEMPTS, Hold, Outcome, Worker
from support.serving import wait_until

TASK = "look"
BEAT_S = 0.01


def _now() -> datetime:
    return datetime.now(UTC)


class RestlessStore(Store):
    """Cannot be reached from the threads that beat while it is `away`; counts how often they asked."""

    away = False
    missed = 0

    @contextmanager
    def write(self) -> Iterator[Connection]:
        if self.away and threading.current_thread().name.startswith("beat-"):
            self.missed += 1
            raise StoreUnavailableError("away")
        with super().write() as connection:
            yield connection


@dataclass
class Looking:
    """A handler that does what a test says."""

    act: Callable[[Hold], None]
    waiting: int = 0
    given_up: list[str] = field(default_factory=list)

    def work(self, hold: Hold) -> None:
        self.act(hold)

    def tell_progress(self, connection: Connection, hold: Hold) -> None:
        pass

    def tell_waiting(self, connection: Connection, hold: Hold) -> None:
        self.waiting += 1

    def give_up(self, hold: Hold) -> None:
        self.given_up.append(hold.job.key)


@pytest.fixture
def restless(store: Store, store_url: str) -> Iterator[RestlessStore]:
    with store.write() as connection:
        queue_of(connection).put(connection, TASK, "a", now=_now())
    restless = RestlessStore(store_url)
    yield restless
    restless.close()


def worker_on(store: Store, handler: Looking, clock: Callable[[], float] = lambda: 0.0) -> Worker:
    return Worker(store, {TASK: handler}, now=_now, beat_s=BEAT_S, clock=clock)


def has_job(store: Store) -> bool:
    with store.read() as connection:
        return queue_of(connection).has(connection, TASK, "a")


def attempts_of(store: Store) -> int:
    with store.write() as connection:
        job = queue_of(connection).take(connection, now=_now(), lease=LEASE)
        assert job is not None
        queue_of(connection).retry(connection, job, _now(), counts=False)
    return job.attempts


def test_the_database_may_be_away_for_less_than_the_lease_however_often_it_is_asked(restless: RestlessStore) -> None:
    def look(hold: Hold) -> None:
        restless.away = True
        wait_until(lambda: restless.missed >= 8)
        restless.away = False
        assert not hold.is_over()
        with restless.write() as connection:
            hold.end(connection)

    assert worker_on(restless, Looking(look)).work_one() is Outcome.DONE
    assert not has_job(restless)


def test_a_job_is_let_go_of_after_a_lease_without_the_database_and_waits_again(restless: RestlessStore) -> None:
    seconds = [0.0]

    def look(hold: Hold) -> None:
        restless.away = True
        seconds[0] = LEASE.total_seconds()
        wait_until(hold.is_over)
        restless.away = False
        with restless.write() as connection:
            hold.end(connection)

    handler = Looking(look)
    assert worker_on(restless, handler, lambda: seconds[0]).work_one() is Outcome.POSTPONED
    assert has_job(restless)
    assert handler.waiting == 1
    assert attempts_of(restless) == 0


def test_a_job_that_was_withdrawn_is_taken_away_and_does_not_wait(restless: RestlessStore) -> None:
    def look(hold: Hold) -> None:
        with restless.write() as connection:
            queue_of(connection).withdraw(connection, TASK, "a")
        wait_until(hold.is_over)
        raise JobLostError("a")

    handler = Looking(look)
    worker = worker_on(restless, handler)
    assert worker.work_one() is Outcome.LOST
    assert handler.waiting == 0
    assert not has_job(restless)
    assert worker.work_one() is None


def test_somebody_elses_job_is_left_alone(restless: RestlessStore) -> None:
    def look(hold: Hold) -> None:
        with restless.write() as connection:
            queue_of(connection).finish(connection, hold.job)
            queue_of(connection).put(connection, TASK, "a", now=_now())
            queue_of(connection).take(connection, now=_now(), lease=LEASE)
        raise JobLostError("a")

    handler = Looking(look)
    assert worker_on(restless, handler).work_one() is Outcome.LOST
    assert handler.waiting == 0
    assert has_job(restless)


def test_a_server_that_stops_puts_its_job_back(restless: RestlessStore) -> None:
    def look(hold: Hold) -> None:
        worker.stop()
        assert hold.is_over()
        raise JobLostError("a")

    worker = worker_on(restless, Looking(look))
    assert worker.work_one() is Outcome.POSTPONED
    assert attempts_of(restless) == 0


@pytest.mark.parametrize("reason", [JobPostponedError("not now", timedelta(0)), UnavailableError("no model")])
def test_what_is_nobodys_fault_counts_no_attempt_and_forgets_none(
    restless: RestlessStore, reason: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(hold: Hold) -> None:
        raise outcomes.pop(0)

    for pause in ("_FIRST_PAUSE", "_AWAY"):
        monkeypatch.setattr(f"hazardlens.serve.work.worker.{pause}", timedelta(0))
    outcomes: list[Exception] = []
    for _ in range(MAX_ATTEMPTS):
        outcomes += [reason, RuntimeError("it fails")]
    handler = Looking(look)
    worker = worker_on(restless, handler)
    done = [worker.work_one() for _ in range(2 * MAX_ATTEMPTS)]
    assert done == [Outcome.POSTPONED, Outcome.RETRIED] * MAX_ATTEMPTS
    assert not handler.given_up
    assert worker.work_one() is Outcome.GIVEN_UP
    assert handler.given_up == ["a"]
