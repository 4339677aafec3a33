"""How often the machine's word was kept, on both databases, in numbers that can be counted by hand."""

from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from hazardlens.serve.stats import judged
from hazardlens.serve.stats.received import read_received
from hazardlens.serve.stats.reviewing import read_agreement, read_review_counts, read_review_times
from hazardlens.serve.stats.shadow import read_shadow
from hazardlens.serve.stats.window import Window
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import shadow_results
from support.decisions import NOON, add_decided, add_report, add_review

WEEK = Window(date(2026, 3, 2), date(2026, 3, 8))


def read(store: Store) -> list[judged.JudgedCell]:
    with store.read() as connection:
        return judged.read_judged(connection, WEEK)


@pytest.fixture
def week(store: Store) -> Store:
    """Six judged reports, one that nobody can tell, one without a pre-fill."""
    add_decided(store, "a" * 32, audit=True, reporter_group="couriers")
    add_decided(store, "b" * 32, "correct", "blocked_fire_exit", reason="wrong_category", audit=True)
    add_decided(store, "c" * 32, reporter_group="couriers")
    add_decided(store, "d" * 32, "reject", "not_a_hazard", reason="false_alarm", reporter_group="couriers")
    add_decided(store, "e" * 32, "correct", reason="wrong_box", needs_human=True, kept=True, reporter_group="couriers")
    add_decided(store, "f" * 32, machine="dangling_cable", category="dangling_cable", model_version="2026.2")
    add_decided(store, "1" * 32, "cannot_tell", reporter_group="couriers")
    add_decided(store, "2" * 32, "correct", "other", reason="missed_hazard", machine=None)
    return store


def test_the_pre_fill_was_kept_in_so_many_of_so_many(week: Store) -> None:
    rows = judged.kept_overall(judged.judged_only(read(week)))
    assert [(row.sample, row.decided, row.kept) for row in rows] == [("all", 6, 4), ("audit", 2, 1), ("rest", 4, 3)]
    assert rows[0].share == pytest.approx(4 / 6)
    assert (rows[0].low, rows[0].high) == pytest.approx((0.300, 0.903), abs=1e-3)


def test_it_is_counted_by_category_model_and_week(week: Store) -> None:
    told = judged.judged_only(read(week))
    by_category = [(row.key, row.sample, row.decided, row.kept) for row in judged.kept_by_category(told)]
    assert by_category == [
        ("dangling_cable", "all", 1, 1),
        ("dangling_cable", "rest", 1, 1),
        ("stacked_clutter", "all", 5, 3),
        ("stacked_clutter", "audit", 2, 1),
        ("stacked_clutter", "rest", 3, 2),
    ]
    models = [(row.key, row.decided) for row in judged.kept_by_model(told) if row.sample == "all"]
    assert models == [("2026.1", 5), ("2026.2", 1)]
    assert [(row.key, row.decided) for row in judged.kept_by_week(told) if row.sample == "all"] == [("2026-03-02", 6)]


def test_coverage_is_of_all_that_came_in_and_accuracy_of_the_audit(week: Store) -> None:
    add_report(week, "3" * 32, needs_human=True)
    with week.read() as connection:
        came = read_received(connection, WEEK)
    rows = {row.model_version: row for row in judged.coverage(came, judged.judged_only(read(week)))}
    assert (rows[""].prefilled, rows[""].covered, rows[""].coverage) == (8, 6, 0.75)  # not the one without a pre-fill
    assert (rows[""].decided, rows[""].kept, rows[""].accuracy) == (2, 1, 0.5)
    assert (rows["2026.1"].prefilled, rows["2026.1"].covered) == (7, 5)
    assert (rows["2026.2"].prefilled, rows["2026.2"].covered, rows["2026.2"].accuracy) == (1, 1, None)


def test_overrides_and_reasons_tell_what_became_of_what(week: Store) -> None:
    cells = read(week)
    assert [(row.machine, row.person, row.n) for row in judged.overrides(judged.judged_only(cells))] == [
        ("dangling_cable", "dangling_cable", 1),
        ("stacked_clutter", "blocked_fire_exit", 1),
        ("stacked_clutter", "stacked_clutter", 3),
        ("stacked_clutter", "not_a_hazard", 1),
    ]
    assert {(row.verdict, row.reason): row.n for row in judged.reasons(cells)} == {
        ("correct", "wrong_category"): 1,
        ("correct", "wrong_box"): 1,
        ("correct", "missed_hazard"): 1,
        ("reject", "false_alarm"): 1,
    }


