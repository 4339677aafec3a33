"""A real bundle with a real graph of a few nodes: the detector for tests that need one on disk but no trained one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hazardlens.model.bundle import (
    Bundle,
    CalibrationCurve,
    InputSpec,
    LabelEntry,
    ManifestDraft,
    Metrics,
    OutputSpec,
    TrainingInfo,
    write_bundle,
)
from hazardlens.model.postprocess import OutputForm
from hazardlens.model.taxonomy import LABEL_HAZARDS, Category

TINY_LABELS = ("stacked_clutter", "manhole_open", "exit_door")
TINY_SIZE_PX = 64

TinyBox = tuple[str, float, tuple[float, float, float, float]]
"""Label, score, and corners as shares of the canvas (x_min, y_min, x_max, y_max)."""

TINY_BOXES: tuple[TinyBox, ...] = (("stacked_clutter", 0.9, (0.25, 0.375, 0.75, 0.625)),)


def tiny_output(
    labels: Sequence[str],
    boxes: Sequence[TinyBox],
    size_px: int,
    form: OutputForm = OutputForm.ANCHORS,
    anchors: int = 32,
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """What the graph answers to every photo: (1, 4 + C, anchors), or (1, anchors, 6) end to end."""
    end_to_end = form is OutputForm.END_TO_END
    output = np.zeros((1, anchors, 6) if end_to_end else (1, 4 + len(labels), anchors), np.float32)
    for row, (label, score, corners) in enumerate(boxes):
        x_min, y_min, x_max, y_max = (value * size_px for value in corners)
        label_id = labels.index(label)
        if end_to_end:
            output[0, row] = (x_min, y_min, x_max, y_max, score, label_id)
        else:
            output[0, :4, row] = ((x_min + x_max) / 2, (y_min + y_max) / 2, x_max - x_min, y_max - y_min)
            output[0, 4 + label_id, row] = score
    return output


def tiny_onnx(
    output: np.ndarray[Any, np.dtype[np.float32]],
    size_px: int = TINY_SIZE_PX,
    input_shape: Sequence[int | str] | None = None,
) -> bytes:
    """A graph that answers `output` whatever it sees, but does look: the photo's mean times zero is added."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["answer", "nothing"], ["output0"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, input_shape or [1, 3, size_px, size_px])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, list(output.shape))],
        [numpy_helper.from_array(output, "answer"), numpy_helper.from_array(np.zeros((), np.float32), "zero")],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString())


def tiny_draft(
    labels: Sequence[str] = TINY_LABELS,
    *,
    size_px: int = TINY_SIZE_PX,
    form: OutputForm = OutputForm.ANCHORS,
    threshold: float = 0.25,
    version: str = "0.1",
) -> ManifestDraft:
    """A manifest for such a graph, before its files are written."""
    entries = tuple(
        LabelEntry(name=name, hazard=LABEL_HAZARDS.get(name), threshold=threshold, train_boxes=10, test_photos=2)
        for name in labels
    )
    hazards = dict.fromkeys(entry.hazard for entry in entries)
    return ManifestDraft(
        name="tiny",
        version=version,
        created=datetime(2026, 1, 2, tzinfo=UTC),
        licence="AGPL-3.0-only",
        labels=entries,
        input=InputSpec(size_px=size_px),
        output=OutputSpec(form=form),
        calibration=tuple(_curve(hazard) for hazard in hazards if hazard is not None),
        training=TrainingInfo(dataset="none", dataset_sha256="0" * 64, base="none"),
        metrics=Metrics(test_set="none", test_set_sha256="0" * 64),
    )


def make_tiny_bundle(
    path: Path,
    *,
    labels: Sequence[str] = TINY_LABELS,
    boxes: Sequence[TinyBox] = TINY_BOXES,
    size_px: int = TINY_SIZE_PX,
    form: OutputForm = OutputForm.ANCHORS,
    threshold: float = 0.25,
    version: str = "0.1",
) -> Bundle:
    """Write a bundle at `path` whose model finds `boxes` on every photo.

    Args:
        path: the folder to make.
        labels: what the model knows.
        boxes: what it finds; corners are shares of the square canvas, not of the photo.
        size_px: side of the canvas.
        form: the layout of its output.
        threshold: of every label.
        version: the bundle's.
    """
    draft = tiny_draft(labels, size_px=size_px, form=form, threshold=threshold, version=version)
    onnx_bytes = tiny_onnx(tiny_output(labels, boxes, size_px, form), size_px)
    return write_bundle(path, onnx_bytes=onnx_bytes, card="# Tiny\n\nFinds the same boxes everywhere.\n", draft=draft)


def _curve(hazard: Category) -> CalibrationCurve:
    return CalibrationCurve(hazard=hazard, scores=(0.0, 1.0), probabilities=(0.0, 1.0), photos=4, positives=2)
