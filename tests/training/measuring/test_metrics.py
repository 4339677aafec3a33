"""Metrics on hand-made photos whose answers are known, and the rule that an unknown label changes nothing."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from hazardlens.model.taxonomy import Category
from hazardlens.training.measuring.coco import match_boxes
from hazardlens.training.measuring.curves import (
    PhotoScores,
    best_f1,
    box_curve,
    group_weights,
    interpolated_ap,
    interval,
    photo_ap,
    photo_curve,
    recall_at_precision,
)
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, SubjectFigures, measure, subjects
from support.judged_photos import HERE, NEAR, THERE, clutter, photo, seen

CLUTTER = Subject("stacked_clutter", "label", frozenset(["stacked_clutter"]), {"stacked_clutter": 0.5})
KITCHEN = Subject(
    "unhygienic_kitchen",
    "hazard",
    frozenset(["kitchen_dirty", "kitchen_pest", "food_exposed"]),
    {"kitchen_dirty": 0.5, "kitchen_pest": 0.2},
)


@pytest.mark.parametrize(
    ("photos", "ap50", "ap50_95"),
    [
        pytest.param([photo("a", [clutter(HERE)], [seen(0.9, HERE)])], 1.0, 1.0, id="found exactly"),
        # IoU 0.8 meets 0.50 ... 0.80: seven of ten thresholds.
        pytest.param([photo("a", [clutter(HERE)], [seen(0.9, NEAR)])], 1.0, 0.7, id="found nearly"),
        pytest.param([photo("a", [clutter(HERE)])], 0.0, 0.0, id="missed"),
        pytest.param([photo("a", [clutter(HERE)], [seen(0.9, THERE)])], 0.0, 0.0, id="elsewhere"),
        # A better-scored false alarm halves the precision at every recall.
        pytest.param(
            [photo("a", [clutter(HERE)], [seen(0.5, HERE)]), photo("b", [], [seen(0.9, HERE)])],
            0.5,
            0.5,
            id="false alarm first",
        ),
        # A worse-scored one costs nothing.
        pytest.param(
            [photo("a", [clutter(HERE)], [seen(0.9, HERE)]), photo("b", [], [seen(0.5, HERE)])],
            1.0,
            1.0,
            id="false alarm last",
        ),
        # One of two: precision 1 up to recall 0.5, which is 51 of the 101 recall points.
        pytest.param(
            [photo("a", [clutter(HERE), clutter(THERE)], [seen(0.9, HERE)])], 51 / 101, 51 / 101, id="one of two"
        ),
        # The second detection of one box is a false alarm, but after full recall it costs nothing.
        pytest.param([photo("a", [clutter(HERE)], [seen(0.9, HERE), seen(0.8, NEAR)])], 1.0, 1.0, id="found twice"),
        pytest.param([photo("a", [], [seen(0.9, HERE)])], None, None, id="no box to find"),
        pytest.param([], None, None, id="no photos"),
    ],
)
def test_box_figures_of_hand_made_photos(photos: list[JudgedPhoto], ap50: float | None, ap50_95: float | None) -> None:
    figures = measure(photos, CLUTTER, resamples=0).boxes
    assert figures.ap50 == (None if ap50 is None else pytest.approx(ap50))
    assert figures.ap50_95 == (None if ap50_95 is None else pytest.approx(ap50_95))
    assert figures.boxes == sum(len(item.truth_labels) for item in photos)


def test_boxes_count_only_where_the_label_was_looked_for() -> None:
    known = [photo("a", [clutter(HERE)], [seen(0.6, HERE)]), photo("b", [], [seen(0.3, THERE)])]
    blind = [
        photo("c", [], [seen(0.99, HERE)], looked_for=["exit_door"]),
        photo("d", [clutter(HERE)], [seen(0.1, HERE)], looked_for=["exit_door"]),
    ]
    figures = measure(known + blind, CLUTTER, resamples=0).boxes
    assert figures == measure(known, CLUTTER, resamples=0).boxes
    assert (figures.photos, figures.positive_photos, figures.boxes, figures.ap50) == (2, 1, 1, 1.0)


def test_an_unknown_label_changes_nothing() -> None:
    photos = [
        photo("a", [clutter(HERE)], [seen(0.6, HERE)]),
        photo("b", [], [seen(0.7, THERE)]),
        photo("c", [("kitchen_pest", HERE)], [("kitchen_pest", 0.4, HERE)]),
    ]
    noisy = [
        # Nobody looked for clutter or dirt here, and the detector shouts both.
        photo("d", [], [seen(0.99, HERE), ("kitchen_dirty", 0.99, HERE)], looked_for=["exit_door", "kitchen_pest"]),
    ]
    quiet = [photo("d", looked_for=["exit_door", "kitchen_pest"])]
    for subject in (CLUTTER, KITCHEN):
        assert measure(photos + noisy, subject, resamples=50) == measure(photos + quiet, subject, resamples=50)
    # The same detections do count as soon as somebody has looked.
    searched = [photo("d", [], [seen(0.99, HERE)])]
    before, after = (measure(photos + extra, CLUTTER, resamples=0) for extra in (noisy, searched))
    assert after.boxes.ap50 is not None
    assert before.boxes.ap50 is not None
    assert after.boxes.ap50 < before.boxes.ap50
    assert after.photos.false_alarms == before.photos.false_alarms + 1


@pytest.mark.parametrize(
    ("item", "counts_as"),
    [
        pytest.param(photo("a", [("kitchen_dirty", HERE)]), "positive", id="known box"),
        pytest.param(
            photo("a", [("kitchen_pest", HERE)], looked_for=["kitchen_pest"]), "positive", id="partly searched"
        ),
        pytest.param(photo("a", [("food_exposed", HERE)]), "positive", id="label that the model lacks"),
        pytest.param(photo("a", looked_for=["kitchen_dirty", "kitchen_pest"]), "harmless", id="all of the model's"),
        pytest.param(photo("a", looked_for=["kitchen_pest"]), "nothing", id="one of two"),
        pytest.param(photo("a", looked_for=[]), "nothing", id="nothing looked for"),
    ],
)
def test_which_photos_count_for_a_hazard(item: JudgedPhoto, counts_as: str) -> None:
    figures = measure([item], KITCHEN, resamples=0).photos
    expected = {"positive": (1, 0), "harmless": (0, 1), "nothing": (0, 0)}[counts_as]
    assert (figures.positive_photos, figures.harmless_photos) == expected
    assert figures.photos == sum(expected)


def test_photo_figures_of_a_hand_made_set() -> None:
    photos = [
        photo("p1", [("kitchen_dirty", HERE)], [("kitchen_dirty", 0.9, HERE)]),
        photo("p2", [("kitchen_pest", HERE)], [("kitchen_pest", 0.3, THERE)]),
        photo("p3", [("kitchen_dirty", HERE)], [("kitchen_dirty", 0.1, HERE)]),
        photo("n1", [], [("kitchen_dirty", 0.4, HERE)]),  # below the threshold of its label
        photo("n2", [], [("kitchen_pest", 0.25, HERE)]),  # above it
        photo("n3"),
        photo("n4", [], [("exit_door", 0.95, HERE)]),  # another subject
    ]
    figures = measure(photos, KITCHEN, resamples=0).photos
    # Ranks of the positives: 1st, 3rd (after n1), 5th (after n2).
    assert figures.average_precision == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 3)
    assert figures.recall_at_90_precision == pytest.approx(1 / 3)
    assert figures.recall == pytest.approx(2 / 3)
    assert (figures.harmless_photos, figures.false_alarms) == (4, 1)
    assert figures.false_alarms_per_100 == pytest.approx(25.0)


def test_hazard_boxes_are_one_kind_whatever_the_label() -> None:
    mistaken = [photo("a", [("kitchen_dirty", HERE)], [("kitchen_pest", 0.9, HERE)])]
    assert measure(mistaken, KITCHEN, resamples=0).boxes.ap50 == 1.0


def test_no_positive_photo_leaves_figures_empty_but_counts_false_alarms() -> None:
    figures = measure([photo("a", [], [seen(0.9, HERE)]), photo("b")], CLUTTER, resamples=20)
    assert figures.boxes.ap50 is None
    assert figures.boxes.ap50_interval is None
    assert figures.photos.average_precision is None
    assert figures.photos.average_precision_interval is None
    assert figures.photos.recall is None
    assert figures.photos.false_alarms_per_100 == pytest.approx(50.0)


def test_subjects_name_hazards_first_and_labels_that_the_model_lacks() -> None:
    rows = subjects(
        {"stacked_clutter": 0.4, "graffiti": 0.3}, {"stacked_clutter": Category.STACKED_CLUTTER, "graffiti": None}
    )
    assert [row.kind for row in rows[:5]] == ["hazard"] * 5
    by_name = {(row.kind, row.name): row for row in rows}
    assert by_name["hazard", "stacked_clutter"].model_thresholds == {"stacked_clutter": 0.4}
    assert by_name["label", "graffiti"].model_thresholds == {"graffiti": 0.3}
    assert by_name["label", "manhole_open"].model_thresholds == {}
    assert not measure([photo("a")], by_name["label", "manhole_open"], resamples=0).in_model


def random_photos(seed: int, count: int = 60) -> list[JudgedPhoto]:
    """Photos with a few true boxes, found more or less well among false alarms; some scores are equal."""
    rng = np.random.default_rng(seed)
    photos = []
    for index in range(count):
        corners = [tuple(rng.uniform(0, 60, 2)) for _ in range(rng.integers(0, 4))]
        truth = [clutter((x, y, x + 30, y + 30)) for x, y in corners]
        found = [
            seen(round(float(rng.uniform(0.2, 1)), 1), (x + dx, y + dy, x + dx + 30, y + dy + 30))
            for (x, y), (dx, dy) in zip(corners, rng.normal(0, 6, (len(corners), 2)), strict=True)
        ]
        found += [
            seen(round(float(rng.uniform(0, 0.8)), 1), (x, y, x + 25, y + 25)) for x, y in rng.uniform(0, 70, (3, 2))
        ]
        photos.append(photo(str(index), truth, found, group=str(index // 3)))
    return photos


@pytest.mark.parametrize("seed", range(3))
def test_our_ap50_from_the_matches_is_the_librarys(seed: int) -> None:
    photos = random_photos(seed)
    truths = [item.true_boxes(["stacked_clutter"]) for item in photos]
    matches = match_boxes(truths, [item.found(["stacked_clutter"]) for item in photos])
    assert 0.05 < (matches.ap50 or 0) < 0.95
    assert interpolated_ap(matches) == pytest.approx(matches.ap50)
    # Drawing a photo twice is the same as having it twice.
    twice = match_boxes(truths + truths[:10], [item.found(["stacked_clutter"]) for item in photos + photos[:10]])
    weights = np.ones(len(photos))
    weights[:10] = 2
    assert interpolated_ap(matches, weights) == pytest.approx(twice.ap50, abs=0.01)  # ties fall in another order


@pytest.mark.parametrize("seed", range(3))
def test_photo_ap_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positive = rng.uniform(size=80) < 0.3
    scores = np.round(np.clip(rng.normal(0.4 + 0.2 * positive, 0.2), 0, 1), 1).astype(np.float64)
    weights = rng.integers(0, 3, 80).astype(np.float64)
    ours = photo_ap(PhotoScores(scores, positive), weights)
    assert ours == pytest.approx(average_precision_score(positive, scores, sample_weight=weights))


def test_curve_of_equal_scores_has_one_point() -> None:
    curve = photo_curve(PhotoScores(np.asarray([0.5, 0.5, 0.2]), np.asarray([True, False, True])))
    assert curve.thresholds.tolist() == [0.5, 0.2]
    assert curve.precision.tolist() == [0.5, pytest.approx(2 / 3)]
    assert recall_at_precision(curve, 0.9) == 0.0
    assert recall_at_precision(curve, 0.6) == 1.0
    assert best_f1(curve) == pytest.approx((0.2, 0.8))


def test_empty_curves_have_answers() -> None:
    empty = match_boxes([], [])
    assert best_f1(box_curve(empty)) == (1.0, 0.0)
    assert interpolated_ap(empty) is None
    assert group_weights([], resamples=3).shape == (3, 0)


def test_intervals_resample_groups_not_photos() -> None:
    """Copies of one place add no certainty: nine photos of three groups are as uncertain as three photos."""
    weights = group_weights(["a"] * 3 + ["b"] * 3 + ["c"] * 3, resamples=200)
    assert (weights.sum(axis=1) == 9).all()
    assert (weights[:, 0] == weights[:, 2]).all()
    alone = group_weights(list("abc"), resamples=200)
    assert (weights[:, ::3] == alone).all()


def test_interval_holds_the_estimate_and_is_reproducible() -> None:
    def figures() -> SubjectFigures:
        return measure(random_photos(1), CLUTTER, resamples=200)

    first = figures()
    assert first.boxes.ap50 is not None
    assert first.boxes.ap50_interval is not None
    low, high = first.boxes.ap50_interval
    assert low < first.boxes.ap50 < high
    assert first == figures()
    assert interval(lambda _: None, np.ones((10, 3))) is None


def test_one_place_has_no_interval() -> None:
    photos = [photo(name, [clutter(HERE)], [seen(0.9, HERE)], group="one place") for name in "abc"]
    figures = measure(photos, CLUTTER, resamples=50)
    assert figures.boxes.ap50 == 1.0
    assert figures.boxes.ap50_interval is None
    assert figures.photos.average_precision_interval is None


def test_truth_that_does_not_pair_up_is_refused() -> None:
    with pytest.raises(ValueError, match="truth_xyxy of a"):
        replace(photo("a"), truth_labels=("stacked_clutter",))
