"""Takes jobs, lets handlers do them, and keeps saying that it lives.

A job ends in the transaction that writes what it brought about, or it has not happened: whoever is killed in between
has changed nothing, and the job is taken by the next one once its lease is over.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from hazardlens.serve.errors import UnavailableError
from hazardlens.serve.logs import log_failure, logged_as_work
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.errors import StoreUnavailableError
from hazardlens.serve.work.choosing import queue_of
from hazardlens.serve.work.errors import JobLostError, JobPostponedError
from hazardlens.serve.work.queue import Job

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("hazardlens")

LEASE: Final = timedelta(seconds=30)
BEAT_S: Final = 1.0
MAX_ATTEMPTS: Final = 4
_FIRST_PAUSE: Final = timedelta(seconds=10)
_AWAY: Final = timedelta(seconds=15)


class Outcome(StrEnum):
    """What became of a job that was taken."""

    DONE = "done"
    RETRIED = "retried"
    POSTPONED = "postponed"
    GIVEN_UP = "given_up"
    LOST = "lost"


class Hold:
    """A job while somebody works on it.

    Attributes:
        job: which.
        progress: 0..1; whoever works on it writes it, and it is told with each beat.
    """

    def __init__(self, job: Job, stopping: threading.Event) -> None:
        self.job = job
        self.progress = 0.0
        self._stopping = stopping
        self._lost = threading.Event()

    def is_over(self) -> bool:
        """Whether to stop: the job was withdrawn, somebody else has it, or the server stops."""
        return self._lost.is_set() or self._stopping.is_set()

    def lose(self) -> None:
        """Whatever comes of the work, it does not count any more."""
        self._lost.set()

    def end(self, connection: Connection) -> None:
        """Take the job off the queue, in the transaction that writes what it brought about.

        Rows that others change too are locked before: crosswise, each could wait for the other.

        Raises:
            JobLostError: it is no longer ours, so nothing of this transaction may stay.
        """
        if self._lost.is_set() or not queue_of(connection).finish(connection, self.job):
            raise JobLostError(f"{self.job.task} {self.job.key}")


class Handler(Protocol):
    """What is done with jobs of one task. Called in threads."""

    def work(self, hold: Hold) -> None:
        """Do it, and call `hold.end` in the transaction that writes what came of it.

        Raises:
            JobLostError: it ended without us.
            JobPostponedError, UnavailableError: not now, through no fault of the job.
            Exception: it failed, and may be tried again.
        """

    def tell_progress(self, connection: Connection, hold: Hold) -> None:
        """Write down how far it is; with each beat."""

    def tell_waiting(self, connection: Connection, hold: Hold) -> None:
        """Write down that it begins anew later; in the transaction that puts the job back."""

    def give_up(self, hold: Hold) -> None:
        """Write down that it failed too often, and end it."""


class Worker:
    """Does one job at a time for each thread that calls `work_one`."""

    def __init__(
        self,
        store: Store,
        handlers: Mapping[str, Handler],
        *,
        now: Callable[[], datetime],
        lease: timedelta = LEASE,
        beat_s: float = BEAT_S,
        clock: Callable[[], float] = time.monotonic,
        told: Callable[[str, Outcome], None] = lambda *_: None,
    ) -> None:
        """Take the parts.

        Args:
            store: the database, with its queue.
            handlers: task -> what does it.
            now: the time, with zone.
            lease: silence after which a holder is dead: others may take the job, and the holder stops.
            beat_s: between beats, in seconds; a third of the lease at most.
            clock: seconds that only grow; the lease is measured by it.
            told: hears of what became of each job, by task.
        """
        self._store = store
        self._handlers = handlers
        self._now = now
        self._lease = lease
        self._beat_s = min(beat_s, lease.total_seconds() / 3)
        self._clock = clock
        self._told = told
        self._stopping = threading.Event()

    def begin(self) -> None:
        """Free what dead servers held, as far as that can be known.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._store.write() as connection:
            queue_of(connection).reclaim(connection)

    def stop(self) -> None:
        """Take nothing new; what is under way is put back."""
        self._stopping.set()

    def is_due(self) -> bool:
        """Whether there is a job to take.

        Raises:
            StoreUnavailableError: the database cannot be reached.
        """
        with self._store.read() as connection:
            return queue_of(connection).is_due(connection, now=self._now(), lease=self._lease)

    def work_one(self) -> Outcome | None:
        """Do the job that has been due for the longest; None where there is none.

        Raises:
            StoreUnavailableError: the database cannot be reached; the job is done again.
        """
        if self._stopping.is_set():
            return None
        taken_s = self._clock()
        with self._store.write() as connection:
            job = queue_of(connection).take(connection, now=self._now(), lease=self._lease)
        if job is None:
            return None
        handler = self._handlers[job.task]
        hold = Hold(job, self._stopping)
        with logged_as_work(job.task), self._beating(hold, handler, taken_s):
            outcome = self._attempt(hold, handler)
            _log.info("job", task=job.task, job=job.id, attempt=job.attempts + 1, outcome=outcome)
        self._told(job.task, outcome)
        return outcome

    def _attempt(self, hold: Hold, handler: Handler) -> Outcome:
        try:
            if hold.job.attempts >= MAX_ATTEMPTS:
                handler.give_up(hold)
                return Outcome.GIVEN_UP
            handler.work(hold)
        except StoreUnavailableError:
            raise
        except JobLostError:
            return self._postpone(hold, timedelta(0))  # a server that stops, or a silence of the database
        except JobPostponedError as error:
            return self._postpone(hold, error.pause)
        except UnavailableError:
            return self._postpone(hold, _AWAY)
        except Exception as error:  # noqa: BLE001 - one job that nobody foresaw must not hold up all others
            log_failure(error)
            return self._retry(hold)
        return Outcome.DONE

    def _postpone(self, hold: Hold, pause: timedelta) -> Outcome:
        """Put a job back as if it had not been begun."""
        return Outcome.POSTPONED if self._put_back(hold, pause, counts=False) else Outcome.LOST

    def _retry(self, hold: Hold) -> Outcome:
        pause = _FIRST_PAUSE * (1 << min(hold.job.attempts, MAX_ATTEMPTS))
        return Outcome.RETRIED if self._put_back(hold, pause, counts=True) else Outcome.LOST

    def _put_back(self, hold: Hold, pause: timedelta, *, counts: bool) -> bool:
        """Put a job back; one that was withdrawn is taken away instead, and another holder's is left alone."""
        with self._store.write() as connection:
            queue = queue_of(connection)
            if not queue.retry(connection, hold.job, self._now() + pause, counts=counts):
                queue.finish(connection, hold.job)
                return False
            self._handlers[hold.job.task].tell_waiting(connection, hold)
        return True

    @contextmanager
    def _beating(self, hold: Hold, handler: Handler, taken_s: float) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._beat, args=(hold, handler, over, taken_s), name=f"beat-{hold.job.task}")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _beat(self, hold: Hold, handler: Handler, over: threading.Event, last_s: float) -> None:
        """Beat until it is over; the lease began no earlier than `last_s`."""
        while not over.wait(self._beat_s):
            begun_s = self._clock()
            try:
                if not self._tell(hold, handler):
                    hold.lose()
                    return
                last_s = begun_s
            except StoreUnavailableError:
                _log.warning("beat_missed", task=hold.job.task, job=hold.job.id)  # may be back within the lease
            except Exception as error:  # noqa: BLE001 - the last net of a thread that nobody waits for
                log_failure(error)
            if self._clock() - last_s >= self._lease.total_seconds():
                hold.lose()  # somebody else may have it by now
                return

    def _tell(self, hold: Hold, handler: Handler) -> bool:
        """One beat; False where somebody else has the job, or nobody wants it."""
        with self._store.write() as connection:
            is_ours = queue_of(connection).beat(connection, hold.job, now=self._now(), lease=self._lease)
            if is_ours:
                handler.tell_progress(connection, hold)
        return is_ours
