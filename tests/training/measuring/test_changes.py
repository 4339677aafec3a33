"""Two models on the same photos: differences are paired, by place, and on photos that count for both."""

from collections.abc import Sequence

import pytest

from hazardlens.training.measuring.changes import compare_subject
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject
from support.judged_photos import HERE, clutter, photo, seen

CLUTTER = Subject("stacked_clutter", "hazard", frozenset(["stacked_clutter"]), {"stacked_clutter": 0.5})
NOTHING = Subject("stacked_clutter", "hazard", frozenset(["stacked_clutter"]), {})


def photos(scores: Sequence[float], positive: int, places: int = 8) -> list[JudgedPhoto]:
    """The first `positive` show clutter; the detector gives the box that is there the score."""
    return [
        photo(
            f"p{index}",
            truth=[clutter(HERE)] if index < positive else [],
            found=[seen(score, HERE)],
            group=f"g{index % places}",
        )
        for index, score in enumerate(scores)
    ]


def test_a_model_that_changes_nothing_changes_nothing() -> None:
    answers = photos([0.9, 0.6, 0.4, 0.3, 0.2, 0.1], 3)
    row = compare_subject((CLUTTER, answers), (CLUTTER, answers), resamples=50)
    for change in (row.photo_ap, row.box_ap50, row.recall, row.alarms_per_100):
        assert change.before == change.after
        assert (change.difference, change.interval) == (0.0, (0.0, 0.0))


def test_gains_and_losses_have_their_sign() -> None:
    before = photos([0.9, 0.6, 0.4, 0.3, 0.2, 0.7], 3)
    after = photos([0.9, 0.8, 0.7, 0.6, 0.2, 0.6], 3)
    row = compare_subject((CLUTTER, before), (CLUTTER, after), resamples=0)
    assert row.recall.before == pytest.approx(2 / 3)
    assert row.recall.after == 1.0
    assert row.recall.difference == pytest.approx(1 / 3)
    assert row.alarms_per_100.difference == pytest.approx(100 / 3)
    assert row.photo_ap.difference is not None
    assert row.photo_ap.difference > 0


def test_the_interval_of_a_steady_gain_is_narrow_although_places_differ() -> None:
    """Unpaired, the spread of the places would hide it."""
    before = photos([0.9, 0.4] * 8, 16)
    after = photos([0.9, 0.6] * 8, 16)
    row = compare_subject((CLUTTER, before), (CLUTTER, after), resamples=200)
    assert row.recall.difference == pytest.approx(0.5)
    assert row.recall.interval is not None
    low, high = row.recall.interval
    assert 0.1 < low < 0.5 < high < 0.9


def test_photos_count_only_where_they_count_for_both() -> None:
    """A candidate that knows a further label of the hazard is judged where somebody looked for that one too."""
    wider = Subject("h", "hazard", frozenset(["a", "b"]), {"a": 0.5, "b": 0.5})
    narrow = Subject("h", "hazard", frozenset(["a", "b"]), {"a": 0.5})
    both = photo("both", looked_for=["a", "b"])
    only = photo("only", looked_for=["a"])
    row = compare_subject((narrow, [both, only]), (wider, [both, only]), resamples=0)
    assert (row.positive_photos, row.harmless_photos) == (0, 1)


def test_what_cannot_be_measured_is_none() -> None:
    answers = photos([0.9, 0.8], 0)
    row = compare_subject((CLUTTER, answers), (NOTHING, answers), resamples=20)
    assert (row.known_before, row.known_after) == (True, False)
    assert row.recall.before is None
    assert row.recall.difference is None
    assert row.photo_ap.interval is None


def test_a_single_place_has_no_interval() -> None:
    answers = photos([0.9, 0.2, 0.6], 2, places=1)
    row = compare_subject((CLUTTER, answers), (CLUTTER, answers), resamples=20)
    assert row.recall.difference == 0.0
    assert row.recall.interval is None
