"""Raw output to detections: a table of small outputs, and what holds for all of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.model.boxes import iou_matrix
from hazardlens.model.detections import Detections
from hazardlens.model.postprocess import MAX_CANDIDATES, OutputForm, decode_output, suppress
from hazardlens.model.preprocess import Placement, place

LABELS = ("clutter", "manhole", "door")
SAME = place(100, 100, 100)[0]
"""A photo as large as its canvas: canvas pixels are photo pixels."""

Row = tuple[float, float, float, float, Sequence[float]]
"""Corners and the scores of the three labels."""


def anchors(*rows: Row) -> npt.NDArray[np.float32]:
    """(4 + 3, rows) as a YOLO graph gives it."""
    columns = [
        ((x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min, *scores)
        for x_min, y_min, x_max, y_max, scores in rows
    ]
    return np.asarray(columns, np.float32).reshape(-1, 7).T


def decode(raw: npt.NDArray[np.float32], form: OutputForm = OutputForm.ANCHORS, **options: Any) -> Detections:  # noqa: ANN401
    settings = {"placement": SAME, "labels": LABELS, "min_confidence": 0.25, "iou_threshold": 0.5, **options}
    return decode_output(raw, form=form, **settings)


def rows_of(found: Detections) -> list[tuple[str, float, tuple[int, ...]]]:
    return [(one.label, round(one.confidence, 3), tuple(round(value) for value in one.box_xyxy)) for one in found]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="no anchors"),
        pytest.param([(10, 20, 30, 60, (0, 0.9, 0))], [("manhole", 0.9, (10, 20, 30, 60))], id="one box"),
        pytest.param([(10, 20, 30, 60, (0.24, 0.1, 0))], [], id="too weak"),
        pytest.param([(10, 20, 30, 60, (0.25, 0.1, 0))], [("clutter", 0.25, (10, 20, 30, 60))], id="just enough"),
        pytest.param([(10, 20, 30, 60, (0.5, 0.6, 0.4))], [("manhole", 0.6, (10, 20, 30, 60))], id="best label counts"),
        pytest.param(
            [(0, 0, 40, 40, (0.6, 0, 0)), (1, 0, 41, 40, (0.8, 0, 0))],
            [("clutter", 0.8, (1, 0, 41, 40))],
            id="of two that overlap the better stays",
        ),
        pytest.param(
            [(0, 0, 40, 40, (0.6, 0, 0)), (1, 0, 41, 40, (0, 0.8, 0))],
            [("manhole", 0.8, (1, 0, 41, 40)), ("clutter", 0.6, (0, 0, 40, 40))],
            id="labels do not suppress each other",
        ),
        pytest.param(
            [(0, 0, 40, 40, (0.6, 0, 0)), (0, 0, 40, 20, (0.8, 0, 0))],
            [("clutter", 0.8, (0, 0, 40, 20)), ("clutter", 0.6, (0, 0, 40, 40))],
            id="an overlap of just the threshold stays",
        ),
        pytest.param(
            [(0, 0, 40, 40, (0.9, 0, 0)), (12, 0, 52, 40, (0.8, 0, 0)), (24, 0, 64, 40, (0.7, 0, 0))],
            [("clutter", 0.9, (0, 0, 40, 40)), ("clutter", 0.7, (24, 0, 64, 40))],
            id="a dropped box drops nobody",
        ),
        pytest.param(
            [(5, 5, 9, 9, (0.5, 0, 0)), (50, 50, 60, 60, (0.5, 0, 0))],
            [("clutter", 0.5, (5, 5, 9, 9)), ("clutter", 0.5, (50, 50, 60, 60))],
            id="equals stay in the graph's order",
        ),
        pytest.param([(-30, -9, 500, 50, (0.5, 0, 0))], [("clutter", 0.5, (0, 0, 100, 50))], id="cut to the photo"),
        pytest.param([(-30, -9, -2, 50, (0.5, 0, 0))], [], id="beside the photo"),
        pytest.param([(30, 30, 30, 50, (0.5, 0, 0))], [], id="without width"),
        pytest.param([(50, 30, 30, 50, (0.5, 0, 0))], [], id="negative width"),
        pytest.param([(30, 30, 40, 50, (float("nan"), 0.9, 0))], [], id="a score that is no number"),
        pytest.param([(30, 30, 40, 50, (float("inf"), 0, 0))], [], id="an infinite score"),
        pytest.param([(float("nan"), 30, 40, 50, (0.9, 0, 0))], [], id="a corner that is no number"),
        pytest.param([(30, 30, 40, 50, (1.0001, 0, 0))], [("clutter", 1.0, (30, 30, 40, 50))], id="a score above one"),
    ],
)
def test_anchors(rows: list[Row], expected: list[tuple[str, float, tuple[int, ...]]]) -> None:
    assert rows_of(decode(anchors(*rows))) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="no rows"),
        pytest.param([(10, 20, 30, 60, 0.9, 1)], [("manhole", 0.9, (10, 20, 30, 60))], id="one box"),
        pytest.param(
            [(0, 0, 0, 0, 0, -1), (0, 0, 9, 9, 0.9, 3), (0, 0, 9, 9, 0.9, -1)], [], id="padding and unknown labels"
        ),
        pytest.param(
            [(0, 0, 40, 40, 0.6, 0), (1, 0, 41, 40, 0.8, 0)],
            [("clutter", 0.8, (1, 0, 41, 40)), ("clutter", 0.6, (0, 0, 40, 40))],
            id="sorted, and nothing suppressed",
        ),
        pytest.param([(10, 20, 30, 60, 0.2, 1), (1, 1, 9, 9, float("nan"), 1)], [], id="weak and broken scores"),
    ],
)
def test_end_to_end(rows: list[tuple[float, ...]], expected: list[tuple[str, float, tuple[int, ...]]]) -> None:
    raw = np.asarray(rows, np.float32).reshape(-1, 6)

    assert rows_of(decode(raw, OutputForm.END_TO_END)) == expected


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        pytest.param(OutputForm.ANCHORS, (6, 8400), id="a label too few"),
        pytest.param(OutputForm.ANCHORS, (1, 7, 8400), id="the batch's axis"),
        pytest.param(OutputForm.END_TO_END, (300, 7), id="a column too many"),
        pytest.param(OutputForm.END_TO_END, (300,), id="flat"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused(form: OutputForm, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected .* found \("):
        decode(np.zeros(shape, np.float32), form)


def test_boxes_are_in_the_frame_of_the_upright_original() -> None:
    placement = place(4000, 2000, 100)[0]

    found = decode(anchors((10, 30, 50, 70, (0, 0, 0.5))), placement=placement)

    assert rows_of(found) == [("door", 0.5, (400, 200, 2000, 1800))]
    assert found.boxes_xyxy.dtype == np.float32
    assert found.labels == LABELS


@pytest.mark.parametrize("form", OutputForm)
def test_only_the_best_are_kept(form: OutputForm) -> None:
    scores = [0.3 + index / 100 for index in range(9)]
    if form is OutputForm.ANCHORS:
        raw = anchors(*[(10 * i, 0, 10 * i + 9, 9, (score, 0, 0)) for i, score in enumerate(scores)])
    else:
        raw = np.asarray([(10 * i, 0, 10 * i + 9, 9, score, 0) for i, score in enumerate(scores)], np.float32)

    found = decode(raw, form, max_detections=4)

    assert found.confidences.tolist() == pytest.approx(sorted(scores, reverse=True)[:4])


def test_a_graph_that_sees_something_everywhere_costs_a_bounded_number_of_boxes() -> None:
    rng = np.random.default_rng(3)
    raw = np.concatenate([rng.uniform(10, 90, (2, 8400)), rng.uniform(1, 9, (2, 8400)), rng.uniform(0.3, 1, (3, 8400))])

    found = decode(raw.astype(np.float32), max_detections=300)

    assert 100 < len(found) <= 300
    assert len(found) < MAX_CANDIDATES


@st.composite
def crowds(draw: st.DrawFn) -> npt.NDArray[np.float32]:
    count = draw(st.integers(0, 25))
    values = st.integers(0, 20)
    rows = draw(
        st.lists(st.tuples(values, values, values, values, *[st.integers(0, 10)] * 3), min_size=count, max_size=count)
    )
    raw = np.asarray(rows, np.float32).reshape(-1, 7)
    return (raw * [5, 5, 3, 3, 0.1, 0.1, 0.1]).astype(np.float32).T


@given(
    crowds(), st.sampled_from([0.0, 0.3, 0.6, 1.0]), st.integers(1, 10), st.sampled_from([SAME, place(333, 77, 100)[0]])
)
def test_what_holds_for_every_output(
    raw: npt.NDArray[np.float32],
    iou_threshold: float,
    max_detections: int,
    placement: Placement,
) -> None:
    found = decode(raw, placement=placement, iou_threshold=iou_threshold, max_detections=max_detections)
    candidates = decode(raw, placement=placement, iou_threshold=1.0, max_detections=1000)

    assert len(found) <= max_detections
    assert (np.diff(found.confidences) <= 0).all()
    assert (found.confidences >= np.float32(0.25)).all()
    assert (found.boxes_xyxy >= 0).all()
    assert (found.boxes_xyxy <= [placement.width, placement.height] * 2).all()
    assert {tuple(row) for row in found.boxes_xyxy} <= {tuple(row) for row in candidates.boxes_xyxy}
    overlaps = iou_matrix(found.boxes_xyxy, found.boxes_xyxy)
    same_label = found.label_ids[:, None] == found.label_ids[None, :]
    np.fill_diagonal(same_label, val=False)
    assert (overlaps[same_label] <= iou_threshold).all()


@given(crowds(), st.sampled_from([0.0, 0.3, 0.6]))
def test_suppression_agrees_with_the_slow_and_obvious_one(raw: npt.NDArray[np.float32], iou_threshold: float) -> None:
    candidates = decode(raw, iou_threshold=1.0, max_detections=1000)
    boxes, ids = candidates.boxes_xyxy, candidates.label_ids
    expected: list[int] = []
    for row in range(len(boxes)):
        rivals = [kept for kept in expected if ids[kept] == ids[row]]
        if all(iou_matrix(boxes[kept : kept + 1], boxes[row : row + 1])[0, 0] <= iou_threshold for kept in rivals):
            expected.append(row)

    assert suppress(boxes, ids, iou_threshold=iou_threshold, max_boxes=1000).tolist() == expected


def test_the_same_output_gives_the_same_answer_where_scores_are_equal() -> None:
    rng = np.random.default_rng(6)
    raw = np.concatenate([rng.uniform(10, 90, (4, 500)), rng.integers(0, 4, (3, 500)) / 4]).astype(np.float32)

    first, second = decode(raw), decode(np.asfortranarray(raw))

    assert np.array_equal(first.boxes_xyxy, second.boxes_xyxy)
    assert np.array_equal(first.label_ids, second.label_ids)
