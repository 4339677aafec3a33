"""The reviewers' queue: its order, its pages, its filters and counts, and who sees what."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, update

from hazardlens.serve.access.principals import Principal
from hazardlens.serve.access.roles import Role
from hazardlens.serve.errors import FieldInvalidError, FieldUnknownError
from hazardlens.serve.reports.queue import QueuePage, read_queue
from hazardlens.serve.reports.queue_query import parse_queue_query
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import reports
from support.people import person
from support.reports import BEGINNING, add_report

LI, WANG = person("li", Role.REVIEWER), person("wang", Role.REVIEWER)
NOW = BEGINNING + timedelta(hours=1)


def cursor_of(rank: int = 1, time: str = "2026-01-05T08:00:00+00:00", report_id: str = "a" * 32) -> str:
    return f"after={base64.urlsafe_b64encode(json.dumps([rank, 0.5, time, report_id]).encode()).decode()}"


def minutes(n: float) -> datetime:
    return BEGINNING + timedelta(minutes=n)


def queue(store: Store, query: str = "", viewer: Principal = LI) -> QueuePage:
    with store.read() as connection:
        return read_queue(connection, parse_queue_query(query.encode()), viewer, NOW)


def ids(page: QueuePage) -> list[str]:
    return [report.id for report in page.reports]


def test_most_urgent_first_then_most_doubtful_then_oldest(store: Store) -> None:
    calm = add_report(store, urgency="routine", doubt=0.9, at=minutes(0))
    newer = add_report(store, urgency="urgent", doubt=0.2, at=minutes(3))
    older = add_report(store, urgency="urgent", doubt=0.2, at=minutes(1))
    unsure = add_report(store, urgency="urgent", doubt=0.8, at=minutes(4))
    danger = add_report(store, urgency="immediate", doubt=0.0, at=minutes(5))
    assert ids(queue(store)) == [danger, unsure, older, newer, calm]


def test_a_report_that_no_model_has_seen_waits_before_all_that_is_not_immediate(store: Store) -> None:
    urgent = add_report(store, urgency="urgent", doubt=0.99)
    unseen = add_report(store, prefilled=False)
    danger = add_report(store, urgency="immediate", doubt=0.0)
    assert ids(queue(store)) == [danger, unseen, urgent]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_hold_each_report_once_whatever_their_size(store: Store, limit: int) -> None:
    for n in range(7):  # urgencies and doubts that are equal, so that age and id must part them
        add_report(store, urgency=("routine", "urgent")[n % 2], doubt=(0.1, 0.1, 0.3)[n % 3], at=minutes(n // 4))
    add_report(store, prefilled=False)
    whole = ids(queue(store, "limit=100"))
    assert len(whole) == 8
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = queue(store, f"limit={limit}&after={cursor}")
        found += ids(page)
        cursor = page.next
    assert found == whole


@pytest.mark.parametrize("shelf", ["decided", "all"])
def test_what_is_decided_and_all_there_is_come_newest_first(store: Store, shelf: str) -> None:
    decided: dict[str, Any] = {"state": "confirmed", "verdict": "confirm", "decided_by": LI.actor}
    first = add_report(store, at=minutes(0), decided_at=minutes(20), **decided)
    second = add_report(store, at=minutes(1), decided_at=minutes(10), **decided)
    waiting = add_report(store, at=minutes(2))
    expected = {"decided": [first, second], "all": [waiting, second, first]}[shelf]
    assert ids(queue(store, f"state={shelf}")) == expected
    found = [queue(store, f"state={shelf}&limit=1")]
    while found[-1].next is not None:
        found.append(queue(store, f"state={shelf}&limit=1&after={found[-1].next}"))
    assert [report for page in found for report in ids(page)] == expected


def test_filters_narrow_the_list_but_not_the_counts(store: Store) -> None:
    heap = add_report(store, category="stacked_clutter", urgency="urgent", needs_human=True)
    cable = add_report(store, category="dangling_cable", urgency="immediate")
    wall = add_report(store, category="damaged_wall", urgency="routine")
    rows = [
        ("category=stacked_clutter", [heap]),
        ("category=stacked_clutter,damaged_wall", [heap, wall]),
        ("urgency=immediate", [cable]),
        ("urgency=immediate&category=damaged_wall", []),
        ("needs_human=true", [heap]),
        ("needs_human=false", [cable, wall]),
        ("category=", [cable, heap, wall]),
    ]
    for query, expected in rows:
        page = queue(store, query)
        assert ids(page) == expected, query
        assert page.counts.waiting == 3
        assert page.counts.by_urgency == {"immediate": 1, "urgent": 1, "routine": 1}
        assert page.counts.by_category == {"stacked_clutter": 1, "dangling_cable": 1, "damaged_wall": 1}


def test_what_no_model_has_seen_is_counted_as_undecided(store: Store) -> None:
    add_report(store, prefilled=False)
    assert queue(store).counts.by_category == {"undecided": 1}


def test_what_others_hold_is_not_open_until_their_claim_runs_out(store: Store) -> None:
    held: dict[str, Any] = {"state": "in_review", "claimed_by": WANG.actor, "claimed_until": NOW + timedelta(seconds=1)}
    add_report(store, urgency="immediate", **held)
    expired = add_report(store, urgency="urgent", **{**held, "claimed_until": NOW})
    own = add_report(store, **{**held, "claimed_by": LI.actor})
    assert ids(queue(store)) == [expired, own]
    assert ids(queue(store, "state=mine")) == [own]
    assert (queue(store).counts.waiting, queue(store).counts.mine) == (2, 1)


def test_a_second_look_comes_to_everybody_but_who_decided_and_hides_the_decision(store: Store) -> None:
    decided: dict[str, Any] = {
        "state": "corrected",
        "verdict": "correct",
        "decided_by": WANG.actor,
        "decided_at": NOW,
        "second_review": "wanted",
    }
    columns = {**decided, "category": "dangling_cable", "urgency": "immediate"}
    wanted = add_report(store)
    with store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == wanted).values(**columns))
    add_report(store, **{**decided, "second_review": "done"})
    assert ids(queue(store, viewer=WANG)) == []
    (shown,) = queue(store).reports
    assert shown.id == wanted
    assert (shown.state, shown.verdict, shown.decided_by, shown.decided_at) == ("prefilled", None, None, None)
    assert (shown.category, shown.urgency) == ("stacked_clutter", "routine")


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        pytest.param("state=closed", FieldInvalidError, "none of open, mine, decided, all", id="no such shelf"),
        pytest.param("category=cats", FieldInvalidError, "category: 'cats'", id="no such category"),
        pytest.param("urgency=soon", FieldInvalidError, "urgency: 'soon'", id="no such urgency"),
        pytest.param("needs_human=1", FieldInvalidError, "true or false", id="a flag that is none"),
        pytest.param("limit=101", FieldInvalidError, "limit", id="too many"),
        pytest.param(cursor_of(rank=10**30), FieldInvalidError, "after", id="a cursor beyond all numbers"),
        pytest.param(
            cursor_of(time="0001-01-01T00:00:00+14:00"), FieldInvalidError, "after", id="a cursor before time"
        ),
        pytest.param(cursor_of(report_id="a\0"), FieldInvalidError, "after", id="a cursor to no report"),
        pytest.param("after=abc", FieldInvalidError, "after", id="a cursor that is none"),
        pytest.param("after=WzEsMl0=", FieldInvalidError, "after", id="a cursor of other things"),
        pytest.param("sort=age", FieldUnknownError, "sort", id="no such parameter"),
    ],
)
def test_a_query_that_says_nothing_sensible_is_refused(query: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        parse_queue_query(query.encode())


def test_the_first_page_reads_its_lanes_by_index(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    store.migrate()
    add_report(store)
    plans: list[str] = []

    def explain(connection: Connection, _: object, statement: str, parameters: tuple[object, ...], *__: object) -> None:
        if "FROM reports" in statement and not statement.startswith("EXPLAIN"):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in rows)

    event.listen(store.engine, "before_cursor_execute", explain)
    queue(store)
    store.close()
    searched = [plan for plan in plans if "reports" in plan.split()]
    assert any("ix_reports_queue (state=?" in plan for plan in searched)
    assert any("ix_reports_second_review (second_review=?" in plan for plan in searched)
    assert not [plan for plan in searched if plan.startswith("SCAN")]
