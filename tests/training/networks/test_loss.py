"""The loss does not punish what nobody looked for, and is the stock loss everywhere else."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from hazardlens.training.data.coverage import EVERYTHING, Coverage, known_at_anchors
from hazardlens.training.networks.backend import DetectionLoss, E2ELoss
from hazardlens.training.networks.loss import PartialDetectionLoss, PartialDetectionModel
from hazardlens.training.networks.network import NetworkInfo, build_network

LABELS = ("stacked_clutter", "exit_door")
CLUTTER, DOOR = 0, 1
SIDE = 64
GRIDS = [(8, 8), (4, 4), (2, 2)]
STRIDES = [8, 16, 32]
CLUTTER_ONLY, BOTH = 0, 1
COVERAGE = Coverage(LABELS, (frozenset({"stacked_clutter"}), frozenset(LABELS)))


@pytest.fixture(scope="module")
def model() -> PartialDetectionModel:
    torch.manual_seed(0)
    network = build_network(NetworkInfo(arch="yolo11n.yaml", labels=LABELS, size_px=SIDE))
    network.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5, epochs=1)
    network.train()
    return network


@pytest.fixture(scope="module")
def predict(model: PartialDetectionModel) -> Callable[[], dict[str, Any]]:
    with torch.no_grad():
        preds = model(torch.rand(1, 3, SIDE, SIDE))

    def fresh() -> dict[str, Any]:
        """The same predictions every time, as leaves that collect gradients."""
        return {
            "boxes": preds["boxes"].clone().requires_grad_(),
            "scores": preds["scores"].clone().requires_grad_(),
            "feats": preds["feats"],
        }

    return fresh


def _batch(boxes: list[tuple[int, tuple[float, float, float, float]]], plane: torch.Tensor) -> dict[str, Any]:
    return {
        "img": torch.zeros(1, 3, SIDE, SIDE),
        "batch_idx": torch.zeros(len(boxes)),
        "cls": torch.tensor([[float(label)] for label, _ in boxes]).view(-1, 1),
        "bboxes": torch.tensor([box for _, box in boxes]).view(-1, 4),
        "coverage": plane[None],
        "known": COVERAGE.table(),
    }


def _plane(number: int) -> torch.Tensor:
    return torch.full((SIDE, SIDE), number, dtype=torch.uint8)


def _gradients(
    criterion: Callable[..., Any], preds: dict[str, Any], batch: dict[str, Any]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients of scores (C, A) and of boxes (4 * bins, A)."""
    loss, _ = criterion(preds, batch)
    loss.sum().backward()
    return preds["scores"].grad[0], preds["boxes"].grad[0]


HEAP = (CLUTTER, (0.5, 0.6, 0.5, 0.4))


def test_stock_loss_punishes_a_door_that_nobody_looked_for_and_ours_does_not(
    model: PartialDetectionModel, predict: Callable[[], dict[str, Any]]
) -> None:
    batch = _batch([HEAP], _plane(CLUTTER_ONLY))

    stock_scores, stock_boxes = _gradients(DetectionLoss(model), predict(), batch)
    our_scores, our_boxes = _gradients(PartialDetectionLoss(model), predict(), batch)

    assert (stock_scores[DOOR] > 0).all(), "gradient descent lowers the door's score at every anchor"
    assert torch.count_nonzero(our_scores[DOOR]) == 0
    assert torch.equal(our_scores[CLUTTER], stock_scores[CLUTTER])
    assert torch.equal(our_boxes, stock_boxes)


@pytest.mark.parametrize("number", [pytest.param(BOTH, id="both"), pytest.param(EVERYTHING, id="padding")])
def test_equals_the_stock_loss_where_everything_was_looked_for(
    number: int, model: PartialDetectionModel, predict: Callable[[], dict[str, Any]]
) -> None:
    batch = _batch([HEAP, (DOOR, (0.2, 0.3, 0.2, 0.5))], _plane(number))

    stock, stock_items = DetectionLoss(model)(predict(), batch)
    ours, our_items = PartialDetectionLoss(model)(predict(), batch)

    assert torch.equal(ours, stock)
    assert our_items == stock_items
    for mine, theirs in zip(
        _gradients(PartialDetectionLoss(model), predict(), batch),
        _gradients(DetectionLoss(model), predict(), batch),
        strict=True,
    ):
        assert torch.equal(mine, theirs)


