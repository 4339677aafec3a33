"""Which variant ships, by a rule that anybody can check from the card."""

from pathlib import Path

import pytest

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import ExportError
from hazardlens.training.shipping.variants import (
    MOST_LOSS,
    QUICK,
    Material,
    VariantFigures,
    Weights,
    choose,
    make_variants,
    measure_variants,
    spread,
)
from support.lively_network import LIVELY_LABELS, lively_network
from support.photo_pool import CLUTTER, PoolPhoto, write_pool
from support.tiny_bundle import tiny_draft


def row(ap50: float, latency_ms: float, size_px: int = 512, weights: Weights = "float32") -> VariantFigures:
    return VariantFigures(
        size_px=size_px,
        weights=weights,
        megabytes=10,
        ap50=ap50,
        labels={"stacked_clutter": ap50},
        weights_of={"stacked_clutter": 1.0},
        made=(),
        latency_ms=latency_ms,
    )


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        pytest.param([row(0.6, 40), row(0.595, 30, weights="int8")], 1, id="half a point for a quarter of the time"),
        pytest.param([row(0.6, 40), row(0.585, 10, weights="int8")], 0, id="more than a point is too much"),
        pytest.param([row(0.6, 40), row(0.6, 45, weights="int8")], 0, id="slower for nothing"),
        pytest.param([row(0.55, 20, 416), row(0.6, 40, 512), row(0.605, 70, 640)], 1, id="sizes likewise"),
        pytest.param([row(0.6, 40), row(0.62, 50, 640), row(0.615, 30, 640, "int8")], 2, id="against the best of all"),
        pytest.param([row(0.0, 40), row(0.0, 30, weights="int8")], 0, id="nothing found, the first stays"),
    ],
)
def test_the_one_with_the_most_per_millisecond(rows: list[VariantFigures], best: int) -> None:
    assert choose(rows) is rows[best]


def test_what_ships_is_within_a_point_of_the_best() -> None:
    rows = [row(0.5 + index / 300, 20 + index) for index in range(30)]
    assert choose(rows).ap50 >= max(item.ap50 for item in rows) - MOST_LOSS


def pool(root: Path, boxes: int) -> list[PhotoRecord]:
    photos = [PoolPhoto(f"p{number}", number, boxes=(CLUTTER,) if number < boxes else ()) for number in range(8)]
    return read_records(write_pool(root, photos))


@pytest.mark.slow
def test_variants_are_made_measured_and_one_is_chosen(tmp_path: Path) -> None:
    records = pool(tmp_path / "pool", boxes=6)
    material = Material(training=records, validation=records)
    lines: list[str] = []
    variants = make_variants(
        lively_network(), (64, 96), {"name": "x"}, material, int8=True, effort=QUICK, say=lines.append
    )
    assert [variant.name for variant in variants] == ["64 px float32", "64 px int8", "96 px float32", "96 px int8"]
    assert all(len(item.content) < len(item.float_content) for item in variants if item.weights == "int8")
    draft = tiny_draft(LIVELY_LABELS)
    figures = measure_variants(variants, draft, material, effort=QUICK, say=lines.append)
    assert [item.name for item in figures] == [variant.name for variant in variants]
    assert sum(item.chosen for item in figures) == 1
    assert all(item.latency_ms > 0 and set(item.labels) == {"stacked_clutter"} for item in figures)
    assert all(item.weights_of == {"stacked_clutter": 6 / 30} for item in figures)
    assert len(lines) == 2 + 4 + 1
    assert lines[-1].endswith("ships")


@pytest.mark.slow
def test_rendered_scenes_judge_labels_that_real_photos_do_not_show(tmp_path: Path) -> None:
    bare, made = pool(tmp_path / "bare", boxes=0), pool(tmp_path / "made", boxes=6)
    variants = make_variants(
        lively_network(), (64,), {}, Material((), bare), int8=False, effort=QUICK, say=lambda _line: None
    )
    draft = tiny_draft(LIVELY_LABELS)
    (found,) = measure_variants(variants, draft, Material((), bare, made), effort=QUICK, say=lambda _line: None)
    assert found.made == ("stacked_clutter",)
    assert found.weights_of == {"stacked_clutter": 0.5 * 6 / 30}
    with pytest.raises(ExportError, match="no label has 5 validation boxes"):
        measure_variants(variants, draft, Material((), bare), effort=QUICK, say=lambda _line: None)


@pytest.mark.parametrize(("count", "expected"), [(3, [0, 4, 7]), (8, list(range(8))), (20, list(range(8)))])
def test_photos_are_evenly_spread(tmp_path: Path, count: int, expected: list[int]) -> None:
    records = pool(tmp_path / "pool", boxes=0)
    assert [records.index(record) for record in spread(records, count)] == expected
