"""Our stand-in for torchvision's operators, and that ultralytics finds a torchvision that imports."""

import importlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hazardlens.model.postprocess import suppress as suppress_numpy
from hazardlens.training.networks import torchvision_ops
from hazardlens.training.networks.torchvision_ops import make_importable, suppress


@given(
    corners=st.lists(st.tuples(*[st.integers(0, 30)] * 4), max_size=12),
    threshold=st.sampled_from([0.0, 0.3, 0.5, 0.9]),
    seed=st.integers(0, 5),
)
def test_suppression_agrees_with_the_one_that_serves(
    corners: list[tuple[int, int, int, int]], threshold: float, seed: int
) -> None:
    boxes = torch.tensor([[x, y, x + w + 1, y + h + 1] for x, y, w, h in corners]).float().view(-1, 4)
    scores = torch.from_numpy(np.random.default_rng(seed).permutation(len(boxes)).astype(np.float32))
    order = scores.argsort(descending=True)
    ids = np.zeros(len(boxes), np.int64)

    kept = suppress(boxes, scores, threshold)

    expected = suppress_numpy(boxes[order].numpy(), ids, iou_threshold=threshold, max_boxes=len(boxes))
    assert kept.tolist() == order[torch.from_numpy(expected)].tolist()


def test_nothing_gives_nothing() -> None:
    kept = suppress(torch.zeros(0, 4), torch.zeros(0), 0.5)

    assert kept.shape == (0,)
    assert kept.dtype is torch.int64


def test_the_operator_works_once_made_importable() -> None:
    needed = make_importable()
    torchvision = importlib.import_module("torchvision")

    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
    assert kept.tolist() == [1, 2]
    assert make_importable() is needed, "asking again changes nothing"


def test_matching_builds_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision_ops, "_declared", [])
    monkeypatch.setattr(torchvision_ops, "_compiled_library_loads", lambda: True)

    assert make_importable() is False
    assert torchvision_ops._declared == []
