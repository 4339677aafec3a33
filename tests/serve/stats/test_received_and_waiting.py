"""What came in and what waits, on both databases, in numbers that can be counted by hand."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert

from hazardlens.serve.stats import received
from hazardlens.serve.stats.overview import make_stats
from hazardlens.serve.stats.waiting import States, read_states, read_waiting
from hazardlens.serve.stats.window import Window
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import api_keys
from support.decisions import NOON, add_report

WEEK = Window(date(2026, 3, 2), date(2026, 3, 8))


def test_reports_are_counted_on_the_day_of_the_place_they_came_in(store: Store) -> None:
    late = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    add_report(store, "a" * 32, created_at=late)
    with store.read() as connection:
        for offset, day in ((0, "2026-03-03"), (480, "2026-03-04"), (30, "2026-03-04"), (-60, "2026-03-03")):
            window = Window(WEEK.first, WEEK.last, offset)
            assert [cell.day for cell in received.read_received(connection, window)] == [day], offset


def test_reports_are_counted_by_everything_that_is_asked_for(store: Store) -> None:
    with store.write() as connection:
        connection.execute(
            insert(api_keys).values(
                id="k1", name="hotline", secret_sha256="0" * 64, actions=[], created_at=NOON, created_by="account:li"
            )
        )
    add_report(store, "a" * 32, urgency="immediate", source="key:k1", reporter_group="couriers")
    add_report(store, "b" * 32, source="account:1", reporter_group="couriers")
    add_report(store, "c" * 32, source="account:2", machine=None)
    add_report(store, "d" * 32, source="key:gone", created_at=NOON + timedelta(days=1))
    add_report(
        store, "e" * 32, created_at=WEEK.start - timedelta(microseconds=1)
    )  # the first moments that do not count
    add_report(store, "f" * 32, created_at=WEEK.end)
    with store.read() as connection:
        cells = received.read_received(connection, WEEK)
    days = received.by_day(cells, WEEK)
    assert [row.total for row in days] == [0, 0, 3, 1, 0, 0, 0]
    assert (days[2].first_day, days[2].immediate, days[2].routine) == (date(2026, 3, 4), 1, 2)
    assert [(row.first_day, row.total) for row in received.by_week(cells, WEEK)] == [(date(2026, 3, 2), 4)]
    assert {row.key: row.n for row in received.by_category(cells) if row.n} == {"stacked_clutter": 3, "": 1}
    assert [(row.key, row.n) for row in received.by_urgency(cells)] == [
        ("immediate", 1), ("urgent", 0), ("routine", 3), ("none", 0),
    ]  # fmt: skip
    assert [(row.key, row.n) for row in received.by_source(cells)] == [("account", 2), ("hotline", 1), ("key:gone", 1)]
    assert [(row.key, row.n) for row in received.by_group(cells)] == [("", 2), ("couriers", 2)]


def test_a_window_that_begins_in_the_middle_of_a_week_names_that_week(store: Store) -> None:
    window = Window(date(2026, 3, 4), date(2026, 3, 10))
    add_report(store, "a" * 32)
    with store.read() as connection:
        rows = received.by_week(received.read_received(connection, window), window)
    assert [(row.first_day, row.total) for row in rows] == [(date(2026, 3, 2), 1), (date(2026, 3, 9), 0)]


def test_what_waits_is_sorted_by_urgency_and_by_how_long(store: Store) -> None:
    ages = {"a": 0.5, "b": 2, "c": 20, "d": 70, "e": 160, "f": 200}  # hours: one for each column
    for letter, hours in ages.items():
        add_report(store, letter * 32, urgency="urgent", created_at=NOON - timedelta(hours=hours))
    add_report(store, "1" * 32, urgency="immediate", state="in_review", created_at=NOON - timedelta(hours=1))
    add_report(store, "2" * 32, machine=None, urgency="none", state="received")
    add_report(store, "3" * 32, state="confirmed", created_at=NOON - timedelta(days=99), second_review="wanted")
    add_report(store, "4" * 32, state="cannot_tell")
    add_report(store, "5" * 32, state="prefilled", urgency="none", second_review="wanted")
    with store.read() as connection:
        rows = {row.urgency: row for row in read_waiting(connection, NOON)}
        states = read_states(connection)
    urgent = rows["urgent"].model_dump(exclude={"urgency", "oldest_at"})
    assert urgent == {
        "n": 6,
        "under_1_h": 1,
        "under_4_h": 1,
        "under_24_h": 1,
        "under_3_d": 1,
        "under_7_d": 1,
        "older": 1,
    }
    assert rows["urgent"].oldest_at == NOON - timedelta(hours=200)
    assert (rows["immediate"].n, rows["immediate"].under_4_h) == (1, 1)  # an hour is no longer under an hour
    assert rows["routine"].oldest_at is None
    assert (rows["all"].n, rows["all"].oldest_at) == (9, NOON - timedelta(hours=200))
    assert list(rows) == ["immediate", "urgent", "routine", "none", "all"]
    assert states == States(waiting=9, in_review=1, cannot_tell=1, second_review=1)


def test_an_empty_database_has_figures_too(store: Store) -> None:
    with store.read() as connection:
        stats = make_stats(connection, WEEK, now=NOON)
    assert (stats.received, stats.waiting_now, stats.reviews, stats.reviewers) == (0, 0, 0, 0)
    assert [row.share for row in stats.tables.kept] == [None, None, None]
    assert stats.tables.agreement[0].kappa is None
