"""Start weights arrive whole, and a finished network comes back as it was, without pickles."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from hazardlens.training.errors import WeightsError
from hazardlens.training.networks.network import (
    MODEL_FILE,
    WEIGHTS_FILE,
    NetworkInfo,
    build_network,
    load_network,
    save_network,
    start_from,
)

LABELS = ("stacked_clutter", "bicycle_parked")
INFO = NetworkInfo(arch="yolo11n.yaml", labels=LABELS, size_px=64)


@pytest.mark.parametrize(("arch", "tensors"), [("yolo11n", 499), ("yolo26n", 708)])
def test_everything_but_the_class_layers_is_taken_over(shared_weights: Path, arch: str, tensors: int) -> None:
    info = NetworkInfo(arch=f"{arch}.yaml", labels=LABELS, size_px=64)
    module = build_network(info)
    path = shared_weights / f"{arch}.safetensors"
    transfer = start_from(module, info, path, {"bicycle_parked": "bicycle"})

    start, own = load_file(path), module.state_dict()
    differing = [name for name in own if not torch.equal(own[name].float(), start[name].float())]
    branches = 2 if arch == "yolo26n" else 1
    assert (transfer.total, transfer.copied) == (tensors, tensors - 6 * branches)
    assert len(differing) == 6 * branches, "weight and bias of the class layer of three levels"
    for name in differing:
        assert torch.equal(own[name][1], start[name][1].float()), "parked bicycles start as COCO's bicycles, class 1"


def test_weights_of_another_network_are_refused(shared_weights: Path) -> None:
    module = build_network(INFO)
    with pytest.raises(WeightsError, match=r"yolo26n\.safetensors: expected the tensors of yolo11n\.yaml"):
        start_from(module, INFO, shared_weights / "yolo26n.safetensors", {})


def test_a_class_that_the_weights_do_not_have_is_refused(shared_weights: Path) -> None:
    with pytest.raises(WeightsError, match="has no class rickshaw to inherit from"):
        start_from(build_network(INFO), INFO, shared_weights / "yolo11n.safetensors", {"bicycle_parked": "rickshaw"})


def test_weights_without_names_cannot_be_inherited_from(shared_weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "nameless.safetensors"
    path.symlink_to(shared_weights / "yolo11n.safetensors")
    with pytest.raises(WeightsError, match=r"nameless\.json: expected the names"):
        start_from(build_network(INFO), INFO, path, {"bicycle_parked": "bicycle"})


def test_a_saved_network_comes_back_the_same(tmp_path: Path) -> None:
    torch.manual_seed(3)
    module = build_network(INFO).eval()
    save_network(tmp_path, module, INFO)
    network = load_network(tmp_path)
    photo = torch.rand(1, 3, 64, 64)

    with torch.no_grad():
        assert torch.equal(network.module(photo)[0], module(photo)[0])
    assert (network.labels, network.size_px) == (LABELS, 64)
    assert not network.module.training


def test_an_unfinished_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.json: No such file or directory; has the run finished"):
        load_network(tmp_path)


def test_broken_files_are_named(tmp_path: Path) -> None:
    save_network(tmp_path, build_network(INFO), INFO)
    (tmp_path / WEIGHTS_FILE).write_bytes(b"torn")
    with pytest.raises(WeightsError, match=r"weights\.safetensors: cannot be read"):
        load_network(tmp_path)
    save_file({"model.0.conv.weight": torch.zeros(1)}, tmp_path / WEIGHTS_FILE)
    with pytest.raises(WeightsError, match=r"the tensors do not fit yolo11n\.yaml"):
        load_network(tmp_path)
    (tmp_path / MODEL_FILE).write_text(json.dumps({"arch": "../evil.yaml", "labels": ["a"], "size_px": 64}), "utf-8")
    with pytest.raises(WeightsError, match=r"model\.json: String should match"):
        load_network(tmp_path)
