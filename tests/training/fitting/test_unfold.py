"""A bundle's network gets its batch norms back: it answers as before, and is ready to learn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from hazardlens.model.bundle import write_bundle
from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import WeightsError
from hazardlens.training.fitting.unfold import BundleStart, _tensor, read_start, start_from_bundle
from hazardlens.training.networks.graph import to_onnx
from hazardlens.training.networks.loss import PartialDetectionModel
from hazardlens.training.networks.network import NetworkInfo, build_network
from support.lively_network import LIVELY_LABELS, LIVELY_SIZE_PX, lively_network
from support.photo_pool import CLUTTER, PoolPhoto, write_pool
from support.tiny_bundle import make_tiny_bundle, tiny_draft

INFO = NetworkInfo(arch="yolo11n.yaml", labels=LIVELY_LABELS, size_px=LIVELY_SIZE_PX)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> BundleStart:
    path = tmp_path_factory.mktemp("start") / "bundle"
    network = lively_network(strength=0.2)
    draft = tiny_draft(LIVELY_LABELS, size_px=LIVELY_SIZE_PX)
    write_bundle(path, onnx_bytes=to_onnx(network, {}), card="# Lively\n", draft=draft)
    return read_start(path)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[PhotoRecord]:
    root = tmp_path_factory.mktemp("pool") / "data"
    return read_records(write_pool(root, [PoolPhoto(f"p{n}", n, boxes=(CLUTTER,)) for n in range(16)]))


def unfolded(
    start: BundleStart, photos: list[PhotoRecord], info: NetworkInfo = INFO, **inherit: str
) -> PartialDetectionModel:
    torch.manual_seed(5)
    module = build_network(info)
    start_from_bundle(module, info, start, inherit, photos)
    module.float().eval()
    return module


def some_photos() -> torch.Tensor:
    return torch.rand(4, 3, LIVELY_SIZE_PX, LIVELY_SIZE_PX, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_in_evaluation_mode_it_answers_as_the_bundle(start: BundleStart, photos: list[PhotoRecord]) -> None:
    module, pictures = unfolded(start, photos), some_photos()
    ours, theirs = module(pictures)[0], start.network.module(pictures)[0]
    assert theirs[:, 4:].std() > 0.01, "the network must say something for this to mean anything"
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_in_training_mode_each_layer_stays_near(start: BundleStart, photos: list[PhotoRecord]) -> None:
    """A batch's own statistics replace the measured ones: on the measured photos they are nearly the same."""
    module, pictures = unfolded(start, photos), _tensor(photos, LIVELY_SIZE_PX)
    still = module(pictures)[1]["feats"]
    moving = module.train()(pictures)["feats"]
    off = [float((ours - level).abs().mean() / level.std()) for ours, level in zip(moving, still, strict=True)]
    assert max(off) < 0.02, f"shares of the levels' spread: {off}"


def test_every_convolution_has_its_batch_norm_back(start: BundleStart, photos: list[PhotoRecord]) -> None:
    norms = [part for part in unfolded(start, photos).modules() if isinstance(part, nn.BatchNorm2d)]
    assert len(norms) == 81
    spreads = [norm.running_var for norm in norms if norm.running_var is not None]
    assert all(torch.isfinite(spread).all() and spread.max() > 0 for spread in spreads)


def test_labels_in_common_keep_their_rows_and_a_new_one_may_inherit(
    start: BundleStart, photos: list[PhotoRecord]
) -> None:
    info = INFO.model_copy(update={"labels": ("exit_door", "kitchen_dirty", "stacked_clutter", "bicycle_parked")})
    module: Any = unfolded(start, photos, info, kitchen_dirty="stacked_clutter")
    bundle: Any = start.network.module
    for ours, theirs in zip(module.model[-1].cv3, bundle.model[-1].cv3, strict=True):
        rows, before = ours[-1].weight, theirs[-1].weight
        assert torch.equal(rows[0], before[1]), "exit_door"
        assert torch.equal(rows[1], before[0]), "kitchen_dirty starts as stacked_clutter"
        assert torch.equal(rows[2], before[0]), "stacked_clutter"
        assert not any(torch.equal(rows[3], row) for row in before), "bicycle_parked is drawn"


@pytest.mark.parametrize(
    ("info", "inherit", "message"),
    [
        pytest.param(INFO.model_copy(update={"arch": "yolo11s.yaml"}), {}, "holds yolo11n", id="another architecture"),
        pytest.param(
            INFO.model_copy(update={"labels": ("cable_ok",)}),
            {"cable_ok": "rickshaw"},
            "has no class rickshaw",
            id="no such class",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    start: BundleStart, photos: list[PhotoRecord], info: NetworkInfo, inherit: dict[str, str], message: str
) -> None:
    with pytest.raises(WeightsError, match=message):
        start_from_bundle(build_network(info), info, start, inherit, photos)


def test_without_photos_nothing_can_be_measured(start: BundleStart) -> None:
    with pytest.raises(WeightsError, match="no training photo"):
        start_from_bundle(build_network(INFO), INFO, start, {}, [])


def test_a_graph_of_another_maker_is_refused(tmp_path: Path) -> None:
    make_tiny_bundle(tmp_path / "tiny")
    with pytest.raises(WeightsError, match="training cannot start from it"):
        read_start(tmp_path / "tiny")
