"""Reports for those who may read them: pages of a list, one report, its history."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, StringConstraints, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, Select, and_, literal, or_, select, true, tuple_

from hazardlens.model.taxonomy import Category, Urgency
from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Action
from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.reports.assembly import view_of, views_of
from hazardlens.serve.reports.errors import ReportMissingError
from hazardlens.serve.reports.views import EventView, HistoryView, ReportList, ReportView
from hazardlens.serve.reports.workflow import State
from hazardlens.serve.store.columns import UtcDateTime
from hazardlens.serve.store.tables import report_events, reports
from hazardlens.serve.uploads import read_query

LIST_PARAMETERS: Final = (
    *("state", "category", "urgency", "source", "external_id", "created_from", "created_to", "text"),
    *("limit", "after"),
)
MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = 50
_MAX_FILTER_CHARS: Final = 200
_KINDS: Final[dict[str, type[StrEnum]]] = {"state": State, "category": Category, "urgency": Urgency}
_TIME: Final = TypeAdapter(AwareDatetime)
ReportId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_ID: Final = TypeAdapter(ReportId)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to list: conditions that all hold, a place to go on from, and how many."""

    conditions: tuple[ColumnElement[bool], ...] = ()
    after: tuple[datetime, str] | None = None
    limit: int = DEFAULT_LIMIT


def read_list_query(query: bytes, viewer: Principal) -> ListQuery:
    """From a query string. Nobody finds out by a filter what they are not shown.

    Raises:
        FieldUnknownError: a parameter that there is not.
        FieldInvalidError: a value that it cannot have.
    """
    parameters = {name: value for name, value in read_query(query, LIST_PARAMETERS).items() if value != ""}
    limit = read_limit(parameters.pop("limit", None))
    after = parameters.pop("after", None)
    conditions = tuple(_condition(name, value, viewer) for name, value in parameters.items())
    return ListQuery(conditions, None if after is None else _read_cursor(after), limit)


def list_reports(connection: Connection, query: ListQuery, viewer: Principal) -> ReportList:
    """One page, newest first. New reports never move what comes on later pages."""
    wanted: Select[tuple[object, ...]] = select(reports).where(*query.conditions)
    if query.after is not None:
        created_at, report_id = query.after
        last = tuple_(literal(created_at, UtcDateTime), literal(report_id))
        wanted = wanted.where(tuple_(reports.c.created_at, reports.c.id) < last)
    wanted = wanted.order_by(reports.c.created_at.desc(), reports.c.id.desc()).limit(query.limit + 1)
    rows = connection.execute(wanted).mappings().all()
    shown = rows[: query.limit]
    following = _write_cursor(shown[-1]["created_at"], shown[-1]["id"]) if len(rows) > query.limit else None
    return ReportList(reports=views_of(connection, shown, viewer), next=following)


def read_report_view(connection: Connection, report_id: str, viewer: Principal) -> ReportView:
    """One report.

    Raises:
        ReportMissingError: there is none.
    """
    row = connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one_or_none()
    if row is None:
        raise missing(report_id)
    return view_of(connection, row, viewer)


def read_history(connection: Connection, report_id: str) -> HistoryView:
    """All that happened to a report.

    Raises:
        ReportMissingError: there is none.
    """
    if connection.scalar(select(reports.c.id).where(reports.c.id == report_id)) is None:
        raise missing(report_id)
    query = select(report_events).where(report_events.c.report_id == report_id).order_by(report_events.c.seq)
    names = list(EventView.model_fields)
    return HistoryView(
        events=[EventView(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()]
    )


def missing(report_id: str) -> ReportMissingError:
    """That there is no such report."""
    return ReportMissingError(f"no report {report_id[:40]!r}")


def read_limit(value: str | None) -> int:
    """Reports on a page, 1 to `MAX_LIMIT`.

    Raises:
        FieldInvalidError: anything else.
    """
    if value is None:
        return DEFAULT_LIMIT
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= 3 else 0
    if not 1 <= number <= MAX_LIMIT:
        raise FieldInvalidError(f"limit: expected a whole number from 1 to {MAX_LIMIT}, found {value[:40]!r}")
    return number


def read_kinds(name: str, value: str) -> list[str]:
    """One or several values of a closed list, with commas between them.

    Raises:
        FieldInvalidError: a value that is not on the list.
    """
    known = [kind.value for kind in _KINDS[name]]
    chosen = value.split(",")
    for one in chosen:
        if one not in known:
            raise FieldInvalidError(f"{name}: {one[:40]!r} is none of {', '.join(known)}")
    return chosen


def _condition(name: str, value: str, viewer: Principal) -> ColumnElement[bool]:
    if name in _KINDS:
        return reports.c[name].in_(read_kinds(name, value))
    if name == "created_from":
        return reports.c.created_at >= _read_time(name, value)
    if name == "created_to":
        return reports.c.created_at < _read_time(name, value)
    if len(value) > _MAX_FILTER_CHARS or "\0" in value:
        raise FieldInvalidError(f"{name}: expected at most {_MAX_FILTER_CHARS} characters, none of them U+0000")
    sees_all = true() if Action.READ_PLACES in viewer.actions else reports.c.source == viewer.actor
    if name == "text":
        text, address = (reports.c[part].icontains(value, autoescape=True) for part in ("text", "address"))
        return or_(text, and_(address, sees_all))
    if name == "external_id":
        return and_(reports.c.external_id == value, sees_all)
    return reports.c[name] == value


def _read_time(name: str, value: str) -> datetime:
    try:
        # A plus sign that was not encoded arrives as a space.
        return _TIME.validate_strings(value.replace(" ", "+")).astimezone(UTC)
    except (ValidationError, OverflowError) as error:  # the first and last hours of all time are none in UTC
        raise FieldInvalidError(f"{name}: expected a time with zone as of RFC 3339, found {value[:40]!r}") from error


def _write_cursor(created_at: datetime, report_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at.isoformat()} {report_id}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        created_at, report_id = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").split(" ")
        return _TIME.validate_strings(created_at).astimezone(UTC), _ID.validate_strings(report_id)
    except (binascii.Error, ValueError, OverflowError) as error:  # UnicodeError and pydantic's are ValueErrors too
        raise FieldInvalidError("after: not a `next` of an earlier answer") from error
