"""Thresholds of hazards: precision and alarms hold, renders stand in at a discount, and nothing else is claimed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazardlens.model.taxonomy import Category
from hazardlens.training.measuring.calibrate import (
    BLIND_THRESHOLD,
    CAUTIOUS_PROBABILITIES,
    MADE_CAP,
    MADE_WEIGHT,
    MIN_MADE,
    MIN_SCENES,
    fit_curve,
    made_weight,
)
from hazardlens.training.measuring.candidates import calibrate
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject
from hazardlens.training.measuring.thresholds import Goal, evidence_for, hazard_thresholds, lowest_that_meets
from support.judged_photos import HERE, LABELS, THERE, clutter, photo, seen

HAZARD = Subject("stacked_clutter", "hazard", frozenset(["stacked_clutter"]), {"stacked_clutter": 0.0})


def shows(score: float, scene: int = 0) -> JudgedPhoto:
    return photo("p", [clutter(HERE)], [seen(score, HERE)] if score else [], group=f"scene {scene}")


def harmless(score: float) -> JudgedPhoto:
    return photo("n", [], [seen(score, HERE)] if score else [])


def renders(*scores: float, count: int = MIN_MADE, scenes: int = MIN_SCENES) -> list[JudgedPhoto]:
    return [shows(scores[index % len(scores)], index % scenes) for index in range(count)]


def met(photos: list[JudgedPhoto], rendered: tuple[JudgedPhoto, ...] = (), goal: Goal | None = None) -> float | None:
    evidence = evidence_for(photos, rendered, HAZARD, "made" if rendered else "real")
    return lowest_that_meets(evidence, goal or Goal())


def test_the_lowest_score_that_is_right_often_enough() -> None:
    photos = [shows(0.9)] * 20 + [shows(0.5)] * 10 + [harmless(0.4)] * 10 + [shows(0.3)] * 10 + [harmless(0.1)] * 90
    assert met(photos) == pytest.approx(0.5, abs=1e-5)
    assert met(photos, goal=Goal(0.75, 100)) == pytest.approx(0.3, abs=1e-5)


def test_alarms_hold_where_precision_alone_would_not() -> None:
    # 40 of 41 photos above 0.5 are right, but one of 20 harmless photos alarms.
    photos = [shows(0.6)] * 20 + [harmless(0.65)] + [shows(0.7)] * 20 + [harmless(0.1)] * 19
    assert met(photos) == pytest.approx(0.7, abs=1e-5)
    assert met(photos, goal=Goal(0.9, 5.0)) == pytest.approx(0.6, abs=1e-5)


def test_few_right_answers_prove_nothing() -> None:
    assert met([shows(0.9)] * 7 + [harmless(0.1)] * 50) is None
    assert met([shows(0.9)] * 8 + [harmless(0.1)] * 50) == pytest.approx(0.9, abs=1e-5)


def test_without_harmless_photos_no_threshold_is_supported() -> None:
    assert met([shows(0.9)] * 50) is None


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=80),
    st.floats(0.5, 0.97),
    st.floats(0, 20),
)
def test_both_goals_hold_for_any_photos(rows: list[tuple[float, bool]], precision: float, max_alarms: float) -> None:
    photos = [(shows if yes else harmless)(score) for score, yes in rows]
    threshold = met(photos, goal=Goal(precision, max_alarms))
    if threshold is None:
        return
    scores = np.asarray([score for score, _ in rows], np.float32)
    positive = np.asarray([yes for _, yes in rows])
    fires = scores >= threshold
    assert fires[positive].sum() / fires.sum() >= precision
    assert 100 * fires[~positive].mean() <= max_alarms


@pytest.mark.parametrize(("right", "wrong"), [(5e-7, 0.0), (0.5000005, 0.5000001)])
def test_a_threshold_is_judged_as_it_is_rounded(right: float, wrong: float) -> None:
    assert met([shows(right)] * 50 + [harmless(wrong)] * 50) is None


def test_renders_stand_in_where_real_photos_are_too_few() -> None:
    curve = fit_curve([shows(0.8)] * 3 + [harmless(0.1)] * 60, HAZARD, renders(0.8))
    assert (curve.basis, curve.photos, curve.positives) == ("made", 63, 3)
    assert (curve.made_positives, curve.made_negatives) == (MIN_MADE, 0)
    assert curve.probabilities[-1] <= MADE_CAP
    assert curve.probabilities[0] < 0.05


def test_renders_change_nothing_where_real_photos_are_enough() -> None:
    real = [shows(0.8)] * 20 + [harmless(0.1)] * 60
    assert fit_curve(real, HAZARD, renders(0.2)) == fit_curve(real, HAZARD)
    assert fit_curve(real, HAZARD).basis == "real"


@pytest.mark.parametrize(
    "rendered",
    [
        pytest.param(renders(0.9, count=MIN_MADE - 1), id="too few"),
        pytest.param(renders(0.9, scenes=MIN_SCENES - 1), id="too few scenes"),
        pytest.param([], id="none"),
    ],
)
def test_too_few_renders_leave_no_basis(rendered: list[JudgedPhoto]) -> None:
    curve = fit_curve([harmless(0.1)] * 60, HAZARD, rendered)
    assert (curve.basis, curve.probabilities, curve.made_positives) == ("none", CAUTIOUS_PROBABILITIES, 0)


def test_renders_say_nothing_without_real_harmless_photos() -> None:
    assert fit_curve([harmless(0.1)] * 29, HAZARD, renders(0.9)).basis == "none"


def test_a_rendered_photo_counts_for_less_than_a_real_one() -> None:
    noise = [harmless(0.1)] * 55 + [harmless(0.7)] * 5
    real = fit_curve([*noise, *renders(0.7, count=60)], HAZARD)
    made = fit_curve(noise, HAZARD, renders(0.7, count=60))
    assert made.basis == "made"
    assert made.probabilities[-1] < real.probabilities[-1] - 0.05


def test_more_renders_do_not_make_a_hazard_likelier() -> None:
    noise = [harmless(0.1)] * 55 + [harmless(0.7)] * 5
    few, many = (fit_curve(noise, HAZARD, renders(0.7, count=count)) for count in (60, 6000))
    assert many.probabilities[-1] == pytest.approx(few.probabilities[-1], abs=0.01)
    assert made_weight(10, 1000) == MADE_WEIGHT


def test_rendered_harmless_scenes_test_the_threshold() -> None:
    real, made = [harmless(0.1)] * 60, tuple(renders(0.8, 0.5, count=60))
    assert met(real, made) == pytest.approx(0.5, abs=1e-5)
    flush = tuple(harmless(0.6) for _ in range(30))
    assert met(real, (*made, *flush)) == pytest.approx(0.8, abs=1e-5)


def test_rendered_harmless_scenes_tell_how_likely_a_score_is_to_be_a_mistake() -> None:
    real = [harmless(0.01)] * 60
    plain = fit_curve(real, HAZARD, renders(0.3))
    tested = fit_curve(real, HAZARD, [*renders(0.3), *[harmless(0.3)] * 40])
    assert tested.probabilities[-1] < 0.5 < plain.probabilities[-1]
    assert tested.made_negatives == 40


def test_a_hazard_abstains_where_nothing_supports_a_threshold() -> None:
    # Enough photos for a curve, but scores that tell nothing apart.
    photos = [shows(0.5)] * 20 + [harmless(0.5)] * 60
    found = calibrate(photos, ["stacked_clutter"])
    (curve,) = found.curves
    assert (curve.basis, curve.stands_from, curve.abstains) == ("real", None, True)
    assert "no score is right often enough" in found.thresholds["stacked_clutter"].rule
    assert found.thresholds["stacked_clutter"].value > 0.5
    assert found.alarms.alarms == 0


def test_a_label_that_no_score_supports_is_listed_no_sooner_than_one_that_nothing_measured() -> None:
    photos = [shows(0.1)] * 20 + [harmless(0.1)] * 60
    found = calibrate(photos, ["stacked_clutter"])
    assert found.values["stacked_clutter"] == BLIND_THRESHOLD
    assert "no score is right often enough" in found.thresholds["stacked_clutter"].rule


@pytest.mark.parametrize(
    ("real_wrong", "made_wrong", "expected"),
    [(0.01, 0.7, 0.7), (0.8, 0.7, 0.8), (0.01, 0.3, BLIND_THRESHOLD)],
)
def test_made_and_real_harmless_photos_keep_a_label_quiet_that_no_score_supports(
    real_wrong: float, made_wrong: float, expected: float
) -> None:
    # Of 60 real and of 50 made ones, one may alarm: it scores 0.9.
    real = [*[harmless(0.01)] * 55, *[harmless(real_wrong)] * 4, harmless(0.9)]
    made = [*renders(0.2), *[harmless(0.01)] * 45, *[harmless(made_wrong)] * 4, harmless(0.9)]
    ((threshold, _),) = hazard_thresholds(real, made, HAZARD, "made", Goal()).values()
    assert threshold.value == pytest.approx(expected, abs=1e-3)
    assert "on 60 validation photos and 50 made ones without it" in threshold.rule


def test_a_hazard_that_stands_alone_says_from_where() -> None:
    found = calibrate([shows(0.6)] * 20 + [harmless(0.1)] * 60, ["stacked_clutter"])
    (curve,) = found.curves
    assert curve.stands_from == pytest.approx(0.6, abs=1e-5)
    assert found.values["stacked_clutter"] == pytest.approx(0.6, abs=1e-3)
    assert "90% of the photos right and at most 2.5 alarms per 100 on 80" in found.thresholds["stacked_clutter"].rule


def test_all_hazards_together_keep_the_alarms() -> None:
    def kitchen(score: float, *, shown: bool) -> JudgedPhoto:
        return photo("k", [("kitchen_pest", THERE)] if shown else [], [("kitchen_pest", score, THERE)])

    heaps = [shows(0.8)] * 30 + [harmless(0.85)] * 2
    pests = [kitchen(0.5, shown=True)] * 20 + [kitchen(0.7, shown=True)] * 20 + [kitchen(0.55, shown=False)] * 2
    photos = [*heaps, *pests, *[harmless(0.0)] * 76]
    found = calibrate(photos, LABELS)
    assert (found.alarms.photos, found.alarms.alarms) == (80, 2)
    # The pests' threshold gives way: past 0.55 it loses half of them, the heaps' past 0.85 all.
    assert found.values["kitchen_pest"] == pytest.approx(0.55, abs=1e-3)
    assert "raised from 0.50" in found.thresholds["kitchen_pest"].rule
    assert found.values["stacked_clutter"] == pytest.approx(0.8, abs=1e-3)
    curves = {curve.hazard: curve for curve in found.curves}
    assert curves[Category.STACKED_CLUTTER].stands_from == pytest.approx(0.8, abs=1e-3)
