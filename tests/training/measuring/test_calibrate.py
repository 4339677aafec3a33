"""Curves and thresholds from hand-made validation photos: known answers, and caution where there is little to go by."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazardlens.model.manifest import CalibrationCurve, Manifest
from hazardlens.model.taxonomy import Category
from hazardlens.model.triage import policy
from hazardlens.training.measuring.calibrate import (
    BLIND_THRESHOLD,
    CAUTIOUS_PROBABILITIES,
    FEW_BOXES_RANGE,
    MIN_POSITIVES,
    THRESHOLD_RANGE,
    choose_threshold,
    fit_curve,
    reliability,
)
from hazardlens.training.measuring.candidates import calibrate
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject
from support.judged_photos import HERE, THERE, clutter, photo, seen
from support.tiny_bundle import tiny_draft

HAZARD = Subject("stacked_clutter", "hazard", frozenset(["stacked_clutter"]), {"stacked_clutter": 0.5})


def shows(score: float, name: str = "p") -> JudgedPhoto:
    return photo(name, [clutter(HERE)], [seen(score, HERE)] if score else [])


def harmless(score: float, name: str = "n") -> JudgedPhoto:
    return photo(name, [], [seen(score, HERE)] if score else [])


def test_a_curve_counts_and_never_claims_certainty() -> None:
    photos = [shows(0.9)] * 38 + [harmless(0.0)] * 48
    curve = fit_curve(photos, HAZARD)
    assert curve.hazard is Category.STACKED_CLUTTER
    assert (curve.photos, curve.positives) == (86, 38)
    assert curve.scores == pytest.approx((0.0, 0.9))
    assert curve.probabilities == pytest.approx((1 / 50, 39 / 40), abs=1e-4)


def test_scores_that_fall_out_of_order_share_a_block() -> None:
    photos = [harmless(0.1)] * 20 + [shows(0.4)] * 10 + [harmless(0.6)] * 10 + [shows(0.9)] * 20
    curve = fit_curve(photos, HAZARD)
    assert curve.scores == pytest.approx((0.1, 0.5, 0.9))
    assert curve.probabilities == pytest.approx((1 / 22, 11 / 22, 21 / 22), abs=1e-4)


@pytest.mark.parametrize(
    ("positives", "negatives"), [(MIN_POSITIVES - 1, 50), (50, MIN_POSITIVES - 1), (0, 50), (0, 0)]
)
def test_too_few_photos_give_the_cautious_curve(positives: int, negatives: int) -> None:
    curve = fit_curve([shows(0.9)] * positives + [harmless(0.1)] * negatives, HAZARD)
    assert curve.probabilities == CAUTIOUS_PROBABILITIES
    assert (curve.photos, curve.positives) == (positives + negatives, positives)


def test_with_the_cautious_curve_triage_always_asks_a_person() -> None:
    shipped = policy.load_policy()
    floors = [category.threshold for category in shipped.data.categories.values()]
    assert max(CAUTIOUS_PROBABILITIES) < min(floors)


def test_photos_where_nobody_looked_do_not_calibrate() -> None:
    known = [shows(0.9)] * 20 + [harmless(0.2)] * 20
    blind = [photo("b", [], [seen(0.95, HERE)], looked_for=["exit_door"])] * 30
    assert fit_curve(known + blind, HAZARD) == fit_curve(known, HAZARD)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=20, max_size=60).filter(
        lambda rows: MIN_POSITIVES <= sum(yes for _, yes in rows) <= len(rows) - MIN_POSITIVES
    )
)
def test_any_photos_give_a_valid_curve_away_from_certainty(rows: Sequence[tuple[float, bool]]) -> None:
    curve = fit_curve([(shows if yes else harmless)(score) for score, yes in rows], HAZARD)
    assert min(curve.probabilities) > 0
    assert max(curve.probabilities) < 1


def test_threshold_with_enough_boxes_is_the_best_f1() -> None:
    photos = [shows(0.6)] * 12 + [harmless(0.5)] * 12 + [shows(0.3)]
    threshold = choose_threshold(photos, "stacked_clutter")
    assert threshold.value == pytest.approx(0.6)
    assert "best F1" in threshold.rule


@pytest.mark.parametrize(("score", "expected"), [(0.05, THRESHOLD_RANGE[0]), (0.95, THRESHOLD_RANGE[1])])
def test_threshold_stays_in_its_range(score: float, expected: float) -> None:
    assert choose_threshold([shows(score)] * 12, "stacked_clutter").value == expected


def test_threshold_with_few_boxes_bounds_the_false_alarms() -> None:
    scores = np.linspace(0, 0.5, 101)
    photos = [harmless(float(score)) for score in scores] + [shows(0.1)] * 3
    threshold = choose_threshold(photos, "stacked_clutter")
    assert (scores >= threshold.value).mean() <= 0.02
    assert 0.45 < threshold.value < 0.55
    assert "at most 2% alarms on 101" in threshold.rule


def test_threshold_with_few_boxes_stays_in_its_range() -> None:
    assert choose_threshold([harmless(0.0)] * 60, "stacked_clutter").value == FEW_BOXES_RANGE[0]
    assert choose_threshold([harmless(0.99)] * 60, "stacked_clutter").value == FEW_BOXES_RANGE[1]


def test_threshold_without_photos_is_a_default() -> None:
    assert choose_threshold([harmless(0.1)] * 5, "stacked_clutter").value == BLIND_THRESHOLD


def test_boxes_in_the_wrong_place_do_not_set_the_threshold() -> None:
    photos = [photo("p", [clutter(HERE)], [seen(0.9, THERE), seen(0.5, HERE)])] * 12
    assert choose_threshold(photos, "stacked_clutter").value == pytest.approx(0.5)


def line(*knots: tuple[float, float]) -> CalibrationCurve:
    return CalibrationCurve(
        hazard=Category.STACKED_CLUTTER,
        scores=tuple(score for score, _ in knots),
        probabilities=tuple(probability for _, probability in knots),
        photos=100,
        positives=50,
    )


def test_reliability_of_hand_made_photos() -> None:
    # Ten photos said 0.75 of which five show it, ten said 0.05 of which none does.
    photos = [shows(0.75)] * 5 + [harmless(0.75)] * 5 + [harmless(0.05)] * 10
    result = reliability(photos, HAZARD, line((0, 0), (1, 1)))
    assert result.error == pytest.approx((0.25 * 10 + 0.05 * 10) / 20)
    assert result.brier == pytest.approx((5 * 0.25**2 + 5 * 0.75**2 + 10 * 0.05**2) / 20)
    assert [(round(stated, 3), shown, count) for stated, shown, count in result.bins] == [
        (0.05, 0.0, 10),
        (0.75, 0.5, 10),
    ]


def test_a_fitted_curve_is_reliable_where_it_was_fitted() -> None:
    rng = np.random.default_rng(3)
    scores = rng.uniform(size=2000)
    photos = [(shows if rng.uniform() < score**2 else harmless)(float(score)) for score in scores]
    raw = reliability(photos, HAZARD, line((0, 0), (1, 1)))
    fitted = reliability(photos, HAZARD, fit_curve(photos, HAZARD))
    assert raw.error is not None
    assert fitted.error is not None
    assert fitted.error < 0.03
    assert raw.error > 0.1


def test_reliability_without_photos_says_nothing() -> None:
    result = reliability([], HAZARD, line((0, 0), (1, 1)))
    assert (result.photos, result.error, result.brier, result.bins) == (0, None, None, ())


def test_what_validation_cannot_teach_is_taken_from_the_parent() -> None:
    parent = Manifest(**tiny_draft(threshold=0.33, version="7").model_dump(), files={})
    labels = ("stacked_clutter", "manhole_open", "kitchen_dirty")
    taught = calibrate([shows(0.6)] * 40 + [harmless(0.1)] * 40, labels)
    filled = taught.filled_from(parent)

    assert filled.values == {
        "stacked_clutter": taught.values["stacked_clutter"],
        "manhole_open": 0.33,
        "kitchen_dirty": BLIND_THRESHOLD,
    }
    assert filled.thresholds["manhole_open"].rule == "as in 7: too few validation photos"
    curves = {curve.hazard: curve for curve in filled.curves}
    assert curves[Category.STACKED_CLUTTER].photos == 80
    assert curves[Category.RAISED_MANHOLE_COVER] in parent.calibration
    assert curves[Category.UNHYGIENIC_KITCHEN].probabilities == CAUTIOUS_PROBABILITIES
