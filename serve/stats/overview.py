"""All figures of a window, from one look at the database."""

import csv
import io
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from hazardlens.serve.errors import FieldInvalidError
from hazardlens.serve.stats import judged, received
from hazardlens.serve.stats.reviewing import read_agreement, read_review_counts, read_review_times
from hazardlens.serve.stats.shadow import read_shadow
from hazardlens.serve.stats.views import Row, Stats, Tables
from hazardlens.serve.stats.waiting import read_states, read_waiting
from hazardlens.serve.stats.window import Window

TABLES: Final = tuple(Tables.model_fields)


def make_stats(connection: Connection, window: Window, *, now: datetime) -> Stats:
    """Every figure.

    Args:
        connection: of `Store.read`.
        window: the days.
        now: the time, with zone, for how long reports have waited.
    """
    came = received.read_received(connection, window)
    decided = judged.read_judged(connection, window)
    states = read_states(connection)
    made, people = read_review_counts(connection, window)
    return Stats(
        first_day=window.first,
        last_day=window.last,
        utc_offset_min=window.offset_min,
        made_at=now,
        received=sum(cell.n for cell in came),
        waiting_now=states.waiting,
        in_review_now=states.in_review,
        cannot_tell_now=states.cannot_tell,
        second_review_now=states.second_review,
        reviews=made,
        reviewers=people,
        tables=_make_tables(connection, window, came, decided, now),
    )


def _make_tables(
    connection: Connection,
    window: Window,
    came: list[received.ReceivedCell],
    decided: list[judged.JudgedCell],
    now: datetime,
) -> Tables:
    told = judged.judged_only(decided)
    return Tables(
        received_by_day=received.by_day(came, window),
        received_by_week=received.by_week(came, window),
        received_by_category=received.by_category(came),
        received_by_urgency=received.by_urgency(came),
        received_by_source=received.by_source(came),
        received_by_group=received.by_group(came),
        waiting=read_waiting(connection, now),
        kept=judged.kept_overall(told),
        kept_by_category=judged.kept_by_category(told),
        kept_by_model=judged.kept_by_model(told),
        kept_by_week=judged.kept_by_week(told),
        coverage=judged.coverage(came, told),
        overrides=judged.overrides(told),
        reasons=judged.reasons(decided),
        clues_by_group=judged.clues_by_group(decided),
        review_time=read_review_times(connection, window),
        agreement=read_agreement(connection, window),
        shadow=read_shadow(connection, window),
    )


def to_csv(stats: Stats, table: str) -> str:
    """One table as RFC 4180 CSV; its first line names the columns, in the order of the JSON.

    Raises:
        FieldInvalidError: no such table.
    """
    if table not in TABLES:
        raise FieldInvalidError(f"table: expected one of {', '.join(TABLES)}, found {table[:40]!r}")
    rows: list[Row] = getattr(stats.tables, table)
    annotation = Tables.model_fields[table].annotation
    row_type: type[Row] = annotation.__args__[0]  # type: ignore[union-attr]  # list[SomeRow]
    names = list(row_type.model_fields)
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.model_dump(mode="json").items()} for row in rows)
    return text.getvalue()


def _harmless(value: object) -> object:
    """Spreadsheets run cells that begin like a formula; names of groups and keys are words of outsiders."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
