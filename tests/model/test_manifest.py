"""The manifest's schema: what it refuses, by name."""

from typing import Any

import pytest
from pydantic import ValidationError

from hazardlens.model.manifest import CalibrationCurve, Manifest, ManifestDraft
from support.tiny_bundle import tiny_draft


def document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON may hold
    return {**tiny_draft().model_dump(mode="json"), **changes}


def label(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - what JSON may hold
    entry = {"name": "a", "hazard": None, "threshold": 0.5, "train_boxes": 1, "test_photos": 1}
    return {**entry, **changes}


def test_a_manifest_survives_json() -> None:
    draft = tiny_draft()

    assert ManifestDraft.model_validate_json(draft.model_dump_json()) == draft


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"schema_version": 3}, "schema_version", id="a later schema"),
        pytest.param({"colour_space": "RGB"}, "colour_space", id="an unknown key"),
        pytest.param({"name": "../tiny"}, "name", id="a name with a path"),
        pytest.param({"version": ""}, "version", id="no version"),
        pytest.param({"created": "2026-01-02T00:00:00"}, "created", id="a time without zone"),
        pytest.param({"licence": ""}, "licence", id="no licence"),
        pytest.param({"labels": []}, "labels", id="no labels"),
        pytest.param({"labels": [label(), label()]}, "label a is there more than once", id="a label twice"),
        pytest.param({"labels": [label(hazard="fire")]}, "labels.0.hazard", id="an unknown hazard"),
        pytest.param({"labels": [label(threshold=1.5)]}, "labels.0.threshold", id="a threshold above one"),
        pytest.param({"labels": [label(test_photos=-1)]}, "labels.0.test_photos", id="a negative count"),
        pytest.param({"input": {"size_px": 100}}, "input.size_px", id="a size that strides do not divide"),
        pytest.param({"input": {"size_px": 640, "pad_value": 0}}, "input.pad_value", id="another padding"),
        pytest.param({"output": {"form": "masks"}}, "output.form", id="an unknown output form"),
        pytest.param(
            {"output": {"form": "anchors", "min_confidence": 0}}, "output.min_confidence", id="no least score"
        ),
        pytest.param({"training": {}}, "training.dataset", id="an unknown origin"),
        pytest.param(
            {"metrics": {"test_set": "x", "test_set_sha256": "abc"}}, "metrics.test_set_sha256", id="a short hash"
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ManifestDraft.model_validate(document(**changes))

    first = caught.value.errors()[0]
    assert message in f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"scores": (), "probabilities": ()}, "at least 1 item", id="no knots"),
        pytest.param({"scores": (0.1, 0.2)}, "2 scores for 3 probabilities", id="unequal counts"),
        pytest.param({"scores": (0.1, 0.1, 0.2)}, "scores must rise", id="a knot twice"),
        pytest.param({"probabilities": (0.1, 0.4, 0.3)}, "must not fall", id="a falling curve"),
        pytest.param({"probabilities": (0.1, 0.4, 1.3)}, "less than or equal to 1", id="more than certain"),
        pytest.param({"positives": 11}, "11 positives of 10 photos", id="more positives than photos"),
    ],
)
def test_curves_out_of_order_are_refused(changes: dict[str, Any], message: str) -> None:
    curve = {"hazard": "stacked_clutter", "scores": (0.1, 0.5, 0.9), "probabilities": (0.1, 0.4, 0.8), "photos": 10}

    with pytest.raises(ValidationError, match=message):
        CalibrationCurve.model_validate({**curve, "positives": 5, **changes})


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../model.onnx", "a/b", "..", ".hidden", "a\\b", "", "x" * 101, "model.onnx\n"],
)
def test_file_names_with_a_way_out_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="files"):
        Manifest.model_validate(document(files={name: "0" * 64}))


def test_a_manifest_does_not_change() -> None:
    draft = tiny_draft()

    with pytest.raises(ValidationError, match="frozen"):
        setattr(draft, "version", "2")  # noqa: B010 - the type checker refuses the plain way already
