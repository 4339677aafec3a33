import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from starlette.requests import ClientDisconnect

from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.pool import WorkerPool
from hazardlens.serve.refusing import MAX_RETRY_AFTER_S
from support.serving import PATIENCE_S, wait_until


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def pool() -> Iterator[WorkerPool]:
    pool = WorkerPool(1, 1)
    yield pool
    pool.close()


async def never() -> None:
    await asyncio.Event().wait()


def test_a_job_runs_in_a_thread_and_its_result_comes_back(pool: WorkerPool) -> None:
    result = asyncio.run(pool.run(lambda: threading.current_thread().name, sender="a", gone=never))
    assert result.startswith("classify")
    assert pool.running == pool.waiting == 0


def test_an_error_comes_back(pool: WorkerPool) -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(pool.run(lambda: 1 // 0, sender="a", gone=never))
    assert pool.running == 0


def test_one_job_more_than_fits_is_refused_and_later_ones_fit_again(pool: WorkerPool, gate: threading.Event) -> None:
    async def scene() -> list[bool]:
        jobs = [asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never)) for _ in range(2)]
        await asyncio.sleep(0)
        assert (pool.running, pool.waiting) == (1, 1)
        with pytest.raises(OverloadedError) as refusal:
            await pool.run(lambda: True, sender="a", gone=never)
        assert 1 <= (refusal.value.retry_after_s or 0) <= MAX_RETRY_AFTER_S
        gate.set()
        return [*await asyncio.gather(*jobs), await pool.run(lambda: True, sender="a", gone=never)]

    assert asyncio.run(scene()) == [True, True, True]


def test_a_waiting_job_is_dropped_when_its_client_goes(pool: WorkerPool, gate: threading.Event) -> None:
    ran: list[str] = []

    async def scene() -> None:
        left = asyncio.Event()
        first = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never))
        second = asyncio.create_task(pool.run(lambda: ran.append("second"), sender="a", gone=left.wait))
        await asyncio.sleep(0)
        left.set()
        with pytest.raises(ClientDisconnect):
            await second
        assert (pool.running, pool.waiting) == (1, 0)
        gate.set()
        await first

    asyncio.run(scene())
    assert ran == []


def test_a_running_job_keeps_its_place_until_it_ends(pool: WorkerPool, gate: threading.Event) -> None:
    async def scene() -> None:
        left = asyncio.Event()
        job = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=left.wait))
        await asyncio.sleep(0.05)
        left.set()
        with pytest.raises(ClientDisconnect):
            await job
        assert pool.running == 1

    asyncio.run(scene())
    gate.set()
    wait_until(lambda: pool.running == 0)


def test_a_cancelled_request_leaves_the_queue(pool: WorkerPool, gate: threading.Event) -> None:
    async def scene() -> None:
        first = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never))
        second = asyncio.create_task(pool.run(lambda: True, sender="a", gone=never))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert pool.waiting == 0
        gate.set()
        await first

    asyncio.run(scene())


def test_what_is_cancelled_before_it_begins_counts_in_no_estimate(gate: threading.Event) -> None:
    waits, ran = list[float](), list[str]()
    pool = WorkerPool(1, 1, clock=lambda: 0.0, waited=waits.append)
    before = pool._seconds_per_job
    pool._executor.submit(gate.wait, PATIENCE_S)  # as while the thread is still being started

    async def scene() -> None:
        job = asyncio.create_task(pool.run(lambda: ran.append("job"), sender="a", gone=never))
        await asyncio.sleep(0)
        assert pool.running == 1
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job

    asyncio.run(scene())
    gate.set()
    wait_until(lambda: pool.running == 0)
    assert (pool._seconds_per_job, waits, ran) == (before, [], [])
    pool.close()


def test_jobs_run_in_the_order_of_their_coming(gate: threading.Event) -> None:
    pool, order = WorkerPool(1, 5), list[int]()

    async def scene() -> None:
        first = asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never))
        await asyncio.sleep(0)
        rest = []
        for number in range(5):
            note = partial(order.append, number)
            rest.append(asyncio.create_task(pool.run(note, sender="a", gone=never)))
            await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(first, *rest)

    asyncio.run(scene())
    pool.close()
    assert order == [0, 1, 2, 3, 4]


def test_the_longer_jobs_take_the_later_a_second_try_makes_sense() -> None:
    ticks = iter(range(0, 10_000, 30))
    slow, quick = WorkerPool(1, 1, clock=lambda: next(ticks)), WorkerPool(1, 1, clock=lambda: 0.0)

    async def advice(pool: WorkerPool) -> int:
        gate = threading.Event()
        for _ in range(30):
            await pool.run(lambda: None, sender="a", gone=never)
        jobs = [asyncio.create_task(pool.run(lambda: gate.wait(PATIENCE_S), sender="a", gone=never)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError) as refusal:
            pool.require_room("a")
        gate.set()
        await asyncio.gather(*jobs)
        return refusal.value.retry_after_s or 0

    assert (asyncio.run(advice(quick)), asyncio.run(advice(slow))) == (1, MAX_RETRY_AFTER_S)
    slow.close()
    quick.close()


def test_a_closed_pool_counts_nothing(pool: WorkerPool) -> None:
    pool.close()
    with pytest.raises(RuntimeError):
        asyncio.run(pool.run(lambda: True, sender="a", gone=never))
    assert pool.running == 0


def test_many_threads_of_many_loops_leave_the_count_at_zero() -> None:
    pool = WorkerPool(4, 1000)

    async def burst() -> None:
        await asyncio.gather(*(pool.run(lambda: None, sender="a", gone=never) for _ in range(200)))

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(asyncio.run, burst()) for _ in range(4)]:
            done.result()
    pool.close()
    assert (pool.running, pool.waiting) == (0, 0)


async def _priority_in(pool: WorkerPool) -> int:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    return await pool.run(priority, sender="a", gone=asyncio.Event().wait)


def test_a_pool_may_let_others_go_first() -> None:
    plain, nice = WorkerPool(1, 1), WorkerPool(1, 1, niceness=2)
    try:
        usual, lower = asyncio.run(_priority_in(plain)), asyncio.run(_priority_in(nice))
    finally:
        plain.close()
        nice.close()
    assert lower == min(19, usual + 2)
