"""A few threads for the work on photos, and a fair queue before them that has an end.

Decoders and onnxruntime release the GIL, so threads use all cores; the event loop stays free to answer health checks.
"""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from functools import partial
from typing import Any, Final, Generic, Literal, TypeVar

from starlette.requests import ClientDisconnect

from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.fair_queue import FairQueue
from hazardlens.serve.refusing import ComeBack

T = TypeVar("T")

_SMOOTHING: Final = 0.1

Refusal = Literal["queue_full", "share", "wait"]
"""Why there is no place: nobody has more than this sender; others who have less came; it would wait for too long."""


class WorkerPool:
    """At most `threads` jobs run and `queue_length` wait, for `max_wait_s` at most; one more is refused at once.

    Senders take turns, each first come first served. A sender may have the whole queue while nobody else wants it; when
    others come, its newest jobs are refused to make room for theirs.
    """

    def __init__(  # noqa: PLR0913 - two that matter, the others have defaults
        self,
        threads: int,
        queue_length: int,
        *,
        max_wait_s: float | None = None,
        clock: Callable[[], float] = time.perf_counter,
        waited: Callable[[float], None] = lambda _: None,
        refused: Callable[[Refusal], None] = lambda _: None,
        around: Callable[[], AbstractContextManager[object]] = nullcontext,
        name: str = "classify",
        niceness: int = 0,
    ) -> None:
        """Start no thread yet.

        Args:
            threads: jobs that run at once.
            queue_length: jobs that may wait.
            max_wait_s: how long; None: as long as it takes.
            clock: seconds.
            waited: told how many seconds a job had waited, when it begins.
            refused: told why a job has no place.
            around: gives a block to run each job in, in its thread.
            name: of the threads.
            niceness: of the threads, and of processes that they start, beyond that of this process.
        """
        self._threads = threads
        self._max_wait_s = max_wait_s
        self._clock = clock
        self._waited = waited
        self._refused = refused
        self._around = around
        self._executor = ThreadPoolExecutor(threads, name, _be_nice, (niceness,))
        self._lock = threading.Lock()  # jobs end in their thread, and are admitted in the loop's
        self._queue = FairQueue[_Job[Any]](queue_length)
        self._come_back = ComeBack()
        self._running = 0
        self._closed = False
        self._seconds_per_job = 0.2

    @property
    def running(self) -> int:
        """Jobs that have a thread."""
        return self._running

    @property
    def waiting(self) -> int:
        """Jobs that wait for one."""
        return len(self._queue)

    @property
    def has_free_thread(self) -> bool:
        """Whether a job would start at once."""
        return self._running < self._threads

    def require_room(self, sender: str) -> None:
        """Check for room before work is put into receiving a body.

        Args:
            sender: see `run`.

        Raises:
            OverloadedError: there is no place for a job of this sender, or it would wait for too long.
        """
        with self._lock:
            refusal = self._why_not(sender)
        if refusal is not None:
            raise self._refuse(sender, refusal)

    async def run(self, job: Callable[[], T], *, sender: str, gone: Callable[[], Awaitable[object]]) -> T:
        """Run `job` in a thread and wait for it.

        Args:
            job: called without arguments; what it raises is raised here.
            sender: who takes turns with others.
            gone: returns when the client has hung up; then a job that has not started never will.

        Raises:
            OverloadedError: as by `require_room`, or it waited for too long, or had to make room for others.
            starlette.requests.ClientDisconnect: the client hung up first.
        """
        mine = self._admit(job, sender)
        result = asyncio.wrap_future(mine.future)
        watch = asyncio.ensure_future(gone())
        both: set[asyncio.Future[Any]] = {result, watch}
        try:
            done, _ = await asyncio.wait(both, timeout=self._max_wait_s, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                if self._leave(mine):
                    raise self._refuse(sender, "wait")
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not result.done():
                raise ClientDisconnect
            return await result
        finally:
            # However this ends, a job still in the queue leaves it; one that runs can only be ignored.
            watch.cancel()
            self._leave(mine)
            result.cancel()

    def close(self) -> None:
        """Drop what waits, finish what runs, end the threads."""
        with self._lock:
            self._closed = True
            dropped = [self._queue.take() for _ in range(len(self._queue))]
        for job in dropped:
            job.future.cancel()
        self._executor.shutdown(wait=True)

    def _admit(self, call: Callable[[], T], sender: str) -> "_Job[T]":
        job = _Job(call, sender, self._clock())
        pushed_out: _Job[Any] | None = None
        with self._lock:
            refusal = self._why_not(sender)
            if refusal is None and self._running < self._threads:
                self._executor.submit(self._work, job)
                self._running += 1
            elif refusal is None:
                pushed_out = self._queue.put(sender, job)
        if refusal is not None:
            raise self._refuse(sender, refusal)
        if pushed_out is not None:
            pushed_out.fail(self._refuse(pushed_out.sender, "share"))
        return job

    def _why_not(self, sender: str) -> Refusal | None:
        if self._running < self._threads:
            return None
        if not self._queue.has_place_for(sender):
            return "queue_full"
        too_long = self._max_wait_s is not None and self._wait_of(sender) > self._max_wait_s
        return "wait" if too_long else None

    def _wait_of(self, sender: str) -> float:
        """Seconds after which one more job of `sender` would begin: those before it, and half of one that runs."""
        return (self._queue.ahead_of(sender) + 0.5) * self._seconds_per_job / self._threads

    def _refuse(self, sender: str, refusal: Refusal) -> OverloadedError:
        self._refused(refusal)
        with self._lock:
            waiting, senders = len(self._queue), self._queue.senders
            after_s = self._come_back.after_s(
                sender,
                now_s=self._clock(),
                wait_s=self._wait_of(sender),
                interval_s=max(1, senders) * self._seconds_per_job / self._threads,
            )
        return OverloadedError(f"{waiting} requests are waiting already; try again later", retry_after_s=after_s)

    def _leave(self, job: "_Job[Any]") -> bool:
        """Take a job out of the queue; whether it was still there."""
        with self._lock:
            return self._queue.remove(job.sender, job)

    def _work(self, job: "_Job[Any] | None") -> None:
        """Run a job and then what waits, in a worker thread."""
        while job is not None:
            seconds = self._seconds_of(job) if job.begin() else None
            with self._lock:
                if seconds is not None:
                    self._seconds_per_job += _SMOOTHING * (seconds - self._seconds_per_job)
                following = None if self._closed or not self._queue else self._queue.take()
                if following is None:
                    self._running -= 1
            job.tell()  # last, so that whoever waits for it sees the counts without it
            job = following

    def _seconds_of(self, job: "_Job[Any]") -> float:
        start = self._clock()
        self._waited(start - job.queued_at)
        job.run(self._around)
        return self._clock() - start


def _be_nice(niceness: int) -> None:
    if niceness:
        thread = threading.get_native_id()  # on Linux a thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + niceness)


class _Job(Generic[T]):
    """One call, and what became of it."""

    def __init__(self, call: Callable[[], T], sender: str, queued_at: float) -> None:
        self.future: Future[T] = Future()
        self.sender = sender
        self.queued_at = queued_at
        self._call: Callable[[], T] | None = call
        self._tell: Callable[[], None] | None = None
        self._context = copy_context()  # the job's log lines and traces belong to the request that sent it

    def begin(self) -> bool:
        """Whether anybody still wants it; then `run` it."""
        return self.future.set_running_or_notify_cancel()

    def run(self, around: Callable[[], AbstractContextManager[object]]) -> None:
        """Do it, and keep what comes of it until `tell`."""
        call, self._call = self._call, None
        if call is not None:
            self._context.run(self._run, call, around)

    def _run(self, call: Callable[[], T], around: Callable[[], AbstractContextManager[object]]) -> None:
        try:
            with around():
                result = call()
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            self._tell = partial(self.future.set_exception, error)
        else:
            self._tell = partial(self.future.set_result, result)

    def tell(self) -> None:
        """Give whoever waits what came of it."""
        tell, self._tell = self._tell, None
        if tell is not None:
            tell()

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that it will not be done."""
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)
