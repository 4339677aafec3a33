"""Finds the reports of an export, and reads them a few at a time: no transaction is open while photos are encoded."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from hazardlens.model.exports.reviewed import ExportFilters
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_media, reports, reviews

BATCH_REPORTS: Final = 50
_DECIDED_STATES: Final = (State.CONFIRMED, State.CORRECTED, State.REJECTED, State.FORWARDED, State.RESOLVED)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A decided report as its rows are.

    Attributes:
        row: of `reports`.
        media: of `report_media`, in order.
        reviews: of `reviews`, oldest first.
    """

    row: RowMapping
    media: Sequence[RowMapping]
    reviews: Sequence[RowMapping]


def find_reports(connection: Connection, filters: ExportFilters) -> list[str]:
    """The ids of all decided reports that the filters let through, oldest first. Where nobody could tell, none is."""
    query = select(reports.c.id).where(*_conditions(filters)).order_by(reports.c.id)
    return list(connection.execute(query).scalars())


def read_reports(store: Store, ids: Sequence[str], filters: ExportFilters) -> Iterator[StoredReport]:
    """These reports in this order; one whose decision was taken back meanwhile is no longer among them.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    for start in range(0, len(ids), BATCH_REPORTS):
        with store.read() as connection:
            batch = _read_batch(connection, ids[start : start + BATCH_REPORTS], filters)
        yield from batch


def _read_batch(connection: Connection, ids: Sequence[str], filters: ExportFilters) -> list[StoredReport]:
    wanted = select(reports).where(reports.c.id.in_(ids), *_conditions(filters)).order_by(reports.c.id)
    media, said = defaultdict(list), defaultdict(list)
    photos = select(report_media).where(report_media.c.report_id.in_(ids)).order_by(report_media.c.n)
    for row in connection.execute(photos).mappings():
        media[row["report_id"]].append(row)
    reviewed = select(reviews).where(reviews.c.report_id.in_(ids)).order_by(reviews.c.seq)
    for row in connection.execute(reviewed).mappings():
        said[row["report_id"]].append(row)
    rows = connection.execute(wanted).mappings()
    return [StoredReport(row, media[row["id"]], said[row["id"]]) for row in rows]


def _conditions(filters: ExportFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        reports.c.state.in_([state.value for state in _DECIDED_STATES]),
        reports.c.erased_at.is_(None),
    ]
    if filters.decided_from is not None:
        conditions.append(reports.c.decided_at >= filters.decided_from)
    if filters.decided_to is not None:
        conditions.append(reports.c.decided_at < filters.decided_to)
    if filters.category is not None:
        conditions.append(reports.c.category == filters.category.value)
    if filters.model_version is not None:
        conditions.append(reports.c.model_version == filters.model_version)
    return conditions
