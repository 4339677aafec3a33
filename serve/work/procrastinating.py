"""The queue for many machines: procrastinate's tables and functions on PostgreSQL, called in our own transactions.

Its own worker would finish a job in a transaction of its own, after the one that wrote what the job brought about; a
kill in between would do the work twice. So only its database side is used: see docs/adr/0017-durable-work.md.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from procrastinate.sql import queries
from sqlalchemy import Connection, CursorResult

from hazardlens.serve.work.queue import Job

QUEUE: Final = "hazardlens"
_FORGOTTEN: Final = 10
"""Leases after which a worker that is gone is forgotten by the database."""

_PUT: Final = """
SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
    %(queue)s, %(task)s, 0, %(lock)s, %(lock)s, %(args)s::jsonb, %(due_at)s::timestamptz
)::procrastinate_job_to_defer_v1])
"""
_LIVE: Final = """
SELECT id FROM procrastinate_jobs
WHERE lock = %(lock)s AND status IN ('todo', 'doing') AND NOT abort_requested
"""
_DUE: Final = """
SELECT id FROM procrastinate_jobs
WHERE status = 'todo' AND queue_name = %(queue)s AND (scheduled_at IS NULL OR scheduled_at <= now()) LIMIT 1
"""
_HELD: Final = """
SELECT abort_requested FROM procrastinate_jobs
WHERE id = %(job_id)s AND status = 'doing' AND worker_id = %(worker_id)s FOR UPDATE
"""
_UNCOUNT: Final = "UPDATE procrastinate_jobs SET attempts = attempts - 1 WHERE id = %(job_id)s"
_STILL_STALLED: Final = """
SELECT id FROM procrastinate_jobs
WHERE id = %(job_id)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker_id)s FOR UPDATE SKIP LOCKED
"""
_FORGET: Final = """
DELETE FROM procrastinate_workers WHERE id IN (
    SELECT id FROM procrastinate_workers
    WHERE last_heartbeat < now() - make_interval(secs => %(seconds)s) FOR UPDATE SKIP LOCKED
)
"""
"""As procrastinate's own, but past whom another server forgets just now, who may wait for a job that we have freed."""


class ProcrastinateQueue:
    """See `Queue`. Times are those of the database: it alone knows which of many servers is late."""

    def put(
        self,
        connection: Connection,
        task: str,
        key: str,
        *,
        now: datetime,  # noqa: ARG002 - see `Queue`
        due_at: datetime | None = None,
    ) -> None:
        """See `Queue`."""
        lock = _lock(task, key)
        # Of two that put the same at once, the second waits here and then finds the first one's job.
        _run(connection, "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0))", lock=lock)
        if _run(connection, _LIVE, lock=lock).first() is None:
            args = json.dumps({"key": key})
            _run(connection, _PUT, queue=QUEUE, task=task, lock=lock, args=args, due_at=due_at)

    def is_due(self, connection: Connection, *, now: datetime, lease: timedelta) -> bool:  # noqa: ARG002 - see `Queue`
        """See `Queue`."""
        return _run(connection, _DUE, queue=QUEUE).first() is not None or bool(_stalled(connection, lease))

    def take(self, connection: Connection, *, now: datetime, lease: timedelta) -> Job | None:  # noqa: ARG002 - see `Queue`
        """See `Queue`."""
        self._free_stalled(connection, lease)
        worker_id = _run(connection, queries["register_worker"]).scalar_one()
        row = _run(connection, queries["fetch_job"], queues=[QUEUE], worker_id=worker_id).mappings().one()
        if row["id"] is None:
            _run(connection, queries["unregister_worker"], worker_id=worker_id)
            return None
        return Job(str(row["id"]), row["task_name"], row["args"]["key"], row["attempts"], str(worker_id))

    def beat(self, connection: Connection, job: Job, *, now: datetime, lease: timedelta) -> bool:  # noqa: ARG002 - see `Queue`
        """See `Queue`."""
        if not _may_go_on(connection, job):
            return False
        _run(connection, queries["update_heartbeat"], worker_id=int(job.holder))
        return True

    def finish(self, connection: Connection, job: Job) -> bool:
        """See `Queue`."""
        if _run(connection, _HELD, **_ids(job)).first() is None:
            return False
        _run(connection, queries["finish_job"], job_id=int(job.id), status="succeeded", delete_job=True)
        _run(connection, queries["unregister_worker"], worker_id=int(job.holder))
        return True

    def retry(self, connection: Connection, job: Job, due_at: datetime, *, counts: bool = True) -> bool:
        """See `Queue`."""
        if not _may_go_on(connection, job):
            return False
        _retry(connection, int(job.id), due_at)
        if not counts:
            _run(connection, _UNCOUNT, job_id=int(job.id))
        _run(connection, queries["unregister_worker"], worker_id=int(job.holder))
        return True

    def withdraw(self, connection: Connection, task: str, key: str) -> None:
        """See `Queue`."""
        for row in _run(connection, _LIVE, lock=_lock(task, key)).all():
            _run(connection, queries["cancel_job"], job_id=row.id, abort=True, delete_job=True)

    def has(self, connection: Connection, task: str, key: str) -> bool:
        """See `Queue`."""
        return _run(connection, _LIVE, lock=_lock(task, key)).first() is not None

    def reclaim(self, connection: Connection) -> None:
        """See `Queue`. Other servers may be alive: here the lease alone tells who is dead."""

    def _free_stalled(self, connection: Connection, lease: timedelta) -> None:
        for row in _stalled(connection, lease):
            this = {"job_id": row["id"], "worker_id": row["worker_id"]}
            if _run(connection, _STILL_STALLED, **this).first() is not None:  # else another server frees it just now
                _retry(connection, row["id"], None)
        _run(connection, _FORGET, seconds=_FORGOTTEN * lease.total_seconds())


def _stalled(connection: Connection, lease: timedelta) -> list[Mapping[str, Any]]:
    wanted = {"queue": QUEUE, "task_name": None, "seconds_since_heartbeat": lease.total_seconds()}
    return [dict(row) for row in _run(connection, queries["select_stalled_jobs_by_heartbeat"], **wanted).mappings()]


def _may_go_on(connection: Connection, job: Job) -> bool:
    row = _run(connection, _HELD, **_ids(job)).first()
    return row is not None and not row.abort_requested


def _retry(connection: Connection, job_id: int, due_at: datetime | None) -> None:
    unchanged = dict.fromkeys(("new_priority", "new_queue_name", "new_lock"))
    _run(connection, queries["retry_job"], job_id=job_id, retry_at=due_at, **unchanged)


def _ids(job: Job) -> dict[str, int]:
    return {"job_id": int(job.id), "worker_id": int(job.holder)}


def _lock(task: str, key: str) -> str:
    return f"{task}:{key}"


def _run(connection: Connection, query: str, **values: object) -> CursorResult[Any]:
    return connection.exec_driver_sql(query, dict(values))
