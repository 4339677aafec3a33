"""What the shipped bundle says of itself holds: on its card, in its manifest, and when it is measured again."""

from pathlib import Path

import pytest

from hazardlens.model.bundle import SHIPPED_BUNDLE, Bundle, read_bundle
from hazardlens.training.data.splits import read_split
from hazardlens.training.measuring.evaluate import evaluate_bundle, read_data
from hazardlens.training.measuring.metrics import SubjectFigures
from hazardlens.training.measuring.tables import NO_PHOTOS, NOT_KNOWN, box_ap, photo_ap
from hazardlens.training.networks.graph import check_graph, graph_metadata


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(SHIPPED_BUNDLE)


@pytest.fixture(scope="module")
def rows(shipped: Bundle) -> list[SubjectFigures]:
    metrics = shipped.manifest.metrics
    return [
        SubjectFigures.model_validate({"name": name, "kind": kind, **content})
        for kind, part in (("hazard", metrics.hazards), ("label", metrics.labels))
        for name, content in part.items()
    ]


@pytest.fixture(scope="module")
def card(shipped: Bundle) -> str:
    return (shipped.path / "MODEL_CARD.md").read_text("utf-8")


def test_it_was_trained_and_measured_on_the_split_of_this_repository(shipped: Bundle, repo: Path) -> None:
    split = read_split(repo / "datasets/split-v1.json")
    assert shipped.manifest.training.dataset_sha256 == split.sha256
    assert shipped.manifest.metrics.test_set_sha256 == split.sha256
    assert shipped.manifest.metrics.summary["photos"] == sum(photo.split == "test" for photo in split.photos.values())


def test_the_card_gives_the_figures_of_the_manifest(rows: list[SubjectFigures], card: str) -> None:
    assert {row.kind for row in rows} == {"hazard", "label"}
    for row in rows:
        lines = [line for line in card.splitlines() if line.startswith(f"| {row.kind} | {row.name} |")]
        assert len(lines) == 2, row.name  # boxes, photos
        assert box_ap(row) in lines[0]
        assert photo_ap(row) in lines[1]


def test_nothing_is_claimed_without_test_photos(shipped: Bundle, rows: list[SubjectFigures]) -> None:
    known = {label.name: label for label in shipped.manifest.labels}
    for row in rows:
        if row.kind == "label" and row.name not in known:
            assert box_ap(row) == photo_ap(row) == NOT_KNOWN
        elif row.kind == "label" and known[row.name].test_photos == 0:
            assert box_ap(row) == NO_PHOTOS


def test_the_graph_meets_the_rules_and_names_itself(shipped: Bundle) -> None:
    check_graph(shipped.onnx_bytes)
    metadata = graph_metadata(shipped.onnx_bytes)
    assert (metadata["name"], metadata["version"]) == (shipped.manifest.name, shipped.manifest.version)
    assert metadata["licence"] == shipped.manifest.licence == "AGPL-3.0-only"


@pytest.mark.slow
def test_its_figures_can_be_measured_again(
    shipped: Bundle, rows: list[SubjectFigures], shared_data: Path, repo: Path, tmp_path: Path
) -> None:
    """Costs 40 to 90 s: it looks at 292 photos."""
    photos = read_data(shared_data, repo / "datasets/split-v1.json")
    again = evaluate_bundle(shipped.path, photos, "test", tmp_path)
    for row in rows:
        found = again.subject(row.kind, row.name)
        assert found.boxes.ap50 == pytest.approx(row.boxes.ap50, abs=0.01), row.name
        assert found.photos.average_precision == pytest.approx(row.photos.average_precision, abs=0.01), row.name
        assert found.photos.positive_photos == row.photos.positive_photos
