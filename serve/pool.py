"""A few threads for the work on photos, and a queue before them that has an end.

Decoders and onnxruntime release the GIL, so threads use all cores; the event loop stays free to answer health checks.
"""

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect

from hazardlens.serve.errors import OverloadedError

T = TypeVar("T")

MAX_RETRY_AFTER_S: Final = 30
_SMOOTHING: Final = 0.1


class WorkerPool:
    """At most `threads` jobs run and `queue_length` wait, first come first served; one more is refused at once."""

    def __init__(
        self,
        threads: int,
        queue_length: int,
        *,
        clock: Callable[[], float] = time.perf_counter,
        waited: Callable[[float], None] = lambda _: None,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """Start no thread yet.

        Args:
            threads: jobs that run at once.
            queue_length: jobs that may wait.
            clock: seconds.
            waited: told how many seconds a job had waited, when it begins.
            around: gives a block to run each job in, in its thread.
        """
        self._threads = threads
        self._capacity = threads + queue_length
        self._clock = clock
        self._waited = waited
        self._around = around
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="classify")
        self._lock = threading.Lock()  # jobs end in their thread, and are admitted in the loop's
        self._admitted = 0
        self._seconds_per_job = 0.2

    @property
    def running(self) -> int:
        """Jobs that have a thread."""
        return min(self._admitted, self._threads)

    @property
    def waiting(self) -> int:
        """Jobs that wait for one."""
        return max(0, self._admitted - self._threads)

    @property
    def has_free_thread(self) -> bool:
        """Whether a job would start at once."""
        return self._admitted < self._threads

    def require_room(self) -> None:
        """Check for room before work is put into receiving a body.

        Raises:
            OverloadedError: the queue is full.
        """
        if self._admitted >= self._capacity:
            seconds = math.ceil(self._capacity * self._seconds_per_job / self._threads)
            raise OverloadedError(
                f"{self.waiting} requests are waiting already; try again later",
                retry_after_s=min(max(1, seconds), MAX_RETRY_AFTER_S),
            )

    async def run(self, job: Callable[[], T], *, gone: Callable[[], Awaitable[object]]) -> T:
        """Run `job` in a thread and wait for it.

        Args:
            job: called without arguments; what it raises is raised here.
            gone: returns when the client has hung up; then a job that has not started never will.

        Raises:
            OverloadedError: the queue is full.
            starlette.requests.ClientDisconnect: the client hung up first.
        """
        self.require_room()
        future = self._submit(job)
        result = asyncio.wrap_future(future)
        watch = asyncio.ensure_future(gone())
        both: set[asyncio.Future[Any]] = {result, watch}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not result.done():
                raise ClientDisconnect
            return await result
        finally:
            # However this ends, a job still in the queue leaves it; one that runs can only be ignored.
            watch.cancel()
            result.cancel()

    def close(self) -> None:
        """Drop what waits, finish what runs, end the threads."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _submit(self, job: Callable[[], T]) -> Future[T]:
        with self._lock:
            self._admitted += 1
        try:
            # The job's log lines and traces belong to the request that sent it.
            future = self._executor.submit(copy_context().run, self._timed, job, self._clock())
        except BaseException:
            self._release(None)
            raise
        future.add_done_callback(self._release)
        return future

    def _timed(self, job: Callable[[], T], queued_at: float) -> T:
        start = self._clock()
        self._waited(start - queued_at)
        try:
            with self._around():
                return job()
        finally:
            with self._lock:
                self._seconds_per_job += _SMOOTHING * (self._clock() - start - self._seconds_per_job)

    def _release(self, _: Future[T] | None) -> None:
        with self._lock:
            self._admitted -= 1
