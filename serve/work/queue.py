"""A durable queue: jobs are put in the transaction of what they follow from, and held while somebody works on them.

There are two: `EmbeddedQueue` for one machine, and `ProcrastinateQueue`, which is the queue of that name on PostgreSQL,
for many. A test runs the same on both. All that they know is in the database, so the connection says which one it is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Job:
    """A job that somebody holds.

    Attributes:
        id: of the job.
        task: what is to be done.
        key: with what.
        attempts: how often it was begun before, without success.
        holder: who holds it; another one each time it is taken, so that the late have no say.
    """

    id: str
    task: str
    key: str
    attempts: int
    holder: str


class Queue(Protocol):
    """Every method runs in the caller's transaction, of `Store.write` unless it says otherwise."""

    def put(
        self, connection: Connection, task: str, key: str, *, now: datetime, due_at: datetime | None = None
    ) -> None:
        """Have something done, once: a job that waits or is being done already is enough.

        Args:
            connection: of `Store.write`; the job is kept exactly when its reason is.
            task: what; a key of the worker's handlers.
            key: with what.
            now: the time, with zone.
            due_at: not before this time; None: at once.
        """

    def is_due(self, connection: Connection, *, now: datetime, lease: timedelta) -> bool:
        """Whether `take` would find a job; asked first in `Store.read`, so that idle servers are no writers."""

    def take(self, connection: Connection, *, now: datetime, lease: timedelta) -> Job | None:
        """Hold the job that has been due for the longest; None where there is none.

        Args:
            connection: of `Store.write`.
            now: the time, with zone.
            lease: a holder who was silent for so long is dead, and the job is there for others.
        """

    def beat(self, connection: Connection, job: Job, *, now: datetime, lease: timedelta) -> bool:
        """Say that the holder lives; False where they must stop, because the job is withdrawn or another's."""

    def finish(self, connection: Connection, job: Job) -> bool:
        """Take a job off the queue; False where the holder has no say any more."""

    def retry(self, connection: Connection, job: Job, due_at: datetime, *, counts: bool = True) -> bool:
        """Put a job back; False where the holder has no say any more.

        Args:
            connection: of `Store.write`.
            job: which.
            due_at: not before this time.
            counts: whether the attempt does.
        """

    def withdraw(self, connection: Connection, task: str, key: str) -> None:
        """Take a job off the queue that waits, and have whoever does it stop."""

    def has(self, connection: Connection, task: str, key: str) -> bool:
        """Whether there is such a job, waiting or held; in any transaction."""

    def reclaim(self, connection: Connection) -> None:
        """A server starts: free what is held by those who are surely dead."""
