"""Drift is seen when it is there, and not when it is not."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hazardlens.model.pipeline import MediaResult
from hazardlens.model.reference import (
    AREAS_FROM,
    BOXES_FROM,
    SCORES_FROM,
    Histograms,
    PhotoFigures,
    Reference,
    make_reference,
    stability_index,
)

SIDE_PX = 1000


def photo(*boxes: tuple[str, int, float]) -> MediaResult:
    """A photo with boxes, each a label, a side in pixels and a score."""
    found = [
        {"label": label, "hazard": None, "confidence": score, "box": {"x_min": 0, "y_min": 0, "x_max": s, "y_max": s}}
        for label, s, score in boxes
    ]
    return MediaResult.model_validate({"name": "a", "width": SIDE_PX, "height": SIDE_PX, "detections": found})


def photos(
    seed: int,
    n: int = 2000,
    *,
    mix: Sequence[float] = (0.6, 0.3, 0.1),
    boxes: float = 1.2,
    side: float = 5.5,
    score: float = 0.7,
) -> list[MediaResult]:
    """Photos by lot: mean number of boxes, shares of three labels, mean log of a box's side, mean score."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(n):
        chosen = rng.choice(["clutter", "cable", "exit"], rng.poisson(boxes), p=mix)
        sides = np.clip(np.exp(rng.normal(side, 0.6, len(chosen))), 5, SIDE_PX).astype(int)
        scores = np.clip(rng.normal(score, 0.15, len(chosen)), 0, 1)
        made.append(photo(*((str(a), int(b), float(c)) for a, b, c in zip(chosen, sides, scores, strict=True))))
    return made


def distances(now: Sequence[MediaResult]) -> dict[str, float]:
    counted = Histograms()
    for one in now:
        counted.add(PhotoFigures.of(one))
    return {str(name): value for name, value in counted.distances(make_reference(photos(1))).items()}


def test_photos_of_the_same_kind_are_no_drift() -> None:
    assert max(distances(photos(2)).values()) < 0.02


@pytest.mark.parametrize(
    ("shift", "figure"),
    [
        ({"mix": (0.2, 0.3, 0.5)}, "labels"),
        ({"boxes": 3.0}, "boxes_per_photo"),
        ({"side": 4.5}, "box_area"),
        ({"score": 0.5}, "confidence"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_shift_is_seen_in_its_own_figure_alone(shift: dict[str, Any], figure: str) -> None:
    found = distances(photos(2, **shift))
    assert found[figure] > 0.25
    assert max(value for name, value in found.items() if name != figure) < 0.05


def test_a_label_that_the_reference_lacks_is_a_shift() -> None:
    assert distances([photo(("new", 100, 0.7))] * 500)["labels"] > 1


def test_photos_that_are_taken_out_leave_no_trace() -> None:
    counted = Histograms()
    stay, leave = photos(3, 50), photos(4, 50, boxes=4)
    for one in [*stay, *leave]:
        counted.add(PhotoFigures.of(one))
    for one in leave:
        counted.add(PhotoFigures.of(one), -1)
    again = Histograms()
    for one in stay:
        again.add(PhotoFigures.of(one))
    assert vars(counted) == vars(again)


def test_by_hand() -> None:
    # With half a count in each bin: shares 0.5, 0.5 and 0.25, 0.75.
    expected = (0.25 - 0.5) * math.log(0.25 / 0.5) + (0.75 - 0.5) * math.log(0.75 / 0.5)
    assert stability_index([10, 10], [4.75, 15.25]) == pytest.approx(expected)


COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=13)


@given(COUNTS, st.randoms(use_true_random=False))
def test_it_is_never_negative_and_the_same_both_ways(counts: list[int], draw: Any) -> None:  # noqa: ANN401
    other = [draw.randint(0, 10_000) for _ in counts]
    index = stability_index(counts, other)
    assert index >= 0
    assert index == pytest.approx(stability_index(other, counts))
    assert stability_index(counts, counts) == 0


def test_nothing_counted_is_no_shift() -> None:
    assert stability_index([0, 0], [5, 5]) == stability_index([5, 5], [0, 0]) == 0


@pytest.mark.parametrize(
    ("boxes", "side", "score", "bins"),
    [(0, 1, 0, (0, None, None)), (1, 1, 0.05, (1, 0, 0)), (7, SIDE_PX, 1.0, (5, 6, 9)), (4, 100, 0.1, (4, 3, 1))],
)
def test_edges_of_bins(boxes: int, side: int, score: float, bins: tuple[int, int | None, int | None]) -> None:
    figures = PhotoFigures.of(photo(*[("a", side, score)] * boxes))
    expected = tuple(set() if one is None else {one} for one in bins[1:])
    assert figures.boxes_per_photo == bins[0]
    assert (set(figures.box_area), set(figures.confidence)) == expected
    assert (len(BOXES_FROM), len(AREAS_FROM), len(SCORES_FROM)) == (5, 6, 9)


def test_a_reference_goes_through_json_and_checks_its_bins() -> None:
    reference = make_reference(photos(1, 20), photos_sha256="0" * 64)
    assert Reference.model_validate_json(reference.model_dump_json()) == reference
    with pytest.raises(ValidationError, match="box_area: expected 7 bins"):
        Reference.model_validate({**reference.model_dump(), "box_area": (1, 2)})
    with pytest.raises(ValidationError):
        make_reference([])
