"""The database's side of the shadow: which reports wait for the candidate, and what it said of the others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from hazardlens.model.pipeline import Classification
from hazardlens.serve.registry.state import LEASE_KEY, Shadow, read_value, write_value
from hazardlens.serve.store.media_tables import IMAGE
from hazardlens.serve.store.tables import report_media, reports, service_state, shadow_results


@dataclass(frozen=True, slots=True)
class ShadowTask:
    """What a report came with.

    Attributes:
        report_id: which.
        text: the reporter's words.
        photos: name and sha256 of each original, in the order sent.
    """

    report_id: str
    text: str
    photos: tuple[tuple[str, str], ...]


def count_waiting(connection: Connection, shadow: Shadow, failed: Collection[str]) -> int:
    """How many reports the candidate has not seen."""
    query = select(func.count()).select_from(reports).where(_waits(shadow, failed))
    return int(connection.execute(query).scalar_one())


def waiting_reports(connection: Connection, shadow: Shadow, failed: Collection[str], *, limit: int) -> list[str]:
    """Ids of reports that the candidate has not seen, the oldest first."""
    query = select(reports.c.id).where(_waits(shadow, failed)).order_by(reports.c.created_at, reports.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def nth_newest_waiting(connection: Connection, shadow: Shadow, failed: Collection[str], n: int) -> datetime:
    """When the n-th newest report that waits came in, counted from 1; there must be that many."""
    query = (
        select(reports.c.created_at)
        .where(_waits(shadow, failed))
        .order_by(reports.c.created_at.desc(), reports.c.id.desc())
        .offset(n - 1)
        .limit(1)
    )
    found: datetime = connection.execute(query).scalar_one()
    return found


def read_task(connection: Connection, report_id: str) -> ShadowTask:
    """What a report came with."""
    text = connection.execute(select(reports.c.text).where(reports.c.id == report_id)).scalar_one()
    photos = (
        select(report_media.c.name, report_media.c.sha256)
        .where(report_media.c.report_id == report_id)
        .order_by(report_media.c.n)
    )
    return ShadowTask(report_id, text, tuple((row.name, row.sha256) for row in connection.execute(photos)))


def write_result(
    connection: Connection, report_id: str, model_version: str, answer: Classification, now: datetime
) -> None:
    """Keep what the candidate said; the first answer stays."""
    row = {
        "report_id": report_id,
        "model_version": model_version,
        "at": now,
        "prefill": answer.prefill.model_dump(mode="json"),
        "detections": [[found.model_dump(mode="json") for found in photo.detections] for photo in answer.media],
    }
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    connection.execute(insert(shadow_results).values(row).on_conflict_do_nothing())


def take_lease(connection: Connection, holder: str, now: datetime, length: timedelta) -> bool:
    """Become, or stay, the one server that does the work; a server that is gone holds it no longer than `length`."""
    lease = read_value(connection, LEASE_KEY, hold=True)
    if lease is not None and datetime.fromisoformat(lease["until"]) > now:
        if lease["holder"] != holder:
            return False
        if datetime.fromisoformat(lease["until"]) - now > length / 2:
            return True
    write_value(connection, LEASE_KEY, {"holder": holder, "until": (now + length).isoformat()}, now)
    return True


def give_lease(connection: Connection, holder: str) -> None:
    """Leave the work to others, if it is ours."""
    lease = read_value(connection, LEASE_KEY, hold=True)
    if lease is not None and lease["holder"] == holder:
        connection.execute(delete(service_state).where(service_state.c.key == LEASE_KEY))


def _waits(shadow: Shadow, failed: Collection[str]) -> ColumnElement[bool]:
    seen = exists().where(
        and_(shadow_results.c.report_id == reports.c.id, shadow_results.c.model_version == shadow.model.version)
    )
    # Clips are left out: one costs as much as a hundred photos, and a candidate is compared photo by photo.
    media = report_media.alias()
    clips = select(media.c.n).where(media.c.report_id == reports.c.id, media.c.kind != IMAGE)
    kept = reports.c.erased_at.is_(None)
    photos_only = ~exists(clips.correlate(reports))
    return and_(reports.c.created_at >= shadow.since, kept, photos_only, ~seen, reports.c.id.not_in(list(failed)))