def test_equals_the_stock_loss_without_coverage(
    model: PartialDetectionModel, predict: Callable[[], dict[str, Any]]
) -> None:
    batch = _batch([HEAP], _plane(CLUTTER_ONLY))
    del batch["coverage"], batch["known"]

    assert torch.equal(PartialDetectionLoss(model)(predict(), batch)[0], DetectionLoss(model)(predict(), batch)[0])


def test_a_known_box_teaches_even_where_its_label_was_not_searched_completely(
    model: PartialDetectionModel, predict: Callable[[], dict[str, Any]]
) -> None:
    door = (DOOR, (0.5, 0.5, 0.5, 0.5))
    scores, boxes = _gradients(PartialDetectionLoss(model), predict(), _batch([door], _plane(CLUTTER_ONLY)))

    raised = scores[DOOR] < 0
    assert raised.any(), "the anchors of the known door are pulled up"
    assert torch.count_nonzero(scores[DOOR][~raised]) == 0, "and no anchor is pushed down"
    assert torch.count_nonzero(boxes) > 0


def test_tiles_of_a_mosaic_keep_their_own_knowledge(
    model: PartialDetectionModel, predict: Callable[[], dict[str, Any]]
) -> None:
    plane = _plane(CLUTTER_ONLY)
    plane[:, SIDE // 2 :] = BOTH

    scores, _ = _gradients(PartialDetectionLoss(model), predict(), _batch([HEAP], plane))

    start = 0
    for rows, columns in GRIDS:
        level = scores[DOOR, start : start + rows * columns].view(rows, columns)
        assert torch.count_nonzero(level[:, : columns // 2]) == 0
        assert (level[:, columns // 2 :] > 0).all()
        start += rows * columns


def test_end_to_end_heads_get_the_partial_loss_in_both_branches() -> None:
    torch.manual_seed(0)
    network = build_network(NetworkInfo(arch="yolo26n.yaml", labels=LABELS, size_px=SIDE)).train()
    network.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5, epochs=1)
    batch = _batch([HEAP], _plane(CLUTTER_ONLY)) | {"img": torch.rand(1, 3, SIDE, SIDE)}
    preds = network(batch["img"])
    for branch in preds.values():
        branch["scores"].retain_grad()

    network.loss(batch, preds)[0].sum().backward()

    assert isinstance(network.criterion, E2ELoss)
    for branch in preds.values():
        assert torch.count_nonzero(branch["scores"].grad[:, DOOR]) == 0
        assert torch.count_nonzero(branch["scores"].grad[:, CLUTTER]) > 0


def test_loss_is_computed_in_float32_when_the_network_runs_in_bfloat16(model: PartialDetectionModel) -> None:
    batch = _batch([HEAP], _plane(BOTH)) | {"img": torch.rand(1, 3, SIDE, SIDE)}
    with torch.no_grad():
        exact, _ = model.loss(batch)
        model.forward_dtype = torch.bfloat16
        try:
            rounded, _ = model.loss(batch)
        finally:
            model.forward_dtype = torch.float32

    assert rounded.dtype is torch.float32
    assert torch.allclose(rounded, exact, rtol=0.3), "batch statistics of one small picture amplify the rounding"
    assert not torch.equal(rounded, exact), "the network did run in bfloat16"


def test_anchors_take_the_pattern_at_the_centre_of_their_cell() -> None:
    plane = torch.zeros(2, SIDE, SIDE, dtype=torch.uint8)
    plane[1, 20, 12] = BOTH  # the centre of the cell (2, 1) at stride 8
    known = known_at_anchors(plane, COVERAGE.table(), GRIDS, STRIDES)

    assert known.shape == (2, 84, 2)
    assert known[..., CLUTTER].all()
    assert known[..., DOOR].nonzero().tolist() == [[1, 2 * 8 + 1]]


def test_a_plane_of_another_size_is_refused() -> None:
    plane = torch.zeros(1, SIDE, SIDE // 2, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"plane: expected \(64, 64\) for a grid at stride 8, found \(64, 32\)"):
        known_at_anchors(plane, COVERAGE.table(), GRIDS, STRIDES)
