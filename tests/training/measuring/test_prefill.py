"""Coverage and accuracy of the pre-fill: through the real triage, on photos whose truth is known."""

import pytest

from hazardlens.model.manifest import CalibrationCurve
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category
from hazardlens.model.triage.values import ModelView
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.prefill import prefill_figures, shown_hazards, view_of
from support.judged_photos import HERE, LABELS, THERE, clutter, photo, seen

CLUTTER, KITCHEN = Category.STACKED_CLUTTER, Category.UNHYGIENIC_KITCHEN
OWN = {"stacked_clutter", "kitchen_dirty", "kitchen_pest"}


def view(stands_from: float | None = 0.5) -> ModelView:
    curves = [
        CalibrationCurve(
            hazard=hazard,
            scores=(0.0, 1.0),
            probabilities=(0.0, 1.0),
            photos=50,
            positives=20,
            basis="real",
            stands_from=stands_from,
        )
        for hazard in (CLUTTER, KITCHEN)
    ]
    return view_of(dict.fromkeys(LABELS, 0.3), {label: LABEL_HAZARDS[label] for label in LABELS}, curves)


def heap(score: float, *, shown: bool = True, group: str | None = None) -> JudgedPhoto:
    return photo("h", [clutter(HERE)] if shown else [], [seen(score, HERE)] if score else [], group=group)


def pest(score: float) -> JudgedPhoto:
    return photo("k", [], [("kitchen_pest", score, THERE)])


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        pytest.param(heap(0.9), {CLUTTER}, id="a box says which"),
        pytest.param(photo("b", [clutter(HERE)], looked_for=[]), {CLUTTER}, id="a box is enough"),
        pytest.param(
            photo("b", [clutter(HERE), ("kitchen_dirty", THERE)]), {CLUTTER, KITCHEN}, id="two hazards, two answers"
        ),
        pytest.param(photo("n", [("exit_door", HERE)]), set(), id="context is no hazard"),
        pytest.param(photo("n", looked_for=["stacked_clutter"]), None, id="not all were looked for"),
    ],
)
def test_the_truth_of_a_photo(judged: JudgedPhoto, expected: set[Category] | None) -> None:
    assert shown_hazards(judged, LABEL_HAZARDS, OWN) == expected


def test_shares_of_hand_made_photos() -> None:
    photos = [heap(0.9)] * 6 + [heap(0.2)] * 2 + [pest(0.8)] + [heap(0.8, shown=False)] + [photo("n")] * 4
    figures = prefill_figures(photos, view(), resamples=0)
    shares = figures.overall
    # A clean photo is never answered without a person: not finding anything proves nothing.
    assert (shares.photos, shares.answered, shares.judged, shares.right) == (14, 8, 8, 6)
    assert shares.coverage == pytest.approx(8 / 14)
    assert shares.accuracy == pytest.approx(6 / 8)
    assert figures.with_hazard.photos == 8
    assert figures.with_hazard.coverage == pytest.approx(6 / 8)
    assert figures.with_hazard.accuracy == 1.0
    assert figures.hazards[CLUTTER] == figures.with_hazard
    assert (figures.hazards[KITCHEN].photos, figures.hazards[KITCHEN].coverage) == (0, None)


def test_an_answer_that_nobody_looked_for_is_not_judged() -> None:
    odd = photo("b", [clutter(HERE)], [("kitchen_pest", 0.9, THERE)], looked_for=["stacked_clutter"])
    figures = prefill_figures([odd, heap(0.9)], view(), resamples=0)
    assert (figures.overall.answered, figures.overall.judged, figures.overall.right) == (2, 1, 1)


def test_photos_of_unknown_truth_do_not_count() -> None:
    blind = photo("n", [], [seen(0.9, HERE)], looked_for=["exit_door"])
    assert prefill_figures([blind], view(), resamples=0).overall.photos == 0


@pytest.mark.parametrize(("stands_from", "coverage"), [(0.5, 1.0), (0.95, 0.0), (None, 0.0)])
def test_a_hazard_answers_only_from_where_it_stands_alone(stands_from: float | None, coverage: float) -> None:
    figures = prefill_figures([heap(0.9)] * 3, view(stands_from), resamples=0)
    assert figures.overall.coverage == coverage


def test_calibration_error_of_the_answers() -> None:
    photos = [heap(0.75)] * 5 + [heap(0.75, shown=False)] * 5 + [heap(0.4)] * 10
    figures = prefill_figures(photos, view(), resamples=0)
    assert figures.error == pytest.approx(0.25)
    assert figures.error_named == pytest.approx((0.25 * 10 + 0.6 * 10) / 20)


def test_intervals_are_over_places() -> None:
    photos = [heap(0.9, group=f"g{number % 5}") for number in range(20)]
    photos += [heap(0.8, shown=False, group=f"g{number % 5}") for number in range(5)]
    figures = prefill_figures(photos, view())
    # Each place is right four times in five, so drawing places changes nothing.
    assert figures.overall.accuracy_interval == pytest.approx((0.8, 0.8))
    assert prefill_figures([heap(0.9, group="one")] * 9, view()).overall.accuracy_interval is None


def test_without_photos_there_is_no_figure() -> None:
    figures = prefill_figures([], view())
    assert (figures.overall.photos, figures.overall.coverage, figures.error) == (0, None, None)
