"""Takes out of one report what names a person or shows too much, and leaves what figures are made of.

Everything of one report happens in one transaction, with an event that says what was erased and not what it was. The
photos' files follow: see `store.removals`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, insert, or_, select, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.dispatch.outbox import DeliveryState
from hazardlens.serve.reports.changes import locked_report
from hazardlens.serve.reports.clip_rows import withdraw_clip
from hazardlens.serve.reports.workflow import MOVES, State
from hazardlens.serve.store.media_tables import photo_bands
from hazardlens.serve.store.removals import note_removals
from hazardlens.serve.store.tables import (
    deliveries,
    idempotency_keys,
    report_events,
    report_links,
    report_media,
    reports,
    reviews,
)

AREA_DECIMALS: Final = 2
"""Of a degree: a cell of about 1 km, which is as near as figures need."""

ERASED_FIELDS: Final = ("text", "latitude", "longitude", "address", "reporter", "external_id")
"""Columns of a report that name a person or a door."""

_NOTHING: Final[Mapping[str, Any]] = {**dict.fromkeys(ERASED_FIELDS), "text": ""}


class Why(StrEnum):
    """What an erasure follows from; the reason of its event."""

    RETENTION = "retention"
    REQUEST = "request"


def erase_report(connection: Connection, report_id: str, act: Act, why: Why) -> int | None:
    """Erase all that names somebody, photos included.

    Category, urgency, decisions, times, versions, boxes and the area stay. A report that nobody has decided leaves the
    queue, because nobody can tell any more what it was.

    Args:
        connection: of `Store.write`.
        report_id: which.
        act: by whom, when.
        why: what it follows from.

    Returns:
        How many photos it had; None where it had been erased before.

    Raises:
        ReportMissingError: there is none.
    """
    row = locked_report(connection, report_id)
    if row["erased_at"] is not None:
        return None
    photos = _let_go(connection, report_id, act, previews=True)
    changes: dict[str, Any] = {
        **_NOTHING,
        "area": area_of(row["latitude"], row["longitude"]),
        "erased_at": act.now,
        "claimed_by": None,
        "claimed_until": None,
        "second_review": "none" if row["second_review"] == "wanted" else row["second_review"],
        "state": _state_after(row),
        "version": row["version"] + 1,
        "updated_at": act.now,
    }
    connection.execute(update(reports).where(reports.c.id == report_id).values(**changes))
    withdraw_clip(connection, report_id, act.now)
    _erase_around(connection, report_id)
    _write_event(connection, row, act, why, {"erased": "all", "state": changes["state"]})
    return photos


def erase_originals(connection: Connection, report_id: str, act: Act, why: Why) -> int | None:
    """Erase the photos as they came in; previews stay, and with them all that reviewers see.

    Returns:
        How many; None where none was left.

    Raises:
        ReportMissingError: there is no such report.
    """
    row = locked_report(connection, report_id)
    photos = _let_go(connection, report_id, act, previews=False)
    if photos == 0:
        return None
    _write_event(connection, row, act, why, {"erased": "originals"})
    return photos


def area_of(latitude: float | None, longitude: float | None) -> str | None:
    """What is left of a place: the middle of a cell, as "31.23,121.47"."""
    if latitude is None or longitude is None:
        return None
    return ",".join(f"{round(value, AREA_DECIMALS) + 0.0:.{AREA_DECIMALS}f}" for value in (latitude, longitude))


def _state_after(row: RowMapping) -> str:
    move = MOVES["erase"]
    return move.target.value if State(row["state"]) in move.sources else str(row["state"])


def _let_go(connection: Connection, report_id: str, act: Act, *, previews: bool) -> int:
    """Forget which files are the report's, and have them removed; how many originals that were."""
    mine = report_media.c.report_id == report_id
    rows = connection.execute(select(report_media.c.sha256, report_media.c.preview_sha256).where(mine)).all()
    files = [row.sha256 for row in rows] + ([row.preview_sha256 for row in rows] if previews else [])
    gone = {"sha256": "", **({"preview_sha256": "", "name": "", "phash": None} if previews else {})}
    connection.execute(update(report_media).where(mine).values(**gone))
    note_removals(connection, files, act.now)
    return sum(1 for row in rows if row.sha256)


def _erase_around(connection: Connection, report_id: str) -> None:
    """What other tables hold of a report. Its own row must be marked by now: else its notes may not be touched."""
    links = report_links.c
    told = deliveries.c.report_id == report_id
    untold = deliveries.c.state.in_((DeliveryState.WAITING, DeliveryState.DEAD))
    connection.execute(delete(photo_bands).where(photo_bands.c.report_id == report_id))
    # How far it was from others would tell where it was.
    tied = or_(links.report_id == report_id, links.other_id == report_id)
    connection.execute(update(report_links).where(tied).values(distance_m=None))
    connection.execute(delete(idempotency_keys).where(idempotency_keys.c.report_id == report_id))
    connection.execute(update(deliveries).where(told).values(payload={}, last_error=None))
    connection.execute(update(deliveries).where(told, untold).values(state=DeliveryState.WITHDRAWN))
    for table in (report_events, reviews):
        noted = (table.c.report_id == report_id, table.c.note.is_not(None))
        connection.execute(update(table).where(*noted).values(note=None))


def _write_event(connection: Connection, row: RowMapping, act: Act, why: Why, after: Mapping[str, Any]) -> None:
    connection.execute(
        insert(report_events).values(
            report_id=row["id"],
            at=act.now,
            actor=act.principal.actor,
            actor_name=act.principal.name,
            action="erase",
            before={},
            after=dict(after),
            reason=why.value,
            model_version=row["model_version"],
            policy=row["policy"],
            request_id=act.request_id,
        )
    )
