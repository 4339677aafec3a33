"""What came in during a window."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, case, func, select

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.serve.stats.views import CountRow, ReceivedRow
from hazardlens.serve.stats.window import Window, monday_of
from hazardlens.serve.store.tables import api_keys, reports


@dataclass(frozen=True, slots=True)
class ReceivedCell:
    """Reports that have all of these in common; `abstained` is None where there is no pre-fill."""

    day: str
    category: str | None
    urgency: str | None
    source: str
    group: str | None
    model_version: str | None
    abstained: bool | None
    n: int


def read_received(connection: Connection, window: Window) -> list[ReceivedCell]:
    """The reports of a window, counted by day, category, urgency, source and group."""
    source: ColumnElement[str] = case((reports.c.source.like("account:%"), "account"), else_=reports.c.source)
    one = (
        select(
            window.day_of(connection, reports.c.created_at).label("day"),
            reports.c.category,
            reports.c.urgency,
            source.label("source"),
            reports.c.reporter_group.label("group"),
            reports.c.model_version,
            case((reports.c.confidence.is_(None), None), else_=reports.c.needs_human).label("abstained"),
        )
        .where(window.holds(reports.c.created_at))
        .subquery()
    )
    names = _key_names(connection)
    counted = connection.execute(select(*one.c, func.count().label("n")).group_by(*one.c))
    return [ReceivedCell(**{**row, "source": names.get(row["source"]) or row["source"]}) for row in counted.mappings()]


def _key_names(connection: Connection) -> dict[str, str]:
    return {f"key:{row.id}": row.name for row in connection.execute(select(api_keys.c.id, api_keys.c.name))}


def by_day(cells: Iterable[ReceivedCell], window: Window) -> list[ReceivedRow]:
    """A row a day, days without reports included: a gap in a chart is a finding too."""
    days = (date.fromordinal(n) for n in range(window.first.toordinal(), window.last.toordinal() + 1))
    return _rows(cells, [day.isoformat() for day in days], lambda cell: cell.day)


def by_week(cells: Iterable[ReceivedCell], window: Window) -> list[ReceivedRow]:
    """A row a week that the window touches."""
    first = date.fromisoformat(monday_of(window.first.isoformat())).toordinal()
    weeks = (date.fromordinal(n) for n in range(first, window.last.toordinal() + 1, 7))
    return _rows(cells, [week.isoformat() for week in weeks], lambda cell: monday_of(cell.day))


def _rows(cells: Iterable[ReceivedCell], keys: list[str], key_of: Callable[[ReceivedCell], str]) -> list[ReceivedRow]:
    counts: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        counts[key_of(cell), cell.urgency or Urgency.NONE] += cell.n
    rows = []
    for key in keys:
        levels = {level.value: counts[key, level] for level in Urgency}
        rows.append(ReceivedRow(first_day=date.fromisoformat(key), total=sum(levels.values()), **levels))
    return rows


def by_category(cells: Iterable[ReceivedCell]) -> list[CountRow]:
    """Every category in its own order, then what has none."""
    return _in_order(_tally(cells, lambda cell: cell.category), [category.value for category in Category])


def by_urgency(cells: Iterable[ReceivedCell]) -> list[CountRow]:
    """Every urgency, most urgent first."""
    return _in_order(_tally(cells, lambda cell: cell.urgency), [level.value for level in reversed(Urgency)])


def by_source(cells: Iterable[ReceivedCell]) -> list[CountRow]:
    """Every source, busiest first: a key's name, "account" for people who are signed in, "anonymous" for others."""
    return _busiest_first(_tally(cells, lambda cell: cell.source))


def by_group(cells: Iterable[ReceivedCell]) -> list[CountRow]:
    """Every reporter group, busiest first."""
    return _busiest_first(_tally(cells, lambda cell: cell.group))


def _tally(cells: Iterable[ReceivedCell], key_of: Callable[[ReceivedCell], str | None]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for cell in cells:
        counts[key_of(cell) or ""] += cell.n
    return counts


def _in_order(counts: Counter[str], known: list[str]) -> list[CountRow]:
    keys = [*known, *sorted(set(counts) - set(known))]
    return [CountRow(key=key, n=counts[key]) for key in keys]


def _busiest_first(counts: Counter[str]) -> list[CountRow]:
    return [CountRow(key=key, n=n) for key, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
