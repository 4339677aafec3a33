"""A run becomes a bundle: thresholds and figures that belong to its graph, and a card to tell them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
import typer
from typer.testing import CliRunner

from hazardlens.cli import evaluate as commands
from hazardlens.model.bundle import FLOAT_FILE, read_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import decode_photo
from hazardlens.model.reference import Reference
from hazardlens.model.taxonomy import Category
from hazardlens.training.data.records import read_records
from hazardlens.training.data.splits import SplitConfig, make_split, write_split
from hazardlens.training.errors import ExportError, RunError, WeightsError
from hazardlens.training.fitting.unfold import read_start
from hazardlens.training.measuring.evaluate import LabelledSplit, read_data
from hazardlens.training.networks.graph import storable
from hazardlens.training.networks.network import Network
from hazardlens.training.networks.torch_detector import TorchDetector
from hazardlens.training.shipping import variants
from hazardlens.training.shipping.export import Wishes, export_run
from hazardlens.training.shipping.parity import compare
from support.finished_run import write_run
from support.lively_network import lively_network
from support.photo_pool import write_pool

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def network() -> Network:
    return lively_network()


@pytest.fixture
def photos(tmp_path: Path) -> LabelledSplit:
    root = write_pool(tmp_path / "pool")
    split = make_split(read_records(root), SplitConfig(name="made", test_sources=("second",), val=0.5))
    write_split(split, tmp_path / "split.json")
    return read_data(root, tmp_path / "split.json")


def test_a_run_becomes_a_bundle_that_answers_as_the_network(
    tmp_path: Path, network: Network, photos: LabelledSplit
) -> None:
    run = write_run(tmp_path / "run", network, photos)
    bundle = export_run(run, tmp_path / "bundle", photos, now=NOW)
    manifest = bundle.manifest
    assert read_bundle(tmp_path / "bundle").manifest == manifest
    assert (manifest.name, manifest.version) == ("hazardlens-yolo11n-lively", "2026.11.24")
    assert [(label.name, label.hazard, label.train_boxes, label.test_photos) for label in manifest.labels] == [
        ("stacked_clutter", Category.STACKED_CLUTTER, 2, 0),
        ("exit_door", None, 1, 1),
    ]
    assert manifest.training.dataset_sha256 == manifest.metrics.test_set_sha256 == photos.manifest.sha256
    assert [curve.hazard for curve in manifest.calibration] == [Category.STACKED_CLUTTER]
    assert manifest.metrics.labels["exit_door"]["boxes"]["positive_photos"] == 1
    assert manifest.metrics.labels["manhole_open"]["in_model"] is False
    files = [record.path.read_bytes() for record in photos.records]
    ours = TorchDetector.serving(storable(network), manifest.output)  # a tie between two boxes hangs on the last digit
    parity = compare(ours, OnnxDetector(bundle), files, floor=manifest.output.min_confidence)
    assert parity.boxes > 20
    assert parity.holds
    assert len(OnnxDetector(bundle).detect([decode_photo(files[0])])[0]) > 0


def test_the_card_tells_figures_and_what_nobody_knows(tmp_path: Path, network: Network, photos: LabelledSplit) -> None:
    run = write_run(tmp_path / "run", network, photos)
    remarks = ["The maker looked at the test photos once."]
    export_run(run, tmp_path / "bundle", photos, name="first", version="1", remarks=remarks)
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    assert card.startswith("# first 1\n")
    assert "AP50 no test photos for boxes" in card  # no second-source photo of the pool shows clutter
    assert "In the model, but no test photo shows it, so that nothing is known: stacked_clutter" in card
    assert (
        "Shown by fewer than 20 test photos, so that the figure is little more than an anecdote: exit_door (1)" in card
    )
    for expected in (
        "manhole_open",
        "not in the model",
        "must not be used",
        "needs_human",
        "AGPL-3.0-only",
        "second",
        "人",
    ):
        assert expected in card
    assert "- The maker looked at the test photos once.\n- Boxes were drawn by hand" in card
    assert "$" not in card


@pytest.mark.slow
def test_of_several_variants_one_ships_and_the_card_lists_all(
    tmp_path: Path, network: Network, plenty: LabelledSplit, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However fast this machine is: the 8-bit graph of 64 px is to win.
    monkeypatch.setattr(variants, "choose", lambda rows: rows[1])
    lines: list[str] = []
    bundle = export_run(
        write_run(tmp_path / "run", network, plenty),
        tmp_path / "bundle",
        plenty,
        wishes=Wishes(sizes_px=(64, 96), int8=True, quick=True),
        now=NOW,
        say=lines.append,
    )
    manifest = bundle.manifest
    assert (manifest.weights, manifest.input.size_px) == ("int8", 64)
    assert FLOAT_FILE in manifest.files
    rows = manifest.metrics.summary["variants"]
    assert [(row["size_px"], row["weights"], row["chosen"]) for row in rows] == [
        (64, "float32", False),
        (64, "int8", True),
        (96, "float32", False),
        (96, "int8", False),
    ]
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    assert card.count(" px | float32 |") == card.count(" px | int8 |") == 2
    assert "64 px int8 ships" in lines
    assert len(OnnxDetector(bundle).detect([decode_photo(plenty.records[0].path.read_bytes())])) == 1
    # Training starts from the float32 weights that lie beside it.
    start = read_start(tmp_path / "bundle").network
    assert start.size_px == 64
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        difference = (start.module(picture)[0] - storable(network).module(picture)[0]).abs()
    assert float(difference[:, 4:].max()) < 1e-3


def test_a_hazard_without_support_abstains_and_the_card_says_so(
    tmp_path: Path, network: Network, photos: LabelledSplit
) -> None:
    bundle = export_run(write_run(tmp_path / "run", network, photos), tmp_path / "bundle", photos, now=NOW)
    (curve,) = bundle.manifest.calibration
    assert (curve.basis, curve.stands_from, curve.abstains) == ("none", None, True)
    assert bundle.manifest.metrics.summary["prefill"]["overall"]["answered"] == 0
    reference = Reference.of(bundle.manifest)
    assert reference is not None
    assert (reference.photos, reference.photos_sha256) == (len(photos.part("test")), photos.manifest.sha256)
    assert sum(reference.boxes_per_photo) == reference.photos
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    assert "Always asks a person, because nothing supports a threshold: stacked_clutter." in card
    assert "| stacked_clutter | nothing: too few photos |" in card
    assert "the only one that was made of this network" in card
    assert "No rendered and no composed scene took part" in card


def test_the_card_names_what_was_rendered_and_composed(tmp_path: Path, network: Network, photos: LabelledSplit) -> None:
    run = write_run(tmp_path / "run", network, photos)
    path = run / "run.json"
    told = {
        "shares": {"real": 0.5, "rendered": 0.3, "composed": 0.2},
        "rendered": [
            {"name": "covers", "generator": "3", "photos": {"train": 90, "val": 10}, "boxes": {"manhole_open": 40}}
        ],
        "composed": {"covers-raised": {"backgrounds": 12}},
    }
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | told), "utf-8")
    lines: list[str] = []
    export_run(run, tmp_path / "bundle", photos, now=NOW, say=lines.append)
    card = (tmp_path / "bundle/MODEL_CARD.md").read_text("utf-8")
    assert "50% real photos, 30% rendered scenes and 20% scenes composed" in card
    assert "- **rendered: covers** (90 train, 10 validate; manhole_open 40), generator 3" in card
    assert "- **composed: covers-raised**, on 12 real training photos" in card
    assert any("hazards that few real photos show will abstain" in line for line in lines)


@pytest.mark.parametrize("sizes", ["", "100", "416;512", "0", "x"])
def test_sizes_that_are_none_are_refused(sizes: str) -> None:
    app = typer.Typer()
    commands.register(app)
    result = CliRunner().invoke(
        app, ["export", "--run", "r", "--out", "b", "--data", "d", "--split", "s", "--sizes", sizes]
    )
    assert result.exit_code == 2
    assert "--sizes: expected multiples of 32" in result.stderr


def test_a_run_on_another_split_is_refused(tmp_path: Path, network: Network, photos: LabelledSplit) -> None:
    run = write_run(tmp_path / "run", network, photos)
    other = make_split(photos.records, SplitConfig(name="other", test_sources=("first",)))
    with pytest.raises(RunError, match="another split than other"):
        export_run(run, tmp_path / "bundle", LabelledSplit(photos.records, other))
    assert not (tmp_path / "bundle").exists()


def test_a_network_that_finds_nothing_proves_nothing(tmp_path: Path, photos: LabelledSplit) -> None:
    run = write_run(tmp_path / "run", lively_network(strength=0), photos)
    with pytest.raises(ExportError, match="0 of 0 boxes"):
        export_run(run, tmp_path / "bundle", photos)
    assert not (tmp_path / "bundle").exists()


def test_an_unfinished_run_is_refused(tmp_path: Path, photos: LabelledSplit) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(WeightsError, match="has the run finished"):
        export_run(tmp_path / "run", tmp_path / "bundle", photos)


def test_the_command_ends_mistakes_in_one_line(tmp_path: Path, photos: LabelledSplit) -> None:
    app = typer.Typer()
    commands.register(app)
    data, split = photos.records[0].path.parents[1], tmp_path / "split.json"
    arguments = ["export", "--run", "nowhere", "--out", str(tmp_path / "b"), "--data", str(data), "--split", str(split)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: nowhere")
    assert len(result.stderr.splitlines()) == 1
