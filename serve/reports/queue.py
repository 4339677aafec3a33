"""The queue of reviewers: what waits for a person, most urgent first, then where the machine is unsure, then oldest.

What one reviewer can work on comes from several *lanes*: reports that nobody has reviewed, reports whose claim has run
out, their own claims, and decided reports that want a second pair of eyes. Each lane is one look-up in an index that
stops after a page, so that a page costs the same however many reports wait; the lanes are merged in the database.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import Field
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from hazardlens.model.triage.values import Answer
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.reports.assembly import views_of
from hazardlens.serve.reports.queue_query import Position, QueueQuery, Shelf
from hazardlens.serve.reports.second_look import blinded, wants_second
from hazardlens.serve.reports.views import ReportView
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.columns import UtcDateTime
from hazardlens.serve.store.tables import reports

UNDECIDED = "undecided"

_PRIORITY = (reports.c.urgency_rank.desc(), reports.c.doubt.desc(), reports.c.created_at, reports.c.id)


class QueueCounts(Answer):
    """How much waits for whoever asks, whatever the filters."""

    waiting: int = Field(ge=0, description="What can be worked on now.", examples=[42])
    by_urgency: dict[str, int] = Field(
        description=f"Of those, by urgency; `{UNDECIDED}` where no model has looked yet.",
        examples=[{"immediate": 3, "urgent": 10, "routine": 29}],
    )
    by_category: dict[str, int] = Field(
        description=f"And by category; `{UNDECIDED}` where no model has looked yet.",
        examples=[{"stacked_clutter": 29, "raised_manhole_cover": 13}],
    )
    mine: int = Field(ge=0, description="What whoever asks holds at present.", examples=[1])


class QueuePage(Answer):
    """One page of the queue."""

    reports: list[ReportView]
    next: str | None = Field(description="Send it as `after` for the next page; null on the last one.")
    counts: QueueCounts


def read_queue(connection: Connection, query: QueueQuery, viewer: Principal, now: datetime) -> QueuePage:
    """One page of the queue as `viewer` sees it.

    Args:
        connection: of `Store.read`.
        query: which part of it.
        viewer: who asks; what others hold is not shown to them as open.
        now: the time, with zone; claims that have run out by then count as none.
    """
    rows = connection.execute(_page(query, viewer.actor, now)).mappings().all()
    shown = rows[: query.limit]
    views = views_of(connection, shown, viewer)
    if query.shelf in {Shelf.OPEN, Shelf.MINE}:
        views = [blinded(view) if wants_second(row) else view for row, view in zip(shown, views, strict=True)]
    following = query.position_of(shown[-1]).write() if len(rows) > query.limit else None
    return QueuePage(reports=views, next=following, counts=_count(connection, viewer.actor, now))


def _page(query: QueueQuery, actor: str, now: datetime) -> Select[tuple[object, ...]]:
    """One row more than a page has."""
    if query.shelf in {Shelf.OPEN, Shelf.MINE}:
        return _merged(_lanes(query.shelf, actor, now), query)
    time = reports.c.decided_at if query.shelf is Shelf.DECIDED else reports.c.created_at
    wanted = select(reports).where(time.is_not(None), *query.conditions)
    if query.after is not None:
        place = tuple_(literal(query.after.time, UtcDateTime), literal(query.after.report_id))
        wanted = wanted.where(tuple_(time, reports.c.id) < place)
    return wanted.order_by(time.desc(), reports.c.id.desc()).limit(query.limit + 1)


def _merged(lanes: Sequence[ColumnElement[bool]], query: QueueQuery) -> Select[tuple[object, ...]]:
    """The first of all lanes, each read no further than a page goes."""
    conditions = query.conditions if query.after is None else (*query.conditions, _behind(query.after))
    parts = [
        select(select(reports.c.id).where(lane, *conditions).order_by(*_PRIORITY).limit(query.limit + 1).subquery())
        for lane in lanes
    ]
    first = union_all(*parts).subquery()
    return select(reports).where(reports.c.id.in_(select(first.c.id))).order_by(*_PRIORITY).limit(query.limit + 1)


def _behind(place: Position) -> ColumnElement[bool]:
    """What comes after a place. The first condition says nothing new; it is the one that an index can start from."""
    rank, doubt, created_at = reports.c.urgency_rank, reports.c.doubt, reports.c.created_at
    later = tuple_(created_at, reports.c.id) > tuple_(literal(place.time, UtcDateTime), literal(place.report_id))
    return and_(
        rank <= place.rank,
        or_(
            rank < place.rank,
            and_(rank == place.rank, or_(doubt < place.doubt, and_(doubt == place.doubt, later))),
        ),
    )


def _lanes(shelf: Shelf, actor: str, now: datetime) -> list[ColumnElement[bool]]:
    state, second = reports.c.state, reports.c.second_review == "wanted"
    holds = and_(reports.c.claimed_by == actor, reports.c.claimed_until > now)
    if shelf is Shelf.MINE:
        return [and_(state == State.IN_REVIEW.value, holds), and_(second, holds)]
    free = or_(reports.c.claimed_by.is_(None), reports.c.claimed_until <= now, reports.c.claimed_by == actor)
    return [
        state == State.RECEIVED.value,
        state == State.PREFILLED.value,
        and_(state == State.IN_REVIEW.value, free),
        and_(second, reports.c.decided_by != actor, free),
    ]


def _count(connection: Connection, actor: str, now: datetime) -> QueueCounts:
    by_urgency, by_category = Counter[str](), Counter[str]()
    for row in _groups(connection, _lanes(Shelf.OPEN, actor, now)):
        by_urgency[row["urgency"] or UNDECIDED] += row["n"]
        by_category[row["category"] or UNDECIDED] += row["n"]
    mine = sum(row["n"] for row in _groups(connection, _lanes(Shelf.MINE, actor, now)))
    return QueueCounts(waiting=by_urgency.total(), by_urgency=by_urgency, by_category=by_category, mine=mine)


def _groups(connection: Connection, lanes: Sequence[ColumnElement[bool]]) -> Sequence[RowMapping]:
    # A decided report that wants a second look is counted as what it was decided to be, which says nothing of who.
    kinds = (reports.c.urgency, reports.c.category)
    parts = [select(*kinds, func.count().label("n")).where(lane).group_by(*kinds) for lane in lanes]
    return connection.execute(union_all(*parts)).mappings().all()
