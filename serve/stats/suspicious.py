"""Decisions that are worth a second look: the machine was sure and the person disagreed, or their boxes do."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, RowMapping, select

from hazardlens.model.boxes import iou_matrix
from hazardlens.serve.reports.workflow import Verdict
from hazardlens.serve.stats.judged import decided_between, machine_category
from hazardlens.serve.stats.views import Box, Doubt, SuspiciousList, SuspiciousReport
from hazardlens.serve.stats.window import Window
from hazardlens.serve.store.media_tables import VIDEO
from hazardlens.serve.store.tables import report_media, reports, reviews

SURE: Final = 0.85
SURE_SCORE: Final = 0.7
FAR_IOU: Final = 0.3
MAX_LOOKED_AT: Final = 5000
_CHUNK: Final = 200
_CORNERS: Final = ("x_min", "y_min", "x_max", "y_max")


def find_suspicious(connection: Connection, window: Window, *, limit: int) -> SuspiciousList:
    """Search the decisions of a window, newest first, until `limit` of them are in doubt."""
    found: list[SuspiciousReport] = []
    looked_at = 0
    decisions = _decisions(connection, window)
    for row, photos in islice(decisions, MAX_LOOKED_AT):
        looked_at += 1
        if doubts := find_doubts(row, photos):
            found.append(_report(row, doubts))
        if len(found) == limit:
            break
    return SuspiciousList(
        first_day=window.first,
        last_day=window.last,
        looked_at=looked_at,
        complete=next(decisions, None) is None,
        reports=found,
    )


def _decisions(connection: Connection, window: Window) -> Iterator[tuple[RowMapping, list[list[dict[str, Any]]]]]:
    """Decisions with the detections of each photo."""
    query = decided_between(
        window,
        reviews.c.seq,
        reviews.c.report_id,
        reviews.c.at,
        reviews.c.verdict,
        reviews.c.category,
        reviews.c.prefill_kept,
        reviews.c.boxes,
        reviews.c.model_version,
        reports.c.confidence,
        machine_category().label("machine"),
    ).where(reviews.c.verdict != Verdict.CANNOT_TELL.value)
    after: int | None = None
    while True:
        page = query if after is None else query.where(reviews.c.seq < after)
        rows = connection.execute(page.order_by(reviews.c.seq.desc()).limit(_CHUNK)).mappings().all()
        detections = _detections(connection, [row["report_id"] for row in rows])
        yield from ((row, detections.get(row["report_id"], [])) for row in rows)
        if len(rows) < _CHUNK:
            return
        after = rows[-1]["seq"]


def _detections(connection: Connection, report_ids: Sequence[str]) -> dict[str, list[list[dict[str, Any]]]]:
    query = (
        select(report_media.c.report_id, report_media.c.detections, report_media.c.kind)
        .where(report_media.c.report_id.in_(report_ids))
        .order_by(report_media.c.report_id, report_media.c.n)
    )
    found: dict[str, list[list[dict[str, Any]]]] = {}
    for report_id, detections, kind in connection.execute(query):
        found.setdefault(report_id, []).append([] if kind == VIDEO else detections)  # a clip has no boxes of its own
    return found


def find_doubts(decision: Mapping[Any, Any], photos: Sequence[Sequence[Mapping[str, Any]]]) -> list[Doubt]:
    """What speaks against a decision.

    Args:
        decision: machine, category (the person's), verdict, confidence and boxes (per photo, None: as predicted).
        photos: the detections of each photo.
    """
    doubts: list[Doubt] = []
    sure = decision["confidence"] is not None and decision["confidence"] >= SURE
    if sure and decision["machine"] != decision["category"]:
        score = decision["confidence"]
        doubts.append(Doubt(why="sure_but_overruled", photo=None, label=None, score=score, iou=None, box=None))
    if decision["boxes"] is not None and decision["verdict"] != Verdict.REJECT:
        for n, (final, predicted) in enumerate(zip(decision["boxes"], photos, strict=False)):
            doubts += _doubts_of_photo(n, final, predicted)
    return doubts


def _doubts_of_photo(
    n: int, final: Sequence[Mapping[str, Any]], predicted: Sequence[Mapping[str, Any]]
) -> Iterator[Doubt]:
    overlaps = iou_matrix(_corners(final), _corners(predicted))
    for one, ious in zip(final, overlaps, strict=True):
        nearest = float(ious.max(initial=0.0))
        if nearest < FAR_IOU:
            yield _box_doubt("box_far_from_prediction", n, one, nearest)
    for one, ious in zip(predicted, overlaps.T, strict=True):
        nearest = float(ious.max(initial=0.0))
        if nearest < FAR_IOU and one["confidence"] >= SURE_SCORE:
            yield _box_doubt("sure_box_removed", n, one, nearest)


def _box_doubt(why: Any, n: int, one: Mapping[str, Any], nearest: float) -> Doubt:  # noqa: ANN401 - a Suspicion
    box = Box(**{corner: one["box"][corner] for corner in _CORNERS})
    return Doubt(why=why, photo=n, label=one["label"], score=one.get("confidence"), iou=round(nearest, 3), box=box)


def _corners(boxes: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.float32]:
    """(N, 4) float32, pixels of the upright original."""
    corners = [[one["box"][corner] for corner in _CORNERS] for one in boxes]
    return np.array(corners, np.float32).reshape(-1, 4)


def _report(row: RowMapping, doubts: list[Doubt]) -> SuspiciousReport:
    return SuspiciousReport(
        report_id=row["report_id"],
        link=f"/review?report={row['report_id']}",
        decided_at=row["at"],
        machine=row["machine"],
        person=row["category"],
        confidence=row["confidence"],
        model_version=row["model_version"],
        doubts=doubts,
    )
