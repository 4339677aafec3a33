"""Erasure that somebody asks for: all reports of one reporter, or one report.

A request is a row before any work is done, so that one that is cut off is gone on with: by the server's next round, or
by the next purge. When it is done the row forgets whom it was about; its id is what the audit log knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, insert, select, update

from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.erasure.due import UNDECIDED, count_that, reports_that
from hazardlens.serve.erasure.erasing import Why, erase_report
from hazardlens.serve.reports.errors import ReportMissingError
from hazardlens.serve.reports.ids import new_report_id
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.erasure_tables import erasures
from hazardlens.serve.store.tables import reports

_FORGOTTEN: Final[Mapping[str, Any]] = {"reporter": None, "source": None, "report_id": None}


@dataclass(frozen=True, slots=True)
class Whose:
    """What a request is about: a reporter, perhaps only as one sender names them, or one report.

    Attributes:
        reporter: as reports name them, to the letter.
        source: "key:ID", "account:ID" or "anonymous"; None for all: two senders may mean two people by one name.
        report_id: of one report, instead.
    """

    reporter: str | None = None
    source: str | None = None
    report_id: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """On `reports`: theirs, and not erased yet."""
        if self.report_id is not None:
            this = reports.c.id == self.report_id
        else:
            this = reports.c.reporter == self.reporter
            if self.source is not None:
                this = and_(this, reports.c.source == self.source)
        return and_(this, reports.c.erased_at.is_(None))


@dataclass(frozen=True, slots=True)
class Found:
    """What a request would erase.

    Attributes:
        reports: how many.
        photos: how many, kept as they came in.
        undecided: of the reports, those that nobody has decided: hazards that may still be there.
    """

    reports: int
    photos: int
    undecided: int


def find(connection: Connection, whose: Whose) -> Found:
    """Look, and erase nothing.

    Raises:
        ReportMissingError: one report is asked for, and there is none.
    """
    if whose.report_id is not None and not _exists(connection, whose.report_id):
        raise ReportMissingError(f"no report {whose.report_id[:40]!r}")
    condition = whose.condition()
    n, photos = count_that(connection, condition)
    undecided = select(func.count()).select_from(reports).where(condition, reports.c.state.in_(UNDECIDED))
    return Found(n, photos, connection.scalar(undecided) or 0)


def begin(connection: Connection, whose: Whose, act: Act) -> str:
    """Write a request down, with a line in the audit log that does not say whom it is about; returns its id.

    Raises:
        ReportMissingError: as `find`.
    """
    found = find(connection, whose)
    erasure_id = new_report_id(act.now)
    connection.execute(
        insert(erasures).values(
            id=erasure_id,
            at=act.now,
            actor=act.principal.actor,
            actor_name=act.principal.name,
            request_id=act.request_id,
            reporter=whose.reporter,
            source=whose.source,
            report_id=whose.report_id,
            reports=0,
            photos=0,
        )
    )
    kind = "report" if whose.report_id is not None else "reporter"
    act.write(connection, "erasure_begun", f"erasure:{erasure_id}", of=kind, reports=found.reports, photos=found.photos)
    return erasure_id


def go_on(store: Store, erasure_id: str, now: datetime) -> RowMapping:
    """Erase what a request is about, report by report.

    Args:
        store: the database.
        erasure_id: from `begin`.
        now: the time, with zone.

    Returns:
        Its row; `finished_at` tells whether it is done.

    Raises:
        StoreUnavailableError: the database cannot be reached; a later call goes on.
    """
    with store.read() as connection:
        row = _row(connection, erasure_id)
    if row["finished_at"] is not None:
        return row
    whose = Whose(row["reporter"], row["source"], row["report_id"])
    act = _act_of(row, now)
    for report_id in reports_that(store, whose.condition()):
        with store.write() as connection:
            photos = erase_report(connection, report_id, act, Why.REQUEST)
            if photos is not None:
                this = erasures.c.id == erasure_id
                counts = {"reports": erasures.c.reports + 1, "photos": erasures.c.photos + photos}
                connection.execute(update(erasures).where(this).values(counts))
    with store.write() as connection:
        return _finish_if_done(connection, erasure_id, whose, act)


def waiting(connection: Connection) -> list[str]:
    """Ids of requests that are not done, oldest first."""
    query = select(erasures.c.id).where(erasures.c.finished_at.is_(None)).order_by(erasures.c.id)
    return list(connection.scalars(query))


def _finish_if_done(connection: Connection, erasure_id: str, whose: Whose, act: Act) -> RowMapping:
    row = _row(connection, erasure_id, hold=True)
    left, _ = count_that(connection, whose.condition())
    if row["finished_at"] is not None or left:
        return row
    # Forgotten in the same step: nothing may keep the name of who asked to be forgotten.
    connection.execute(update(erasures).where(erasures.c.id == erasure_id).values(**_FORGOTTEN, finished_at=act.now))
    counts = {"reports": row["reports"], "photos": row["photos"]}
    act.write(connection, "erasure_finished", f"erasure:{erasure_id}", **counts)
    return _row(connection, erasure_id)


def _row(connection: Connection, erasure_id: str, *, hold: bool = False) -> RowMapping:
    query = select(erasures).where(erasures.c.id == erasure_id)
    return connection.execute(query.with_for_update() if hold else query).mappings().one()


def _act_of(row: RowMapping, now: datetime) -> Act:
    """Whoever goes on with it, it is the act of who asked."""
    kind, _, id_ = row["actor"].partition(":")
    return Act(Principal(kind, id_, row["actor_name"], frozenset()), now, row["request_id"])


def _exists(connection: Connection, report_id: str) -> bool:
    return connection.scalar(select(reports.c.id).where(reports.c.id == report_id)) is not None
