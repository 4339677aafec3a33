"""Which reports' time is over, by the settings or by a day that somebody names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, or_, select

from hazardlens.serve.reports.workflow import State
from hazardlens.serve.settings import Settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_media, reports

_BATCH: Final = 200
UNDECIDED: Final = (State.RECEIVED, State.PREFILLED, State.IN_REVIEW)
_ended_at: Final = func.coalesce(reports.c.resolved_at, reports.c.decided_at)


@dataclass(frozen=True, slots=True)
class Limits:
    """Moments before which a report must have ended to be erased; None: never.

    Attributes:
        decided: for reports that were decided, and resolved where they were.
        rejected: for those that were rejected.
        undecided: for those that nobody decided; they end when they come in.
        originals: for the photos as they came in, of decided reports.
    """

    decided: datetime | None = None
    rejected: datetime | None = None
    undecided: datetime | None = None
    originals: datetime | None = None

    @classmethod
    def from_settings(cls, settings: Settings, now: datetime) -> "Limits":
        """As the operator chose."""

        def limit(days: int | None) -> datetime | None:
            return None if days is None else now - timedelta(days=days)

        rejected = settings.retention_rejected_days
        return cls(
            limit(settings.retention_days),
            limit(settings.retention_days if rejected is None else rejected),
            limit(settings.retention_undecided_days),
            limit(settings.retention_original_days),
        )

    @classmethod
    def before(cls, moment: datetime) -> "Limits":
        """All that was decided before a moment. What nobody has decided stays: the hazard may still be there."""
        return cls(decided=moment, rejected=moment)


def whole_reports(limits: Limits) -> ColumnElement[bool]:
    """Condition on `reports`: all of it is to be erased."""
    undecided = reports.c.state.in_(UNDECIDED)
    rejected = reports.c.state == State.REJECTED.value
    return and_(
        reports.c.erased_at.is_(None),
        or_(
            and_(~undecided, ~rejected, _is_before(_ended_at, limits.decided)),
            and_(rejected, _is_before(_ended_at, limits.rejected)),
            and_(undecided, _is_before(reports.c.created_at, limits.undecided)),
        ),
    )


def originals_only(limits: Limits) -> ColumnElement[bool]:
    """Condition on `reports`: its photos as they came in are to be erased."""
    media = report_media.alias()  # of its own, wherever this condition is put
    kept = exists(select(media.c.n).where(media.c.report_id == reports.c.id, media.c.sha256 != "").correlate(reports))
    decided = reports.c.state.not_in(UNDECIDED)
    return and_(reports.c.erased_at.is_(None), decided, _is_before(_ended_at, limits.originals), kept)


def reports_that(store: Store, condition: ColumnElement[bool]) -> Iterator[str]:
    """Ids of reports, oldest first, a batch at a time: they may change while they come.

    Raises:
        StoreUnavailableError: the database cannot be reached.
    """
    after = ""
    while True:
        query = select(reports.c.id).where(condition, reports.c.id > after).order_by(reports.c.id).limit(_BATCH)
        with store.read() as connection:
            found = connection.scalars(query).all()
        yield from found
        if len(found) < _BATCH:
            return
        after = found[-1]


def count_that(connection: Connection, condition: ColumnElement[bool]) -> tuple[int, int]:
    """How many reports, and how many photos of theirs are still kept."""
    n = connection.scalar(select(func.count()).select_from(reports).where(condition)) or 0
    joined = select(func.count()).select_from(report_media).join(reports, reports.c.id == report_media.c.report_id)
    photos = connection.scalar(joined.where(condition, report_media.c.sha256 != "")) or 0
    return n, photos


def _is_before(moment: ColumnElement[datetime], limit: datetime | None) -> ColumnElement[bool]:
    return false() if limit is None else moment < limit
