"""Tables beside `report_media`: how photos look, how far the work on a clip is, and the jobs of the embedded queue."""

from typing import Final

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, UniqueConstraint

from hazardlens.serve.store.columns import ID, UtcDateTime, metadata, report_id

IMAGE: Final = "image"
VIDEO: Final = "video"
FRAME: Final = "frame"
"""Kinds of `report_media`."""

photo_bands: Final = Table(
    "photo_bands",
    metadata,
    # Photos that look alike share at least one of four bands of their hash, so a look-up of four values finds them.
    Column("band", String(5), primary_key=True),  # which quarter of the hash, and its 4 hex characters
    report_id(primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("phash", String(16), nullable=False),
)

clip_work: Final = Table(
    "clip_work",
    metadata,
    report_id(primary_key=True),
    Column("state", String(20), nullable=False),  # waiting, running, done, failed, cancelled
    Column("progress", Float, nullable=False),  # 0..1 of the attempt that runs
    Column("problem", String(60)),  # code of what it failed for
    Column("queued_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_clip_work_state_queued_at", "state", "queued_at"),
)

work_jobs: Final = Table(
    "work_jobs",
    metadata,
    # Of the queue that is part of the program; on PostgreSQL, procrastinate's own tables take their place.
    Column("id", ID, primary_key=True),  # they sort by the time that they were put
    Column("task", String(40), nullable=False),
    Column("key", String(80), nullable=False),  # what it is about; a task has one job for each
    Column("attempts", Integer, nullable=False),  # that ended without success
    Column("due_at", UtcDateTime, nullable=False),
    Column("worker", ID),  # who is at it; nobody: it waits
    Column("lease_until", UtcDateTime),  # a worker that says nothing until then is dead
    Column("cancelled", Boolean, nullable=False),  # the worker is to stop
    UniqueConstraint("task", "key"),
    Index("ix_work_jobs_due_at", "due_at"),
)
