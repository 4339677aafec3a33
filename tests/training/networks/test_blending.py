"""Weights in between: both ends are what they were, and classes keep their names."""

import pytest
import torch
from torch import nn

from hazardlens.training.errors import WeightsError
from hazardlens.training.networks.blending import blended
from hazardlens.training.networks.graph import fused
from hazardlens.training.networks.network import Network, NetworkInfo, build_network, class_tensors

START = ("stacked_clutter", "bicycle_parked")
TUNED = ("bicycle_parked", "stacked_clutter", "manhole_open")


def network(seed: int, labels: tuple[str, ...], arch: str = "yolo11n") -> Network:
    torch.manual_seed(seed)
    info = NetworkInfo(arch=f"{arch}.yaml", labels=labels, size_px=64)
    return Network(build_network(info).eval(), info)


@pytest.fixture(scope="module")
def start() -> Network:
    return network(1, START)


@pytest.fixture(scope="module")
def tuned() -> Network:
    return network(2, TUNED)


def weights(network: Network) -> dict[str, torch.Tensor]:
    module: nn.Module = fused(network.module)
    return module.state_dict()


def test_all_the_way_is_where_the_training_ended(start: Network, tuned: Network) -> None:
    there = blended(start, tuned, 1.0)
    photo = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(there.module(photo)[0], tuned.module(photo)[0], rtol=1e-4, atol=1e-3)
    assert there.info == tuned.info


def test_in_between_is_the_mean_and_classes_are_found_by_name(start: Network, tuned: Network) -> None:
    first, last = weights(start), weights(tuned)
    there = blended(start, tuned, 0.25)
    middle = there.module.state_dict()
    by_class = class_tensors(there.module)
    assert len(by_class) == 6
    for name, tensor in middle.items():
        if name in by_class:
            expected = torch.stack(
                [
                    0.75 * first[name][1] + 0.25 * last[name][0],
                    0.75 * first[name][0] + 0.25 * last[name][1],
                    last[name][2],
                ]
            )
        else:
            expected = 0.75 * first[name] + 0.25 * last[name]
        torch.testing.assert_close(tensor, expected)


def test_neither_end_changes(start: Network, tuned: Network) -> None:
    before = [{name: tensor.clone() for name, tensor in one.module.state_dict().items()} for one in (start, tuned)]
    blended(start, tuned, 0.5)
    for one, was in zip((start, tuned), before, strict=True):
        assert all(torch.equal(tensor, was[name]) for name, tensor in one.module.state_dict().items())


def test_other_networks_are_refused(start: Network) -> None:
    with pytest.raises(WeightsError, match=r"yolo11n\.yaml and yolov8s\.yaml: weights of different networks"):
        blended(start, network(3, START, "yolov8s"), 0.5)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_of_the_way_is_refused(start: Network, tuned: Network, share: float) -> None:
    with pytest.raises(ValueError, match="share within"):
        blended(start, tuned, share)
