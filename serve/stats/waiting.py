"""What waits now, and since when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, func, select

from hazardlens.model.taxonomy import Urgency
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.stats.views import WaitingRow
from hazardlens.serve.store.tables import reports

WAITING: Final = (State.RECEIVED, State.PREFILLED, State.IN_REVIEW)
AGES: Final = {
    "under_1_h": timedelta(hours=1),
    "under_4_h": timedelta(hours=4),
    "under_24_h": timedelta(hours=24),
    "under_3_d": timedelta(days=3),
    "under_7_d": timedelta(days=7),
}
_OLDER: Final = "older"


@dataclass(frozen=True, slots=True)
class States:
    """How many reports stand where."""

    waiting: int
    in_review: int
    cannot_tell: int
    second_review: int


def read_waiting(connection: Connection, now: datetime) -> list[WaitingRow]:
    """A row an urgency, most urgent first, then `all`."""
    whens = [(reports.c.created_at > now - limit, name) for name, limit in AGES.items()]
    one = (
        select(
            func.coalesce(reports.c.urgency, Urgency.NONE.value).label("urgency"),
            case(*whens, else_=_OLDER).label("age"),
            reports.c.created_at,
        )
        .where(reports.c.state.in_(WAITING))
        .subquery()
    )
    query = select(one.c.urgency, one.c.age, func.count(), func.min(one.c.created_at)).group_by(
        one.c.urgency, one.c.age
    )
    found = [(str(urgency), str(age), n, oldest) for urgency, age, n, oldest in connection.execute(query)]
    levels = [level.value for level in reversed(Urgency)]
    return [
        *(_row(level, [(age, n, oldest) for urgency, age, n, oldest in found if urgency == level]) for level in levels),
        _row("all", [(age, n, oldest) for _, age, n, oldest in found]),
    ]


def _row(urgency: str, found: list[tuple[str, int, datetime]]) -> WaitingRow:
    ages = {name: sum(n for age, n, _ in found if age == name) for name in (*AGES, _OLDER)}
    oldest = min((at for _, _, at in found), default=None)
    return WaitingRow(urgency=urgency, n=sum(ages.values()), oldest_at=oldest, **ages)


def read_states(connection: Connection) -> States:
    """How many reports stand where now."""
    query = select(reports.c.state, reports.c.second_review, func.count()).group_by(
        reports.c.state, reports.c.second_review
    )
    rows = connection.execute(query).all()
    by_state = {state: sum(n for found, _, n in rows if found == state) for state in State}
    return States(
        waiting=sum(by_state[state] for state in WAITING),
        in_review=by_state[State.IN_REVIEW],
        cannot_tell=by_state[State.CANNOT_TELL],
        second_review=sum(n for state, second, n in rows if second == "wanted" and state not in WAITING),
    )
