"""What triage gets to know of a bundle, of the first schema too."""

from pathlib import Path

import pytest

from hazardlens.model.bundle import model_view, read_bundle
from hazardlens.model.taxonomy import Category
from support.bundle_parts import rewrite_manifest
from support.tiny_bundle import (
    tiny_draft,
)


def test_what_triage_gets_to_know(path: Path) -> None:
    manifest = read_bundle(path).manifest

    view = model_view(manifest.labels, manifest.calibration)

    assert [(rule.name, rule.hazard, rule.threshold) for rule in view.labels] == [
        ("stacked_clutter", Category.STACKED_CLUTTER, 0.25),
        ("manhole_open", Category.RAISED_MANHOLE_COVER, 0.25),
        ("exit_door", None, 0.25),
    ]
    assert view.curves[Category.STACKED_CLUTTER](0.5) == pytest.approx(0.5)


def test_a_bundle_of_the_first_schema_is_read(path: Path) -> None:
    def as_it_was(document: dict[str, object]) -> None:
        document["schema_version"] = 1
        del document["weights"]
        curves = document["calibration"]
        assert isinstance(curves, list)
        for curve in curves:
            for key in ("basis", "made_positives", "made_negatives", "stands_from"):
                del curve[key]

    rewrite_manifest(path, as_it_was)
    manifest = read_bundle(path).manifest
    view = model_view(manifest.labels, manifest.calibration)

    assert [curve.basis for curve in manifest.calibration] == [None, None]
    assert view.curves[Category.STACKED_CLUTTER].stands_from == 0.0
    assert not any(curve.abstains for curve in manifest.calibration)


@pytest.mark.parametrize(
    ("basis", "stands_from", "expected"),
    [("real", 0.4, 0.4), ("made", 0.6, 0.6), ("real", None, None), ("none", None, None)],
)
def test_triage_gets_to_know_from_where_a_hazard_stands_alone(
    basis: str, stands_from: float | None, expected: float | None
) -> None:
    curve = tiny_draft().calibration[0].model_copy(update={"basis": basis, "stands_from": stands_from})

    assert model_view((), (curve,)).curves[curve.hazard].stands_from == expected
    assert curve.abstains == (expected is None)
