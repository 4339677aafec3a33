"""The durable queue, the same on each kind of database: kept with its reason, held by one, lost by nobody."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hazardlens.serve.store.engine import Store
from hazardlens.serve.work import procrastinating
from hazardlens.serve.work.choosing import queue_of
from hazardlens.serve.work.queue import Job
from support.postgres import PostgresServer
from support.serving import wait_until

LEASE = timedelta(seconds=30)
AT_ONCE = timedelta(0)
TASK = "look"


def _now() -> datetime:
    return datetime.now(UTC)


def put(store: Store, *keys: str, due_in: timedelta | None = None) -> None:
    with store.write() as connection:
        for key in keys:
            due_at = None if due_in is None else _now() + due_in
            queue_of(connection).put(connection, TASK, key, now=_now(), due_at=due_at)


def take(store: Store, lease: timedelta = LEASE) -> Job | None:
    with store.write() as connection:
        return queue_of(connection).take(connection, now=_now(), lease=lease)


def taken(store: Store, lease: timedelta = LEASE) -> Job:
    job = take(store, lease)
    assert job is not None
    return job


def beat(store: Store, job: Job) -> bool:
    with store.write() as connection:
        return queue_of(connection).beat(connection, job, now=_now(), lease=LEASE)


def finish(store: Store, job: Job) -> bool:
    with store.write() as connection:
        return queue_of(connection).finish(connection, job)


def has(store: Store, key: str) -> bool:
    with store.read() as connection:
        return queue_of(connection).has(connection, TASK, key)


def is_due(store: Store, lease: timedelta = LEASE) -> bool:
    with store.read() as connection:
        return queue_of(connection).is_due(connection, now=_now(), lease=lease)


def test_jobs_come_in_the_order_they_were_put_and_are_gone_when_finished(store: Store) -> None:
    assert take(store) is None
    for key in "abc":
        put(store, key)
        time.sleep(0.002)  # ids sort by the millisecond
    jobs = [taken(store) for _ in range(3)]
    assert [(job.task, job.key, job.attempts) for job in jobs] == [(TASK, key, 0) for key in "abc"]
    assert take(store) is None
    assert [finish(store, job) for job in jobs] == [True] * 3
    assert [has(store, key) for key in "abc"] == [False] * 3


def test_a_job_is_kept_exactly_when_its_reason_is(store: Store) -> None:
    with suppress(RuntimeError), store.write() as connection:
        queue_of(connection).put(connection, TASK, "a", now=_now())
        raise RuntimeError
    assert not is_due(store)
    assert take(store) is None


def test_what_is_put_twice_is_done_once(store: Store) -> None:
    put(store, "a", "a")
    job = taken(store)
    put(store, "a")  # it is being done
    assert take(store) is None
    assert finish(store, job)
    assert take(store) is None
    put(store, "a")  # and now it is wanted again
    assert taken(store).key == "a"


def test_many_who_put_the_same_at_once_put_one(store: Store) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: put(store, "a"), range(12)))
    assert taken(store).key == "a"
    assert take(store) is None


def test_many_who_take_at_once_take_each_job_once(store: Store) -> None:
    keys = [f"k{n}" for n in range(20)]
    put(store, *keys)
    with ThreadPoolExecutor(4) as pool:
        found = [job.key for job in pool.map(lambda _: take(store), range(30)) if job is not None]
    assert sorted(found) == sorted(keys)


def test_a_job_waits_for_its_time(store: Store) -> None:
    put(store, "later", due_in=timedelta(seconds=0.4))
    assert not is_due(store)
    assert take(store) is None
    wait_until(lambda: is_due(store))
    assert taken(store).key == "later"


def test_a_holder_who_dies_leaves_the_job_to_others_and_has_no_say_any_more(store: Store) -> None:
    put(store, "a")
    dead = taken(store)
    assert not is_due(store)
    assert take(store) is None
    short = timedelta(seconds=0.01)
    if store.is_sqlite:  # there the lease is written when the job is taken
        with store.write() as connection:
            assert queue_of(connection).beat(connection, dead, now=_now(), lease=short)
    time.sleep(0.05)
    assert is_due(store, short)
    living = taken(store, short)
    assert (living.key, living.attempts) == ("a", 1)
    assert living.holder != dead.holder
    assert beat(store, living)
    assert not beat(store, dead)
    assert not finish(store, dead)
    with store.write() as connection:
        assert not queue_of(connection).retry(connection, dead, _now())
    assert finish(store, living)


def test_an_attempt_that_failed_is_counted_and_the_job_comes_back(store: Store) -> None:
    put(store, "a")
    for attempt in range(3):
        job = taken(store)
        assert job.attempts == attempt
        with store.write() as connection:
            assert queue_of(connection).retry(connection, job, _now() - timedelta(seconds=1))
    assert taken(store).attempts == 3


def test_what_waits_can_be_withdrawn(store: Store) -> None:
    put(store, "a", "b")
    with store.write() as connection:
        queue_of(connection).withdraw(connection, TASK, "a")
        queue_of(connection).withdraw(connection, TASK, "never was")
    assert not has(store, "a")
    assert taken(store).key == "b"
    assert take(store) is None


def test_whoever_works_on_what_is_withdrawn_hears_of_it(store: Store) -> None:
    put(store, "a")
    job = taken(store)
    assert beat(store, job)
    with store.write() as connection:
        queue_of(connection).withdraw(connection, TASK, "a")
    assert not beat(store, job)
    assert not has(store, "a")
    with store.write() as connection:
        assert not queue_of(connection).retry(connection, job, _now())
    assert finish(store, job)
    assert take(store) is None


def test_a_withdrawal_that_is_undone_withdraws_nothing(store: Store) -> None:
    put(store, "a")
    with suppress(RuntimeError), store.write() as connection:
        queue_of(connection).withdraw(connection, TASK, "a")
        raise RuntimeError
    assert taken(store).key == "a"


def test_two_servers_free_a_dead_holder_at_once(store: Store) -> None:
    put(store, "a")
    dead = taken(store, AT_ONCE)
    if not store.is_sqlite:
        _grow_old(store)
    barrier = threading.Barrier(2)

    def race(_: int) -> Job | None:
        barrier.wait()
        return take(store)

    with ThreadPoolExecutor(2) as pool:
        found = [job for job in pool.map(race, range(2)) if job is not None]
    assert [job.key for job in found] == ["a"]
    assert found[0].holder != dead.holder


def test_two_servers_forget_a_dead_holder_and_do_not_lock_crosswise(
    postgres: PostgresServer, postgres_tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(postgres.new_database(postgres_tables))
    store.migrate()
    put(store, "a")
    taken(store)
    _grow_old(store)
    retry = procrastinating._retry
    with ThreadPoolExecutor(1) as pool:
        others: list[Future[Job | None]] = []

        def retry_while_another_forgets(*args: Any) -> None:  # noqa: ANN401 - as the function's
            retry(*args)
            others.append(pool.submit(take, store))
            wait_until(lambda: _somebody_waits(store))

        monkeypatch.setattr(procrastinating, "_retry", retry_while_another_forgets)
        assert taken(store).key == "a"
        assert [other.result() for other in others] == [None]
    with store.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM procrastinate_workers")) == 1
    store.close()
    postgres.drop_database(str(store.engine.url))


def _grow_old(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 h'"))


def _somebody_waits(store: Store) -> bool:
    with store.read() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def test_a_server_that_has_its_database_to_itself_frees_all_when_it_starts(store: Store) -> None:
    put(store, "a")
    taken(store)
    with store.write() as connection:
        queue_of(connection).reclaim(connection)
    again = take(store)
    if store.is_sqlite:
        assert again is not None
        assert (again.key, again.attempts) == ("a", 1)
    else:  # another server may be at it
        assert again is None
