"""The whole circle on a few small photos: export, dataset version, training from the bundle, candidate, report."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hazardlens.model.bundle import read_bundle, write_bundle
from hazardlens.training.data.records import read_records
from hazardlens.training.errors import RunError
from hazardlens.training.fitting.unfold import BundleStart
from hazardlens.training.networks.graph import to_onnx
from hazardlens.training.retraining import retrain as steps
from hazardlens.training.retraining.entries import pixels_of
from hazardlens.training.retraining.plan import Request
from hazardlens.training.retraining.retrain import retrain
from hazardlens.training.shipping import accuracy
from hazardlens.training.shipping.gate import read_gate_report
from support.corrections import Corrected, make_corrections, ten_days
from support.lively_network import LIVELY_LABELS, LIVELY_SIZE_PX, lively_network
from support.tiny_bundle import tiny_draft

MOVED = ("stacked_clutter", (17, 9, 71, 55))
CONFIG = """
name = "tiny"
split = "split.json"
threads = 1
bf16 = false

[labels]
min_boxes = 2

[[stages]]
size_px = 96
epochs = 1
batch = 4
lr = 0.0001
mosaic = 0.0
"""
MARGINS = """
min_positive_photos = 1
min_harmless_photos = 1
max_photo_ap_loss = 1
max_box_ap50_loss = 1
max_recall_loss = 1
max_alarms_growth = 100
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a retraining only reads: the bundle in service and an export."""
    root = tmp_path_factory.mktemp("given")
    network = lively_network(strength=0.05)
    draft = tiny_draft(LIVELY_LABELS, size_px=LIVELY_SIZE_PX, version="1")
    write_bundle(root / "service", onnx_bytes=to_onnx(network, {}), card="# Lively\n", draft=draft)
    reports = [*ten_days(), Corrected(30, 30, boxes=(MOVED,)), Corrected(31, 31), Corrected(32, 32, boxes=())]
    make_corrections(root / "export", reports)
    return root


@pytest.fixture
def asked(given: Path, tmp_path: Path) -> Request:
    root = tmp_path
    (root / "tiny.toml").write_text(CONFIG, "utf-8")
    (root / "gate.toml").write_text(MARGINS, "utf-8")
    return Request(
        exports=(given / "export",),
        bundle=given / "service",
        out=root / "out",
        datasets=root / "datasets",
        config=root / "tiny.toml",
        margins=root / "gate.toml",
    )


@pytest.mark.slow
def test_corrections_become_a_candidate_with_a_report(asked: Request) -> None:
    """30 s: a network is trained for an epoch, exported, and measured beside its parent."""
    lines: list[str] = []
    gate = retrain(asked, report=lines.append)

    (folder,) = asked.datasets.iterdir()
    boxes: list[object] = [box for record in read_records(folder) for box in pixels_of(record)]
    assert MOVED in boxes, "the box that the reviewer moved is the box in the dataset, to the pixel"
    candidate = read_bundle(asked.out / "bundle")
    assert candidate.manifest.parent == "1"
    assert candidate.manifest.training.base == "tiny 1"
    assert candidate.manifest.training.dataset == gate.dataset == folder.name
    assert candidate.labels == LIVELY_LABELS, "labels without boxes are not trained, those in service stay"
    assert read_gate_report(asked.out / "report.json") == gate
    assert gate.bundle_sha256 == candidate.sha256
    assert {row.test_set for row in gate.hazards} == {"corrections"}
    page = (asked.out / "report.html").read_text("utf-8")
    assert "再训练报告 · Retraining report" in page
    assert "http" not in page.replace("http-equiv", ""), "the page needs nothing from elsewhere"
    assert any("labels in common keep their class rows" in line for line in lines)
    assert gate.verdict == "passed", gate.reasons

    before = {path: path.stat().st_mtime_ns for path in (asked.out / "bundle").iterdir()}
    again: list[str] = []
    resumed = replace(asked, resume=True)
    assert retrain(resumed, report=again.append).verdict == gate.verdict
    assert {path: path.stat().st_mtime_ns for path in (asked.out / "bundle").iterdir()} == before
    assert again[:3] == [
        f"dataset version {folder.name}: as made before",
        "training: done before",
        "export: done before",
    ]
    assert json.loads((asked.out / "report.json").read_bytes())["candidate"]["version"] == gate.candidate.version


def test_a_folder_that_is_not_empty_is_left_alone(asked: Request) -> None:
    asked.out.mkdir()
    (asked.out / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty"):
        retrain(asked)
    assert [path.name for path in asked.out.iterdir()] == ["notes.txt"]


def test_after_a_kill_it_goes_on_with_its_dataset_version(
    asked: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        retrain(asked)
    (made,) = asked.datasets.iterdir()
    resumed = replace(asked, resume=True)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        retrain(resumed, report=lines.append)
    assert lines == [f"dataset version {made.name}: as made before"]
    (tmp_path / "tiny.toml").write_text(CONFIG.replace("0.0001", "0.0002"), "utf-8")
    with pytest.raises(RunError, match="was started with another config"):
        retrain(resumed)


def test_there_must_be_something_to_resume(asked: Request) -> None:
    resumed = replace(asked, resume=True)
    with pytest.raises(RunError, match="no retraining to resume"):
        retrain(resumed)


@pytest.mark.parametrize("fewest", [1, 10**6], ids=["enough", "too few"])
def test_a_candidate_is_blended_with_its_parent_where_validation_photos_can_judge(
    asked: Request, monkeypatch: pytest.MonkeyPatch, fewest: int
) -> None:
    asked_for: dict[str, object] = {}

    def exported(*_args: object, **options: object) -> None:
        asked_for.update(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(steps, "train", lambda *_args, **_options: None)
    monkeypatch.setattr(steps, "export_run", exported)
    monkeypatch.setattr(accuracy, "MIN_BOXES", fewest)
    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        retrain(asked, report=lines.append)
    start, too_few = asked_for["start"], [line for line in lines if "too few validation boxes" in line]
    if fewest == 1:
        assert isinstance(start, BundleStart)
        assert start.name == "tiny 1"
        assert not too_few
    else:
        assert start is None
        assert len(too_few) == 1
