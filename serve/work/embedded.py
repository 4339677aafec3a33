"""The queue for one machine: a table in the database that is there anyway."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, or_, select, update
from sqlalchemy.dialects import sqlite

from hazardlens.serve.store.media_tables import work_jobs
from hazardlens.serve.work.queue import Job

_jobs: Final = work_jobs.c
_FREE: Final = {"worker": None, "lease_until": None}


class EmbeddedQueue:
    """See `Queue`. SQLite has one writer at a time, so what was looked at holds until the transaction ends."""

    def put(
        self, connection: Connection, task: str, key: str, *, now: datetime, due_at: datetime | None = None
    ) -> None:
        """See `Queue`."""
        row = {
            "id": f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}",
            "task": task,
            "key": key,
            "attempts": 0,
            "due_at": due_at or now,
            "cancelled": False,
        }
        connection.execute(sqlite.insert(work_jobs).values(row).on_conflict_do_nothing())

    def is_due(self, connection: Connection, *, now: datetime, lease: timedelta) -> bool:  # noqa: ARG002 - see `Queue`
        """See `Queue`."""
        return connection.execute(select(_jobs.id).where(_is_free(now)).limit(1)).first() is not None

    def take(self, connection: Connection, *, now: datetime, lease: timedelta) -> Job | None:
        """See `Queue`."""
        query = select(work_jobs).where(_is_free(now)).order_by(_jobs.due_at, _jobs.id).limit(1)
        row = connection.execute(query).mappings().one_or_none()
        if row is None:
            return None
        attempts = row["attempts"] + (row["worker"] is not None)  # whoever held it is dead, perhaps of it
        job = Job(row["id"], row["task"], row["key"], attempts, secrets.token_hex(16))
        held = {"worker": job.holder, "lease_until": now + lease, "attempts": attempts}
        connection.execute(update(work_jobs).where(_jobs.id == job.id).values(held))
        return job

    def beat(self, connection: Connection, job: Job, *, now: datetime, lease: timedelta) -> bool:
        """See `Queue`."""
        mine = and_(_is_held(job), _jobs.cancelled.is_(False))
        return connection.execute(update(work_jobs).where(mine).values(lease_until=now + lease)).rowcount == 1

    def finish(self, connection: Connection, job: Job) -> bool:
        """See `Queue`."""
        return connection.execute(delete(work_jobs).where(_is_held(job))).rowcount == 1

    def retry(self, connection: Connection, job: Job, due_at: datetime, *, counts: bool = True) -> bool:
        """See `Queue`."""
        back = {**_FREE, "due_at": due_at, "attempts": job.attempts + counts}
        mine = and_(_is_held(job), _jobs.cancelled.is_(False))
        return connection.execute(update(work_jobs).where(mine).values(back)).rowcount == 1

    def withdraw(self, connection: Connection, task: str, key: str) -> None:
        """See `Queue`."""
        this = and_(_jobs.task == task, _jobs.key == key)
        connection.execute(delete(work_jobs).where(this, _jobs.worker.is_(None)))
        connection.execute(update(work_jobs).where(this).values(cancelled=True))

    def has(self, connection: Connection, task: str, key: str) -> bool:
        """See `Queue`."""
        this = (_jobs.task == task, _jobs.key == key, _jobs.cancelled.is_(False))
        return connection.execute(select(_jobs.id).where(*this)).first() is not None

    def reclaim(self, connection: Connection) -> None:
        """See `Queue`. A database that is a file belongs to one server: whoever held a job when it starts is dead."""
        connection.execute(delete(work_jobs).where(_jobs.cancelled.is_(True)))
        held = _jobs.worker.is_not(None)
        connection.execute(update(work_jobs).where(held).values(**_FREE, attempts=_jobs.attempts + 1))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(_jobs.due_at <= now, or_(_jobs.worker.is_(None), _jobs.lease_until <= now))


def _is_held(job: Job) -> ColumnElement[bool]:
    return and_(_jobs.id == job.id, _jobs.worker == job.holder)
