"""A run's weights go as far from those it started from, or from a run beside it, as validation photos say."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from hazardlens.training.errors import ExportError
from hazardlens.training.fitting.unfold import BundleStart, read_start
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.networks.blending import blended
from hazardlens.training.networks.graph import storable, to_network
from hazardlens.training.networks.network import Network
from hazardlens.training.shipping import blends
from hazardlens.training.shipping.accuracy import LabelAccuracy
from hazardlens.training.shipping.blends import SHARES, SHARES_BESIDE
from hazardlens.training.shipping.export import Wishes, export_run
from support.finished_run import write_run
from support.lively_network import lively_network

QUICK = Wishes(quick=True)


@pytest.fixture
def start(tmp_path: Path, plenty: LabelledSplit) -> BundleStart:
    export_run(
        write_run(tmp_path / "first", lively_network(), plenty), tmp_path / "start", plenty, version="1", wishes=QUICK
    )
    return read_start(tmp_path / "start")


@pytest.fixture
def tuned() -> Network:
    """The same network with other class layers."""
    network = lively_network()
    head: Any = network.module.model[-1]  # type: ignore[index]
    for layers in head.cv3:
        layers[-1].weight.data.mul_(0.7)
    return network


def test_the_best_share_on_validation_photos_ships_and_the_card_says_so(
    tmp_path: Path, plenty: LabelledSplit, start: BundleStart, tuned: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.2, 0.3, 0.6, 0.5, 0.4])
    monkeypatch.setattr(blends, "accuracy", lambda *_: [LabelAccuracy("stacked_clutter", next(values), 1.0, False)])
    lines: list[str] = []
    run = write_run(tmp_path / "run", tuned, plenty, base=start.bundle.sha256)
    bundle = export_run(
        run,
        tmp_path / "bundle",
        plenty,
        version="2",
        wishes=QUICK,
        start=start,
        remarks=["Mine."],
        say=lines.append,
    )
    assert bundle.manifest.training.config["blends"] == [{"start": "hazardlens-yolo11n-lively 1", "share": 0.7}]
    assert "0.7 of the way from hazardlens-yolo11n-lively 1: AP50 0.600" in lines
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    assert "Mine." in card
    assert "The weights lie 0.7 of the way from `hazardlens-yolo11n-lively 1` to where the training ended." in card
    assert "0.3: 0.200, 0.5: 0.300, 0.7: 0.600, 0.85: 0.500, 1: 0.400." in card
    expected = storable(blended(start.network, tuned, 0.7)).module.state_dict()
    for name, tensor in to_network(bundle.onnx_bytes).module.state_dict().items():
        torch.testing.assert_close(tensor, expected[name])


def test_a_run_goes_no_farther_from_its_start_than_a_point_is_worth(
    tmp_path: Path, plenty: LabelledSplit, start: BundleStart, tuned: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.589, 0.593, 0.585, 0.6, 0.602])
    monkeypatch.setattr(blends, "accuracy", lambda *_: [LabelAccuracy("stacked_clutter", next(values), 1.0, False)])
    run = write_run(tmp_path / "run", tuned, plenty, base=start.bundle.sha256)
    bundle = export_run(run, tmp_path / "bundle", plenty, version="2", wishes=QUICK, start=start)
    assert bundle.manifest.training.config["blends"][0]["share"] == 0.5
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    assert "1: 0.602. The lowest within a point of the best is taken." in card


def test_two_runs_are_averaged_first_and_then_go_back_towards_their_start(
    tmp_path: Path, plenty: LabelledSplit, start: BundleStart, tuned: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.2, 0.3, 0.6, 0.5, 0.4, 0.2, 0.3, 0.6, 0.5, 0.4])
    monkeypatch.setattr(blends, "accuracy", lambda *_: [LabelAccuracy("stacked_clutter", next(values), 1.0, False)])
    run = write_run(tmp_path / "run", tuned, plenty, base=start.bundle.sha256)
    beside = write_run(tmp_path / "beside", lively_network(), plenty, name="other", base=start.bundle.sha256)
    bundle = export_run(run, tmp_path / "bundle", plenty, version="2", wishes=QUICK, beside=beside, start=start)
    told = bundle.manifest.training.config["blends"]
    assert [(blend.get("beside"), blend.get("start"), blend["share"]) for blend in told] == [
        ("other", None, 0.5),
        (None, "hazardlens-yolo11n-lively 1", 0.7),
    ]
    expected = storable(blended(start.network, blended(lively_network(), tuned, 0.5), 0.7)).module.state_dict()
    for key, tensor in to_network(bundle.onnx_bytes).module.state_dict().items():
        torch.testing.assert_close(tensor, expected[key])


def test_every_share_is_measured(plenty: LabelledSplit, tmp_path: Path, start: BundleStart, tuned: Network) -> None:
    lines: list[str] = []
    run = write_run(tmp_path / "run", tuned, plenty, base=start.bundle.sha256)
    export_run(run, tmp_path / "bundle", plenty, version="2", wishes=QUICK, start=start, say=lines.append)
    assert sum(" of the way from " in line for line in lines) == len(SHARES)


def test_a_run_that_started_from_something_else_is_refused(
    tmp_path: Path, plenty: LabelledSplit, start: BundleStart, tuned: Network
) -> None:
    run = write_run(tmp_path / "run", tuned, plenty)
    named = json.loads((run / "run.json").read_text("utf-8"))["weights"]["name"]
    with pytest.raises(ExportError, match=f"started from {named}, not from the hazardlens-yolo11n-lively 1"):
        export_run(run, tmp_path / "bundle", plenty, wishes=QUICK, start=start)
    assert not (tmp_path / "bundle").exists()


def test_two_runs_from_the_same_weights_are_averaged(
    tmp_path: Path, plenty: LabelledSplit, tuned: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.2, 0.6, 0.5, 0.5, 0.4])
    monkeypatch.setattr(blends, "accuracy", lambda *_: [LabelAccuracy("stacked_clutter", next(values), 1.0, False)])
    run = write_run(tmp_path / "run", tuned, plenty)
    shares = {"real": 0.4, "rendered": 0.36, "composed": 0.24}
    beside = write_run(tmp_path / "beside", lively_network(), plenty, name="other", shares=shares)
    bundle = export_run(run, tmp_path / "bundle", plenty, version="2", wishes=QUICK, beside=beside)
    blend = {"beside": "other", "share": 0.3, "config": {"name": "other", "seed": 7}}
    assert bundle.manifest.training.config["blends"] == [blend]
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    batches = "(its batches: 40% real, 36% rendered, 24% composed)"
    assert f"0.3 of the way from those of `other`, a run from the same weights on the same photos {batches}" in card
    expected = storable(blended(lively_network(), tuned, 0.3)).module.state_dict()
    for key, tensor in to_network(bundle.onnx_bytes).module.state_dict().items():
        torch.testing.assert_close(tensor, expected[key])


def test_where_all_shares_are_as_good_the_run_itself_ships(
    tmp_path: Path, plenty: LabelledSplit, tuned: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blends, "accuracy", lambda *_: [LabelAccuracy("stacked_clutter", 0.5, 1.0, False)])
    run = write_run(tmp_path / "run", tuned, plenty)
    beside = write_run(tmp_path / "beside", lively_network(), plenty, name="other")
    bundle = export_run(run, tmp_path / "bundle", plenty, version="2", wishes=QUICK, beside=beside)
    assert bundle.manifest.training.config["blends"][0]["share"] == 1


def test_two_runs_are_measured_alone_as_well(tmp_path: Path, plenty: LabelledSplit, tuned: Network) -> None:
    lines: list[str] = []
    run = write_run(tmp_path / "run", tuned, plenty)
    beside = write_run(tmp_path / "beside", lively_network(), plenty)
    export_run(run, tmp_path / "bundle", plenty, version="2", wishes=QUICK, beside=beside, say=lines.append)
    told = [line.split()[0] for line in lines if " of the way from " in line]
    assert told == [f"{share:g}" for share in SHARES_BESIDE]
    assert {"0", "1"} <= set(told)


def test_runs_from_different_weights_are_not_averaged(
    tmp_path: Path, plenty: LabelledSplit, start: BundleStart, tuned: Network
) -> None:
    run = write_run(tmp_path / "run", tuned, plenty, base=start.bundle.sha256)
    beside = write_run(tmp_path / "beside", lively_network(), plenty)
    with pytest.raises(ExportError, match="they do not blend"):
        export_run(run, tmp_path / "bundle", plenty, wishes=QUICK, beside=beside)
    assert not (tmp_path / "bundle").exists()


def test_runs_of_different_labels_are_not_averaged(tmp_path: Path, plenty: LabelledSplit, tuned: Network) -> None:
    run = write_run(tmp_path / "run", tuned, plenty)
    other = lively_network()
    renamed = Network(other.module, other.info.model_copy(update={"labels": ("manhole_ok", *other.labels[1:])}))
    beside = write_run(tmp_path / "beside", renamed, plenty)
    with pytest.raises(ExportError, match="the labels of the run and of lively differ"):
        export_run(run, tmp_path / "bundle", plenty, wishes=QUICK, beside=beside)


@pytest.mark.parametrize(
    "told",
    [
        {"exclude_provenance": ["unclear"]},
        {"train": {"photos": 3, "boxes": {"stacked_clutter": 3}}},
        {"rendered": [{"name": "covers"}]},
        {"config": {"name": "other", "mix": {"rendered_val": 0.3}}},
    ],
)
def test_runs_on_different_photos_are_not_averaged(
    tmp_path: Path, plenty: LabelledSplit, tuned: Network, told: dict[str, Any]
) -> None:
    run = write_run(tmp_path / "run", tuned, plenty)
    beside = write_run(tmp_path / "beside", lively_network(), plenty, **told)
    with pytest.raises(ExportError, match="learnt from other photos: they do not blend"):
        export_run(run, tmp_path / "bundle", plenty, wishes=QUICK, beside=beside)
