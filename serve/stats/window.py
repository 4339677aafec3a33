"""The days that a statistic is about, as people count them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, Date, DateTime, Interval, String, cast, func, literal

from hazardlens.serve.errors import FieldInvalidError

DEFAULT_DAYS: Final = 28
MAX_DAYS: Final = 3660
_MAX_OFFSET_MIN: Final = 14 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """Whole days, first and last included, of a place whose clocks are `offset_min` ahead of UTC."""

    first: date
    last: date
    offset_min: int = 0

    @property
    def start(self) -> datetime:
        """The first moment that belongs to it."""
        return _midnight(self.first, self.offset_min)

    @property
    def end(self) -> datetime:
        """The first moment that no longer does."""
        return _midnight(self.last + timedelta(days=1), self.offset_min)

    def holds(self, column: Column[datetime]) -> ColumnElement[bool]:
        """The condition that a column of times lies within."""
        return (column >= self.start) & (column < self.end)

    def day_of(self, connection: Connection, column: Column[datetime]) -> ColumnElement[str]:
        """The local day of a column of times, "2026-01-31". Group by it from outside of a subquery only.

        PostgreSQL takes two bound parameters for two different things, so the same expression in SELECT and in
        GROUP BY is not the same to it.
        """
        if connection.dialect.name == "sqlite":
            return func.date(column, f"{self.offset_min:+d} minutes", type_=String)
        local = func.timezone("UTC", column, type_=DateTime) + literal(timedelta(minutes=self.offset_min), Interval)
        return cast(cast(local, Date), String)


def read_window(first: str | None, last: str | None, offset_min: str | None, *, now: datetime) -> Window:
    """The window that a request asks for; without days, the last four weeks.

    Raises:
        FieldInvalidError: no days, the last before the first, more than ten years, or an offset no clock has.
    """
    offset = _read_offset(offset_min)
    today = now.astimezone(timezone(timedelta(minutes=offset))).date()
    end = _read_day("to", last) or today
    try:
        start = _read_day("from", first) or end - timedelta(days=DEFAULT_DAYS - 1)
        window = Window(start, end, offset)
        _ = (window.start.astimezone(UTC), window.end.astimezone(UTC))  # the first and last days of all time have none
    except OverflowError as error:
        raise FieldInvalidError("from and to: these days cannot be counted with") from error
    if window.first > window.last:
        raise FieldInvalidError(f"from: {window.first} is after {window.last}")
    if (window.last - window.first).days >= MAX_DAYS:
        raise FieldInvalidError(f"from and to: at most {MAX_DAYS} days at a time")
    return window


def monday_of(day: str) -> str:
    """The Monday that begins the week of a day, both as "2026-01-31"."""
    found = date.fromisoformat(day)
    return (found - timedelta(days=found.weekday())).isoformat()


def _midnight(day: date, offset_min: int) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone(timedelta(minutes=offset_min)))


def _read_day(name: str, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise FieldInvalidError(f"{name}: expected a day such as 2026-01-31, found {value[:40]!r}") from error


def _read_offset(value: str | None) -> int:
    if value is None:
        return 0
    try:
        offset = int(value)
    except ValueError as error:
        raise FieldInvalidError(f"utc_offset_min: expected whole minutes, found {value[:40]!r}") from error
    if abs(offset) > _MAX_OFFSET_MIN:
        raise FieldInvalidError(f"utc_offset_min: expected -{_MAX_OFFSET_MIN} to {_MAX_OFFSET_MIN}, found {offset}")
    return offset
