"""Which queue a database has."""

from functools import cache

from sqlalchemy import Connection

from hazardlens.serve.work.embedded import EmbeddedQueue
from hazardlens.serve.work.queue import Queue


def queue_of(connection: Connection) -> Queue:
    """The queue of a database: of its own kind, and the same for all who work on it."""
    return EmbeddedQueue() if connection.dialect.name == "sqlite" else _procrastinate()


@cache
def _procrastinate() -> Queue:
    from hazardlens.serve.work.procrastinating import (  # noqa: PLC0415 - it is there only where PostgreSQL is chosen
        ProcrastinateQueue,
    )

    return ProcrastinateQueue()
