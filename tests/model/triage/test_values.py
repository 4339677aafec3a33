"""The values that triage takes: calibration curves and the view of a model."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from hazardlens.model.taxonomy import LABEL_HAZARDS, Category
from hazardlens.model.triage import Curve, LabelRule, ModelView


@pytest.mark.parametrize(
    ("score", "probability"),
    [(0.0, 0.1), (0.2, 0.1), (0.3, 0.3), (0.4, 0.5), (0.6, 0.5), (0.8, 0.9), (1.0, 0.9)],
)
def test_curve_is_linear_between_knots_and_flat_outside(score: float, probability: float) -> None:
    curve = Curve((0.2, 0.4, 0.6, 0.8), (0.1, 0.5, 0.5, 0.9))
    assert curve(score) == pytest.approx(probability)


def test_curve_of_one_knot_is_flat() -> None:
    assert [Curve((0.5,), (0.7,))(score) for score in (0.0, 0.5, 1.0)] == [0.7, 0.7, 0.7]


@given(st.floats(0, 1), st.floats(0, 1))
def test_curve_never_falls(first: float, second: float) -> None:
    curve = Curve((0.1, 0.5, 0.9), (0.0, 0.6, 0.8))
    assert curve(min(first, second)) <= curve(max(first, second))


@pytest.mark.parametrize(
    ("scores", "probabilities", "message"),
    [
        ((), (), "0 scores and 0 probabilities"),
        ((0.1, 0.2), (0.1,), "2 scores and 1 probabilities"),
        ((0.2, 0.1), (0.1, 0.2), "scores must rise"),
        ((0.1, 0.1), (0.1, 0.2), "scores must rise"),
        ((0.1, 0.2), (0.2, 0.1), "probabilities must never fall"),
        ((0.1, 1.2), (0.2, 0.3), "must lie in 0..1"),
        ((0.1, float("nan")), (0.2, 0.3), "must lie in 0..1"),
    ],
)
def test_curve_refuses(scores: tuple[float, ...], probabilities: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Curve(scores, probabilities)


def test_view_from_the_taxonomy_knows_every_default_label() -> None:
    assert {rule.name: rule.hazard for rule in ModelView.from_taxonomy().labels} == LABEL_HAZARDS


def test_view_from_the_taxonomy_takes_unknown_names_as_context() -> None:
    labels = ModelView.from_taxonomy(["manhole_open", "giraffe"]).labels
    assert labels == (LabelRule("manhole_open", Category.RAISED_MANHOLE_COVER), LabelRule("giraffe", None))