def test_a_clue_is_valid_when_it_tells_of_a_hazard(week: Store) -> None:
    add_decided(week, "3" * 32, "confirm", "not_a_hazard", machine="not_a_hazard", reporter_group="couriers")
    rows = {row.group: row for row in judged.clues_by_group(read(week))}
    couriers = rows["couriers"]
    assert (couriers.decided, couriers.valid, couriers.cannot_tell, couriers.share) == (5, 3, 1, 0.6)
    assert (rows[""].decided, rows[""].valid) == (3, 3)


def test_a_report_counts_once_where_its_last_decision_fell(store: Store) -> None:
    add_decided(store, "a" * 32)
    add_review(store, "a" * 32, "correct", "other")
    add_decided(store, "b" * 32)
    add_review(store, "b" * 32, "correct", "other", at=WEEK.end)
    assert [(cell.person, cell.n) for cell in read(store)] == [("other", 1)]


def test_second_reviews_are_no_decisions_but_agreement(store: Store) -> None:
    seconds = ["stacked_clutter"] * 3 + ["other"]
    for n, category in enumerate(seconds):
        add_decided(store, str(n) * 32)
        add_review(store, str(n) * 32, "correct", category, kind="second", urgency="urgent", reviewer="account:wang")
    add_review(store, "0" * 32, "confirm", at=WEEK.end)  # decided anew, after the pair
    add_decided(store, "7" * 32)
    add_review(store, "7" * 32, "cannot_tell", kind="second")
    add_decided(store, "8" * 32, "cannot_tell", "other")
    add_review(store, "8" * 32, "cannot_tell", "other", kind="second")  # no pair: all of these are looked at twice
    with store.read() as connection:
        on_category, on_urgency = read_agreement(connection, WEEK)
        counts = read_review_counts(connection, WEEK)
    assert (on_category.what, on_category.n, on_category.agreed, on_category.share) == ("category", 5, 3, 0.6)
    assert on_category.kappa == pytest.approx(0.0)  # whoever always says the same agrees by chance alone
    assert (on_urgency.n, on_urgency.agreed) == (5, 0)
    assert counts == (12, 2)
    assert sum(cell.n for cell in read(store)) == 5


def test_times_are_medians_so_that_a_break_does_not_count(store: Store) -> None:
    for n, seconds in enumerate([3.0, 4.0, 5.0, 9.0, 3600.0]):
        add_decided(store, str(n) * 32, seconds=seconds)
    add_decided(store, "8" * 32, "reject", "not_a_hazard", seconds=2.0)
    add_decided(store, "9" * 32, "reject", "not_a_hazard", seconds=None)
    with store.read() as connection:
        rows = {row.verdict: row for row in read_review_times(connection, WEEK)}
    assert (rows["all"].n, rows["all"].median_s, rows["all"].p90_s) == (6, 4.5, 3600.0)
    assert (rows["confirm"].n, rows["confirm"].median_s) == (5, 5.0)
    assert (rows["reject"].n, rows["reject"].median_s, rows["reject"].p90_s) == (1, 2.0, 2.0)
    assert "correct" not in rows


def test_a_shadow_is_measured_on_the_same_reports_as_the_model_in_service(store: Store) -> None:
    table = {  # shadow's category, person's; the model in service always says clutter
        "a": ("stacked_clutter", "stacked_clutter"),
        "b": ("other", "other"),
        "c": ("other", "stacked_clutter"),
        "d": ("other", "burst_pipe"),
    }
    for letter, (shadow, person) in table.items():
        verdict = "confirm" if person == "stacked_clutter" else "correct"
        add_decided(store, letter * 32, verdict, person)
        add_shadow(store, letter * 32, shadow)
    add_decided(store, "e" * 32, "cannot_tell")
    add_report(store, "f" * 32)
    add_shadow(store, "e" * 32, "stacked_clutter")
    add_shadow(store, "f" * 32, "other")
    with store.read() as connection:
        [row] = read_shadow(connection, WEEK)
    assert (row.model_version, row.seen, row.same, row.decided) == ("2026.9", 6, 2, 4)
    assert (row.shadow_right, row.active_right) == (2, 2)
    assert (row.only_shadow_right, row.only_active_right, row.shadow_share) == (1, 1, 0.5)


def add_shadow(store: Store, report_id: str, category: str) -> None:
    with store.write() as connection:
        connection.execute(
            insert(shadow_results).values(
                report_id=report_id,
                model_version="2026.9",
                at=NOON + timedelta(seconds=1),
                prefill={"category": category},
                detections=[],
            )
        )
