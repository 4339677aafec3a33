"""How far the work on clips is, as rows: for people to see, and for the queue to be mended by."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update

from hazardlens.serve.errors import OverloadedError
from hazardlens.serve.reports.views import WorkView
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.media_tables import VIDEO, clip_work
from hazardlens.serve.store.tables import report_media, reports
from hazardlens.serve.work.choosing import queue_of

TASK: Final = "prefill_clip"
RETRY_AFTER_S: Final = 30


class Work(StrEnum):
    """Where the work on a clip stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # a person decided, or it was erased: nobody waits for it


UNFINISHED: Final = (Work.WAITING, Work.RUNNING)


def require_room(connection: Connection, queue_length: int) -> None:
    """Check that one more clip may wait.

    Raises:
        OverloadedError: as many wait as may.
    """
    waiting = count_of(connection, Work.WAITING)
    if waiting >= queue_length:
        raise OverloadedError(f"{waiting} clips are waiting already; try again later", retry_after_s=RETRY_AFTER_S)


def count_of(connection: Connection, state: Work) -> int:
    """How many clips there are in a state."""
    counted = select(func.count()).select_from(clip_work).where(clip_work.c.state == state)
    return connection.execute(counted).scalar_one()


def put_clip(connection: Connection, report_id: str, now: datetime) -> None:
    """Have a report's clip worked on; in the transaction that stores the report."""
    row = {"report_id": report_id, "state": Work.WAITING, "progress": 0.0, "queued_at": now}
    connection.execute(insert(clip_work).values(row))
    queue_of(connection).put(connection, TASK, report_id, now=now)


def withdraw_clip(connection: Connection, report_id: str, now: datetime) -> None:
    """Nobody waits for a report's clip any more; what is done already stays. The report's row is locked."""
    this = and_(clip_work.c.report_id == report_id, clip_work.c.state.in_(UNFINISHED))
    if connection.execute(select(clip_work.c.state).where(this)).first() is None:
        return
    # The job before the row, as a heartbeat locks them: crosswise, each could wait for the other.
    queue_of(connection).withdraw(connection, TASK, report_id)
    connection.execute(update(clip_work).where(this).values(state=Work.CANCELLED, ended_at=now))


def write_work(
    connection: Connection,
    report_id: str,
    state: Work,
    *,
    progress: float = 0.0,
    problem: str | None = None,
    ended_at: datetime | None = None,
) -> None:
    """Write down where the work on a clip stands."""
    row = {"state": state, "progress": progress, "problem": problem, "ended_at": ended_at}
    connection.execute(update(clip_work).where(clip_work.c.report_id == report_id).values(row))


def write_waiting(connection: Connection, report_id: str) -> None:
    """Write down that the work begins anew later, unless it is over."""
    running = and_(clip_work.c.report_id == report_id, clip_work.c.state == Work.RUNNING)
    connection.execute(update(clip_work).where(running).values(state=Work.WAITING, progress=0.0))


def write_progress(connection: Connection, report_id: str, progress: float) -> None:
    """Write down how far the work is, unless it is over."""
    running = and_(clip_work.c.report_id == report_id, clip_work.c.state == Work.RUNNING)
    connection.execute(update(clip_work).where(running).values(progress=progress))


def work_of(connection: Connection, ids: Sequence[str]) -> dict[str, WorkView]:
    """Of those of these reports that have a clip for which somebody may wait."""
    query = select(clip_work.c.report_id, clip_work.c.state, clip_work.c.progress, clip_work.c.problem).where(
        clip_work.c.report_id.in_(ids), clip_work.c.state != Work.CANCELLED
    )
    return {
        row.report_id: WorkView.model_validate({"state": row.state, "progress": row.progress, "problem": row.problem})
        for row in connection.execute(query)
    }


def mend(store: Store, now: datetime) -> int:
    """Put the jobs that are missing: of a backup that was restored, and of reports whose decision was taken back.

    Returns:
        How many.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    query = select(reports.c.id).join(clip_work, clip_work.c.report_id == reports.c.id).where(_IS_WANTED)
    with store.read() as connection:
        queue = queue_of(connection)
        ids = [one for one in connection.scalars(query).all() if not queue.has(connection, TASK, one)]
    return sum(_put_again(store, report_id, now) for report_id in ids)


_IS_WANTED: Final = and_(
    reports.c.erased_at.is_(None),
    or_(
        clip_work.c.state.in_(UNFINISHED),
        and_(clip_work.c.state == Work.CANCELLED, reports.c.state == State.RECEIVED),
    ),
)


def _put_again(store: Store, report_id: str, now: datetime) -> bool:
    """Look again with the report's row locked: a decision or the work itself may have ended it just now."""
    with store.write() as connection:
        connection.execute(select(reports.c.id).where(reports.c.id == report_id).with_for_update())
        joined = select(reports.c.id).join(clip_work, clip_work.c.report_id == reports.c.id)
        wanted = connection.execute(joined.where(reports.c.id == report_id, _IS_WANTED)).first()
        if wanted is None or queue_of(connection).has(connection, TASK, report_id):
            return False
        write_work(connection, report_id, Work.WAITING)
        queue_of(connection).put(connection, TASK, report_id, now=now)
        return True


def has_clip() -> ColumnElement[bool]:
    """Condition on `reports`: it came with a clip."""
    media = report_media.alias()  # of its own, wherever this condition is put
    clips = select(media.c.n).where(media.c.report_id == reports.c.id, media.c.kind == VIDEO)
    return exists(clips.correlate(reports))
